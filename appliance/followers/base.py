"""What every follower of the feed has in common: a cursor, a loop, and recent commits in memory.

Rules:
- at least once and in order: a batch is taken, then the cursor moves. After a crash in between the batch is taken
  again, so taking a batch must be idempotent;
- a slow follower delays nobody: it keeps at most `KEPT_COMMITS` commits in memory and reads the others from the
  database. What is destroyed leaves its memory at once;
- a batch that cannot be taken is retried with backoff, while the appliance keeps working;
- with the cursor goes an id of the feed's history. Where the database has another history at the cursor (it was
  restored from a backup), the follower starts again from the beginning.

Does not: say what is in a batch, what is done with it, or where the cursor is kept (`Cursor`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeVar

from appliance.errors import AppError
from appliance.reads.history import history_id_at, newest_pos

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from appliance.services import Services
    from appliance.wire.committed import Committed

logger = logging.getLogger(__name__)
FIRST_PAUSE_S: Final = 0.2
MAX_PAUSE_S: Final = 5.0
GATHER_S: Final = 0.2
"""How long commits are gathered after the first one, so that several make one batch."""
IDLE_S: Final = 2.0
"""How often the cursor is read again while nobody writes: the index may have lost its own."""
KEPT_COMMITS: Final = 1_000


class FeedPosition(NamedTuple):
    """How far a follower is: a position of the feed, and the id of the history up to there."""

    pos: int = 0
    history_id: str = ""


class Cursor(Protocol):
    """Where a follower's position is kept: together with what the follower makes, so that both move together."""

    async def load(self) -> FeedPosition:
        """Return how far the follower is."""
        ...

    async def save(self, place: FeedPosition) -> None:
        """Keep how far the follower is; nothing to do where taking a batch has moved the cursor already."""
        ...


class Batch(Protocol):
    """What a follower reads and takes at once; it may be empty. `upto`: the last position that it covers."""

    @property
    def upto(self) -> int:
        """Return the last position of the feed that is covered."""
        ...


BatchT = TypeVar("BatchT", bound=Batch)


class Follower(ABC, Generic[BatchT]):
    """Reads the feed from its cursor on and takes it in batches, from `start` to `close`."""

    def __init__(
        self, s: Services, name: str, cursor: Cursor, rest: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Follow under a name for the log; `rest(seconds)` waits until the next try."""
        self.s, self.name, self.cursor = s, name, cursor
        self._rest = rest
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._pause_s = FIRST_PAUSE_S
        # Commits not taken yet, without a gap after the position `_fresh_after`.
        self._fresh: list[Committed] = []
        self._fresh_after = 0

    @abstractmethod
    async def read(self, place: FeedPosition, fresh: Sequence[Committed] | None) -> BatchT:
        """Return the next batch after a position of the feed.

        `fresh` is everything that was committed after it, or None where memory does not reach back so far: then it is
        read from the database.
        """

    @abstractmethod
    async def take(self, batch: BatchT) -> FeedPosition:
        """Do what the follower is for, idempotently; return how far it is then. Raises AppError to be tried again."""

    async def restart(self) -> None:
        """Forget what was made of a history that is not the database's any more; nothing for most."""

    def start(self) -> None:
        """Begin to follow."""
        self._fresh_after = self.s.log.feed.pos
        self.s.log.feed.followers.append(self._wake)
        self.s.log.bodies.on_destroyed.append(self._forget)
        self._task = asyncio.create_task(self._follow_forever(), name=f"follower-{self.name}")

    async def close(self) -> None:
        """Stop, also in the middle of a batch: it is taken again after the next start."""
        if self._task:
            self.s.log.feed.followers.remove(self._wake)
            self.s.log.bodies.on_destroyed.remove(self._forget)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _wake(self, committed: Committed) -> None:
        if len(self._fresh) == KEPT_COMMITS:
            self._forget()
        self._fresh.append(committed)
        self._woken.set()

    def _forget(self) -> None:
        """Drop the commits in memory: they are read from the database."""
        if self._fresh:
            self._fresh_after = max(self._fresh_after, *(committed.pos for committed in self._fresh))
            self._fresh = []

    async def _follow_forever(self) -> None:
        while True:
            try:
                await self._follow(await self._place())
            except AppError as error:
                logger.info("%s cannot follow just now: %s", self.name, error)
            except Exception:
                logger.exception("%s could not follow", self.name)
            await self._rest(self._pause_s)
            self._pause_s = min(MAX_PAUSE_S, self._pause_s * 2)

    async def _follow(self, place: FeedPosition) -> None:
        """Take everything from a position on, then whatever comes, until a batch cannot be taken."""
        batch = await self.read(place, None)
        while True:
            if batch.upto > place.pos:
                place = await self.take(batch)
                await self.cursor.save(place)
                self._pause_s = FIRST_PAUSE_S
            elif await self._woken_within(IDLE_S):
                await asyncio.sleep(GATHER_S)
            else:
                place = await self._place()
            self._woken.clear()
            fresh = self._fresh if self._fresh_after <= place.pos else None
            self._forget()
            batch = await self.read(place, fresh)

    async def _place(self) -> FeedPosition:
        """Return the cursor's position; of another history than the database's, the beginning after a restart."""
        place = await self.cursor.load()
        if place.pos <= await newest_pos(self.s) and place.history_id == await history_id_at(self.s, place.pos):
            return place
        logger.warning("%s followed another history than the database's, and starts again", self.name)
        await self.restart()
        await self.cursor.save(FeedPosition())
        return FeedPosition()

    async def _woken_within(self, seconds: float) -> bool:
        """Wait for a commit so long; say whether there was one."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        return True
