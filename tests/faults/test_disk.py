"""A disk that is full or fails: sending is refused in plain words, reading goes on, what was acknowledged stays (F101).

Space is taken from a whole file system where the test may mount one, and from the process's own files everywhere.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.faults import proof
from tests.faults.appliance import Appliance, Caller, Refused, clients
from tests.faults.conftest import on_small_disk
from tests.faults.load import at_work
from tests.faults.team import Team, assemble
from tests.waiting import PATIENCE_S, until

THAI = re.compile("[\u0e01-\u0e5b]{4}")
# Less than the write-ahead log grows to when it may: that must not count as full.
SMALL_DISK = "8m"


@pytest.fixture
def small_disk(template: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder on a file system of its own with a few MiB."""
    with on_small_disk(template, tmp_path / "small", SMALL_DISK) as folder:
        yield folder


async def refused(caller: Caller, room: str, codes: set[str]) -> None:
    """A message is refused with one of the codes, in Thai, saying when to come again."""
    with pytest.raises(Refused) as told:
        await caller.say(room, "ลองส่งตอนดิสก์เต็ม", f"refused-{os.urandom(4).hex()}")
    assert told.value.status == 503
    assert told.value.code in codes
    assert THAI.search(told.value.message)
    assert int(told.value.retry_after or 0) > 0


def fill(ballast: Path) -> None:
    """Take all the space there is."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1 << 9):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


@asynccontextmanager
async def working(served: Appliance) -> AsyncIterator[Team]:
    """A team at work on an appliance that is not restarted; afterwards everything is proved."""
    served.start()
    pid = served.pid
    async with clients() as session:
        team = await assemble(session, served)
        async with at_work(team.workers):
            await team.gets_on(50)
            yield team
            before = {writer.name: len(writer.acked) for writer in proof.writers(team.workers)}
            await until(lambda: all(len(w.acked) > before[w.name] + 5 for w in proof.writers(team.workers)))
        assert served.pid == pid, "it took a restart"
        await team.prove()
    served.stop()
    await proof.verified(served.data, team.callers)


async def all_refused(team: Team, codes: set[str]) -> None:
    """Every writer, over the stream and over HTTP, is told so; everybody can still read."""
    room, caller = next(iter(team.callers.items()))
    await until(lambda: all(codes & set(writer.refused) for writer in proof.writers(team.workers)))
    await refused(caller, room, codes)
    for each, reader in team.callers.items():
        assert await reader.history(each)
    assert (await caller.call("GET", "/sync"))["events"]


async def readiness(served: Appliance) -> tuple[int, str]:
    async with clients() as session, session.get(f"{served.url}/readyz") as response:
        return response.status, await response.text()


async def test_a_full_disk(appliance: Callable[..., Appliance], small_disk: Path) -> None:
    served = appliance(small_disk)
    async with working(served) as team:
        ballast = small_disk / "ballast"
        fill(ballast)
        await all_refused(team, {"storage_full"})
        assert await readiness(served) == (503, "storage_full\n")
        ballast.unlink()


async def test_a_limit_on_the_size_of_files(appliance: Callable[..., Appliance], data: Path) -> None:
    served = appliance()
    async with working(served) as team:
        size = (data / "gchat.db-wal").stat().st_size
        # Less than a page more: a message alone writes no more than one.
        resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (size + 2048, resource.RLIM_INFINITY))
        await all_refused(team, {"storage_full", "storage_failed"})
        resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


async def test_a_disk_that_does_not_keep_what_it_took(
    appliance: Callable[..., Appliance], broken_disk: Path, tmp_path: Path
) -> None:
    """`fdatasync` fails: then nothing is acknowledged, and what was before is there after a kill."""
    flag = tmp_path / "broken"
    served = appliance(env={"LD_PRELOAD": str(broken_disk), "BROKEN_DISK_FLAG": str(flag)})
    served.start()
    async with clients() as session:
        team = await assemble(session, served)
        async with at_work(team.workers):
            for calls in (0, 3, 7):
                await team.gets_on(30)
                for writer in proof.writers(team.workers):
                    writer.refused.clear()
                flag.write_bytes(b"x" * calls)
                await all_refused(team, {"storage_failed"})
                if calls == 7:
                    served.kill()
                flag.unlink()
                if calls == 7:
                    await asyncio.to_thread(served.start)
        await team.prove()
    served.stop()
    await proof.verified(served.data, team.callers)


async def test_no_space_at_the_start_is_told_and_at_the_end_no_matter(
    appliance: Callable[..., Appliance], small_disk: Path
) -> None:
    """Nothing was there to be acknowledged: the reason, and an end."""
    served = appliance(small_disk)
    ballast = small_disk / "ballast"
    fill(ballast)
    served.begin()
    assert served.process is not None
    code = await asyncio.to_thread(served.process.wait, PATIENCE_S)
    said = served.said()
    assert code == 1, said
    assert THAI.search(said), said
    assert "The disk is full" in said
    assert "Traceback" not in said
    ballast.unlink()
    served.start()
    fill(ballast)
    assert await asyncio.to_thread(served.stop) < 5
