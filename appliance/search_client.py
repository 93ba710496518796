"""The appliance's end of search: what it asks the search process, and what its absence looks like to people.

Owns three connections: a long catch-up of the feed delays nobody's search, and comparing the words of one person's
candidates delays nobody's candidates. Words are compared in that process too, since every thread of this one would take
the interpreter from the event loop. When the process does not answer, searching is «not available just now» and nothing
else stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from appliance.errors import AppError, TooMany, Unavailable
from search_index import wire
from search_index.client import BatchRefused, FeedGap, SearchBusy, SearchClient, SearchUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from pathlib import Path

    from search_index.query import Query

T = TypeVar("T")

MAX_WAITING: Final = 32
"""Searches of all people that wait for the process; each takes some milliseconds."""
BUSY_RETRY_S: Final = 1


class OutOfStep(AppError):
    """The batch does not begin at the index's cursor: ask for its status."""

    code = "search_out_of_step"


class NotIndexable(AppError):
    """The index cannot take a batch as it is: too large, or something in it is out of bounds. Send a smaller one."""

    code = "search_not_indexable"


class Budget(msgspec.Struct):
    """CPU seconds that reading and comparing words may still take."""

    left_s: float


class Searching:
    """Asks the search process and compares words. What asks raises Unavailable when the process is not there."""

    def __init__(self, path: Path) -> None:
        self._people = SearchClient(path, MAX_WAITING)
        self._words = SearchClient(path, MAX_WAITING)
        self._feed = SearchClient(path)

    async def find(self, request: wire.Search) -> wire.Found:
        """Return a page of candidates, newest first. Raises TooMany (`busy`) when too many searches wait."""
        return await _answered(self._people.search(request))

    async def look_through(
        self, query: Query, texts: Sequence[wire.Text | None], enough: int, budget: Budget
    ) -> list[wire.Cut | None]:
        """Return for each text what to show of it, or None where it has not everything that is asked for.

        Ends early, but after one text at least, when there are `enough` snippets or the budget is spent; takes from it.
        Raises TooMany (`busy`) when too many wait.
        """
        looked = await _answered(
            self._words.look(wire.Look(list(query.needles), list(texts), enough, max(0.0, budget.left_s)))
        )
        budget.left_s -= looked.used_s
        return looked.cuts

    async def status(self) -> wire.State:
        """Return how far the index is."""
        return await _answered(self._feed.status())

    async def add(self, batch: wire.Add) -> int:
        """Send a batch of the feed; return up to where it is received.

        Raises OutOfStep for one that does not begin where the index stands, NotIndexable for one it cannot take.
        """
        return await _answered(self._feed.add(batch))

    async def rebuild(self) -> None:
        """Empty the index, so that it is fed everything again."""
        await _answered(self._feed.rebuild())

    async def close(self) -> None:
        """End the connections."""
        await self._people.close()
        await self._words.close()
        await self._feed.close()


async def _answered(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except FeedGap as error:
        raise OutOfStep from error
    except BatchRefused as error:
        raise NotIndexable(str(error)) from error
    except SearchBusy as error:
        raise TooMany(BUSY_RETRY_S, code="busy") from error
    except SearchUnavailable as error:
        raise Unavailable(str(error), code="search_unavailable") from error
