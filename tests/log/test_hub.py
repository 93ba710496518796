"""The hub over the real log: whoever listens hears everything once, however slow, late or newly come they are."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance import live
from appliance.actions import rooms
from appliance.actions.disposal import erase_bodies
from appliance.config import Files
from appliance.live import Connection, Hub
from appliance.model import PersonId, RoomId, SessionId
from appliance.wire.committed import Committed, FeedPage, RoomNews
from appliance.wire.cursors import feed_position
from appliance.wire.entries import EntryEventBase, MessageTextEvent, Nothing
from appliance.wire.events import TypingEvent
from tests.bureau import CLERK, MALEE, NARIN, OUTSIDER, SOMCHAI, Bureau, open_bureau, settled
from tests.log.play import STEPS, Play
from tests.log.stations import Tape, connect, payload, verify
from tests.sql import all_rows
from tests.waiting import PATIENCE_S, until

BIG = b"x" * (1 << 17)


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    _shrink(monkeypatch)


def _shrink(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(live, "HELD_FRAMES", 4)
    patch.setattr(live, "PAGE", 3)
    patch.setattr(live, "SLOW_POLL_S", 0.001)


def ns(tape: Tape, room: RoomId) -> list[int | None]:
    return [event.n for event in tape.events if isinstance(event, EntryEventBase) and event.room == room]


async def listen(b: Bureau, who: PersonId, name: str = "") -> tuple[Connection, Tape]:
    tape = Tape()
    connection = await connect(b, who, tape, b.s.log.feed.pos, name)
    await settled(b.s)
    return connection, tape


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 1 << 17])
def test_a_frame_is_a_whole_unmasked_text_frame(size: int) -> None:
    assert payload(live.text_frame(BIG[:size])) == BIG[:size]


async def test_everyone_in_a_room_is_written_the_same_bytes_and_others_nothing(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    written: list[bytes] = []

    class Raw(Tape):
        def write(self, data: bytes | bytearray | memoryview) -> None:
            written.append(data)  # type: ignore[arg-type] # the very object is what matters
            super().write(data)

    tapes = {who: Raw() for who in (NARIN, MALEE, OUTSIDER)}
    for who, tape in tapes.items():
        await connect(bureau, who, tape, bureau.s.log.feed.pos)
    await settled(bureau.s)
    await bureau.say(SOMCHAI, room)
    assert len(written) == 2
    assert written[0] is written[1]
    assert tapes[OUTSIDER].frames == []


async def test_what_one_commit_tells_of_several_rooms_is_one_write(bureau: Bureau) -> None:
    rooms_of_both = [await bureau.group(NARIN, MALEE, name=f"ห้อง {n}") for n in range(3)]
    _, tape = await listen(bureau, MALEE)
    before = tape.writes
    sent = await asyncio.gather(*(bureau.say(NARIN, room) for room in rooms_of_both))
    assert tape.writes == before + 1, "three frames, as each room's is the same for everybody"
    assert [ns(tape, room) for room in rooms_of_both] == [[one.n] for one in sent]


async def test_who_joins_hears_at_once_and_who_leaves_no_more(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room, "ก่อน")
    _, clerk = await listen(bureau, CLERK)
    _, malee = await listen(bureau, MALEE)
    await rooms.change_members(bureau.s, NARIN, room, [CLERK], [], "a")
    await settled(bureau.s)
    joined = clerk.events[-1]
    assert (joined.type, joined.room) == ("room", room)
    sent = await bureau.say(MALEE, room, "ยินดีต้อนรับ")
    assert ns(clerk, room)[-1] == sent.n
    await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], "b")
    await bureau.say(NARIN, room, "เธอไม่ได้ยิน")
    await settled(bureau.s)
    assert malee.events[-1].type == "room.left"
    assert ns(malee, room)[-1] == sent.n


async def test_a_slow_reader_is_dropped_to_its_cursor_and_others_are_not_kept_waiting(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    slow_one, slow = await listen(bureau, MALEE)
    _, quick = await listen(bureau, SOMCHAI)
    slow.stuck = True
    sent = [(await bureau.say(NARIN, room, f"{n}")).n for n in range(12)]
    assert ns(quick, room) == sent
    assert len(ns(slow, room)) == 1, "what was written before it was seen to be slow, and nothing is buffered"
    assert len(slow_one._held) <= 4  # noqa: SLF001 - the bound is the point
    slow.stuck = False
    await settled(bureau.s)
    assert ns(slow, room) == sent
    last = await bureau.say(NARIN, room)
    assert ns(slow, room)[-1] == last.n


async def test_a_connection_lost_a_moment_ago_takes_nothing_from_the_others(bureau: Bureau) -> None:
    """The event loop refuses to write to it before its handler has seen that it is gone."""

    class Lost(Tape):
        def write(self, _data: bytes | bytearray | memoryview) -> None:
            raise RuntimeError("unable to perform operation on a closed transport")

    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    tapes = []
    for number, lost in enumerate((False, True, False, True, False)):
        tape = Lost() if lost else Tape()
        tapes.append((lost, tape))
        await connect(bureau, SOMCHAI, tape, bureau.s.log.feed.pos, f"{number}")
    await settled(bureau.s)
    sent = [(await bureau.say(NARIN, room)).n for _ in range(3)]
    assert all(ns(tape, room) == ([] if lost else sent) for lost, tape in tapes)


def held_words(connection: Connection) -> str:
    return b"".join(frame for _, frame in connection._held).decode(errors="replace")  # noqa: SLF001 - is the point


@pytest.mark.parametrize("how", ["key", "body"])
async def test_what_is_destroyed_leaves_the_frames_that_are_held(bureau: Bureau, how: str) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    connection, tape = await listen(bureau, MALEE)
    tape.stuck = True
    connection.hold()
    sent = await bureau.say(NARIN, room, "จะหายไป")
    assert "จะหายไป" in held_words(connection)
    tape.cut = False
    await destroy(bureau, room, sent.n, how)
    assert tape.cut, "what is unsent cannot be taken back from a transport in another way"
    assert "จะหายไป" not in held_words(connection)
    tape.stuck = False
    bureau.s.hub._catch_up(connection)  # noqa: SLF001 - as a slow reader's connection does
    await settled(bureau.s)
    [told] = [event for event in tape.events if isinstance(event, MessageTextEvent) and event.n == sent.n]
    assert (told.hidden, told.body) == ("erased", None)
    last = await bureau.say(NARIN, room)
    assert ns(tape, room)[-1] == last.n


async def test_a_page_read_before_its_words_were_destroyed_is_read_again(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    connection, tape = await listen(bureau, MALEE)
    hub, read_feed = bureau.s.hub, bureau.s.hub._read_feed  # noqa: SLF001 - the moment between reading and writing
    assert read_feed is not None
    connection.hold()
    sent = await bureau.say(NARIN, room, "จะหายไป")
    reads = 0

    async def read(person: PersonId, since: int, limit: int, cursor: str | None) -> FeedPage:
        nonlocal reads
        page = await read_feed(person, since, limit, cursor)
        reads += 1
        if reads == 1:
            await destroy(bureau, room, sent.n, "key")
        return page

    hub.set_feed_reader(read)
    hub._catch_up(connection)  # noqa: SLF001 - as a slow reader's connection does
    await settled(bureau.s)
    told = [event for event in tape.events if isinstance(event, MessageTextEvent)]
    assert [(event.n, event.hidden) for event in told] == [(sent.n, "erased")]


async def destroy(b: Bureau, room: RoomId, n: int, how: str) -> None:
    if how == "body":
        await erase_bodies(b.s, room, n, n, "R1")
        return
    await b.s.log.change(lambda tx: tx.destroy_keys([1]))


async def test_reconnecting_goes_on_from_the_cursor(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    connection, tape = await listen(bureau, MALEE)
    first = [(await bureau.say(NARIN, room, f"{n}")).n for n in range(5)]
    bureau.s.hub.remove(connection)
    assert bureau.s.hub.connections == 0
    missed = [(await bureau.say(NARIN, room, f"{n}")).n for n in range(7)]
    again = Tape()
    await connect(bureau, MALEE, again, feed_position(tape.frames[-1].pos))
    later = [(await bureau.say(NARIN, room, f"{n}")).n for n in range(3)]
    await settled(bureau.s)
    assert ns(tape, room) == first
    assert ns(again, room) == missed + later


async def test_a_membership_that_changes_while_a_stream_opens_is_not_missed(bureau: Bureau) -> None:
    joined = await bureau.group(NARIN, MALEE, SOMCHAI)
    left = await bureau.group(NARIN, CLERK, SOMCHAI)
    tape, reads = Tape(), 0
    connection = Connection(CLERK, SessionId("s"), tape, bureau.s.log.feed.pos, lambda _: None)

    async def read_rooms() -> list[RoomId]:
        nonlocal reads
        reads += 1
        async with bureau.s.store.read() as reader:
            sql = "SELECT r.id FROM room_member m JOIN room r ON r.key = m.room WHERE m.person = ?"
            found = [row[0] for row in await reader.run(all_rows, sql, (CLERK,))]
        if reads == 1:
            await rooms.change_members(bureau.s, NARIN, joined, [CLERK], [], "a")
            await rooms.change_members(bureau.s, NARIN, left, [], [CLERK], "b")
        return found

    await bureau.s.hub.open(connection, read_rooms)
    await settled(bureau.s)
    assert reads == 2
    heard = await bureau.say(MALEE, joined)
    await bureau.say(SOMCHAI, left)
    assert ns(tape, joined)[-1] == heard.n
    assert ns(tape, left) == []


async def test_what_need_not_last_goes_to_live_readers_who_are_not_slow_but_its_author(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    streams = {who: (await listen(bureau, who))[1] for who in (NARIN, MALEE, SOMCHAI)}
    streams[SOMCHAI].stuck = True
    typing = TypingEvent(at=1, room=room, sender=NARIN, state=Nothing())
    bureau.s.hub.broadcast_ephemeral(room, typing, but=NARIN)
    assert [len(streams[who].events) for who in (NARIN, MALEE, SOMCHAI)] == [0, 1, 0]


async def test_the_end_of_a_session_closes_its_streams_alone(bureau: Bureau) -> None:
    closed: list[str] = []
    for name in ("one", "two"):
        connection = Connection(MALEE, SessionId(name), Tape(), 0, lambda _, name=name: closed.append(name))  # type: ignore[misc]
        bureau.s.hub.add(connection, ())
    bureau.s.hub.disconnect(SessionId("two"))
    assert closed == ["two"]
    await settled(bureau.s)


async def test_a_reader_that_fails_closes_the_stream() -> None:
    hub, closed = Hub(), asyncio.Event()

    async def broken(*_: object) -> object:
        raise RuntimeError("no feed")

    hub.set_feed_reader(broken)  # type: ignore[arg-type]
    hub.add(Connection(MALEE, SessionId("s"), Tape(), 0, lambda _: closed.set()), ())
    await asyncio.wait_for(closed.wait(), PATIENCE_S)


async def test_nothing_is_written_to_a_stream_that_was_closed_while_the_feed_was_read() -> None:
    hub, tape, room = Hub(), Tape(), RoomId("r")
    connection = Connection(MALEE, SessionId("s"), tape, 0, lambda _: None)
    read = asyncio.Event()

    async def read_feed(*_: object) -> object:
        hub.remove(connection)
        read.set()
        event = MessageTextEvent(at=1, room=room, n=1, id="e", sender=NARIN)
        return FeedPage(2, [event], more=False)

    hub.set_feed_reader(read_feed)  # type: ignore[arg-type]
    hub.add(connection, [room])
    await asyncio.wait_for(read.wait(), PATIENCE_S)
    await until(lambda: not hub._tasks, "the catch-up ended")  # noqa: SLF001 - that nothing follows is the point
    assert tape.frames == []


async def test_a_line_for_ones_eyes_in_a_commit_with_other_rooms_is_not_skipped() -> None:
    """The frame of one room must not carry the cursor past the line that says another room was joined."""
    hub, asked = Hub(), list[int]()

    async def read_feed(_person: PersonId, since: int, _limit: int, _cursor: str | None) -> object:
        asked.append(since)
        return FeedPage(max(9, since), [], more=False)

    hub.set_feed_reader(read_feed)  # type: ignore[arg-type]
    old, new = RoomId("r_old"), RoomId("r_new")
    connection = Connection(MALEE, SessionId("s"), Tape(), 3, lambda _: None)
    hub.add(connection, [old])
    await until(lambda: not connection.catching_up, "caught up")
    connection.cursor = 3
    asked.clear()
    event = MessageTextEvent(at=1, room=old, n=5, id="e", sender=NARIN)
    hub.publish(Committed(9, [RoomNews(new, 7, 7, [], (MALEE,)), RoomNews(old, 8, 9, [event])], frozenset((MALEE,))))
    await until(lambda: not connection.catching_up, "the feed read again")
    assert asked == [3]


# Anything in any order: `play.py`


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), min_size=4, max_size=30))
@example([("mention", 0), ("erase", 0), ("reassign", 0), ("reassign", 1)])
@example([("attach", 0), ("find out", 0), ("edit", 0), ("attach", 1), ("stick", 0), ("find out", 1), ("retract", 0)])
@example([("attach", 3), ("reconnect", 1), ("edit", 0), ("find out", 0), ("erase", 0), ("find out", 0)])
def test_nothing_is_lost_and_nothing_comes_twice(script: list[tuple[str, int]]) -> None:
    async def play(folder: Path) -> None:
        # Held until found clean: a wait that ends by the clock is told by a follower that is not here.
        async with open_bureau(folder, files=Files(scan="hold")) as b:
            acting = await Play.begun(b)
            for what, which in script:
                await acting.step(what, which)
            for found in acting.stations:
                found.tape.stuck = False
            await verify(b, acting.stations)

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        _shrink(patch)
        asyncio.run(play(Path(folder)))


def test_an_event_frame_reads_back() -> None:
    event = MessageTextEvent(at=1, room="r", n=2, id="e", sender=NARIN)
    frame = live.events_frame(3, (msgspec.json.encode(event),))
    assert msgspec.json.decode(payload(frame)) == {"pos": "f3", "events": [msgspec.to_builtins(event)]}
