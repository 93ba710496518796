"""What is made from the log in the background: nobody sees whether it was, and no failure of it loses anything."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.actions import disposal, messages, rooms
from appliance.errors import AppError, StorageFull, Unavailable
from appliance.log import folding
from appliance.log.bodies import Bodies
from appliance.log.integrity import Check, verify_room
from appliance.model import Appended, Draft, EntryType, PersonId, RoomId
from appliance.model import TextBody as Body
from appliance.reads.messages import load_history, load_messages
from appliance.reads.rooms import load_room, load_rooms
from appliance.reads.search_batch import stored_batch
from appliance.reads.sync import load_sync
from appliance.store import entries, feed
from appliance.store import folding as tables
from appliance.store.db import Rows, connect
from appliance.store.disk_errors import DATABASE_ERRORS
from appliance.wire.messages import MessagesQuery, TextBody
from tests import torn as torn_pages
from tests.bureau import CLERK, KEYS, MALEE, NARIN, SIGNER, SOMCHAI, Bureau, open_bureau, principal
from tests.sql import all_rows, run_sql
from tests.waiting import until


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is folded but where a test says so."""
    monkeypatch.setattr(folding, "EVERY_S", 3_600.0)
    monkeypatch.setattr(folding, "AT_ONCE", 1_000_000)


@pytest.fixture
async def lagging(still: None, tmp_path: Path) -> AsyncIterator[Bureau]:  # noqa: ARG001 - it stops the folding
    async with open_bureau(tmp_path) as opened:
        yield opened


async def rows(b: Bureau, sql: str) -> list[tuple[Any, ...]]:
    async with b.s.store.read() as reader:
        return await reader.run(all_rows, sql)


async def texts(b: Bureau, room: RoomId) -> list[str]:
    page = await load_messages(b.s, NARIN, room, MessagesQuery(after=0, limit=200))
    return [event.body.text for event in page.messages if getattr(event, "body", None)]


async def send(b: Bureau, room: RoomId, txn_id: str, text: str = "ส่งครั้งเดียว") -> Appended:
    draft = Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, txn_id, body=Body(text))
    return (await b.s.log.append(draft))[0]


async def code_of(b: Bureau, room: RoomId, text: str) -> str | None:
    try:
        await b.say(NARIN, room, text)
    except AppError as error:
        return error.code
    return None


async def lively(b: Bureau) -> list[RoomId]:
    """Make two rooms, written to in turn, in which much has happened."""
    made = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
    said = [
        await b.say(MALEE, room, f"ข้อความ {n}", mentions=[NARIN], everyone=n == 3) for n in range(4) for room in made
    ]
    sent = said[-1]
    await messages.edit_message(b.s, MALEE, sent.room, sent.n, TextBody(text="แก้แล้ว"), b.txn())
    await messages.react(b.s, SOMCHAI, sent.room, sent.n, "👍", on=True)
    await messages.retract_message(b.s, MALEE, sent.room, sent.n - 1, "ผิดห้อง", b.txn())
    await rooms.rename_room(b.s, NARIN, made[0], "ชื่อใหม่", b.txn())
    await rooms.change_members(b.s, NARIN, made[0], [CLERK], [SOMCHAI], b.txn())
    await disposal.erase_bodies(b.s, made[1], 2, 2, "ระเบียบ 90 วัน")
    await b.s.log.checkpoints.sign()
    return made


async def everything(b: Bureau, made: list[RoomId]) -> list[object]:
    """Read all there is in every way there is."""
    found: list[object] = []
    for who in (NARIN, MALEE):
        found.append(await load_rooms(b.s, who))
        found.append((await load_sync(b.s, who, 0, 100)).events)
        found.append((await load_sync(b.s, who, 3, 200)).events)
        for room in made:
            found.append(await load_room(b.s, who, room))
            queries = (MessagesQuery(limit=3), MessagesQuery(after=2, limit=4), MessagesQuery(around=4, limit=3))
            found += [await load_messages(b.s, who, room, query) for query in queries]
    found.append((await load_history(b.s, NARIN, made[1], 5)).versions)
    found.append(await stored_batch(b.s, 0))
    for room in made:
        key = (await b.s.log.head(room)).key
        async with b.s.store.read() as reader:
            found.append(await reader.run(entries.export_page, key, 0, 100))
            found.append(await reader.run(entries.txn_ids_of_sender, key, 0, 100, MALEE))
            found.append([await reader.run(entries.one, key, n) for n in range(16)])
            found.append([await reader.run(entries.unread_count, key, NARIN, n) for n in range(-1, 16)])
            found.append([await reader.run(entries.mention_count, key, NARIN, n) for n in range(-1, 16)])
            found.append([await reader.run(entries.last_concern, key, PersonId(who)) for who in (MALEE, CLERK)])
            found.append((await reader.run(feed.last_pos), await reader.run(feed.latest)))
    raw = connect(b.s.config.database, KEYS.database_key)
    try:
        found.append([verify_room(raw, room, Check(SIGNER.verifier, Bodies(KEYS))) for room in made])
    finally:
        raw.close()
    return found


