"""Gateway and appliance over a real socket: work and results, side by side, gone and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from federation.gateway import messages as m
from federation.gateway.to_appliance import Appliance, ApplianceAway
from tests.federation.appliance_end import appliance_end
from tests.waiting import until


class Watched:
    """A gateway that notes when the appliance came and went, and answers every job with a failure of its number."""

    def __init__(self, path: Path) -> None:
        self.seen: list[str] = []
        self.appliance = Appliance(path, self._came, self._went, self._do)

    async def _came(self) -> None:
        await self.appliance.ask(m.RegistryBundle({}), m.Version)
        self.seen.append("came")

    async def _went(self) -> None:
        self.seen.append("went")

    async def _do(self, job: m.Job) -> m.Result | None:
        return m.Failed(job.job, "tried") if isinstance(job, m.Seal) else None


@asynccontextmanager
async def watched(path: Path) -> AsyncIterator[Watched]:
    found = Watched(path)
    running = asyncio.create_task(found.appliance.run())
    try:
        yield found
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_work_is_done_in_order_and_its_results_come_back(tmp_path: Path) -> None:
    async with appliance_end(tmp_path / "a.sock") as end, watched(tmp_path / "a.sock") as gateway:
        for number in range(5):
            end.jobs.put_nowait(m.Seal(number, (b"{}",)))
        await until(lambda: len(end.results) == 5)
        assert [result.job for result in end.results] == [0, 1, 2, 3, 4]
        assert gateway.seen == ["came"]


async def test_a_slow_answer_for_one_peer_does_not_hold_up_another(tmp_path: Path) -> None:
    async with appliance_end(tmp_path / "a.sock") as end, watched(tmp_path / "a.sock") as gateway:
        await until(lambda: gateway.appliance.is_there)
        end.hold = asyncio.Event()
        slow = asyncio.create_task(gateway.appliance.ask(m.Brought("moi", (b"{}",)), m.Frames))
        await until(lambda: bool(end.of(m.Brought)))
        assert await gateway.appliance.ask(m.Greet("dga"), m.Cursors) == m.Cursors(0, 0)
        assert not slow.done()
        end.hold.set()
        assert await slow == m.Frames()


async def test_an_appliance_that_goes_is_noticed_and_found_again(tmp_path: Path) -> None:
    async with watched(tmp_path / "a.sock") as gateway:
        with pytest.raises(ApplianceAway):
            await gateway.appliance.ask(m.Greet("dga"), m.Cursors)
        async with appliance_end(tmp_path / "a.sock"):
            await until(lambda: gateway.appliance.is_there)
        await until(lambda: gateway.seen == ["came", "went"])
        async with appliance_end(tmp_path / "a.sock") as again:
            await until(lambda: gateway.seen == ["came", "went", "came"])
            assert again.of(m.RegistryBundle), "what it had not been told is told before anything else"


async def test_what_is_no_answer_is_an_appliance_that_is_away(tmp_path: Path) -> None:
    async with appliance_end(tmp_path / "a.sock"), watched(tmp_path / "a.sock") as gateway:
        await until(lambda: gateway.appliance.is_there)
        with pytest.raises(ApplianceAway, match="Cursors"):
            await gateway.appliance.ask(m.Greet("dga"), m.Version)
