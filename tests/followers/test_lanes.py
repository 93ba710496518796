"""Lanes: what is taken first, what is tried again, and what is given up."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest

from appliance.errors import AppError, StorageFull, Unavailable
from appliance.followers import lanes
from appliance.followers.lanes import MAX_TRIES, MAX_WAITING, Counting, Lane, Work
from appliance.model import PersonId
from appliance.services import Services
from appliance.store.db import Rows
from appliance.store.file_turns import Next, Turn
from tests.bureau import Bureau, open_bureau
from tests.waiting import until


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    with patch.multiple(lanes, FIRST_PAUSE_S=0.001, MAX_PAUSE_S=0.002):
        async with open_bureau(tmp_path) as opened:
            yield opened


class Pile:
    """Items that wait, by age, as a table of the store would have them. `a-3` is of person `a` and of size 3."""

    def __init__(self, *items: str) -> None:
        self.items = list(items)
        self.done: list[str] = []
        self.given_up: list[tuple[str, str]] = []
        self.tried: list[str] = []
        self.tries: Counter[str] = Counter()
        self.faults: dict[str, Exception] = {}
        self.go = asyncio.Event()
        self.go.set()

    def next(self, _rows: Rows, turn: Turn) -> Next | None:
        free = [item for item in self.items if item not in turn.taken]
        for without in ({*turn.served, *turn.full}, set(turn.full)):
            people = sorted({person_of(item) for item in free} - without)
            for person in [*(one for one in people if one > turn.after), *people]:
                own = [item for item in free if person_of(item) == person]
                return Next(own[0] if turn.by_age else min(own), person)
        return None

    def begin(self, _rows: Rows, item: str) -> int:
        self.tries[item] += item in self.items
        return self.tries[item]

    def forgive(self, _rows: Rows, item: str) -> None:
        self.tries[item] -= 1

    def interrupted(self, _rows: Rows) -> list[str]:
        return [item for item in self.items if self.tries[item]]

    async def do(self, _s: Services, item: str) -> None:
        self.tried.append(item)
        await self.go.wait()
        if item in self.faults:
            raise self.faults[item]
        self.done.append(item)
        self.items.remove(item)

    async def give_up(self, _s: Services, item: str, error: AppError) -> None:
        self.given_up.append((item, error.code))
        self.items.remove(item)

    def work(self) -> Work:
        counting = Counting(self.begin, self.forgive, self.interrupted)
        return Work("pile", self.next, counting, self.do, self.give_up, frozenset(("scanner_away",)))


def person_of(item: str) -> PersonId:
    return PersonId(item.partition("-")[0])


@asynccontextmanager
async def running(bureau: Bureau, pile: Pile, workers: int) -> AsyncIterator[Lane]:
    lane = Lane(bureau.s, pile.work(), workers)
    task = asyncio.create_task(lane.run())
    try:
        yield lane
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def begun_again(bureau: Bureau, pile: Pile, workers: int) -> AsyncIterator[None]:
    """Run a lane as after a crash; it is killed at the end of the block."""
    lane = Lane(bureau.s, pile.work(), workers)

    async def start() -> None:
        await lane.finish_interrupted()
        await lane.run()

    task = asyncio.create_task(start())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_of_one_person_the_first_worker_takes_the_oldest_and_the_others_the_smallest(bureau: Bureau) -> None:
    pile = Pile("a-9-old", "a-5", "a-3", "a-1", "a-4")
    pile.go.clear()
    async with running(bureau, pile, 3):
        await until(lambda: len(pile.tried) == 2, "as many at once as one person may have")
        assert sorted(pile.tried) == ["a-1", "a-9-old"]
        pile.go.set()
        await until(lambda: not pile.items, "all done")
    assert sorted(pile.done) == ["a-1", "a-3", "a-4", "a-5", "a-9-old"]


async def test_whoever_comes_next_finds_a_worker_free_and_people_take_turns(bureau: Bureau) -> None:
    """Many small files of one person, sent first, hold up nobody: each of the others waits for one of them at most."""
    pile = Pile(*(f"a-{number:02d}" for number in range(40)))
    pile.go.clear()
    async with running(bureau, pile, 3) as lane:
        await until(lambda: len(pile.tried) == 2, "as many at once as one person may have")
        pile.items += ["b-99", "c-99", "b-98"]
        lane.wake()
        await until(lambda: len(pile.tried) == 3, "the third worker")
        assert pile.tried[2] in ("b-98", "b-99")
        pile.go.set()
        await until(lambda: not pile.items, "all done")
    others = [place for place, item in enumerate(pile.tried) if not item.startswith("a")]
    assert len(others) == 3
    assert max(others) < 8


async def test_what_comes_later_is_taken_when_the_lane_is_woken(bureau: Bureau) -> None:
    pile = Pile()
    async with running(bureau, pile, 2) as lane:
        pile.items += ["1", "2"]
        lane.wake()
        await until(lambda: not pile.items, "all done")


@pytest.mark.parametrize("fault", [AppError(code="worker_failed"), Unavailable(), RuntimeError("a bug")])
async def test_what_always_fails_is_given_up_and_holds_nobody_up(bureau: Bureau, fault: Exception) -> None:
    pile = Pile("1", "2", "3")
    pile.faults["1"] = fault
    async with running(bureau, pile, 1):
        await until(lambda: not pile.items, "all done or given up")
    assert pile.done == ["2", "3"]
    code = fault.code if isinstance(fault, AppError) else "internal"
    assert pile.given_up == [("1", code)]
    assert pile.tried.count("1") == MAX_TRIES


async def test_an_item_that_ends_the_process_is_given_up_after_so_many_starts(bureau: Bureau) -> None:
    """Each start is a lane that never ends orderly; what waits beside the item is not counted."""
    pile = Pile("a-1", "b-2")
    pile.go.clear()
    for start in range(MAX_TRIES):
        async with begun_again(bureau, pile, 2):
            await until(lambda start=start: len(pile.tried) == (start + 1 if start else 2), "it is begun")  # type: ignore[misc]
        if not start:
            pile.tries["b-2"] = 0
            pile.tried.remove("b-2")
    assert (pile.tries["a-1"], pile.tries["b-2"]) == (MAX_TRIES, 0)
    pile.go.set()
    async with begun_again(bureau, pile, 2):
        await until(lambda: not pile.items, "given up, and the other done")
    assert pile.given_up == [("a-1", "internal")]
    assert pile.done == ["b-2"]


async def test_an_orderly_stop_counts_as_no_try(bureau: Bureau) -> None:
    pile = Pile("a-1")
    pile.go.clear()
    async with running(bureau, pile, 1) as lane:
        await until(lambda: bool(pile.tried), "it is begun")
    await lane.forgive_begun()
    assert pile.tries["a-1"] == 0


@pytest.mark.parametrize("fault", [Unavailable(code="scanner_away"), StorageFull()])
async def test_what_is_no_fault_of_an_item_is_tried_until_it_goes(bureau: Bureau, fault: Exception) -> None:
    pile = Pile("1", "2")
    pile.faults = {"1": fault, "2": fault}
    async with running(bureau, pile, 2):
        await until(lambda: pile.tried.count("1") > MAX_TRIES * 2, "tried often")
        assert pile.given_up == []
        pile.faults.clear()
        await until(lambda: not pile.items, "all done")


async def test_with_many_failures_the_lane_rests_and_keeps_few_in_memory(bureau: Bureau) -> None:
    pile = Pile(*(f"{number:03d}" for number in range(MAX_WAITING * 3)))
    pile.faults = dict.fromkeys(pile.items, Unavailable(code="scanner_away"))
    with patch.multiple(lanes, FIRST_PAUSE_S=3600.0, MAX_PAUSE_S=3600.0):
        async with running(bureau, pile, 2) as lane:
            await until(lambda: len(pile.tried) >= MAX_WAITING, "as many as it remembers")
            lane.wake()
            await asyncio.sleep(0)
            assert len(set(pile.tried)) == len(pile.tried) <= MAX_WAITING + 2


async def test_an_item_that_went_is_forgotten(bureau: Bureau) -> None:
    pile = Pile("1")
    pile.faults["1"] = Unavailable(code="scanner_away")
    async with running(bureau, pile, 1) as lane:
        await until(lambda: len(pile.tried) > 1, "tried again")
        pile.items.clear()
        lane.wake()
        await until(lambda: not lane._later, "forgotten")  # noqa: SLF001 nothing shows it


async def test_what_goes_while_it_is_worked_on_has_not_failed(bureau: Bureau, caplog: pytest.LogCaptureFixture) -> None:
    """As an upload that its sender takes away while it is prepared: no warning, no other try, not given up."""
    pile = Pile("1")
    pile.faults["1"] = AppError("object 1 is missing")
    pile.go.clear()
    async with running(bureau, pile, 1) as lane:
        await until(lambda: pile.tried == ["1"], "it is begun")
        pile.items = ["2"]
        pile.go.set()
        lane.wake()
        await until(lambda: pile.done == ["2"], "the next is done")
        assert not lane._later  # noqa: SLF001 nothing shows it
    assert pile.tried == ["1", "2"]
    assert pile.given_up == []
    said = [record for record in caplog.records if record.name == lanes.__name__]
    assert all(record.levelno < logging.WARNING for record in said)
