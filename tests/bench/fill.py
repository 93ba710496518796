"""Messages in bulk, appended through the room log as the API does it, without connections: the past of an agency."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Final

from appliance.actions.messages import message_draft, submit_message
from appliance.errors import AppError
from appliance.wire.messages import TextBody
from tests.bench.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from appliance.model import Appended, PersonId, RoomId
    from appliance.services import Services

AT_ONCE: Final = 512
BODIES: Final = tuple(TextBody(text=text) for text in TEXTS)


async def append(
    s: Services, messages: Iterable[tuple[RoomId, PersonId, int]], bodies: Sequence[TextBody] = BODIES
) -> None:
    """Append messages, given as room, sender and a number that chooses their body and tells their transaction ids."""
    waiting = iter(messages)
    while batch := list(itertools.islice(waiting, AT_ONCE)):
        all_done = asyncio.get_running_loop().create_future()
        left = len(batch)

        def done(result: list[Appended] | AppError, all_done: asyncio.Future[None] = all_done) -> None:
            nonlocal left
            left -= 1
            if isinstance(result, AppError) and not all_done.done():
                all_done.set_exception(result)
            if left == 0 and not all_done.done():
                all_done.set_result(None)

        for room, sender, number in batch:
            draft = message_draft(s, sender, room, bodies[number % len(bodies)], f"fill-{number}", None)
            submit_message(s, draft, done)
        await all_done
