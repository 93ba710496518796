"""Read receipts by name: durable, cumulative, first time kept, told together, in large rooms more rarely (F16, F18)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.actions import rooms
from appliance.errors import AppError, Forbidden, Invalid, NotFound, StorageFull, Unavailable
from appliance.log import receipts
from appliance.log.heads import Head
from appliance.log.receipts import Receipts
from appliance.model import PersonId, RoomId
from appliance.reads.readers import load_readers
from appliance.store import receipts as rows
from appliance.store.db import Rows
from appliance.wire.committed import Committed
from appliance.wire.events import ReceiptEvent
from tests.bureau import CLERK, MALEE, NARIN, OUTSIDER, SOMCHAI, START, Bureau, open_bureau
from tests.log.stations import station, verify
from tests.sql import all_rows
from tests.waiting import PATIENCE_S


@pytest.fixture(autouse=True)
def _short_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "BATCH_S", 0.005)
    monkeypatch.setattr(receipts, "AFTER_FAILURE_S", 0.005)


@pytest.fixture
async def room(bureau: Bureau) -> RoomId:
    made = await bureau.group(NARIN, MALEE, SOMCHAI, CLERK)
    for n in range(10):
        await bureau.say(NARIN, made, f"ข้อความ {n}")
    return made


async def readers(b: Bureau, room: RoomId, n: int) -> dict[str, int]:
    return {reader.person: reader.at for reader in (await load_readers(b.s, NARIN, room, n)).read}


def tell(b: Bureau, field: str = "read") -> list[dict[str, Any]]:
    """Return a list that grows with what is told of readers."""
    told: list[dict[str, Any]] = []

    def hear(committed: Committed) -> None:
        events = [event for news in committed.rooms for event in news.events]
        told.extend(getattr(event.state, field) for event in events if isinstance(event, ReceiptEvent))

    b.s.log.feed.followers.append(hear)
    return told


async def test_the_first_time_a_message_was_read_stays(bureau: Bureau, room: RoomId) -> None:
    await bureau.read(MALEE, room, 5)
    for upto in (9, 3, 9, 5, 0):
        bureau.clock.pass_(1_000)
        await bureau.read(MALEE, room, upto)
    assert await readers(bureau, room, 3) == {MALEE: START}
    assert await readers(bureau, room, 5) == {MALEE: START}
    assert await readers(bureau, room, 6) == {MALEE: START + 1_000}
    assert await readers(bureau, room, 10) == {}
    assert (await bureau.view(MALEE, room)).read == 9


async def test_everyone_is_in_one_list_or_the_other_but_the_writer(bureau: Bureau, room: RoomId) -> None:
    await bureau.read(MALEE, room, 4)
    await bureau.read(NARIN, room, 4)
    found = await load_readers(bureau.s, SOMCHAI, room, 4)
    assert [(reader.person, reader.name) for reader in found.read] == [(MALEE, "มาลี มีสุข")]
    assert [unreader.person for unreader in found.unread] == [CLERK, SOMCHAI]


async def test_a_reader_who_was_removed_is_still_named(bureau: Bureau, room: RoomId) -> None:
    await bureau.read(MALEE, room, 4)
    await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], "t")
    found = await load_readers(bureau.s, NARIN, room, 4)
    assert [reader.person for reader in found.read] == [MALEE]
    assert MALEE not in {unreader.person for unreader in found.unread}


async def test_someone_who_comes_later_is_recorded_when_they_read(bureau: Bureau, room: RoomId) -> None:
    bureau.clock.pass_(1_000)
    await rooms.change_members(bureau.s, NARIN, room, [OUTSIDER], [], "t")
    assert OUTSIDER in {unreader.person for unreader in (await load_readers(bureau.s, NARIN, room, 4)).unread}
    bureau.clock.pass_(1_000)
    await bureau.read(OUTSIDER, room, 6)
    assert await readers(bureau, room, 4) == {OUTSIDER: START + 2_000}
    assert await readers(bureau, room, 8) == {}


class TestWhatWasShown:
    """F16: a reader is somebody to whom the message was shown, not somebody who jumped across it."""

    async def test_a_jump_to_the_newest_names_nobody_for_what_lies_between(self, bureau: Bureau, room: RoomId) -> None:
        await bureau.read(MALEE, room, 3)
        bureau.clock.pass_(1_000)
        await bureau.read(MALEE, room, 11, first=9)
        assert [n for n in range(2, 12) if MALEE in await readers(bureau, room, n)] == [2, 3, 9, 10, 11]
        view = await bureau.view(MALEE, room)
        assert (view.read, view.unread) == (11, 0), "nothing is left to look at"
        [malee] = [member for member in view.members if member.person == MALEE]
        assert malee.skipped == [(4, 8)]

    async def test_what_was_passed_over_is_read_later_in_any_order(self, bureau: Bureau, room: RoomId) -> None:
        await bureau.read(MALEE, room, 11, first=11)
        bureau.clock.pass_(1_000)
        await bureau.read(MALEE, room, 7, first=5)
        bureau.clock.pass_(1_000)
        await bureau.read(MALEE, room, 9, first=6)
        found = [(await readers(bureau, room, n)).get(MALEE) for n in range(4, 12)]
        assert found == [
            None, START + 1_000, START + 1_000, START + 1_000, START + 2_000, START + 2_000, None, START
        ]  # fmt: skip
        await bureau.read(MALEE, room, 11)
        assert None not in [(await readers(bureau, room, n)).get(MALEE) for n in range(4, 12)]
        [malee] = [member for member in (await bureau.view(MALEE, room)).members if member.person == MALEE]
        assert malee.skipped == []

    async def test_clearing_reads_nothing_and_neither_does_what_comes_next(self, bureau: Bureau, room: RoomId) -> None:
        await rooms.clear_room(bureau.s, MALEE, room)
        new = await bureau.say(NARIN, room)
        await bureau.read(MALEE, room, new.n, first=new.n)
        assert [n for n in range(2, new.n + 1) if MALEE in await readers(bureau, room, n)] == [new.n]

    async def test_what_was_said_before_one_came_in_is_read_where_it_is_shown(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        await rooms.change_members(bureau.s, NARIN, room, [OUTSIDER], [], "t")
        await bureau.read(OUTSIDER, room, 6, first=5)
        await bureau.read(OUTSIDER, room, 8, first=4)
        assert [n for n in range(2, 12) if OUTSIDER in await readers(bureau, room, n)] == [4, 5, 6, 7, 8]

    async def test_who_comes_back_keeps_what_they_were_shown(self, bureau: Bureau, room: RoomId) -> None:
        await bureau.read(MALEE, room, 9, first=8)
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], "t1")
        await rooms.change_members(bureau.s, NARIN, room, [MALEE], [], "t2")
        await bureau.read(MALEE, room, 9, first=7)
        assert [n for n in range(2, 12) if MALEE in await readers(bureau, room, n)] == [7, 8, 9]
        [malee] = [member for member in (await bureau.view(MALEE, room)).members if member.person == MALEE]
        assert malee.skipped == []

    async def test_receipts_that_arrive_together_keep_their_gaps(self, bureau: Bureau, room: RoomId) -> None:
        told = tell(bureau, "shown")
        for first, upto in ((9, 11), (2, 4), (4, 5), (9, 9)):
            await bureau.s.receipts.read(room, MALEE, upto, first)
        await bureau.s.receipts.flushed()
        assert [{who: [tuple(one) for one in shown] for who, shown in each.items()} for each in told] == [
            {MALEE: [(2, 5), (9, 11)]}
        ]
        with pytest.raises(Invalid):
            await bureau.s.receipts.read(room, MALEE, 3, first=4)


async def test_only_members_and_only_what_is_there(bureau: Bureau, room: RoomId) -> None:
    with pytest.raises(Forbidden):
        await bureau.read(OUTSIDER, room, 1)
    with pytest.raises(Invalid):
        await bureau.read(MALEE, room, 12)
    with pytest.raises(NotFound):
        await bureau.read(MALEE, RoomId("r_nowhere"), 0)


async def test_what_comes_together_is_told_together(bureau: Bureau, room: RoomId) -> None:
    told = tell(bureau)
    for upto in (3, 7, 5):
        await bureau.s.receipts.read(room, MALEE, upto)
    await bureau.s.receipts.read(room, SOMCHAI, 4)
    await bureau.s.receipts.flushed()
    assert told == [{MALEE: 7, SOMCHAI: 4}]


async def test_flushed_waits_for_the_commit_under_way(
    bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, real = Event(), Event(), rows.insert

    def halting(*arguments: Any) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)
        real(*arguments)

    monkeypatch.setattr(rows, "insert", halting)
    await bureau.s.receipts.read(room, MALEE, 4)
    await asyncio.to_thread(begun.wait, PATIENCE_S)
    waiting = asyncio.create_task(bureau.s.receipts.flushed())
    assert await asyncio.wait({waiting}, timeout=0.02) == (set(), {waiting})
    go_on.set()
    await waiting
    assert (await bureau.view(MALEE, room)).read == 4


async def test_a_failing_disk_is_told_and_nothing_noted_is_lost(
    bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise sqlcipher.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(rows, "insert", full)
        with pytest.raises(StorageFull):
            await bureau.read(MALEE, room, 6)
        await bureau.s.receipts.read(room, MALEE, 2)
    await bureau.s.receipts.flushed()
    assert (await bureau.view(MALEE, room)).read == 6
    assert await readers(bureau, room, 6) == {MALEE: START}
    told = [record for record in caplog.records if "receipts could not be kept" in record.message]
    assert told
    assert not any(record.exc_info for record in told)


@pytest.mark.parametrize("trouble", ["database disk image is malformed", "disk I/O error"])
async def test_a_room_that_cannot_keep_receipts_holds_up_no_other(
    bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """A torn page loses the receipts that lie on it; what may pass is written again."""
    other = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(NARIN, other)
    key, real = (await bureau.s.log.head(room)).key, rows.insert

    def write(raw: Rows, shown: list[rows.ShownRange]) -> None:
        if any(one.room == key for one in shown):
            raise sqlcipher.DatabaseError(trouble)
        real(raw, shown)

    passes = trouble == "disk I/O error"
    with monkeypatch.context() as patch:
        patch.setattr(rows, "insert", write)
        await bureau.s.receipts.read(room, MALEE, 6)
        await bureau.s.receipts.read(other, MALEE, sent.n)
        if passes:
            with pytest.raises(Unavailable):
                await bureau.s.receipts.flushed()
        else:
            await bureau.s.receipts.flushed()
        assert (await bureau.view(MALEE, other)).read == sent.n
    await bureau.s.receipts.flushed()
    assert ((await bureau.view(MALEE, room)).read == 6) is passes


async def test_what_waits_at_the_end_is_written(tmp_path: Path) -> None:
    async with open_bureau(tmp_path) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        await b.say(NARIN, room)
        await b.s.receipts.read(room, MALEE, 2)
    async with open_bureau(tmp_path) as b:
        assert (await b.view(MALEE, room)).read == 2


@pytest.mark.slow
async def test_a_large_room_is_told_more_rarely_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "MEMBERS_A_BATCH", 10)
    async with open_bureau(tmp_path, extra=60) as b:
        people = [PersonId(f"p{n}") for n in range(60)]
        room = await b.group(NARIN, *people)
        size = (await b.view(NARIN, room)).size
        await b.say(NARIN, room)
        told = tell(b)
        for person in people:
            await b.read(person, room, size)
        assert len(told) < 25
        assert (await load_readers(b.s, NARIN, room, size)).unread == []
        await b.s.receipts.close()
        heard = {person: upto for read in told for person, upto in read.items()}
        assert heard == dict.fromkeys(people, size)


async def test_counting_stops_where_reading_did(bureau: Bureau, room: RoomId) -> None:
    await bureau.say(SOMCHAI, room, "@มาลี", mentions=[MALEE])
    await bureau.say(MALEE, room, "ของตัวเองไม่นับ")
    view = await bureau.view(MALEE, room)
    assert (view.unread, view.mentions) == (12, 1)
    await bureau.read(MALEE, room, 9)
    view = await bureau.view(MALEE, room)
    assert (view.unread, view.mentions) == (3, 1)
    await bureau.read(MALEE, room, view.size - 1)
    view = await bureau.view(MALEE, room)
    assert (view.unread, view.mentions) == (0, 0)


async def test_a_mark_stays_though_somebody_reads_after_it(bureau: Bureau, room: RoomId) -> None:
    """Receipts that `/sync` merges are not carried over the view that came between them."""
    malee = await station(bureau, MALEE)
    last = (await bureau.view(MALEE, room)).size - 1
    await bureau.read(MALEE, room, last)
    await rooms.mark_unread(bureau.s, MALEE, room, 6)
    await bureau.read(SOMCHAI, room, last)
    await verify(bureau, [malee])
    assert (await bureau.view(MALEE, room)).unread_from == 6


async def test_marks_of_others_survive_a_view_between_them(bureau: Bureau) -> None:
    direct = await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn())
    sent = await bureau.say(NARIN, direct)
    narin = await station(bureau, NARIN)
    await bureau.read(MALEE, direct, sent.n)
    await rooms.set_preferences(bureau.s, NARIN, direct, muted=True)
    await bureau.read(NARIN, direct, sent.n)
    await verify(bureau, [narin])
    assert [member.read for member in (await bureau.view(NARIN, direct)).members] == [sent.n, sent.n]


async def test_receipts_are_announced_in_the_order_of_the_feed(bureau: Bureau, room: RoomId) -> None:
    """What is published has its position, and none is published behind a later one."""
    heard: list[int] = []
    bureau.s.log.feed.followers.append(lambda committed: heard.append(committed.pos))
    since = bureau.s.log.feed.pos
    for n in range(5):
        await bureau.s.receipts.read(room, MALEE, n)
        await asyncio.gather(bureau.say(NARIN, room), bureau.say(SOMCHAI, room), bureau.s.receipts.flushed())
    assert heard == sorted(heard)
    assert heard[-1] == bureau.s.log.feed.pos
    async with bureau.s.store.read() as reader:
        told = await reader.run(
            all_rows, "SELECT pos FROM feed WHERE pos > ? AND type = 'receipt' ORDER BY pos", (since,)
        )
    assert len(told) == 5
    assert {pos for (pos,) in told} <= set(heard)


async def test_receipts_are_refused_where_nothing_can_be_written(
    bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every other change is, and they are written once it can be."""

    async def refuse(_: object) -> None:
        raise Unavailable("the end of the feed cannot be read")

    with monkeypatch.context() as patch:
        patch.setattr(bureau.s.log, "change", refuse)
        with pytest.raises(Unavailable):
            await bureau.read(MALEE, room, 5)
    await bureau.s.receipts.flushed()
    assert (await bureau.view(MALEE, room)).read == 5


