"""Damage on the disk costs what lies on it: a damaged room is shown, read as far as it is whole, and says so."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from contextlib import closing
from pathlib import Path

import pytest

from appliance.actions import messages, rooms
from appliance.errors import AppError, Forbidden
from appliance.log.bodies import Bodies
from appliance.log.integrity import Check
from appliance.log.verification import LogFiles, verify_rooms
from appliance.model import Appended, Draft, EntryType, PersonId, RoomId
from appliance.model import TextBody as Body
from appliance.reads.messages import load_history, load_messages
from appliance.reads.readers import load_readers
from appliance.reads.rooms import load_room, load_rooms
from appliance.reads.search import _read_texts
from appliance.reads.sync import load_sync
from appliance.rules.entry_states import TextSaid
from appliance.store.db import connect
from appliance.store.disk_errors import DATABASE_ERRORS
from appliance.wire.entries import EntryEvent, EntryEventBase
from appliance.wire.messages import MessagesQuery, TextBody
from search_index import wire
from tests import torn as torn_pages
from tests.bureau import KEYS, MALEE, NARIN, OUTSIDER, SIGNER, SOMCHAI, Bureau, open_bureau, principal
from tests.log.conftest import Torn
from tests.sql import edit_entries

MORE = 7
"""A page's length in these tests, which is no divisor of what a room holds."""


async def all_entries(b: Bureau, who: PersonId, room: RoomId) -> list[EntryEvent]:
    """Read a room page by page, as clients do: a page has no gaps."""
    found: list[EntryEvent] = []
    while True:
        after = found[-1].n if found else None
        query = MessagesQuery(after=after, limit=MORE) if found else MessagesQuery(around=0, limit=1)
        page = await load_messages(b.s, who, room, query)
        found += page.messages
        assert [event.n for event in found] == list(range(len(found)))
        if not page.has_more:
            return found


async def code_of(work: Awaitable[object]) -> str | None:
    try:
        await work
    except AppError as error:
        return error.code
    return None


class TestATornPage:
    async def test_its_room_is_listed_as_damaged_and_denies_everything_with_the_reason(self, torn: Torn) -> None:
        async with open_bureau(torn.folder) as b:
            good, bad = (await load_rooms(b.s, MALEE)).rooms
            assert (good.id, good.damaged, good.denied.get("post")) == (torn.good, False, None)
            assert (bad.id, bad.damaged, bad.name, bad.member_count) == (torn.bad, True, "ห้องทดสอบ", 3)
            assert set(bad.denied.values()) == {"storage_damaged"}
            assert {"post", "rename", "add", "suggest"} <= bad.denied.keys()
            one = await load_room(b.s, MALEE, torn.bad)
            assert (one.damaged, len(one.members)) == (True, 3)
            with pytest.raises(Forbidden):
                await load_room(b.s, OUTSIDER, torn.bad)
            pages = [await load_rooms(b.s, MALEE, None, 1)]
            assert pages[0].cursor is not None
            pages.append(await load_rooms(b.s, MALEE, pages[0].cursor, 1))
            assert [page.rooms[0].id for page in pages] == [torn.good, torn.bad]
            assert pages[1].cursor is None

    async def test_the_snapshot_and_what_follows_tell_it_too(self, torn: Torn) -> None:
        async with open_bureau(torn.folder) as b:
            snapshot = await load_sync(b.s, MALEE, 0, 100)
            told = {event.room: bool(event.state and event.state.damaged) for event in snapshot.events}
            assert told == {torn.good: False, torn.bad: True}
            sent = await b.say(MALEE, torn.good)
            later = await load_sync(b.s, MALEE, snapshot.pos, 100)
            assert [(event.room, event.n) for event in later.events if isinstance(event, EntryEventBase)] == [
                (torn.good, sent.n)
            ]
            assert all(
                event.room == torn.good
                for event in (await load_sync(b.s, MALEE, 1, 20)).events
                if isinstance(event, EntryEventBase)
            )

    async def test_every_whole_entry_is_read_and_the_others_are_marked(self, torn: Torn) -> None:
        async with open_bureau(torn.folder) as b:
            found = await all_entries(b, MALEE, torn.bad)
            shown = [event.n for event in found if getattr(event, "body", None)]
            damaged = [event.n for event in found if getattr(event, "hidden", None) == "damaged"]
            assert shown == list(range(2, 2 + len(shown)))
            assert len(shown) > 10
            assert damaged == list(range(2 + len(shown), len(found)))
            newest = await load_messages(b.s, MALEE, torn.bad, MessagesQuery(limit=5))
            assert [event.n for event in newest.messages] == list(range(len(found) - 1, len(found) - 6, -1))
            with pytest.raises(Forbidden):
                await load_messages(b.s, OUTSIDER, torn.bad, MessagesQuery())

    async def test_readers_wordings_and_search_go_on_where_it_is_whole(self, torn: Torn) -> None:
        async with open_bureau(torn.folder) as b:
            assert (await load_readers(b.s, MALEE, torn.bad, 2)).unread_count == 2
            assert (await load_history(b.s, MALEE, torn.bad, 2)).versions[0].body is not None
            size = len(await all_entries(b, MALEE, torn.bad))
            hits = [wire.Hit(room, n, 0, NARIN) for n in (2, size - 1) for room in (torn.bad, torn.good)]
            texts, _ = await _read_texts(b.s, MALEE, hits)
            assert [bool(text) for text in texts] == [True, True, False, True]
            assert (await _read_texts(b.s, OUTSIDER, hits))[0] == [None] * 4

    async def test_nothing_can_be_sent_edited_or_changed_and_each_refusal_says_why(self, torn: Torn) -> None:
        async with open_bureau(torn.folder) as b:
            for work in (
                messages.send_message(b.s, NARIN, torn.bad, TextBody(text="ใหม่"), "send"),
                messages.edit_message(b.s, NARIN, torn.bad, 2, TextBody(text="ใหม่"), "edit"),
                rooms.rename_room(b.s, NARIN, torn.bad, "ใหม่", "rename"),
                rooms.change_members(b.s, NARIN, torn.bad, [OUTSIDER], [], "change"),
                b.read(NARIN, torn.bad, 3),
            ):
                assert await code_of(work) == "storage_damaged", work
            assert await code_of(messages.send_message(b.s, NARIN, torn.good, TextBody(text="ใหม่"), "send")) is None

    async def test_verify_names_it(self, torn: Torn) -> None:
        assert torn.bad in "".join(verified(torn.folder))
        assert torn.good not in "".join(verified(torn.folder))


