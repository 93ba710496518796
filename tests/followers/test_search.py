"""What the search index is told: everything once, in order; from memory when it was just committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import msgspec
import pytest

from appliance.actions import messages, rooms
from appliance.actions.disposal import erase_bodies
from appliance.errors import Unavailable
from appliance.followers import base, search
from appliance.followers.search import SearchFollower
from appliance.log.bodies import Bodies
from appliance.model import RoomId
from appliance.reads import search_batch
from appliance.reads.history import history_id_at
from appliance.reads.search_batch import Bounds, fresh_batch, stored_batch
from appliance.search_client import NotIndexable, OutOfStep, Searching
from appliance.services import Services
from appliance.store import feed
from appliance.store.db import Store, open_store
from appliance.wire.committed import Committed
from appliance.wire.messages import TextBody
from search_index.server import Options, serving
from search_index.wire import Add, State
from tests.bureau import CLERK, KEYS, MALEE, NARIN, SOMCHAI, Bureau, Clock, open_bureau
from tests.sql import edit_entries
from tests.waiting import until


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "GATHER_S", 0.005)
    monkeypatch.setattr(base, "FIRST_PAUSE_S", 0.005)


@dataclass(slots=True)
class Index:
    """The far end: keeps what it is told, refuses what does not fit, and can be away for some calls."""

    received: int = 0
    history_id: str = ""
    words: dict[tuple[str, int], str] = field(default_factory=dict)
    told: list[Add] = field(default_factory=list)
    away: int = 0

    async def status(self) -> State:
        return State(self.received, self.history_id, durable=self.received, entries=0, segments=0, bytes_on_disk=0)

    async def rebuild(self) -> None:
        self.received, self.history_id, self.words = 0, "", {}

    async def add(self, batch: Add) -> int:
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise Unavailable(code="search_unavailable")
        if batch.after > self.received:
            raise OutOfStep
        self.told.append(batch)
        self.words |= {(entry.room, entry.n): entry.text for entry in batch.entries}
        for span in batch.gone:
            self.words = {at: text for at, text in self.words.items() if at != (span.room, span.first)}
        self.received, self.history_id = batch.upto, batch.history_id
        return batch.upto

    async def reaches(self, pos: int) -> None:
        await until(lambda: self.received >= pos)


@asynccontextmanager
async def following(bureau: Bureau, index: Index) -> AsyncIterator[None]:
    follower = SearchFollower(replace(bureau.s, search=cast("Searching", index)))
    follower.start()
    try:
        yield
    finally:
        await follower.close()


async def both(bureau: Bureau, heard: list[Committed], after: int) -> tuple[Add | None, Add]:
    """Return the same batch from memory and from the database."""
    history_id = await history_id_at(bureau.s, after)
    return fresh_batch(heard, after, history_id), await stored_batch(bureau.s, after)


@pytest.mark.parametrize("how", ["key", "body"])
async def test_what_is_destroyed_leaves_its_memory_at_once(bureau: Bureau, how: str) -> None:
    """While the index is away words wait for it in memory; once they are destroyed they do not."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    index = Index(away=10**9)
    follower = SearchFollower(replace(bureau.s, search=cast("Searching", index)))
    follower.start()
    try:
        sent = await bureau.say(NARIN, room, "จะหายไป")
        assert "จะหายไป" in repr(msgspec.to_builtins(follower._fresh[-1].rooms[-1].events))  # noqa: SLF001 - is the point
        if how == "key":
            await bureau.s.log.change(lambda tx: tx.destroy_keys([1]))
        else:
            await erase_bodies(bureau.s, room, sent.n, sent.n, "R1")
        kept = [event for one in follower._fresh for news in one.rooms for event in news.events]  # noqa: SLF001
        assert "จะหายไป" not in repr(msgspec.to_builtins(kept))
    finally:
        await follower.close()


