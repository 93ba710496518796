"""The moment in which a commit is durable and readers see it, while memory and followers do not know it yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from appliance.actions import rooms
from appliance.log.riders import write
from appliance.model import RoomId
from appliance.reads.sync import load_sync
from appliance.store import db
from tests.bureau import CLERK, MALEE, NARIN, SOMCHAI, Bureau, settled
from tests.log.stations import Tape, connect

Moment = Callable[[], Any]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Moment:
    """Lend a block that begins when the next batch of the log is durable, and at whose end the log goes on."""
    real = db.Exclusive.commit

    @asynccontextmanager
    async def moment() -> AsyncIterator[None]:
        durable, go_on = asyncio.Event(), asyncio.Event()

        async def commit(self: db.Exclusive, function: Callable[..., Any], *args: object) -> Any:
            result = await real(self, function, *args)
            if function is write:
                durable.set()
                await go_on.wait()
            return result

        with monkeypatch.context() as patch:
            patch.setattr(db.Exclusive, "commit", commit)
            await durable.wait()
            try:
                yield
            finally:
                go_on.set()

    return moment


async def _caught_up() -> None:
    """Wait until every stream has caught up; the log stands still meanwhile."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "catch-up"))


async def test_what_was_read_from_the_feed_before_it_is_announced_is_told_once(bureau: Bureau, between: Moment) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    # A stream that begins at the newest position has nothing to read.
    tape, since = Tape(), bureau.s.log.feed.pos
    await bureau.say(NARIN, room, "เรียนทุกท่าน")
    sending = asyncio.create_task(bureau.say(NARIN, room, "ขอเชิญประชุมครับ"))
    async with between():
        await connect(bureau, MALEE, tape, since)
        await _caught_up()
        assert [event.n for event in tape.events] == [2, 3]
    await sending
    await settled(bureau.s)
    assert [event.n for event in tape.events] == [2, 3]
    await bureau.say(NARIN, room, "ห้อง 302 ครับ")
    await settled(bureau.s)
    assert [event.n for event in tape.events] == [2, 3, 4]


async def test_a_receipt_for_what_was_just_shown_is_taken(bureau: Bureau, between: Moment) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sending = asyncio.create_task(bureau.say(NARIN, room))
    async with between():
        shown = await load_sync(bureau.s, MALEE, 1, 100)
        assert shown.events[-1].n == 2
        reading = asyncio.create_task(bureau.s.receipts.read(room, MALEE, 2))
        marking = asyncio.create_task(rooms.mark_unread(bureau.s, SOMCHAI, room, 2))
        await asyncio.sleep(0)
    assert (await sending).n == 2
    await reading
    await marking
    assert (await bureau.view(SOMCHAI, room)).unread_from == 2


async def test_who_was_just_shown_as_a_member_may_do_what_members_may(bureau: Bureau, between: Moment) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    adding = asyncio.create_task(rooms.change_members(bureau.s, NARIN, room, [CLERK], [], "t"))
    async with between():
        assert await _knows(bureau, room)
        muting = asyncio.create_task(rooms.set_preferences(bureau.s, CLERK, room, muted=True))
        await asyncio.sleep(0)
    await adding
    await muting
    assert (await bureau.view(CLERK, room)).muted is True


async def _knows(b: Bureau, room: RoomId) -> bool:
    return room in {event.room for event in (await load_sync(b.s, CLERK, 1, 100)).events}
