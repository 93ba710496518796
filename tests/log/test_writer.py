"""Appending: one order, group commit, repeats, all or nothing, a failing disk, a restart, the week's key."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.actions import messages, rooms
from appliance.errors import AppError, Forbidden, StorageFull, Unavailable
from appliance.evidence.canonical import decode_header
from appliance.evidence.tree import Frontier
from appliance.log import heads
from appliance.log.commands import THIS_ROOM, Command
from appliance.model import Appended, Deny, Draft, EntryType, PersonId, RoomId, RoomKind
from appliance.model import TextBody as Body
from appliance.reads.messages import load_messages
from appliance.rules.entry_states import Card, MembersAdded, MembersRemoved, RoomCreated, TextEdited
from appliance.store import batch as batches
from appliance.store import entries, feed
from appliance.store.db import READERS
from appliance.vault.epochs import iso_week
from appliance.wire.committed import Committed
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import CLERK, DAY, MALEE, NARIN, SOMCHAI, START, Bureau, Clock, open_bureau, principal
from tests.sql import all_rows, run_sql
from tests.waiting import PATIENCE_S


def text(who: PersonId, room: RoomId, words: str, txn_id: str | None) -> Draft:
    return Draft(room, principal(who), EntryType.MESSAGE_TEXT, txn_id, body=Body(words))


async def texts(b: Bureau, room: RoomId) -> list[str]:
    page = await load_messages(b.s, NARIN, room, MessagesQuery(after=0, limit=200))
    return [event.body.text for event in page.messages if getattr(event, "body", None)]


async def rows(b: Bureau, sql: str, *params: object) -> list[tuple[object, ...]]:
    async with b.s.store.read() as reader:
        return await reader.run(all_rows, sql, params)


class TestOneOrder:
    async def test_many_at_once_stand_one_after_the_other(self, bureau: Bureau) -> None:
        groups = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(3)]
        heard: list[Committed] = []
        bureau.s.log.feed.followers.append(heard.append)
        made = await asyncio.gather(
            *(bureau.say(who, room, f"{i}") for i in range(40) for who in (NARIN, MALEE) for room in groups)
        )
        for room in groups:
            here = sorted((found for found in made if found.room == room), key=lambda found: found.n)
            assert [found.n for found in here] == list(range(2, 82))
            assert [found.pos for found in here] == sorted(found.pos for found in here)
        assert len({found.pos for found in made}) == 240
        assert len(heard) < 20, "neighbours commit together"
        told = {
            (news.room, getattr(event, "n", None)): pos
            for committed in heard
            for news in committed.rooms
            for pos, event in enumerate(news.events, news.first)
        }
        assert told == {(found.room, found.n): found.pos for found in made}
        assert [committed.pos for committed in heard] == sorted(committed.pos for committed in heard)
        stored = await rows(bureau, "SELECT pos, place >> 32, place & 4294967295 FROM log ORDER BY pos")
        by_room: dict[object, list[object]] = {}
        for _, room_key, n in stored:
            by_room.setdefault(room_key, []).append(n)
        assert all(ns == list(range(len(ns))) for ns in by_room.values())

    async def test_an_answer_comes_after_the_commit_and_the_news_after_the_answer(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        order: list[str] = []
        bureau.s.log.feed.followers.append(lambda committed: order.append(f"told {committed.pos}"))
        done = asyncio.Event()

        def answered(result: list[Appended] | AppError) -> None:
            assert isinstance(result, list)
            order.append(f"answered {result[0].pos}")
            done.set()

        bureau.s.log.submit(Command((text(NARIN, room, "ก", "t"),), answered))
        await done.wait()
        assert order == [f"answered {bureau.s.log.feed.pos}", f"told {bureau.s.log.feed.pos}"]
        assert await rows(bureau, "SELECT 1 FROM log WHERE pos = ?", bureau.s.log.feed.pos)

    async def test_a_caller_who_cannot_be_told_harms_nobody(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        heard: list[Committed] = []
        bureau.s.log.feed.followers.append(heard.append)

        def broken(_: object) -> None:
            raise RuntimeError("the connection is gone")

        bureau.s.log.submit(Command((text(NARIN, room, "หนึ่ง", "a"),), broken))
        await bureau.say(MALEE, room, "สอง")
        assert await texts(bureau, room) == ["หนึ่ง", "สอง"]
        assert sum(len(news.events) for committed in heard for news in committed.rooms) == 2

    async def test_a_follower_that_fails_harms_nobody(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)

        def broken(_: Committed) -> None:
            raise RuntimeError("a follower")

        bureau.s.log.feed.followers.insert(0, broken)
        await bureau.say(MALEE, room)
        assert bureau.s.hub.pos == bureau.s.log.feed.pos


class TestSlowReaders:
    async def test_reads_that_take_every_reader_stop_no_send(self, tmp_path: Path) -> None:
        """The writer reads what it needs on a connection of its own."""
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            sent = await b.say(MALEE, room)
        async with open_bureau(tmp_path) as b, AsyncExitStack() as taken:
            for _ in range(READERS):
                await taken.enter_async_context(b.s.store.read())
            assert b.s.log.cached(room) is None, "what decides about the room has to be read"
            async with asyncio.timeout(PATIENCE_S):
                await b.s.log.append(
                    Draft(
                        room,
                        principal(MALEE),
                        EntryType.MESSAGE_EDIT,
                        "e",
                        body=Body("ใหม่"),
                        state=TextEdited(sent.n),
                    )
                )
                await b.s.log.append(text(MALEE, room, "สวัสดีครับ", "again"))
                repeated = await b.s.log.append(text(MALEE, room, "ซ้ำ", "again"))
            assert repeated[0].n == sent.n + 2


class TestRepeats:
    async def test_alone(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        first = await bureau.s.log.append(text(NARIN, room, "ครั้งเดียว", "t1"))
        bureau.clock.pass_(1_000)
        assert await bureau.s.log.append(text(NARIN, room, "อื่น", "t1")) == first
        assert await texts(bureau, room) == ["ครั้งเดียว"]

    async def test_in_one_batch_and_among_others(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        old = await bureau.s.log.append(text(NARIN, room, "เก่า", "old"))
        made = await asyncio.gather(
            bureau.s.log.append(text(NARIN, room, "หนึ่ง", "a")),
            bureau.s.log.append(text(NARIN, room, "หนึ่งซ้ำ", "a")),
            bureau.s.log.append(text(MALEE, room, "สอง", "a")),
            bureau.s.log.append(text(NARIN, room, "เก่าซ้ำ", "old")),
            bureau.s.log.append(text(NARIN, room, "สาม", "b")),
        )
        assert made[0] == made[1] != made[2]
        assert made[3] == old
        assert await texts(bureau, room) == ["เก่า", "หนึ่ง", "สอง", "สาม"]

    async def test_after_a_restart(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            first = await b.s.log.append(text(NARIN, room, "ครั้งเดียว", "t1"))
        async with open_bureau(tmp_path) as b:
            assert await b.s.log.append(text(NARIN, room, "อื่น", "t1")) == first
            assert await texts(b, room) == ["ครั้งเดียว"]

    async def test_of_what_would_be_refused_by_now(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        first = await bureau.s.log.append(text(MALEE, room, "ทันเวลา", "t1"))
        await rooms.rename_room(bureau.s, NARIN, room, "ชื่อใหม่", "t2")
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], "t3")
        await rooms.transfer_room(bureau.s, NARIN, room, SOMCHAI, "t4")
        assert await bureau.s.log.append(text(MALEE, room, "ทันเวลา", "t1")) == first
        await rooms.rename_room(bureau.s, NARIN, room, "ชื่อใหม่", "t2")
        await rooms.transfer_room(bureau.s, NARIN, room, SOMCHAI, "t4")
        with pytest.raises(Forbidden):
            await bureau.s.log.append(text(MALEE, room, "อีกข้อความ", "t9"))
        assert (await bureau.view(SOMCHAI, room)).size == 6

    async def test_an_id_is_good_for_one_room_and_one_sender(self, bureau: Bureau) -> None:
        one, two = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
        made = [await bureau.s.log.append(text(who, room, "ข", "x")) for who in (NARIN, MALEE) for room in (one, two)]
        assert len({(found.room, found.n) for [found] in made}) == 4


class TestAllOrNothing:
    async def test_a_refused_draft_takes_the_others_with_it(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        before = bureau.s.log.cached(room)
        with pytest.raises(Forbidden) as caught:
            await bureau.s.log.append(
                Draft(
                    room,
                    principal(NARIN),
                    EntryType.MEMBER_REMOVE,
                    "t",
                    state=MembersRemoved((principal(MALEE),)),
                ),
                Draft(
                    room,
                    principal(NARIN),
                    EntryType.MEMBER_ADD,
                    state=MembersAdded((Card(principal(SOMCHAI), "ชื่อ", "", ""),)),
                ),
            )
        assert caught.value.deny is Deny.ALREADY_MEMBER
        assert bureau.s.log.cached(room) == before
        assert (await bureau.view(MALEE, room)).size == 2

    async def test_a_room_whose_members_are_refused_is_not_created(self, bureau: Bureau) -> None:
        card = Card(principal(MALEE), "ชื่อ", "", "")
        with pytest.raises(Forbidden):
            await bureau.s.log.append(
                Draft(
                    THIS_ROOM,
                    principal(NARIN),
                    EntryType.ROOM_CREATE,
                    "t",
                    state=RoomCreated(RoomKind.GROUP, principal(NARIN), "ก"),
                ),
                Draft(THIS_ROOM, principal(NARIN), EntryType.MEMBER_ADD, state=MembersAdded((card, card))),
            )
        assert await rows(bureau, "SELECT count(*) FROM room") == [(0,)]
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        assert (await bureau.say(MALEE, room)).n == 2

    async def test_an_edit_in_the_batch_of_the_retraction_is_refused(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room)
        results = await asyncio.gather(
            messages.retract_message(bureau.s, MALEE, room, sent.n, "", "r"),
            messages.edit_message(bureau.s, MALEE, room, sent.n, TextBody(text="ช้าไป"), "e"),
            messages.retract_message(bureau.s, NARIN, room, sent.n, "", "r"),
            return_exceptions=True,
        )
        assert results[0] is None
        assert [result.deny for result in results[1:] if isinstance(result, Forbidden)] == [Deny.MESSAGE_RETRACTED] * 2

    async def test_an_edit_in_the_batch_of_its_message(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent, edited = await asyncio.gather(
            bureau.s.log.append(text(MALEE, room, "ก่อน", "t")),
            bureau.s.log.append(
                Draft(room, principal(MALEE), EntryType.MESSAGE_EDIT, "e", body=Body("หลัง"), state=TextEdited(2))
            ),
        )
        assert (sent[0].n, edited[0].n) == (2, 3)
        assert (await texts(bureau, room))[0] == "หลัง"


class TestFailingDisk:
    async def test_nothing_changes_and_it_goes_on_afterwards(
        self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.say(NARIN, room, "ก่อน")
        before, pos, heard = bureau.s.log.cached(room), bureau.s.log.feed.pos, list[Committed]()
        bureau.s.log.feed.followers.append(heard.append)
        real = batches.write

        def full(raw: sqlcipher.Connection, batch: batches.Batch) -> None:
            real(raw, batch)
            raise sqlcipher.OperationalError("database or disk is full")

        # A new week, so that the failing batch also made a key; a new room, so that it also took a number.
        bureau.clock.pass_(8 * DAY)
        with monkeypatch.context() as patch:
            patch.setattr(batches, "write", full)
            results = await asyncio.gather(
                bureau.s.log.append(text(MALEE, room, "หาย", "t1")),
                bureau.group(NARIN, MALEE, SOMCHAI),
                bureau.say(SOMCHAI, room),
                return_exceptions=True,
            )
        assert [type(result) for result in results] == [StorageFull] * 3
        assert (bureau.s.log.cached(room), bureau.s.log.feed.pos, heard) == (before, pos, [])
        assert await texts(bureau, room) == ["ก่อน"]
        again = await bureau.s.log.append(text(MALEE, room, "มาแล้ว", "t1"))
        assert again[0].n == 3
        other = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.say(MALEE, other, "ห้องใหม่")
        assert await texts(bureau, room) == ["ก่อน", "มาแล้ว"]
        assert await texts(bureau, other) == ["ห้องใหม่"]

    async def test_a_fault_of_ours_is_told_as_such(self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)

        def broken(_raw: sqlcipher.Connection, _batch: batches.Batch) -> None:
            raise RuntimeError("a fault")

        with monkeypatch.context() as patch:
            patch.setattr(batches, "write", broken)
            with pytest.raises(AppError) as caught:
                await bureau.say(NARIN, room)
        assert caught.value.code == "internal"
        await bureau.say(NARIN, room)

    async def test_after_the_end_and_beyond_the_queue_it_is_busy(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.s.log.close()
        with pytest.raises(Unavailable):
            await bureau.say(NARIN, room)


class TestRestart:
    async def test_the_tree_goes_on_where_it_was(self, tmp_path: Path) -> None:
        clock = Clock()
        async with open_bureau(tmp_path, clock=clock) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            for n in range(11):
                await b.say(MALEE, room, f"{n}")
            before = b.s.log.cached(room)
        async with open_bureau(tmp_path, clock=clock) as b:
            head = await b.s.log.head(room)
            assert head == before
            await b.say(SOMCHAI, room, "ต่อ")
            head = await b.s.log.head(room)
            async with b.s.store.read() as reader:
                assert head.frontier == await reader.run(heads.recompute, head.key, Frontier())
            assert head.size == head.frontier.size == 14

    async def test_positions_and_keys_go_on(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            sent = await b.say(MALEE, room, "ก่อน")
        async with open_bureau(tmp_path) as b:
            again = await b.say(MALEE, room, "หลัง")
            assert again.pos == sent.pos + 1
            assert await texts(b, room) == ["ก่อน", "หลัง"]
            assert await rows(b, "SELECT count(*) FROM epoch_key") == [(1,)]
            other = await b.group(NARIN, MALEE, CLERK)
            await b.say(MALEE, other)
            assert await rows(b, "SELECT count(*) FROM epoch_key") == [(2,)]

    async def test_a_room_that_was_let_go_is_loaded_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heads, "KEPT", 3)
        async with open_bureau(tmp_path) as bureau:
            made = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(5)]
            # In one batch the one that would go next and two that have gone.
            for words in ("หนึ่ง", "สอง"):
                await asyncio.gather(*(bureau.say(MALEE, made[n], words) for n in (2, 0, 1)))
                await asyncio.gather(*(bureau.say(MALEE, made[n], words) for n in (0, 3, 4)))
            for room in made[1:]:
                assert await texts(bureau, room) == ["หนึ่ง", "สอง"]


class TestTime:
    async def test_a_clock_that_steps_back_keeps_the_hubs_time_and_tells_the_true_one(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        first = await bureau.say(NARIN, room)
        bureau.clock.pass_(-3_600_000)
        second = await bureau.say(NARIN, room)
        bureau.clock.pass_(3_600_001)
        third = await bureau.say(NARIN, room)
        assert (first.at, second.at, third.at) == (START, START - 3_600_000, START + 1)
        key = (await bureau.s.log.head(room)).key
        stored = await rows(bureau, "SELECT at, ht FROM entry WHERE room = ? AND n > 1 ORDER BY n", key)
        assert stored == [(START, START), (START - 3_600_000, START), (START + 1, START + 1)]
        other = await bureau.group(NARIN, MALEE)
        assert (await bureau.view(NARIN, other)).created == START + 1

    async def test_each_week_has_its_key_and_the_old_ones_stay_readable(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        for week in range(3):
            await bureau.say(MALEE, room, f"สัปดาห์ {week}")
            await bureau.say(NARIN, room, f"สัปดาห์ {week}")
            bureau.clock.pass_(7 * DAY)
        weeks = await rows(bureau, "SELECT week FROM epoch_key ORDER BY key")
        assert weeks == [(iso_week(START + week * 7 * DAY),) for week in range(3)]
        assert await texts(bureau, room) == [f"สัปดาห์ {week}" for week in range(3) for _ in range(2)]
        used = await rows(bureau, "SELECT DISTINCT epoch FROM entry WHERE epoch IS NOT NULL")
        assert len(used) == 3

    async def test_a_destroyed_key_leaves_the_places(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room, "จะหายไป")
        async with bureau.s.store.write() as tx:
            await tx.run(run_sql, "UPDATE epoch_key SET wrapped = NULL")
        page = await load_messages(bureau.s, NARIN, room, MessagesQuery(around=sent.n, limit=1))
        assert (page.messages[0].hidden, page.messages[0].body) == ("erased", None)


class TestHeaders:
    async def test_an_entry_says_who_what_where_and_when(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room, "ความลับราชการ")
        key = (await bureau.s.log.head(room)).key
        async with bureau.s.store.read() as reader:
            row = await reader.run(entries.one, key, sent.n)
        assert row is not None
        header = decode_header(row.header)
        assert (header.id, header.room, header.sender, header.type, header.written_at, header.counter) == (
            sent.id, room, "malee@test", "message.text", sent.at, sent.n,
        )  # fmt: skip
        assert "ความลับ".encode() not in row.header + (row.sealed or b"")

    async def test_the_feed_names_every_entry_once(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = [await bureau.say(MALEE, room) for _ in range(3)]
        async with bureau.s.store.read() as reader:
            found = await reader.run(feed.entries_after, 0, 100)
        key = (await bureau.s.log.head(room)).key
        assert [line.n for line in found if line.room == key] == [0, 1, *(item.n for item in sent)]
