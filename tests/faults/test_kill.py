"""Kill −9 at any moment, under load: every acknowledged message is there, once, in order (F101)."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from pathlib import Path

from tests.faults import proof
from tests.faults.appliance import Appliance, clients
from tests.faults.load import at_work
from tests.faults.team import assemble
from tests.waiting import PATIENCE_S

KILLS = int(os.environ.get("GCHAT_FAULT_KILLS", "12"))


async def test_kills_under_load_lose_nothing(appliance: Callable[..., Appliance], rng: random.Random) -> None:
    """The process alone, while it starts, the supervisor alone, the search process, and everything, in turn."""
    served = appliance(supervised=True)
    served.start()
    async with clients() as session:
        team = await assemble(session, served)
        async with at_work(team.workers):
            for _, how in zip(range(KILLS), cycle(HOW), strict=False):
                await team.gets_on()
                await asyncio.sleep(rng.uniform(0, 0.8))
                await how(served, rng)
        assert team.acknowledged > KILLS * 10
        assert all(worker.failures for worker in proof.writers(team.workers)), "nobody noticed"
        await team.prove()
    assert served.stop() < 5
    await proof.verified(served.data, team.callers)


async def killed(served: Appliance, _rng: random.Random) -> None:
    """Kill the process; the supervisor starts another."""
    before = served.pid
    served.kill()
    await asyncio.to_thread(served.wait_ready, before)


async def killed_starting(served: Appliance, rng: random.Random) -> None:
    """Kill the process, and the next one while it starts."""
    before = served.pid
    served.kill()
    started = await asyncio.to_thread(_child_but, served, before)
    await asyncio.sleep(rng.uniform(0, 0.5))
    if served.pid == before:
        os.kill(started, 9)
    await asyncio.to_thread(served.wait_ready, before)


async def orphaned(served: Appliance, _rng: random.Random) -> None:
    """Kill the supervisor; its process notices and ends, while the next is started already."""
    served.kill_supervisor()
    await asyncio.to_thread(served.start)


async def killed_both(served: Appliance, _rng: random.Random) -> None:
    """Kill everything and start again."""
    served.kill()
    served.kill_supervisor()
    await asyncio.to_thread(served.start)


async def killed_search(served: Appliance, _rng: random.Random) -> None:
    """Kill the search process: nobody who writes or reads is to notice."""
    os.kill(served.pids["search"], 9)


def _child_but(served: Appliance, before: int) -> int:
    """Return the supervisor's serving process as soon as it is another than `before`."""
    assert served.process is not None
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for pid in map(int, children.read_text().split()):
            with suppress(OSError):
                if pid != before and b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        time.sleep(0.001)
    raise AssertionError(f"no other process is started: {served.said()}")


HOW = (killed, killed_starting, orphaned, killed_search, killed_both)


async def test_sigterm_under_load_is_quick_and_loses_nothing(appliance: Callable[..., Appliance]) -> None:
    """Clients are told to come again, not that their session is over."""
    served = appliance()
    served.start()
    async with clients() as session:
        team = await assemble(session, served)
        async with at_work(team.workers):
            for _ in range(2):
                await team.gets_on(50)
                assert await asyncio.to_thread(served.stop) < 5
                await asyncio.to_thread(served.start)
        await team.prove()
        closes = {code for worker in proof.followers(team.workers) for code in worker.closes}
        assert 1012 in closes
        assert 4401 not in closes
    served.stop()
    await proof.verified(served.data, team.callers)