class TestReaders:
    async def test_they_see_the_same_before_and_after(self, lagging: Bureau) -> None:
        made = await lively(lagging)
        assert await rows(lagging, "SELECT 1 FROM entry_at") == []
        before = await everything(lagging, made)
        await lagging.s.log.folding.fold()
        assert await rows(lagging, "SELECT place, pos FROM entry_at") == await rows(
            lagging, "SELECT place, pos FROM log ORDER BY place"
        )
        assert await everything(lagging, made) == before
        assert before[-1] == [None, None]

    async def test_they_see_both_parts_as_one(self, lagging: Bureau) -> None:
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        for n in range(9):
            await lagging.say(NARIN, room, f"{n}")
            if n % 4 == 0:
                await lagging.s.log.folding.fold()
        [(folded,)] = await rows(lagging, "SELECT count(*) FROM entry_at")
        assert folded == 11
        await lagging.say(NARIN, room, "9")
        assert await texts(lagging, room) == [str(n) for n in range(10)]
        newest = await load_messages(lagging.s, NARIN, room, MessagesQuery(limit=3))
        assert [event.n for event in newest.messages] == [11, 10, 9]

    async def test_words_erased_before_and_after_are_gone(self, lagging: Bureau) -> None:
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        await lagging.say(NARIN, room, "หนึ่ง")
        await lagging.s.log.folding.fold()
        await lagging.say(NARIN, room, "สอง")
        await lagging.say(NARIN, room, "สาม")
        await disposal.erase_bodies(lagging.s, room, 2, 3, "ระเบียบ 90 วัน")
        assert await texts(lagging, room) == ["สาม"]
        assert await rows(lagging, "SELECT count(*) FROM log WHERE sealed IS NOT NULL") == [(1,)]