@pytest.mark.parametrize(("first", "gone"), [(0, [(0, 3)]), (2, [(2, 3)]), (4, []), (2**53 - 1, [])])
async def test_a_destruction_that_no_rule_judged_reaches_no_further_than_itself(
    bureau: Bureau, first: int, gone: list[tuple[int, int]]
) -> None:
    """A row may be written by hand: its numbers must not stop the index, nor touch what was said later."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(NARIN, room, "จะหายไป")
    await erase_bodies(bureau.s, room, sent.n, sent.n, "R1")
    await bureau.say(NARIN, room, "ที่กล่าวภายหลัง")
    text = "CAST(header AS TEXT)"
    for key, value in (("from", first), ("to", 2**53 - 1)):
        text = f"replace({text}, '\"{key}\":2', '\"{key}\":{value}')"
    async with bureau.s.store.write() as tx:
        await tx.run(edit_entries, f"UPDATE entry SET header = CAST({text} AS BLOB) WHERE n = 3")  # noqa: S608 - by a forger
    batch = await stored_batch(bureau.s, 0)
    assert [(one.first, one.last) for one in batch.gone] == gone
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=Add) == batch
    assert [entry.text for entry in batch.entries] == ["ที่กล่าวภายหลัง"]


async def test_memory_tells_what_the_database_tells(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    heard: list[Committed] = []
    bureau.s.log.feed.followers.append(heard.append)
    after = bureau.s.log.feed.pos
    for n in range(5):
        await bureau.say(NARIN, room, f"ประกาศ {n} ดูที่ https://moph.test/{n}")
    await rooms.change_members(bureau.s, NARIN, room, [CLERK], [], bureau.txn())
    await messages.react(bureau.s, MALEE, room, 3, "👍", on=True)
    await bureau.read(MALEE, room, 5)
    await bureau.say(MALEE, room, "รับทราบค่ะ")
    for start in (after, after + 2, bureau.s.log.feed.pos):
        remembered, stored = await both(bureau, heard, start)
        assert remembered == stored
    assert len((await both(bureau, heard, after))[1].entries) == 6


async def test_memory_does_not_judge_what_an_edit_or_a_retraction_leaves(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    after = bureau.s.log.feed.pos
    heard: list[Committed] = []
    bureau.s.log.feed.followers.append(heard.append)
    n = (await bureau.say(NARIN, room, "พรุ่งนี้ 9 โมง")).n
    await messages.edit_message(bureau.s, NARIN, room, n, TextBody(text="พรุ่งนี้ 10 โมง"), bureau.txn())
    assert fresh_batch(heard, after, "") is None
    del heard[:]
    await messages.retract_message(bureau.s, NARIN, room, n, "", bureau.txn())
    assert fresh_batch(heard, after, "") is None


async def test_what_was_just_committed_is_not_read_again(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    index = Index()
    async with following(bureau, index):
        await index.reaches(bureau.s.log.feed.pos)
        seen: list[int] = []

        async def reading(s: Services, after: int) -> Add:
            seen.append(after)
            return await stored_batch(s, after)

        monkeypatch.setattr(search, "stored_batch", reading)
        for n in range(20):
            await bureau.say(NARIN, room, f"ข้อความ {n}")
            await asyncio.sleep(0.002)
        await index.reaches(bureau.s.log.feed.pos)
        assert seen == []
        assert sum(len(add.entries) for add in index.told) == 20
    assert [text for _, text in sorted(index.words.items())] == [f"ข้อความ {n}" for n in range(20)]


async def test_everything_is_told_once_in_order_whatever_happens_between(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "KEPT_COMMITS", 3)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    for n in range(5):
        await bureau.say(NARIN, room, f"ก่อน {n}")
    index = Index()
    async with following(bureau, index):
        for n in range(40):
            said = await bureau.say(MALEE, room, f"ระหว่าง {n}")
            if n % 10 == 3:
                new = TextBody(text=f"แก้ {n}")
                await messages.edit_message(bureau.s, MALEE, room, said.n, new, bureau.txn())
            if n % 10 == 7:
                await messages.retract_message(bureau.s, MALEE, room, said.n, "", bureau.txn())
            if n % 15 == 5:
                index.away = 2
            if n % 4 == 0:
                await asyncio.sleep(0.01)
        await index.reaches(bureau.s.log.feed.pos)
    expected = [f"ก่อน {n}" for n in range(5)]
    expected += [f"แก้ {n}" if n % 10 == 3 else f"ระหว่าง {n}" for n in range(40) if n % 10 != 7]
    assert [text for _, text in sorted(index.words.items())] == expected
    assert [add.after for add in index.told[1:]] == [add.upto for add in index.told[:-1]]


async def test_a_batch_ends_where_its_bytes_do(bureau: Bureau) -> None:
    """From memory and from the database, at a whole line, and with one message at least."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    heard: list[Committed] = []
    bureau.s.log.feed.followers.append(heard.append)
    after = bureau.s.log.feed.pos
    sent = [await bureau.say(NARIN, room, "ก" * 400) for _ in range(7)]
    history_id = await history_id_at(bureau.s, after)
    for bounds in (Bounds(bytes=1), Bounds(bytes=3 * search_batch.size_of("ก" * 400)), Bounds(lines=2)):
        told: list[int] = []
        at, at_history = after, history_id
        while at < bureau.s.log.feed.pos:
            stored = await stored_batch(bureau.s, at, bounds)
            if bounds.lines > 2:
                assert fresh_batch(heard, at, at_history, bounds) == stored
            assert 1 <= len(stored.entries) <= (1 if bounds.bytes == 1 else 3)
            told += [entry.n for entry in stored.entries]
            at, at_history = stored.upto, stored.history_id
        assert told == [one.n for one in sent]


