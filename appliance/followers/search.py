"""Feeds the search process: a cursor on the feed, held by the index itself.

The index says how far it has received; from there the feed is told in stretches. A stretch told twice changes nothing,
one that does not fit is refused and the cursor asked again; so whatever dies, nothing is lost and nothing has to be
remembered here. While the search process is away the chat goes on, and the follower tries again with growing pauses.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.reads.search_stretch import stretch

if TYPE_CHECKING:
    from appliance.services import Services
    from appliance.wire.committed import Committed

log = logging.getLogger(__name__)
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0


class SearchFollower:
    """Tells the index what the feed tells, as long as there is an index that listens."""

    def __init__(self, s: Services) -> None:
        self._s = s
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._s.log.followers.append(self._heard)
        self._task = asyncio.create_task(self._follow_forever(), name="search-follower")

    async def close(self) -> None:
        """Stop; the index knows how far it is."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _heard(self, _committed: Committed) -> None:
        self._news.set()

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
        state = await self._s.search.status()
        cursor = state.received
        while True:
            self._news.clear()
            async with self._s.store.read() as reader:
                add = await reader.run(stretch, self._s, cursor)
            if add.upto < cursor:
                # The database was restored from before: the index must forget what never was, and be told again.
                await self._s.search.rebuild()
                return
            if add.upto == cursor:
                await self._news.wait()
                continue
            cursor = await self._s.search.add(add)
