"""What the search index is told: everything once, in order; from memory when it was just committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.actions import messages, rooms
from appliance.errors import Unavailable
from appliance.followers import search
from appliance.followers.search import SearchFollower
from appliance.model import RoomId
from appliance.reads.search_stretch import fresh_stretch, stretch
from appliance.searching import OutOfStep, Searching
from appliance.services import Services
from appliance.store import feed
from appliance.wire.committed import Committed
from appliance.wire.messages import TextBody
from search_index.wire import Add, State
from tests.bureau import CLERK, MALEE, NARIN, SOMCHAI, Bureau, open_bureau


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "GATHER_S", 0.005)
    monkeypatch.setattr(search, "FIRST_PAUSE_S", 0.005)


@dataclass(slots=True)
class Index:
    """The far end: keeps what it is told, refuses what does not fit, and can be away for some calls."""

    received: int = 0
    mark: str = ""
    words: dict[tuple[str, int], str] = field(default_factory=dict)
    told: list[Add] = field(default_factory=list)
    away: int = 0

    async def status(self) -> State:
        return State(self.received, self.mark, durable=self.received, entries=0, segments=0, bytes_on_disk=0)

    async def rebuild(self) -> None:
        self.received, self.mark, self.words = 0, "", {}

    async def add(self, stretch: Add) -> int:
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise Unavailable(code="search_unavailable")
        if stretch.after > self.received:
            raise OutOfStep
        self.told.append(stretch)
        self.words |= {(entry.room, entry.n): entry.text for entry in stretch.entries}
        for span in stretch.gone:
            self.words = {at: text for at, text in self.words.items() if at != (span.room, span.first)}
        self.received, self.mark = stretch.upto, stretch.mark
        return stretch.upto

    async def reaches(self, pos: int) -> None:
        await until(lambda: self.received >= pos)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the index is told by a task of its own
            await asyncio.sleep(0.005)


@asynccontextmanager
async def following(bureau: Bureau, index: Index) -> AsyncIterator[None]:
    follower = SearchFollower(replace(bureau.s, search=cast("Searching", index)))
    follower.start()
    try:
        yield
    finally:
        await follower.close()
        bureau.s.log.followers.remove(follower._heard)  # noqa: SLF001 - the log outlives this follower


async def both(bureau: Bureau, heard: list[Committed], after: int) -> tuple[Add | None, Add]:
    """Return the same stretch from memory and from the database."""
    async with bureau.s.store.read() as reader:
        mark = await reader.run(feed.mark_at, after)
        return fresh_stretch(heard, after, mark), await reader.run(stretch, bureau.s, after)


async def test_memory_tells_what_the_database_tells(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    heard: list[Committed] = []
    bureau.s.log.followers.append(heard.append)
    after = bureau.s.log.pos
    for n in range(5):
        await bureau.say(NARIN, room, f"ประกาศ {n} ดูที่ https://moph.test/{n}")
    await rooms.change_members(bureau.s, NARIN, room, [CLERK], [], bureau.txn())
    await messages.react(bureau.s, MALEE, room, 3, "👍", on=True)
    await bureau.read(MALEE, room, 5)
    await bureau.say(MALEE, room, "รับทราบค่ะ")
    for start in (after, after + 2, bureau.s.log.pos):
        remembered, stored = await both(bureau, heard, start)
        assert remembered == stored
    assert len((await both(bureau, heard, after))[1].entries) == 6


async def test_memory_does_not_judge_what_an_edit_or_a_retraction_leaves(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    after = bureau.s.log.pos
    heard: list[Committed] = []
    bureau.s.log.followers.append(heard.append)
    n = (await bureau.say(NARIN, room, "พรุ่งนี้ 9 โมง")).n
    await messages.edit_message(bureau.s, NARIN, room, n, TextBody(text="พรุ่งนี้ 10 โมง"), bureau.txn())
    assert fresh_stretch(heard, after, "") is None
    del heard[:]
    await messages.retract_message(bureau.s, NARIN, room, n, "", bureau.txn())
    assert fresh_stretch(heard, after, "") is None


async def test_what_was_just_committed_is_not_read_again(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    index = Index()
    async with following(bureau, index):
        await index.reaches(bureau.s.log.pos)
        seen: list[int] = []

        def reading(raw: sqlcipher.Connection, s: Services, after: int) -> Add:
            seen.append(after)
            return stretch(raw, s, after)

        monkeypatch.setattr(search, "stretch", reading)
        for n in range(20):
            await bureau.say(NARIN, room, f"ข้อความ {n}")
            await asyncio.sleep(0.002)
        await index.reaches(bureau.s.log.pos)
        assert seen == []
        assert sum(len(add.entries) for add in index.told) == 20
    assert [text for _, text in sorted(index.words.items())] == [f"ข้อความ {n}" for n in range(20)]


async def test_everything_is_told_once_in_order_whatever_happens_between(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "KEPT_COMMITS", 3)
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
        await index.reaches(bureau.s.log.pos)
    expected = [f"ก่อน {n}" for n in range(5)]
    expected += [f"แก้ {n}" if n % 10 == 3 else f"ระหว่าง {n}" for n in range(40) if n % 10 != 7]
    assert [text for _, text in sorted(index.words.items())] == expected
    assert [add.after for add in index.told[1:]] == [add.upto for add in index.told[:-1]]


async def test_an_index_that_was_ahead_is_told_from_where_it_stands(bureau: Bureau) -> None:
    room: RoomId = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room, "มีแล้ว")
    async with bureau.s.store.read() as reader:
        index = Index(bureau.s.log.pos, await reader.run(feed.mark_at, bureau.s.log.pos))
    async with following(bureau, index):
        await bureau.say(NARIN, room, "ใหม่")
        await index.reaches(bureau.s.log.pos)
    assert list(index.words.values()) == ["ใหม่"]


@pytest.mark.parametrize("ahead", [-1, 0, 100])
async def test_an_index_of_another_history_forgets_it_however_long_it_was(bureau: Bureau, ahead: int) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room, "ตามฐานข้อมูล")
    index = Index(bureau.s.log.pos + ahead, "3 1 r_elsewhere 2", {("r_elsewhere", 2): "ไม่เคยมี"})
    async with following(bureau, index):
        await until(lambda: list(index.words.values()) == ["ตามฐานข้อมูล"])


async def test_an_index_that_died_while_nobody_wrote_is_told_again(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOK_S", 0.05)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room, "อยู่ในหน่วยความจำ")
    index = Index()
    async with following(bureau, index):
        await index.reaches(bureau.s.log.pos)
        await index.rebuild()
        await until(lambda: list(index.words.values()) == ["อยู่ในหน่วยความจำ"])