@pytest.mark.parametrize("how", ["live", "rebuilt", "crashed"])
async def test_the_longest_messages_are_indexed(bureau: Bureau, tmp_path: Path, how: str) -> None:
    """17 MiB of them, though no frame may have more than 16."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    options = Options(tmp_path / "index", tmp_path / "run" / "search.sock", bytes(32), bureau.clock)
    many = 300

    async def say_all() -> None:
        for _ in range(6):
            await asyncio.gather(*(bureau.say(NARIN, room, "ก" * 20_000) for _ in range(many // 6)))

    if how != "live":
        await say_all()
    searching = Searching(options.path)
    follower = SearchFollower(replace(bureau.s, search=searching))
    async with serving(options):
        follower.start()
        if how == "live":
            await say_all()
        await until(lambda: indexed(searching, many))
        if how == "rebuilt":
            await searching.rebuild()
            await until(lambda: indexed(searching, many))
        await follower.close()
    if how == "crashed":
        # Nothing was durable yet: the index begins empty.
        for file in options.folder.iterdir():
            file.unlink()
        again = SearchFollower(replace(bureau.s, search=searching))
        async with serving(options):
            again.start()
            await until(lambda: indexed(searching, many))
            await again.close()
    await searching.close()


async def indexed(searching: Searching, many: int) -> bool:
    with suppress(Unavailable):
        return (await searching.status()).entries == many
    return False


@dataclass(slots=True)
class Choosy(Index):
    """An index that cannot take messages with a certain word, nor more than a few at once."""

    async def add(self, batch: Add) -> int:
        if len(batch.entries) > 3 or any("พิษ" in entry.text for entry in batch.entries):
            raise NotIndexable
        return await Index.add(self, batch)


async def test_a_message_that_the_index_cannot_take_is_named_and_left_out(
    bureau: Bureau, caplog: pytest.LogCaptureFixture
) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    words = [f"ข้อความ {n}" if n % 4 else f"พิษ {n}" for n in range(1, 13)]
    sent = [await bureau.say(NARIN, room, text) for text in words]
    index = Choosy()
    async with following(bureau, index):
        await index.reaches(bureau.s.log.feed.pos)
        assert sorted(index.words.values()) == sorted(text for text in words if "พิษ" not in text)
        await bureau.say(NARIN, room, "ต่อไป")
        await index.reaches(bureau.s.log.feed.pos)
    assert "ต่อไป" in index.words.values()
    assert f"{room}/{sent[3].n}" in caplog.text


async def test_a_message_that_cannot_be_opened_is_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_bureau(tmp_path) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        sent = [await b.say(NARIN, room, f"ข้อความ {n}") for n in range(4)]
        async with b.s.store.write() as tx:
            await tx.run(edit_entries, "UPDATE entry SET sealed = zeroblob(80) WHERE pos = ?", (sent[1].pos,))
    async with open_bureau(tmp_path) as b:
        found = await stored_batch(b.s, 0)
    assert [entry.text for entry in found.entries] == ["ข้อความ 0", "ข้อความ 2", "ข้อความ 3"]
    assert f"room {room} n={sent[1].n}: the body does not open" in caplog.text


async def test_torn_pages_cost_the_index_what_lies_on_them_alone(tmp_path: Path) -> None:
    """Each page of the feed and of the entries torn in turn: the batches go on to the end, and nothing comes twice."""
    async with open_bureau(tmp_path) as b:
        made = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
        for n in range(60):
            await b.say(NARIN, made[n % 2], f"{n} " + "ก" * 200)
        whole = len((await stored_batch(b.s, 0)).entries)
    database = tmp_path / "gchat.db"
    pristine = database.read_bytes()
    lost = []
    for number in range(2, len(pristine) // 4096 + 1):
        database.write_bytes(pristine[: (number - 1) * 4096] + bytes(4096) + pristine[number * 4096 :])
        try:
            store = await open_store(database, KEYS.database_key)
        except Unavailable:
            # A page of the schema: nothing opens.
            continue
        try:
            found = await everything(cast("Services", Opened(store, Log(Bodies(KEYS)), Clock())))
        except Unavailable:
            lost.append(whole)
        else:
            lost.append(whole - len(found))
        finally:
            await store.close()
    assert sum(0 < one < whole for one in lost) > 0
    # The schema, the root of the feed and of the entries, and the last page of the feed are nobody's alone.
    assert sum(one == whole for one in lost) < 12


async def everything(s: Services) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    at, more = 0, True
    while more:
        add = await stored_batch(s, at, Bounds(lines=20))
        found += [(entry.room, entry.n) for entry in add.entries]
        at, more = add.upto, add.upto > at
    assert len(found) == len(set(found))
    return found


@dataclass(frozen=True, slots=True)
class Log:
    bodies: Bodies


@dataclass(frozen=True, slots=True)
class Opened:
    """What reading batches needs of the services."""

    store: Store
    log: Log
    clock: Clock


async def test_an_index_that_was_ahead_is_told_from_where_it_stands(bureau: Bureau) -> None:
    room: RoomId = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room, "มีแล้ว")
    async with bureau.s.store.read() as reader:
        index = Index(bureau.s.log.feed.pos, await reader.run(feed.history_id_at, bureau.s.log.feed.pos))
    async with following(bureau, index):
        await bureau.say(NARIN, room, "ใหม่")
        await index.reaches(bureau.s.log.feed.pos)
    assert list(index.words.values()) == ["ใหม่"]


@pytest.mark.parametrize("ahead", [-1, 0, 100])
async def test_an_index_of_another_history_forgets_it_however_long_it_was(bureau: Bureau, ahead: int) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room, "ตามฐานข้อมูล")
    index = Index(bureau.s.log.feed.pos + ahead, "3 1 r_elsewhere 2", {("r_elsewhere", 2): "ไม่เคยมี"})
    async with following(bureau, index):
        await until(lambda: list(index.words.values()) == ["ตามฐานข้อมูล"])


async def test_an_index_that_died_while_nobody_wrote_is_told_again(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "IDLE_S", 0.05)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room, "อยู่ในหน่วยความจำ")
    index = Index()
    async with following(bureau, index):
        await index.reaches(bureau.s.log.feed.pos)
        await index.rebuild()
        await until(lambda: list(index.words.values()) == ["อยู่ในหน่วยความจำ"])
