"""Feeds the search process: a cursor on the feed, held by the index itself.

The index says how far it has received; from there the feed is told in batches. Re-delivery of a batch changes nothing,
and one that does not begin at the cursor is rejected and the cursor asked again; so whatever dies, nothing is lost and
nothing has to be remembered here. While the search process is away the chat goes on, and the follower tries again with
growing pauses. An index that followed another history, since the database was restored from before, forgets it and is
told everything. A short while's commits are told together, and from memory where the index has everything before them:
reading and opening each message again would cost the appliance a fifth of what sending it did. A batch that the index
cannot take is told again in halves; a single message that it cannot take is named in the log and left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.reads.search_batch import WHOLE, fresh_batch, mark_at, stored_batch
from appliance.search_client import NotIndexable
from appliance.store import feed
from search_index import wire

if TYPE_CHECKING:
    from appliance.services import Services
    from appliance.wire.committed import Committed

log = logging.getLogger(__name__)
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
GATHER_S: Final = 0.2
LOOK_S: Final = 2.0
"""While nobody writes, the index is looked after so often: it may have died, or been told to forget."""
KEPT_COMMITS: Final = 1_000


class SearchFollower:
    """Tells the index what the feed tells, as long as there is an index that listens."""

    def __init__(self, s: Services) -> None:
        self._s = s
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        # Commits heard of and not told yet, without a gap after the position `_fresh_after`.
        self._fresh: list[Committed] = []
        self._fresh_after = 0

    def start(self) -> None:
        """Begin to follow."""
        self._fresh_after = self._s.log.pos
        self._s.log.followers.append(self._heard)
        self._task = asyncio.create_task(self._follow_forever(), name="search-follower")

    async def close(self) -> None:
        """Stop; the index knows how far it is."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _heard(self, committed: Committed) -> None:
        if len(self._fresh) == KEPT_COMMITS:
            self._forget()
        self._fresh.append(committed)
        self._news.set()

    def _forget(self) -> None:
        if self._fresh:
            self._fresh_after = max(self._fresh_after, *(committed.pos for committed in self._fresh))
            self._fresh = []

    async def _follow_forever(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._follow()
                pause = FIRST_PAUSE_S
            except AppError as error:
                log.info("search is not there: %s", error)
            except Exception:
                log.exception("following for search failed")
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, pause * 2)

    async def _follow(self) -> None:
        """Tell everything from the index's cursor on, then whatever comes, until the index refuses or goes away."""
        cursor, mark = await self._place()
        add = await stored_batch(self._s, cursor)
        while True:
            if add.upto > cursor:
                cursor, mark = await self._tell(add)
            elif await self._heard_within(LOOK_S):
                await asyncio.sleep(GATHER_S)
            else:
                cursor, mark = await self._place()
            self._news.clear()
            add = await self._next(cursor, mark)

    async def _tell(self, add: wire.Add) -> tuple[int, str]:
        """Tell a batch, or as much of it as the index can take; return the index's cursor and mark then."""
        bounds = WHOLE
        while True:
            try:
                return await self._s.search.add(add), add.mark
            except NotIndexable as error:
                if bounds.lines == 1:
                    for entry in add.entries:
                        log.warning("message %s/%d cannot be indexed and is left out: %s", entry.room, entry.n, error)
                    add = wire.Add(add.after, add.upto, [], mark=add.mark)
                    return await self._s.search.add(add), add.mark
                bounds = bounds.halved()
                add = await stored_batch(self._s, add.after, bounds)

    async def _place(self) -> tuple[int, str]:
        """Return up to where the index has what the feed tells, and its mark; an index of anything else is emptied."""
        state = await self._s.search.status()
        async with self._s.store.read() as reader:
            head = await reader.run(feed.last_pos)
        mark = await mark_at(self._s, state.received)
        if state.received <= head and state.mark == mark:
            return state.received, mark
        log.warning("the search index followed another history than the database's, and is rebuilt")
        await self._s.search.rebuild()
        return 0, ""

    async def _heard_within(self, seconds: float) -> bool:
        """Wait for news so long; say whether there were any."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def _next(self, cursor: int, mark: str) -> wire.Add:
        """Return what comes after the index's cursor: from memory what was just committed, else from the database."""
        fresh = fresh_batch(self._fresh, cursor, mark) if self._fresh_after <= cursor else None
        self._forget()
        return fresh or await stored_batch(self._s, cursor)