class TestInTheBackground:
    async def test_it_goes_on_by_itself(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folding, "EVERY_S", 3_600.0)
        monkeypatch.setattr(folding, "AT_ONCE", 5)
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            for _ in range(3):
                await b.say(NARIN, room)

            async def folded() -> bool:
                return await rows(b, "SELECT count(*) FROM entry_at") == [(5,)]

            await until(folded, "five entries in the index")
        assert unfolded(tmp_path) == []

    @pytest.mark.parametrize("trouble", [sqlcipher.OperationalError("database or disk is full"), RuntimeError("ours")])
    async def test_it_goes_on_after_trouble(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: Exception
    ) -> None:
        monkeypatch.setattr(folding, "EVERY_S", 0.01)
        real, failed = tables.fold, list[int]()

        def fold(raw: Rows, places: Sequence[int]) -> None:
            if not failed:
                failed.append(len(places))
                raise trouble
            real(raw, places)

        monkeypatch.setattr(tables, "fold", fold)
        async with open_bureau(tmp_path) as b:
            await b.group(NARIN, MALEE, SOMCHAI)

            async def folded() -> bool:
                return await rows(b, "SELECT count(*) FROM entry_at") == [(2,)]

            await until(folded, "both entries in the index")
        assert "entries could not be folded yet" in caplog.text

    async def test_it_does_not_change_how_batches_are_kept(self, lagging: Bureau) -> None:
        await lagging.group(NARIN, MALEE, SOMCHAI)
        await lagging.s.log.folding.fold()
        async with lagging.s.store.exclusive() as writer:
            [(synchronous,)] = await writer.commit(all_rows, "PRAGMA synchronous")
        assert synchronous == 2, "FULL"

    async def test_a_clean_stop_leaves_nothing_unfolded(self, lagging: Bureau, tmp_path: Path) -> None:
        await lagging.group(NARIN, MALEE, SOMCHAI)
        assert unfolded(tmp_path) == [0, 1]
        await lagging.s.log.close()
        assert unfolded(tmp_path) == []

    async def test_a_list_costs_the_same_however_much_is_not_folded(self, lagging: Bureau, tmp_path: Path) -> None:
        mine, busy = [await lagging.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
        await lagging.say(NARIN, mine, everyone=True)
        key = (await lagging.s.log.head(mine)).key
        before = steps(tmp_path, key)
        for n in range(60):
            await lagging.say(NARIN, busy, f"{n}")
        assert steps(tmp_path, key) == before

    async def test_a_transaction_that_a_cancelled_caller_left_does_not_stop_it(
        self, lagging: Bureau, caplog: pytest.LogCaptureFixture
    ) -> None:
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        store, go_on = lagging.s.store, threading.Event()

        async def write() -> None:
            async with store.write():
                pass

        async with store.exclusive() as writer:
            busy = asyncio.create_task(writer.commit(lambda _: go_on.wait(60)))
            await asyncio.sleep(0)
        cancelled = asyncio.create_task(write())
        # It has asked for its BEGIN, which the thread gets to when nobody waits for it any more.
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        go_on.set()
        await busy
        await lagging.s.log.folding.fold()
        assert await rows(lagging, "SELECT 1 FROM unfolded_at") == []
        assert "folded" not in caplog.text
        await lagging.say(NARIN, room, "ต่อ")
        assert await texts(lagging, room) == ["ต่อ"]


def unfolded(folder: Path) -> list[int]:
    """Return the numbers of the entries that are not folded, as another process sees them."""
    with closing(connect(folder / "gchat.db", KEYS.database_key)) as raw:
        return [n for (n,) in raw.all("SELECT place & 4294967295 FROM unfolded_at ORDER BY place")]


def steps(folder: Path, room: int) -> int:
    """Return how many steps SQLite needs for what a list shows of a room."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    with closing(connect(folder / "gchat.db", KEYS.database_key)) as raw:
        raw.set_progress_handler(step, 1)
        assert entries.unread_count(raw, room, MALEE, 0) == 2
        assert entries.mention_count(raw, room, MALEE, 0) == 1
        assert entries.last_message(raw, room) is not None
        assert entries.last_concern(raw, room, MALEE) is not None
        assert len(entries.between(raw, room, 0, 9)) == 3
    return taken


class TestRepeats:
    async def test_before_and_after_a_key_is_folded(self, lagging: Bureau) -> None:
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        first = await send(lagging, room, "t")
        assert await send(lagging, room, "t", "อื่น") == first
        await lagging.s.log.folding.fold()
        assert await rows(lagging, "SELECT n FROM txn WHERE txn_id = 't'") == [(first.n,)]
        assert await send(lagging, room, "t", "อื่น") == first
        assert await texts(lagging, room) == ["ส่งครั้งเดียว"]

    async def test_of_what_a_crash_left_unfolded(self, lagging: Bureau, tmp_path: Path) -> None:
        """The process ends between the batch and the fold: everything acknowledged is there, and the rest is folded."""
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        first = await send(lagging, room, "t")
        killed = tmp_path / "killed"
        killed.mkdir()
        for name in ("gchat.db", "gchat.db-wal"):
            shutil.copy(tmp_path / name, killed)
        async with open_bureau(killed) as b:
            assert await texts(b, room) == ["ส่งครั้งเดียว"]
            assert await send(b, room, "t", "อื่น") == first

            async def folded() -> bool:
                return await rows(b, "SELECT count(*) FROM entry_at") == [(first.n + 1,)]

            await until(folded, "what the crash left")
            assert await send(b, room, "t", "อื่น") == first
            assert (await send(b, room, "u")).n == first.n + 1


class TestFailures:
    async def test_a_fold_that_breaks_off_leaves_nothing_of_itself(
        self, lagging: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = await lively(lagging)
        before = await everything(lagging, made)

        real = tables.fold

        def killed(raw: Rows, places: Sequence[int]) -> None:
            real(raw, places)
            raise sqlcipher.OperationalError("disk I/O error")

        with monkeypatch.context() as patch:
            patch.setattr(tables, "fold", killed)
            with pytest.raises(AppError):
                await lagging.s.log.folding.fold()
        assert await rows(lagging, "SELECT 1 FROM entry_at UNION ALL SELECT 1 FROM txn") == []
        assert await everything(lagging, made) == before
        await lagging.s.log.folding.fold()
        assert await everything(lagging, made) == before
        assert await rows(lagging, "SELECT 1 FROM unfolded_at") == []

    async def test_on_a_full_disk_reads_go_on_and_sending_says_so(self, lagging: Bureau) -> None:
        """SQLite itself refuses another page, as a full disk does."""
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        said = [f"{n}" for n in range(150)]
        for text in said:
            await lagging.say(NARIN, room, text)
        await limit(lagging, 1)
        with pytest.raises(StorageFull):
            await lagging.s.log.folding.fold()
        assert await texts(lagging, room) == said
        assert await code_of(lagging, room, "ก" * 4_000) == "storage_full"
        assert await texts(lagging, room) == said
        await limit(lagging, 1_000_000)
        await lagging.s.log.folding.fold()
        await lagging.say(NARIN, room, "ต่อ")
        assert await texts(lagging, room) == [*said, "ต่อ"]

    async def test_an_entry_that_cannot_be_folded_holds_up_no_other(
        self, lagging: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A torn page refuses its row. It is found where it is, repeats are told, and it is tried again."""
        made = [await lagging.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
        sent = [await send(lagging, room, f"{room} {n}", f"{n}") for n in range(5) for room in made]
        lost, real = (await lagging.s.log.head(made[0])).key << 32 | sent[4].n, tables.fold

        def torn(raw: Rows, places: Sequence[int]) -> None:
            if lost in places:
                raise sqlcipher.DatabaseError("database disk image is malformed")
            real(raw, places)

        with monkeypatch.context() as patch:
            patch.setattr(tables, "fold", torn)
            await lagging.s.log.folding.fold()
            last = await send(lagging, made[0], "after")
            patch.setattr(folding, "ROUNDS_BEFORE_RETRY", 1)
            await lagging.s.log.folding.fold()
        assert await rows(lagging, "SELECT place FROM unfolded_at") == [(lost,)]
        assert len(await rows(lagging, "SELECT pos FROM entry_at")) == last.n + 1 + sent[-1].n + 1 - 1
        assert await texts(lagging, made[0]) == ["0", "1", "2", "3", "4", "ส่งครั้งเดียว"]
        assert await send(lagging, made[0], f"{made[0]} 2", "อื่น") == sent[4]
        monkeypatch.setattr(folding, "ROUNDS_BEFORE_RETRY", 1)
        await lagging.s.log.folding.fold()
        assert await rows(lagging, "SELECT 1 FROM unfolded_at") == []
        assert await texts(lagging, made[0]) == ["0", "1", "2", "3", "4", "ส่งครั้งเดียว"]
        assert await send(lagging, made[0], f"{made[0]} 2", "อื่น") == sent[4]

    async def test_an_entry_whose_place_another_has_is_kept_and_named(
        self, lagging: Bureau, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Only damage can do that. What was acknowledged stays readable, and the audit says where."""
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        await lagging.say(NARIN, room, "ก่อน")
        await lagging.s.log.folding.fold()
        sent = [await send(lagging, room, f"{n}", f"{n}") for n in range(3)]
        place = (await lagging.s.log.head(room)).key << 32 | sent[1].n
        async with lagging.s.store.write() as tx:
            await tx.run(run_sql, "INSERT INTO entry_at VALUES (?, 1, 'message.text', 'clerk')", (place,))
        await lagging.s.log.checkpoints.sign()
        await lagging.s.log.folding.fold()
        assert await rows(lagging, "SELECT place, pos FROM unfolded_at") == [(place, sent[1].pos)]
        assert f"entry {sent[1].n} of the room with key {place >> 32} cannot be folded" in caplog.text
        assert {"0", "1", "2"} <= set(await texts(lagging, room))
        assert await send(lagging, room, "1", "อื่น") == sent[1]
        with closing(connect(lagging.s.config.database, KEYS.database_key)) as raw:
            fault = verify_room(raw, room, Check(SIGNER.verifier, Bodies(KEYS)))
        assert fault is not None
        assert (fault.what, fault.n) == ("index", sent[1].n)

    async def test_a_connection_that_would_not_wait_for_the_disk_is_reopened(self, lagging: Bureau) -> None:
        """It was closed in between, so it cannot be told to wait again."""
        async with lagging.s.store.exclusive() as writer:
            with pytest.raises(Unavailable):
                await writer.commit_unsynced(lambda raw: cast("sqlcipher.Connection", raw).close())
            [(synchronous,)] = await writer.commit(all_rows, "PRAGMA synchronous")
        assert synchronous == 2, "FULL"


async def limit(b: Bureau, pages: int) -> None:
    """Let the database have so many pages, or as many as it has now, if that is more."""
    async with b.s.store.exclusive() as writer:
        await writer.commit(all_rows, f"PRAGMA max_page_count = {pages}")


class TestATornEnd:
    """The page of the log that was written last is torn."""

    async def test_after_a_clean_stop_reads_go_on(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            for n in range(30):
                await b.say(NARIN, room, f"{n}")
        tear_the_end(tmp_path / "gchat.db")
        async with open_bureau(tmp_path) as b:
            page = await load_messages(b.s, NARIN, room, MessagesQuery(after=1, limit=10))
            assert [event.body.text for event in page.messages if getattr(event, "body", None)] == [
                str(n) for n in range(10)
            ]
            assert await code_of(b, room, "ใหม่") == "storage_damaged"

    async def test_after_a_crash_reads_go_on_and_each_refusal_says_why(self, lagging: Bureau, tmp_path: Path) -> None:
        room = await lagging.group(NARIN, MALEE, SOMCHAI)
        for n in range(30):
            await lagging.say(NARIN, room, f"{n}")
        await lagging.s.log.checkpoints.sign()
        killed = kill(tmp_path)
        tear_the_end(killed)
        async with open_bureau(killed.parent) as b:
            assert await code_of(b, room, "ใหม่") == "storage_damaged"
            page = await load_messages(b.s, NARIN, room, MessagesQuery(limit=20))
            assert {getattr(event, "hidden", None) for event in page.messages} == {None, "damaged"}


class TestATornPageAmongWhatIsNotFolded:
    """After a crash, a page of the log is torn that has a few messages of one room."""

    async def test_it_costs_what_lies_on_it(
        self, lagging: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = [await lagging.group(NARIN, MALEE, SOMCHAI) for _ in range(3)]
        await lagging.say(NARIN, made[0], "0")
        await lagging.s.log.folding.fold()
        sent = [[await send(lagging, room, f"{n}", f"{n} {'ก' * 200}") for n in range(12)] for room in made[1:]]
        await lagging.s.log.checkpoints.sign()
        killed = kill(tmp_path)
        torn = tear_between(killed, sent[0][1].pos, sent[0][-2].pos)
        monkeypatch.setattr(folding, "EVERY_S", 3_600.0)
        async with open_bureau(killed.parent) as b:
            assert {room.id for room in (await load_rooms(b.s, MALEE)).rooms} == set(made)
            assert await texts(b, made[0]) == ["0"]
            assert len(await texts(b, made[1])) == 12 - len(torn)
            assert len(await texts(b, made[2])) == 12
            for room in made:
                await send(b, room, "after", "ต่อ")
            await b.s.log.folding.fold()
            assert await rows(b, "SELECT 1 FROM unfolded_at") == []
            assert len(await texts(b, made[1])) == 12 - len(torn) + 1
            assert await send(b, made[2], "11", "อื่น") == sent[1][-1]
            kept = next(one for one in sent[0] if one.pos not in torn)
            assert await send(b, made[1], "0", "อื่น") == kept


def kill(folder: Path) -> Path:
    """Return the database as a process that was killed now leaves it, with no write-ahead log."""
    killed = folder / "killed"
    killed.mkdir()
    for name in ("gchat.db", "gchat.db-wal"):
        shutil.copy(folder / name, killed)
    connect(killed / "gchat.db", KEYS.database_key).close()
    return killed / "gchat.db"


def tear_between(database: Path, first: int, last: int) -> list[int]:
    """Tear a page of the log with entries between two positions alone; return theirs."""
    pristine = database.read_bytes()
    bodies = "SELECT sealed FROM log WHERE pos"
    for number in reversed(torn_pages.pages(pristine)):
        torn_pages.tear(database, pristine, number)
        if not reads(database, "SELECT sealed FROM log") and all(
            reads(database, f"{bodies} {rest}") for rest in (f"< {first}", f"> {last}")
        ):
            return [pos for pos in range(first, last + 1) if not reads(database, f"{bodies} = {pos}")]
    raise AssertionError("no page holds such entries alone")


def tear_the_end(database: Path) -> None:
    """Tear the page with the last entries of the log, which holds nothing else."""
    pristine = database.read_bytes()
    for number in reversed(torn_pages.pages(pristine)):
        torn_pages.tear(database, pristine, number)
        first, last = (reads(database, f"SELECT {which}(pos), sealed FROM log") for which in ("min", "max"))  # noqa: S608
        if first and not last and reads(database, "SELECT max(pos) FROM feed"):
            return
    raise AssertionError("no page holds the last entries alone")


def reads(database: Path, sql: str) -> bool:
    try:
        with closing(connect(database, KEYS.database_key, read_only=True)) as raw:
            raw.execute(sql).fetchall()
    except (AppError, *DATABASE_ERRORS):
        return False
    return True
