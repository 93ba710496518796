"""The appliance's side of federation: entries reach followers, are cosigned, and what is missing is fetched."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from appliance.actions.messages import show_typing
from appliance.errors import Unavailable
from appliance.model import WAITING, Draft, EntryType, PersonId, RoomId
from appliance.reads.messages import load_messages
from appliance.reads.sync import load_sync
from appliance.rules.entry_states import MembersRemoved
from appliance.store import replicas
from appliance.wire.entries import MessageTextEvent
from appliance.wire.events import Event, MessageRefused, MessageRefusedEvent
from appliance.wire.messages import MessagesQuery
from federation.protocol import frames
from tests.bureau import MALEE, NARIN, Bureau
from tests.federation.wire import Wire, open_wire
from tests.log.agencies import add, person, shared_room, size_of
from tests.sql import all_rows
from tests.waiting import until


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with open_wire(tmp_path, "moph", "moi", "dga") as found:
        yield found


def hub(wire: Wire) -> Bureau:
    return wire.agencies["moph"]


async def same(wire: Wire, room: RoomId, *slugs: str) -> None:
    """Wait until these agencies have a room as its hub has it."""

    async def is_same() -> bool:
        head = await hub(wire).s.log.head(room)
        others = [wire.agencies[slug].s.log.cached(room) for slug in slugs]
        return all(other is not None and other.frontier.root() == head.frontier.root() for other in others)

    await until(is_same, "all have the same log")


async def cosigned(wire: Wire, room: RoomId) -> dict[str, int]:
    b = hub(wire)
    head = await b.s.log.head(room)
    async with b.s.store.read() as reader:
        return await reader.run(replicas.cosigned, head.key)


async def test_what_the_hub_writes_is_with_its_followers_and_cosigned(wire: Wire) -> None:
    room = await shared_room(hub(wire), "moi", "dga")
    await wire.link("moph", "moi")
    await wire.link("moph", "dga")
    await same(wire, room, "moi", "dga")
    for n in range(3):
        await hub(wire).say(NARIN, room, f"ข้อความที่ {n}")
    await same(wire, room, "moi", "dga")
    size = size_of(hub(wire), room)

    async def confirmed() -> bool:
        return await cosigned(wire, room) == {"moi": size, "dga": size}

    await until(confirmed, "both have cosigned the newest size")
    assert await hub(wire).s.log.giving.confirmed(room) == size


async def test_a_room_of_one_agency_leaves_it_never(wire: Wire) -> None:
    own, shared = await hub(wire).group(NARIN, MALEE), await shared_room(hub(wire), "moi")
    await hub(wire).say(NARIN, own, "ภายในเท่านั้น")
    await wire.link("moph", "moi")
    await wire.link("moph", "dga")
    await same(wire, shared, "moi")
    assert wire.agencies["moi"].s.log.cached(own) is None
    assert not any(b"dga" in sender.encode() or own.encode() in frame for sender, frame in wire.carried)
    assert "ภายในเท่านั้น".encode() not in b"".join(frame for _, frame in wire.carried)


async def test_an_agency_that_comes_later_reads_from_the_start(wire: Wire) -> None:
    """F18: the entries before its first member came are given as well."""
    room = await shared_room(hub(wire), "moi")
    await wire.link("moph", "moi")
    await wire.link("moph", "dga")
    for n in range(70):
        await hub(wire).say(NARIN, room, f"เรื่องเดิม {n}")
    await same(wire, room, "moi")
    await add(hub(wire), room, person(MALEE, "dga"))
    await same(wire, room, "moi", "dga")


async def test_a_line_that_breaks_goes_on_where_it_was(wire: Wire) -> None:
    room = await shared_room(hub(wire), "moi")
    await wire.link("moph", "moi")
    await same(wire, room, "moi")
    await wire.cut("moph", "moi")
    for n in range(5):
        await hub(wire).say(NARIN, room, f"ระหว่างสายขาด {n}")
    before = len(wire.carried)
    await wire.link("moph", "moi")
    await same(wire, room, "moi")
    given = [frame for sender, frame in wire.carried[before:] if sender == "moph"]
    entries = sum(len(found.ent) for data in given if isinstance(found := frames.parse(data), frames.Feed))
    assert entries == 5


async def test_a_frame_that_is_lost_is_given_again(wire: Wire) -> None:
    room = await shared_room(hub(wire), "moi")
    lost: list[bytes] = []

    def lose(sender: str, frame: bytes) -> bool:
        if sender == "moph" and b'"t":"feed"' in frame and len(lost) < 3:
            lost.append(frame)
            return True
        return False

    wire.lose = lose

    async def linked_again() -> bool:
        if not wire.is_linked("moph", "moi"):
            await wire.link("moph", "moi")
        return len(lost) == 3 and wire.is_linked("moph", "moi")

    await until(linked_again)
    await same(wire, room, "moi")


async def test_a_follower_restored_from_an_old_copy_fetches_exactly_what_is_missing(wire: Wire) -> None:
    """The hub believes that it has more: what comes leaves a gap, and that range is asked for."""
    room = await shared_room(hub(wire), "moi")
    await wire.link("moph", "moi")
    await same(wire, room, "moi")
    b, moi = hub(wire), wire.agencies["moi"]
    await wire.cut("moph", "moi")
    for n in range(4):
        await b.say(NARIN, room, f"ที่หายไป {n}")
    head = await b.s.log.head(room)
    async with b.s.store.write() as tx:
        await tx.run(replicas.note_has, "moi", head.key, head.size)
    await wire.link("moph", "moi")
    await b.say(NARIN, room, "หลังจากนั้น")
    await same(wire, room, "moi")
    assert size_of(moi, room) == size_of(b, room)


async def test_a_hub_with_two_histories_is_caught_and_other_rooms_go_on(wire: Wire) -> None:
    room, other = await shared_room(hub(wire), "moi"), await shared_room(hub(wire), "moi")
    await wire.link("moph", "moi")
    await same(wire, room, "moi")
    moi = wire.agencies["moi"]
    exchange = wire.exchanges["moph"]
    send = exchange.jobs.send

    def forge(peer: str, frame: bytes) -> None:
        read = frames.parse(frame)
        if isinstance(read, frames.Feed) and read.room == room:
            entry = read.ent[0]
            forged = frames.FeedEntry(entry.l.replace("message.text", "message.edit"), entry.s, entry.b)
            frame = frames.encode(frames.Feed(read.pos, read.low, room, (forged, *read.ent[1:]), read.cp))
        send(peer, frame)

    exchange.jobs.send = forge  # type: ignore[method-assign]
    await hub(wire).say(NARIN, room, "จริง")
    await until(lambda: room in moi.s.log.quarantined, "the room is read-only")
    await hub(wire).say(NARIN, other, "ห้องอื่นยังใช้ได้")
    await same(wire, other, "moi")
    view = json.loads((await _findings(moi, room))[0])
    assert view["peer"] == "moph"


async def _findings(b: Bureau, room: RoomId) -> list[str]:
    head = await b.s.log.head(room)
    async with b.s.store.read() as reader:
        found = await reader.run(replicas.findings, head.key)
    return [json.dumps({"peer": one.peer, "reason": one.reason}) for one in found]


async def test_who_writes_is_seen_at_the_other_agencies(wire: Wire) -> None:
    room = await shared_room(hub(wire), "moi", "dga")
    for slug in ("moi", "dga"):
        await wire.link("moph", slug)
    await same(wire, room, "moi", "dga")
    seen: dict[str, list[tuple[str, str]]] = {slug: [] for slug in wire.agencies}
    for slug, b in wire.agencies.items():
        b.s.hub.ephemeral_followers.append(partial(note, seen[slug]))
    await show_typing(wire.agencies["moi"].s, MALEE, room)
    typing = ("typing", person(MALEE, "moi"))
    await until(lambda: seen == {"moi": [("typing", MALEE)], "moph": [typing], "dga": [typing]}, "all others see it")


def note(seen: list[tuple[str, str]], _: RoomId, event: Event) -> None:
    seen.append((event.type, str(event.sender)))


@pytest.mark.parametrize("who", [person(NARIN, "moi"), person(MALEE, "dga"), person(MALEE, "moph")])
async def test_nobody_shows_that_others_write(wire: Wire, who: str) -> None:
    room = await shared_room(hub(wire), "moi", "dga")
    await wire.link("moph", "moi")
    await same(wire, room, "moi")
    seen: list[Event] = []
    hub(wire).s.hub.ephemeral_followers.append(lambda _, event: seen.append(event))
    at = hub(wire).s.clock()
    await wire.bring("moi", "moph", frames.Eph(room, "typing", who, at + 8_000))
    await wire.bring("moi", "moph", frames.Eph(room, "other", person(MALEE, "moi"), at + 8_000))
    await wire.bring("moi", "moph", frames.Eph(room, "typing", person(MALEE, "moi"), at))
    await wire.bring("dga", "moph", frames.Eph(room, "typing", person(MALEE, "moi"), at + 8_000))
    assert seen == []


async def words(b: Bureau, room: RoomId, reader: PersonId = MALEE) -> list[str]:
    page = await load_messages(b.s, reader, room, MessagesQuery())
    return [one.body.text for one in reversed(page.messages) if isinstance(one, MessageTextEvent) and one.body]


async def test_what_a_follower_writes_is_ordered_by_the_hub_and_with_everybody(wire: Wire) -> None:
    room = await shared_room(hub(wire), "moi", "dga")
    for slug in ("moi", "dga"):
        await wire.link("moph", slug)
    await same(wire, room, "moi", "dga")
    said = [f"จากมหาดไทย {n}" for n in range(5)]
    for text in said:
        assert (await wire.agencies["moi"].say(MALEE, room, text)).n == WAITING
    for slug in ("moph", "moi", "dga"):
        await until(partial(has_words, wire.agencies[slug], room, said), slug)
    await same(wire, room, "moi", "dga")


async def has_words(b: Bureau, room: RoomId, said: list[str], reader: PersonId = MALEE) -> bool:
    return await words(b, room, reader) == said


async def test_what_is_written_while_the_hub_is_away_waits_and_goes_in_once(wire: Wire) -> None:
    room = await shared_room(hub(wire), "moi")
    await wire.link("moph", "moi")
    await same(wire, room, "moi")
    await wire.cut("moph", "moi")
    moi = wire.agencies["moi"]
    for n in range(3):
        await moi.say(MALEE, room, f"รอศูนย์กลาง {n}")
    await hub(wire).say(NARIN, room, "ระหว่างนั้น")
    lost: list[bytes] = []

    def lose_answers(sender: str, frame: bytes) -> bool:
        # The hub has it, and its entries come back on another line than its answer.
        if sender == "moi" and b'"t":"submit"' in frame and len(lost) < 2:
            lost.append(frame)
            return True
        return False

    wire.lose = lose_answers

    async def all_said() -> bool:
        if not wire.is_linked("moph", "moi"):
            await wire.link("moph", "moi")
        return await words(hub(wire), room) == ["ระหว่างนั้น", *(f"รอศูนย์กลาง {n}" for n in range(3))]

    await until(all_said)
    await same(wire, room, "moi")
    assert len(lost) == 2
    assert await moi.s.log.outbox.rooms() == []


async def test_what_the_hub_refuses_does_not_hold_up_what_follows(wire: Wire) -> None:
    """Somebody was taken off the room while their words waited; what others wrote after them goes in."""
    room = await shared_room(hub(wire), "moi")
    await add(hub(wire), room, person(NARIN, "moi"))
    await wire.link("moph", "moi")
    await same(wire, room, "moi")
    moi = wire.agencies["moi"]
    await wire.cut("moph", "moi")
    await moi.say(MALEE, room, "ผู้ที่ถูกนำออกแล้ว")
    await moi.say(NARIN, room, "ตามมา")
    gone = MembersRemoved((person(MALEE, "moi"),))
    await hub(wire).s.log.append(Draft(room, person(NARIN, "moph"), EntryType.MEMBER_REMOVE, state=gone))
    since = moi.s.log.feed.pos
    await wire.link("moph", "moi")
    await until(partial(has_words, hub(wire), room, ["ตามมา"], NARIN))
    await same(wire, room, "moi")
    page = await load_sync(moi.s, MALEE, since, 100, None)
    told = [event.state for event in page.events if isinstance(event, MessageRefusedEvent)]
    assert told == [MessageRefused(room=room, txn_id="t-1", code="not_a_member")]
    async with moi.s.store.read() as reader:
        assert await reader.run(all_rows, "SELECT id FROM outbox", ()) == []


def restore(folder: Path, backup: Path) -> None:
    """Put an older copy of a database in the place of the one that is there."""
    for name in ("gchat.db-wal", "gchat.db-shm", "gchat.db"):
        (folder / name).unlink(missing_ok=True)
    shutil.copy(backup, folder / "gchat.db")


async def test_a_hub_restored_from_an_old_copy_loses_nothing_and_forks_nothing(tmp_path: Path) -> None:
    async with open_wire(tmp_path, "moph", "moi", "dga") as wire:
        room = await shared_room(hub(wire), "moi", "dga")
        for slug in ("moi", "dga"):
            await wire.link("moph", slug)
        await hub(wire).say(NARIN, room, "ก่อนสำรอง")
        await same(wire, room, "moi", "dga")
    shutil.copy(tmp_path / "moph" / "gchat.db", tmp_path / "backup.db")
    async with open_wire(tmp_path, "moph", "moi", "dga") as wire:
        hub(wire).txns = count(100)
        for slug in ("moi", "dga"):
            await wire.link("moph", slug)
        await hub(wire).say(NARIN, room, "หลังสำรอง")
        await wire.agencies["moi"].say(MALEE, room, "จากอีกหน่วยงานหลังสำรอง")
        await until(partial(has_words, hub(wire), room, ["ก่อนสำรอง", "หลังสำรอง", "จากอีกหน่วยงานหลังสำรอง"]))
        await same(wire, room, "moi", "dga")
        root = (await hub(wire).s.log.head(room)).frontier.root()
    restore(tmp_path / "moph", tmp_path / "backup.db")
    async with open_wire(tmp_path, "moph", "moi", "dga") as wire:
        hub(wire).txns = count(200)
        assert list(hub(wire).s.log.recovering) == [room]
        with pytest.raises(Unavailable):
            await hub(wire).say(NARIN, room, "เร็วเกินไป")
        await wire.link("moph", "moi")
        with pytest.raises(Unavailable):
            await hub(wire).say(NARIN, room, "อีกหน่วยงานยังไม่ตอบ")
        await wire.link("moph", "dga")
        await until(lambda: not list(hub(wire).s.log.recovering), "all have answered")
        assert (await hub(wire).s.log.head(room)).frontier.root() == root
        await hub(wire).say(NARIN, room, "ต่อจากเดิม")
        await same(wire, room, "moi", "dga")
        assert not list(wire.agencies["moi"].s.log.quarantined)


async def test_an_ordinary_start_holds_nothing(tmp_path: Path) -> None:
    async with open_wire(tmp_path, "moph", "moi") as wire:
        room = await shared_room(hub(wire), "moi")
    async with open_wire(tmp_path, "moph", "moi") as wire:
        hub(wire).txns = count(100)
        assert list(hub(wire).s.log.recovering) == []
        await hub(wire).say(NARIN, room, "ไม่ต้องรอใคร")


async def test_an_old_copy_written_over_the_file_is_noticed_too(tmp_path: Path) -> None:
    """The same file by its identity; but its feed is behind the mark."""
    async with open_wire(tmp_path, "moph", "moi") as wire:
        room = await shared_room(hub(wire), "moi")
    old = (tmp_path / "moph" / "gchat.db").read_bytes()
    async with open_wire(tmp_path, "moph", "moi") as wire:
        hub(wire).txns = count(100)
        await hub(wire).say(NARIN, room, "หลังสำเนา")
    for name in ("gchat.db-wal", "gchat.db-shm"):
        (tmp_path / "moph" / name).unlink(missing_ok=True)
    (tmp_path / "moph" / "gchat.db").write_bytes(old)
    async with open_wire(tmp_path, "moph", "moi") as wire:
        assert list(hub(wire).s.log.recovering) == [room]
