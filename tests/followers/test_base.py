"""A small follower of another kind over the same base: it counts messages, and keeps its cursor itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from appliance.errors import Unavailable
from appliance.followers import base
from appliance.followers.base import FeedPosition, Follower
from appliance.model import RoomId
from appliance.reads.history import history_id_at
from appliance.services import Services
from appliance.store import feed
from appliance.wire.committed import Committed
from tests.bureau import MALEE, NARIN, SOMCHAI, Bureau, open_bureau
from tests.waiting import PATIENCE_S, until

LINES = 4


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "GATHER_S", 0)
    monkeypatch.setattr(base, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(base, "MAX_PAUSE_S", 0.004)


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Lines:
    """Entries by their position in the feed, and up to where they go."""

    found: list[int]
    upto: int
    from_memory: bool


class Kept:
    """The cursor of one folder's counters, which outlives each of them."""

    places: ClassVar[dict[Path, FeedPosition]] = {}

    def __init__(self, s: Services) -> None:
        self._folder = s.config.data

    async def load(self) -> FeedPosition:
        return self.places.get(self._folder, FeedPosition())

    async def save(self, place: FeedPosition) -> None:
        self.places[self._folder] = place


class Counter(Follower[Lines]):
    """Keeps the positions of all entries, in the order in which it took them. `refuse`: batches it cannot take."""

    def __init__(self, s: Services, rest: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        super().__init__(s, "counter", Kept(s), rest)
        self.batches: list[Lines] = []
        self.refuse, self.restarts = 0, 0
        self.taking, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    @property
    def seen(self) -> list[int]:
        return [pos for batch in self.batches for pos in batch.found]

    async def read(self, place: FeedPosition, fresh: Sequence[Committed] | None) -> Lines:
        if fresh is not None:
            news = [news for one in fresh for news in one.rooms]
            events = [found for one in news for found in enumerate(one.events, one.first)]
            found = [pos for pos, event in events if event.n is not None and pos > place.pos]
            return Lines(found, max([place.pos, *(one.pos for one in fresh)]), from_memory=True)
        async with self.s.store.read() as reader:
            lines = [line.pos for line in await reader.run(feed.entries_after, place.pos, LINES)]
            head = await reader.run(feed.last_pos)
        return Lines(lines, lines[-1] if len(lines) == LINES else head, from_memory=False)

    async def take(self, batch: Lines) -> FeedPosition:
        if self.refuse:
            self.refuse -= 1
            raise Unavailable
        self.batches.append(batch)
        self.taking.set()
        await self.go_on.wait()
        return FeedPosition(batch.upto, await history_id_at(self.s, batch.upto))

    async def restart(self) -> None:
        self.restarts += 1
        self.batches.clear()


async def cursor(b: Bureau) -> int:
    return (await Kept(b.s).load()).pos


async def follow_to_end(b: Bureau, counter: Counter) -> None:
    async def at_end() -> bool:
        return await cursor(b) == b.s.log.feed.pos

    counter.start()
    await until(at_end)
    await counter.close()


async def say(b: Bureau, room: RoomId, count: int) -> None:
    for n in range(count):
        await b.say(NARIN, room, f"ข้อความ {n}")


async def test_it_goes_on_from_its_cursor_after_a_restart(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await say(bureau, room, 10)
    first, second = Counter(bureau.s), Counter(bureau.s)
    await follow_to_end(bureau, first)
    before = bureau.s.log.feed.pos
    await say(bureau, room, 3)
    await follow_to_end(bureau, second)
    assert first.seen == sorted(set(first.seen))
    assert first.seen[-1] == before
    assert second.seen == list(range(before + 1, bureau.s.log.feed.pos + 1))


async def test_killed_in_the_middle_of_a_batch_it_takes_it_again(bureau: Bureau) -> None:
    """At least once: the cursor moves after the batch, never before."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await say(bureau, room, 10)
    killed, again = Counter(bureau.s), Counter(bureau.s)
    killed.go_on.clear()
    killed.start()
    await asyncio.wait_for(killed.taking.wait(), PATIENCE_S)
    await killed.close()
    assert await cursor(bureau) == 0
    await follow_to_end(bureau, again)
    assert again.batches[0].found == killed.batches[0].found != []
    assert again.seen == sorted(set(again.seen))


async def test_a_slow_one_delays_nobody_and_misses_nothing(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "KEPT_COMMITS", 3)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    slow = Counter(bureau.s)
    slow.go_on.clear()
    slow.start()
    await asyncio.wait_for(slow.taking.wait(), PATIENCE_S)
    await say(bureau, room, 20)
    assert len(slow.batches) == 1
    assert len(slow._fresh) <= 3  # noqa: SLF001 - what it keeps in memory is the point
    slow.go_on.set()

    async def at_end() -> bool:
        return await cursor(bureau) == bureau.s.log.feed.pos

    await until(at_end)
    assert slow.seen == sorted(set(slow.seen))
    assert len(slow.seen) >= 20
    await slow.close()


async def test_what_was_just_committed_comes_from_memory(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    counter = Counter(bureau.s)
    counter.start()

    async def at_end() -> bool:
        return await cursor(bureau) == bureau.s.log.feed.pos

    await until(at_end)
    read = len(counter.batches)
    await say(bureau, room, 5)
    await until(at_end)
    await counter.close()
    assert [batch.from_memory for batch in counter.batches[read:]] == [True] * (len(counter.batches) - read)


async def test_a_batch_that_cannot_be_taken_is_tried_again(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await say(bureau, room, 3)
    counter = Counter(bureau.s)
    counter.refuse = 4
    await follow_to_end(bureau, counter)
    assert counter.refuse == 0
    assert counter.seen[-1] == bureau.s.log.feed.pos


async def test_pauses_grow_and_are_short_again_after_a_batch(bureau: Bureau) -> None:
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)

    counter = Counter(bureau.s, rest)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    counter.refuse = 4
    counter.start()
    await asyncio.wait_for(counter.taking.wait(), PATIENCE_S)
    assert pauses[:4] == [0.001, 0.002, 0.004, 0.004]

    async def at_end() -> bool:
        return await cursor(bureau) == bureau.s.log.feed.pos

    await until(at_end)
    del pauses[:]
    counter.taking.clear()
    counter.refuse = 1
    await say(bureau, room, 1)
    await asyncio.wait_for(counter.taking.wait(), PATIENCE_S)
    await counter.close()
    assert pauses[:1] == [0.001]


@pytest.mark.parametrize("ahead", [0, 100])
async def test_a_cursor_of_another_history_starts_again(bureau: Bureau, ahead: int) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await say(bureau, room, 3)
    counter = Counter(bureau.s)
    await counter.cursor.save(FeedPosition(bureau.s.log.feed.pos + ahead, "3 1 r_elsewhere 2"))

    async def all_seen() -> bool:
        return counter.seen[-1:] == [bureau.s.log.feed.pos]

    counter.start()
    await until(all_seen)
    await counter.close()
    assert counter.restarts == 1
    assert counter.seen == sorted(set(counter.seen))