def verified(folder: Path) -> list[str]:
    place = LogFiles(folder / "gchat.db", KEYS.database_key, folder / "heads.log")
    return verify_rooms(place, Check(SIGNER.verifier, Bodies(KEYS)), (), wait=lambda _: None).faults


class TestAnyPage:
    """Each page in turn: who is a member reads all that plain SQL can read, and hears of the rest."""

    @pytest.mark.slow
    async def test_of_entries_and_of_rooms(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path) as b:
            made = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(3)]
            since = b.s.log.feed.pos
            for room in made:
                for _ in range(15):
                    await b.say(NARIN, room, "ก" * 300)
        database = tmp_path / "gchat.db"
        pristine = database.read_bytes()
        with closing(connect(database, KEYS.database_key)) as raw:
            keys = dict(raw.execute("SELECT id, key FROM room").fetchall())
        marked = 0
        for number in leaves(
            database, ("entry_at", "log", "room", "checkpoint", "message_mark", "reaction", "mention")
        ):
            torn_pages.tear(database, pristine, number)
            async with open_bureau(tmp_path) as b:
                assert [room.id for room in (await load_rooms(b.s, MALEE)).rooms] == made, number
                assert [event.room for event in (await load_sync(b.s, MALEE, 0, 100)).events] == made, number
                told = await load_sync(b.s, MALEE, since, 200)
                assert {event.room for event in told.events} == set(made), number
                for room in made:
                    found = await all_entries(b, MALEE, room)
                    able = {event.n for event in found if getattr(event, "body", None)}
                    due = {n for n in range(2, 17) if readable(database, keys[room], n)}
                    assert due <= able, (number, room)
                    marked += sum(getattr(event, "hidden", None) == "damaged" for event in found)
        assert marked > 20


def leaves(database: Path, tables: tuple[str, ...]) -> list[int]:
    """Return the pages of some tables, found by what tearing them hurts: those that a scan of the table needs."""
    pristine = database.read_bytes()
    found = set()
    for number in torn_pages.pages(pristine):
        if number == 1:
            continue
        torn_pages.tear(database, pristine, number)
        hurt = {table for table in (*tables, *NEEDED) if not scanned(database, table)}
        if hurt and not hurt & set(NEEDED):
            found.add(number)
    torn_pages.tear(database, pristine, number)
    database.write_bytes(pristine)
    assert len(found) > 8
    return sorted(found)


NEEDED = (
    "sqlite_schema", "person", "account", "room_member", "epoch_key", "feed", "receipt_gap", "room_view", "unfolded_at",
    "(SELECT max(pos) FROM log)",
)  # fmt: skip


def scanned(database: Path, table: str) -> bool:
    try:
        with closing(connect(database, KEYS.database_key, read_only=True)) as raw:
            raw.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - names of this module
    except (AppError, *DATABASE_ERRORS):
        return False
    return True


