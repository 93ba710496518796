"""Places that people share: nobody fills them, and nobody waits for longer than a turn."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from appliance.files.places import Places
from tests.waiting import until


class Jobs:
    """Jobs that hold a place until they are let go, with the order in which they got it."""

    def __init__(self, most: int) -> None:
        self.places, self.running, self.got = Places(most), list[str](), list[str]()
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, *names: str) -> None:
        """Begin jobs, each named by its person and a number, and let all run that may."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._job(name))
        await self._settled()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._tasks[name]
        await self._settled()

    async def cancel(self, *names: str) -> None:
        for name in names:
            self._tasks[name].cancel()
        for name in names:
            with suppress(asyncio.CancelledError):
                await self._tasks[name]
        await self._settled()

    async def _job(self, name: str) -> None:
        async with self.places.taken(name.split("-", maxsplit=1)[0]):
            self.running.append(name)
            self.got.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.running.remove(name)

    async def _settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_one_person_leaves_a_place_for_whoever_comes() -> None:
    jobs = Jobs(2)
    await jobs.begin(*(f"malee-{number}" for number in range(6)))
    assert jobs.running == ["malee-0"]
    await jobs.begin("narin-0")
    assert jobs.running == ["malee-0", "narin-0"]
    await jobs.end("narin-0")
    assert jobs.running == ["malee-0"]
    await jobs.end("malee-0")
    assert jobs.running == ["malee-1"]


async def test_a_place_goes_to_who_has_the_fewest_and_then_to_who_has_waited_longest() -> None:
    jobs = Jobs(3)
    await jobs.begin("malee-0", "malee-1", "malee-2", "narin-0", "narin-1", "somchai-0")
    assert jobs.running == ["malee-0", "malee-1", "narin-0"]
    await jobs.end("malee-0")
    assert jobs.running == ["malee-1", "narin-0", "somchai-0"]
    await jobs.end("malee-1")
    # Nothing of hers runs, so her turn comes before his second one.
    assert jobs.running == ["narin-0", "somchai-0", "malee-2"]


async def test_with_one_place_people_take_turns() -> None:
    jobs = Jobs(1)
    await jobs.begin("malee-0", "malee-1", "malee-2", "narin-0")
    await jobs.end("malee-0")
    assert jobs.running == ["narin-0"]
    await jobs.end("narin-0")
    assert jobs.running == ["malee-1"]


async def test_whoever_goes_away_leaves_no_place_behind() -> None:
    jobs = Jobs(2)
    await jobs.begin("malee-0", "malee-1", "narin-0", "somchai-0")
    await jobs.cancel("malee-1", "somchai-0", "narin-0")
    assert jobs.running == ["malee-0"]
    await jobs.begin("anong-0")
    assert jobs.running == ["malee-0", "anong-0"]
    # One that is cancelled just as it gets its place gives it on.
    task = asyncio.create_task(jobs._job("decha-0"))  # noqa: SLF001 - the moment is the point
    jobs._ends["decha-0"] = asyncio.Event()  # noqa: SLF001
    await asyncio.sleep(0)
    jobs._ends["anong-0"].set()  # noqa: SLF001
    await until(lambda: "anong-0" not in jobs.running)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await jobs.begin("wanida-0")
    assert jobs.running == ["malee-0", "wanida-0"]
