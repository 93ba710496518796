"""Working through what tables say is to be done: so many items at once, each until it is done or given up.

Rules:
- what is to be done is read from the tables each time: nothing grows in memory, nothing is forgotten by a crash, and
  nothing is done for a row that has gone;
- people take turns (`store/file_turns.py`): while another person waits, nobody begins a second item, and nobody ever
  has all workers of a lane, so that whoever comes next finds one free, or one that somebody else has just begun with;
- of one person the first worker takes the oldest item, the others the smallest: a long video is not put off for ever;
- an item that fails is tried again with backoff, `MAX_TRIES` times, and then given up, which is a state of its own in
  the tables. What is no fault of the item (`Work.not_at_fault`, a full disk, an orderly stop) does not count;
- the count of tries is in the item's row and written first: an item that ends the process is given up after so many
  starts. What a crash left begun is done at the next start, one after the other: so only the one to blame is counted
  again;
- an item that went while it was worked on, as an upload that its sender takes away, has not failed: it is forgotten;
- an item may be taken twice (after a crash, or just as another worker ends it), so doing it must be idempotent.

Does not: know what is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.errors import AppError, StorageFailed, StorageFull
from appliance.store.file_turns import Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.model import PersonId
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.file_turns import Next

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


class Counting(NamedTuple):
    """How the table counts the tries of an item.

    `begin` gives how many there are now, 0 for an item that waits no more; `forgive` takes one back; `interrupted`
    gives the items that were begun and wait still.
    """

    begin: Callable[[Rows, str], int]
    forgive: Callable[[Rows, str], None]
    interrupted: Callable[[Rows], list[str]]


class Work(NamedTuple):
    """What a lane does: `next(rows, turn)` gives the item whose turn it is.

    `do` raises what has it tried again; `give_up` has to leave the item in a state in which it waits no more, given why
    it failed last. `not_at_fault` are the codes of errors that are no fault of an item.
    """

    name: str
    next: Callable[[Rows, Turn], Next | None]
    tries: Counting
    do: Callable[[Services, str], Awaitable[None]]
    give_up: Callable[[Services, str, AppError], Awaitable[None]]
    not_at_fault: frozenset[str]


class _Later(NamedTuple):
    attempts: int
    due: float


class Lane:
    """Does one kind of work with so many workers, from `run` until that is cancelled."""

    def __init__(self, s: Services, work: Work, workers: int) -> None:
        self._s, self._work, self._workers = s, work, workers
        self._busy: dict[str, PersonId] = {}
        self._begun: set[str] = set()
        self._later: dict[str, _Later] = {}
        self._after: PersonId | str = ""
        self._taking = asyncio.Lock()
        self._ended: set[str] = set()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look again: there may be something to do."""
        self._woken.set()

    async def finish_interrupted(self) -> None:
        """Do what a crash left begun, one after the other. It may be one of these that ended the process."""
        try:
            async with self._s.store.read() as reader:
                items = await reader.run(self._work.tries.interrupted)
        except AppError as error:
            logger.info("%s: cannot look for what was begun: %s", self._work.name, error)
            return
        for item in items:
            await self._attempt(item)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                group.create_task(self._serve(by_age=number == 0), name=f"{self._work.name}-{number}")

    async def forgive_begun(self) -> None:
        """Take back the tries that an orderly stop cut short; called once nothing runs any more."""
        for item in self._begun:
            await self._forgive(item)
        self._begun.clear()

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
                del self._busy[item]
                self._ended.add(item)
                self._woken.set()

    async def _take(self, *, by_age: bool) -> str | None:
        async with self._taking:
            while len(waiting := self._waiting()) < MAX_WAITING:
                self._ended.clear()
                turn = Turn(by_age, self._after, {*waiting, *self._busy}, {*self._busy.values()}, self._full())
                async with self._s.store.read() as reader:
                    found = await reader.run(self._work.next, turn)
                if found is None:
                    self._later = {one: later for one, later in self._later.items() if one in turn.taken}
                    return None
                # What another worker ended while this one read is still in what was read.
                if found.id not in self._ended:
                    self._busy[found.id], self._after = found.person, found.person
                    return found.id
            return None

    def _full(self) -> set[PersonId]:
        """Return the people who have as many items running as one person may."""
        most = max(1, self._workers - 1)
        return {person for person, count in Counter(self._busy.values()).items() if count >= most}

    def _waiting(self) -> set[str]:
        """Return the items that are not due for their next try yet."""
        now = asyncio.get_running_loop().time()
        return {item for item, later in self._later.items() if later.due > now}

    async def _rest(self) -> None:
        now = asyncio.get_running_loop().time()
        due = min((later.due for item, later in self._later.items() if item not in self._busy), default=now + IDLE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(IDLE_S, max(LEAST_PAUSE_S, due - now))):
                await self._woken.wait()

    async def _attempt(self, item: str) -> None:
        tries = 0
        self._begun.add(item)
        try:
            async with self._s.store.write() as tx:
                tries = await tx.run(self._work.tries.begin, item)
            if tries > MAX_TRIES:
                raise AppError(f"it was begun {MAX_TRIES} times and never ended")  # noqa: TRY301 as any other failure
            if tries:
                await self._work.do(self._s, item)
        except AppError as error:
            if tries and await self._went(item):
                logger.info("%s: %s is not there any more: %s", self._work.name, item, error)
                self._later.pop(item, None)
            else:
                # Only the first of them is news, while a part is away.
                level = logging.INFO if self._later else logging.WARNING
                logger.log(level, "%s: %s later: %s", self._work.name, item, error)
                await self._put_off(item, error, tries)
        except Exception as error:
            logger.exception("%s: %s failed", self._work.name, item)
            await self._put_off(item, AppError(str(error)), tries)
        else:
            self._later.pop(item, None)
        self._begun.discard(item)

    async def _went(self, item: str) -> bool:
        """Return whether an item that was begun waits no more."""
        try:
            async with self._s.store.read() as reader:
                return item not in await reader.run(self._work.tries.interrupted)
        except AppError:
            return False

    async def _put_off(self, item: str, error: AppError, tries: int) -> None:
        before = self._later.pop(item, _Later(0, 0.0))
        if tries and not self._is_at_fault(error):
            await self._forgive(item)
        elif tries >= MAX_TRIES and await self._given_up(item, error):
            return
        pause = min(MAX_PAUSE_S, FIRST_PAUSE_S * 2**before.attempts)
        due = asyncio.get_running_loop().time() + pause
        self._later[item] = _Later(min(before.attempts + 1, MAX_DOUBLINGS), due)

    async def _forgive(self, item: str) -> None:
        try:
            async with self._s.store.write() as tx:
                await tx.run(self._work.tries.forgive, item)
        except AppError as error:
            logger.info("%s: %s has one try more than it had: %s", self._work.name, item, error)

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
