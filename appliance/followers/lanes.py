"""Working through what tables say is to be done: so many items at once, each until it is done or given up.

Rules:
- what is to be done is read from the tables each time: nothing grows in memory, nothing is forgotten by a crash, and
  nothing is done for a row that has gone;
- the first worker of a lane takes the oldest item, the others the smallest: many people wait for small pictures, and a
  long video is not put off for ever;
- an item that fails is tried again with backoff, `MAX_TRIES` times, and then given up, which is a state of its own in
  the tables. What is no fault of the item (`Work.not_at_fault`, a full disk) does not count;
- an item may be taken twice (after a crash, or just as another worker ends it), so doing it must be idempotent.

Does not: know what is done.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.errors import AppError, StorageFailed, StorageFull

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.services import Services
    from appliance.store.db import Rows

logger = logging.getLogger(__name__)
MAX_TRIES: Final = 3
LEAST_PAUSE_S: Final = 0.01
FIRST_PAUSE_S: Final = 0.5
MAX_PAUSE_S: Final = 15.0
MAX_DOUBLINGS: Final = 10
MAX_WAITING: Final = 64
"""Items that wait for their next try. With so many the lane rests: what fails them all is not their fault."""
IDLE_S: Final = 60.0
"""How often an idle lane looks by itself."""


class Work(NamedTuple):
    """What a lane does: `waiting(rows, by_age, limit)` gives ids, oldest or smallest first.

    `do` raises what has it tried again; `give_up` has to leave the item in a state in which it waits no more, given why
    it failed last. `not_at_fault` are the codes of errors that are no fault of an item.
    """

    name: str
    waiting: Callable[[Rows, bool, int], list[str]]
    do: Callable[[Services, str], Awaitable[None]]
    give_up: Callable[[Services, str, AppError], Awaitable[None]]
    not_at_fault: frozenset[str]


class _Later(NamedTuple):
    attempts: int
    counted: int
    due: float


class Lane:
    """Does one kind of work with so many workers, from `run` until that is cancelled."""

    def __init__(self, s: Services, work: Work, workers: int) -> None:
        self._s, self._work, self._workers = s, work, workers
        self._busy: set[str] = set()
        self._later: dict[str, _Later] = {}
        self._readings: dict[object, set[str]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look again: there may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                group.create_task(self._serve(by_age=number == 0), name=f"{self._work.name}-{number}")

    async def _serve(self, *, by_age: bool) -> None:
        while True:
            self._woken.clear()
            try:
                item = await self._take(by_age=by_age)
            except AppError as error:
                logger.info("%s: cannot look for work just now: %s", self._work.name, error)
                item = None
            except Exception:
                logger.exception("%s: could not look for work", self._work.name)
                item = None
            if item is None:
                await self._rest()
                continue
            # Another one may be there for another worker.
            self._woken.set()
            try:
                await self._attempt(item)
            finally:
                self._end(item)

    async def _take(self, *, by_age: bool) -> str | None:
        if len(self._waiting()) >= MAX_WAITING:
            return None
        # What another worker ends while this one reads is still in what is read.
        reading, ended = object(), set[str]()
        self._readings[reading] = ended
        try:
            limit = len(self._busy) + len(self._waiting()) + 2 * self._workers
            async with self._s.store.read() as reader:
                found = await reader.run(self._work.waiting, by_age, limit)
        finally:
            del self._readings[reading]
        # Nothing is awaited from here on: no other worker takes the same.
        taken = ended | self._busy | self._waiting()
        item = next((one for one in found if one not in taken), None)
        if item is not None:
            self._busy.add(item)
        elif len(found) < limit:
            # That is all there is: what is not among it has gone from the tables.
            self._later = {one: later for one, later in self._later.items() if one in found or one in self._busy}
        return item

    def _waiting(self) -> set[str]:
        """Return the items that are not due for their next try yet."""
        now = asyncio.get_running_loop().time()
        return {item for item, later in self._later.items() if later.due > now}

    def _end(self, item: str) -> None:
        self._busy.discard(item)
        for ended in self._readings.values():
            ended.add(item)

    async def _rest(self) -> None:
        now = asyncio.get_running_loop().time()
        due = min((later.due for item, later in self._later.items() if item not in self._busy), default=now + IDLE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(IDLE_S, max(LEAST_PAUSE_S, due - now))):
                await self._woken.wait()

    async def _attempt(self, item: str) -> None:
        try:
            await self._work.do(self._s, item)
        except AppError as error:
            # Only the first of them is news, while a part is away.
            level = logging.INFO if self._later else logging.WARNING
            logger.log(level, "%s: %s later: %s", self._work.name, item, error)
            await self._put_off(item, error)
        except Exception as error:
            logger.exception("%s: %s failed", self._work.name, item)
            await self._put_off(item, AppError(str(error)))
        else:
            self._later.pop(item, None)

    async def _put_off(self, item: str, error: AppError) -> None:
        before = self._later.pop(item, _Later(0, 0, 0.0))
        counted = before.counted + self._is_at_fault(error)
        if counted >= MAX_TRIES and await self._given_up(item, error):
            return
        pause = min(MAX_PAUSE_S, FIRST_PAUSE_S * 2**before.attempts)
        due = asyncio.get_running_loop().time() + pause
        self._later[item] = _Later(min(before.attempts + 1, MAX_DOUBLINGS), counted, due)

    async def _given_up(self, item: str, error: AppError) -> bool:
        try:
            await self._work.give_up(self._s, item, error)
        except Exception:
            logger.exception("%s: %s could not be given up", self._work.name, item)
            return False
        logger.warning("%s: %s given up: %s", self._work.name, item, error)
        return True

    def _is_at_fault(self, error: AppError) -> bool:
        return not isinstance(error, StorageFull | StorageFailed) and error.code not in self._work.not_at_fault