def readable(database: Path, room: int, n: int) -> bool:
    """Say whether a message's row, its marks and its reactions can be read by plain SQL."""
    try:
        with closing(connect(database, KEYS.database_key, read_only=True)) as raw:
            raw.execute("SELECT emoji FROM reaction WHERE room = ? AND target = ?", (room, n)).fetchall()
            raw.execute("SELECT edit FROM message_mark WHERE room = ? AND n = ?", (room, n)).fetchall()
            return raw.execute("SELECT sealed FROM entry WHERE place = ? << 32 | ?", (room, n)).fetchone() is not None
    except (AppError, *DATABASE_ERRORS):
        return False


class TestABodyThatDoesNotOpen:
    async def damage(self, b: Bureau, room: RoomId, n: int) -> None:
        key = (await b.s.log.head(room)).key
        async with b.s.store.write() as tx:
            await tx.run(
                edit_entries, "UPDATE entry SET sealed = zeroblob(length(sealed)) WHERE place = ? << 32 | ?", (key, n)
            )

    async def test_costs_that_message_alone(self, bureau: Bureau, caplog: pytest.LogCaptureFixture) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        before = (await load_sync(bureau.s, MALEE, 0, 10)).pos
        sent = [await bureau.say(NARIN, room, f"ข้อความ {n}") for n in range(3)]
        await self.damage(bureau, room, sent[1].n)
        with caplog.at_level(logging.ERROR):
            for _ in range(3):
                page = (await load_messages(bureau.s, MALEE, room, MessagesQuery(limit=3))).messages[::-1]
                assert [event.body.text if getattr(event, "body", None) else event.hidden for event in page] == [
                    "ข้อความ 0", "damaged", "ข้อความ 2"
                ]  # fmt: skip
        assert caplog.text.count(f"room {room} n={sent[1].n}") == 1
        told = await load_sync(bureau.s, MALEE, before, 10)
        assert [event.hidden for event in told.events if event.n] == [None, "damaged", None]
        hits = [wire.Hit(room, one.n, one.at, NARIN) for one in sent]
        texts = (await _read_texts(bureau.s, MALEE, hits))[0]
        assert [one and one.text for one in texts] == ["ข้อความ 0", None, "ข้อความ 2"]
        assert (await load_readers(bureau.s, MALEE, room, sent[1].n)).unread_count == 2
        assert isinstance(await bureau.say(NARIN, room), Appended)

    async def test_as_the_newest_it_leaves_the_list_and_the_wordings_in_place(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(NARIN, room, "เดิม")
        await messages.edit_message(bureau.s, NARIN, room, sent.n, TextBody(text="ใหม่"), bureau.txn())
        await self.damage(bureau, room, sent.n + 1)
        [view] = (await load_rooms(bureau.s, MALEE)).rooms
        assert view.last is not None
        assert (view.last.n, view.last.hidden) == (sent.n, "damaged")
        assert not view.damaged
        history = (await load_history(bureau.s, MALEE, room, sent.n)).versions
        assert [(version.body and version.body.text, version.hidden) for version in history] == [
            ("เดิม", None), (None, "damaged")
        ]  # fmt: skip

    async def test_is_found_by_verify(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            sent = await b.say(NARIN, room)
            await self.damage(b, room, sent.n)
        assert f"{room} n={sent.n}" in "".join(verified(tmp_path))

    async def test_a_header_that_cannot_be_read_costs_that_entry_alone(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = [await bureau.say(NARIN, room, f"ข้อความ {n}") for n in range(3)]
        key = (await bureau.s.log.head(room)).key
        async with bureau.s.store.write() as tx:
            await tx.run(edit_entries, "UPDATE entry SET header = x'00' WHERE place = ? << 32 | ?", (key, sent[1].n))
        page = (await load_messages(bureau.s, MALEE, room, MessagesQuery(limit=3))).messages[::-1]
        assert [event.body.text if getattr(event, "body", None) else event.hidden for event in page] == [
            "ข้อความ 0", "damaged", "ข้อความ 2"
        ]  # fmt: skip
        assert page[1].n == sent[1].n


async def test_a_message_is_appended_where_the_damage_does_not_touch_the_end(bureau: Bureau) -> None:
    """Old words that do not open keep nobody from writing on."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(NARIN, room)
    await TestABodyThatDoesNotOpen().damage(bureau, room, sent.n)
    draft = Draft(
        room, principal(NARIN), EntryType.MESSAGE_TEXT, "next", body=Body("ต่อ"), state=TextSaid(reply_to=sent.n)
    )
    assert (await bureau.s.log.append(draft))[0].n == sent.n + 1
