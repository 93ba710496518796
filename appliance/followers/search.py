"""Feeds the search process: a follower whose cursor is kept by the index itself.

Without the search process the chat keeps working. Commits of a short time are fed as one batch, from memory where the
index has everything before them: reading and opening each message again would cost a fifth of what sending it did. A
batch that the index refuses is halved and fed again; a single message that it refuses is named in the logs and skipped.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from appliance.followers.base import FeedPosition, Follower
from appliance.reads.search_batch import WHOLE, fresh_batch, stored_batch
from appliance.search_client import NotIndexable
from search_index import wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.search_client import Searching
    from appliance.services import Services
    from appliance.wire.committed import Committed

logger = logging.getLogger(__name__)


class IndexCursor:
    """The cursor that the search process holds: it moves when a batch is received."""

    def __init__(self, search: Searching) -> None:
        self._search = search

    async def load(self) -> FeedPosition:
        """Return up to where the index has received the feed. Raises Unavailable."""
        state = await self._search.status()
        return FeedPosition(state.received, state.history_id)

    async def save(self, place: FeedPosition) -> None:
        """Nothing to do: the index has it."""


class SearchFollower(Follower[wire.Add]):
    """Feeds the index as long as there is one that listens."""

    def __init__(self, s: Services) -> None:
        super().__init__(s, "search", IndexCursor(s.search))

    async def read(self, place: FeedPosition, fresh: Sequence[Committed] | None) -> wire.Add:
        """Return what comes after the index's cursor: from memory what was just committed, else from the database."""
        found = None if fresh is None else fresh_batch(fresh, place.pos, place.history_id)
        return found or await stored_batch(self.s, place.pos)

    async def take(self, batch: wire.Add) -> FeedPosition:
        """Feed a batch, or as much of it as the index can take; return the index's cursor and history id then."""
        bounds = WHOLE
        while True:
            try:
                return FeedPosition(await self.s.search.add(batch), batch.history_id)
            except NotIndexable as error:
                if bounds.lines == 1:
                    for entry in batch.entries:
                        logger.warning(
                            "message %s/%d cannot be indexed and is left out: %s", entry.room, entry.n, error
                        )
                    batch = wire.Add(batch.after, batch.upto, [], history_id=batch.history_id)
                    return FeedPosition(await self.s.search.add(batch), batch.history_id)
                bounds = bounds.halved()
                batch = await stored_batch(self.s, batch.after, bounds)

    async def restart(self) -> None:
        """Empty the index: it is fed everything again."""
        await self.s.search.rebuild()
