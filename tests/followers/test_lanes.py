"""Lanes: what is taken first, what is tried again, and what is given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest

from appliance.errors import AppError, StorageFull, Unavailable
from appliance.followers import lanes
from appliance.followers.lanes import MAX_TRIES, MAX_WAITING, Lane, Work
from appliance.services import Services
from appliance.store.db import Rows
from tests.bureau import Bureau, open_bureau
from tests.waiting import until


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    with patch.multiple(lanes, FIRST_PAUSE_S=0.001, MAX_PAUSE_S=0.002):
        async with open_bureau(tmp_path) as opened:
            yield opened


class Pile:
    """Items that wait, by age; their names are also their size. What fails says so in `faults`."""

    def __init__(self, *items: str) -> None:
        self.items = list(items)
        self.done: list[str] = []
        self.given_up: list[tuple[str, str]] = []
        self.tried: list[str] = []
        self.faults: dict[str, Exception] = {}
        self.go = asyncio.Event()
        self.go.set()

    def waiting(self, _rows: Rows, by_age: bool, limit: int) -> list[str]:  # noqa: FBT001
        return (self.items if by_age else sorted(self.items))[:limit]

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
        return Work("pile", self.waiting, self.do, self.give_up, frozenset(("scanner_away",)))


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


async def test_the_first_worker_takes_the_oldest_and_the_others_the_smallest(bureau: Bureau) -> None:
    pile = Pile("9-old", "5", "3", "1", "4")
    pile.go.clear()
    async with running(bureau, pile, 3):
        await until(lambda: len(pile.tried) == 3, "three at once")
        assert sorted(pile.tried) == ["1", "3", "9-old"]
        pile.go.set()
        await until(lambda: not pile.items, "all done")
    assert sorted(pile.done) == ["1", "3", "4", "5", "9-old"]


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
