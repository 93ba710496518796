"""The body of a request as it arrives, for routes that take more than fits in memory.

Rules: a line may be as slow as it likes, but one that sends nothing for `SILENCE_S` is ended; so is the body of whoever
is signed out meanwhile. What is wrong with a line is an AppError to whoever reads, who has had everything before it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from appliance.errors import Invalid, Unauthenticated
from appliance.web.unread import SILENCE_S, drop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.web.call import Call


async def body_of(call: Call) -> AsyncIterator[bytes]:
    """Give the body of a request piece by piece.

    Raises Invalid for a line that broke (`bad_request`) or fell silent (`too_slow`), Unauthenticated.
    """
    content = call.request.content
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                piece = await content.readany()
        except TimeoutError as error:
            raise Invalid(code="too_slow") from error
        except (ConnectionError, web.RequestPayloadError) as error:
            # aiohttp has what arrived before the line broke, and gives it to nobody.
            if rest := content._read_nowait(-1):  # noqa: SLF001
                yield rest
            raise Invalid(str(error), code="bad_request") from error
        if not piece:
            return
        if not still_signed_in(call):
            raise Unauthenticated
        yield piece


def still_signed_in(call: Call) -> bool:
    """Return whether the session of a call is as good as when the call began."""
    s = call.services
    return s.sessions.is_live(call.signed_in.id, s.clock())


def cut(request: web.Request) -> None:
    """End the connection of a request at once, with what is unread of it.

    Whoever reads its body or writes its answer finds it broken.
    """
    if request.transport is not None:
        drop(request.transport)
