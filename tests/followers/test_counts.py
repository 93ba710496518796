"""Counts of memory are written soon after they changed, and nothing runs while nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from appliance.errors import Unavailable
from appliance.followers import counts
from appliance.followers.counts import GATHER_S, CountWriter
from appliance.model import PersonId
from appliance.people import DirectoryCounts
from appliance.services import Services
from appliance.store import directory_shown
from tests.bureau import NARIN, Bureau, open_bureau
from tests.waiting import until


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


async def test_what_changed_is_gathered_and_written_once(bureau: Bureau) -> None:
    rests, go = list[float](), asyncio.Semaphore(0)

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await go.acquire()

    async def written() -> bool:
        async with bureau.s.store.read() as reader:
            found = await reader.run(directory_shown.list_since, 0)
        return NARIN in found and found[NARIN].hour == 5

    writer = CountWriter(bureau.s, rest)
    writer.start()
    try:
        await asyncio.sleep(0)
        assert rests == [], "nothing has changed"
        for people in (3, 2):
            bureau.s.directory_quota.take(NARIN, people, bureau.clock())
        await until(lambda: rests == [GATHER_S], "the first change")
        assert not await written()
        go.release()
        await until(written, "both")
        assert rests == [GATHER_S]
    finally:
        await writer.close()


async def test_what_could_not_be_written_is_tried_again(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[Mapping[PersonId, DirectoryCounts]] = []

    async def write(s: Services) -> None:
        tries.append(shown := s.directory_quota.take_unwritten())
        if len(tries) < 3:
            s.directory_quota.give_back(shown)
            raise Unavailable("the disk failed") if len(tries) == 1 else RuntimeError("a fault")

    async def rest(_seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(counts, "write_counts", write)
    writer = CountWriter(bureau.s, rest)
    writer.start()
    try:
        bureau.s.directory_quota.take(NARIN, 3, bureau.clock())
        await until(lambda: len(tries) == 3, "the third try")
        assert tries[0] == tries[1] == tries[2]
    finally:
        await writer.close()