class TestAtTheEdges:
    """What a batch of receipts does where a room cannot be read, and who waits for it meanwhile."""

    @staticmethod
    def failing(error: Exception) -> Callable[[RoomId], Awaitable[Head]]:
        async def head(_: RoomId) -> Head:
            raise error

        return head

    async def test_what_was_never_started_ends_at_once(self, bureau: Bureau) -> None:
        await Receipts(bureau.s.log, bureau.clock, lambda *_: None).close()

    async def test_of_a_room_that_is_damaged_by_now_they_are_given_up(
        self, bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(bureau.s.log, "head", self.failing(Unavailable("torn", code="storage_damaged")))
            await bureau.read(MALEE, room, 5)
        assert (await bureau.view(MALEE, room)).read == 0
        await bureau.read(MALEE, room, 6)
        assert (await bureau.view(MALEE, room)).read == 6

    @pytest.mark.parametrize(
        ("error", "code"), [(Unavailable("busy", code="busy"), "busy"), (RuntimeError("a fault"), "internal")]
    )
    async def test_of_a_room_that_cannot_be_read_just_now_they_are_written_again(
        self, bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(bureau.s.log, "head", self.failing(error))
            with pytest.raises(AppError) as caught:
                await bureau.read(MALEE, room, 5)
        assert caught.value.code == code
        await bureau.s.receipts.flushed()
        assert (await bureau.view(MALEE, room)).read == 5

    async def test_what_comes_while_a_batch_fails_is_kept_behind_it(
        self, bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, first = bureau.s.log.head, True

        async def head(asked: RoomId) -> Head:
            nonlocal first
            if first:
                first = False
                bureau.clock.pass_(1_000)
                await bureau.s.receipts.read(room, MALEE, 7)
                raise Unavailable("not now", code="busy")
            return await real(asked)

        monkeypatch.setattr(bureau.s.log, "head", head)
        with pytest.raises(Unavailable):
            await bureau.read(MALEE, room, 5)
        await bureau.s.receipts.flushed()
        assert [await readers(bureau, room, n) for n in (5, 7)] == [{MALEE: START}, {MALEE: START + 1_000}]

    async def test_one_who_waits_no_more_holds_up_nobody(self, bureau: Bureau, room: RoomId) -> None:
        await bureau.s.receipts.read(room, MALEE, 5)
        gone, waiting = (asyncio.create_task(bureau.s.receipts.flushed()) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await waiting
        assert (await bureau.view(MALEE, room)).read == 5
