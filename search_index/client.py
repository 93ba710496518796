"""The appliance's end of the socket to the search process.

Owns what is asked and what its answers mean; the connection is `appliance.ipc`'s. The feed follower and the searches of
people use clients of their own, so that a long catch-up delays nobody. Of the searches of people so many wait for their
turn; one more is refused at once (`SearchBusy`).

Does not: retry. A caller that gets SearchUnavailable answers «not available just now», or waits and asks again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

from appliance.ipc.client import Busy, Client, Unreachable
from search_index import wire

TIMEOUT_S: Final = 5.0
ADD_TIMEOUT_S: Final = 120.0
"""Entries wait while the process writes; a search never does."""

_UNTAKEN: Final = frozenset(("too_large", "malformed"))

AnswerT = TypeVar("AnswerT", bound=wire.Answer)


class SearchUnavailable(Exception):
    """The process does not answer, or is empty after damage. `code`: `search_unavailable`."""

    code = "search_unavailable"


class SearchBusy(Exception):
    """Too many requests wait for this connection: nothing was asked."""


class FeedGap(Exception):
    """The process does not have what lies before this batch: continue from the `received` of its status."""


class BatchRefused(Exception):
    """The process cannot take this batch, now or later: `too_large` or `malformed`. Send a smaller one."""


class SearchClient:
    """A connection to the search process at `path`. With `most_waiting`, so many requests wait for their turn."""

    def __init__(self, path: Path, most_waiting: int | None = None) -> None:
        self._client = Client(path, wire.PROTOCOL, most_waiting)

    async def add(self, batch: wire.Add) -> int:
        """Send a batch of the feed; return up to where it is received.

        Raises FeedGap, BatchRefused, SearchUnavailable.
        """
        return (await self._ask(batch, wire.Received, ADD_TIMEOUT_S)).received

    async def search(self, request: wire.Search) -> wire.Found:
        """Return a page of candidates, newest first. Raises SearchUnavailable."""
        return await self._ask(request, wire.Found)

    async def look(self, request: wire.Look) -> wire.Looked:
        """Return what to show of texts. Raises SearchUnavailable."""
        return await self._ask(request, wire.Looked)

    async def status(self) -> wire.State:
        """Return how far the index is. Raises SearchUnavailable."""
        return await self._ask(wire.Status(), wire.State)

    async def rebuild(self) -> None:
        """Empty the index: the feed is to be sent again from its beginning. Raises SearchUnavailable."""
        await self._ask(wire.Rebuild(), wire.Done, ADD_TIMEOUT_S)

    async def close(self) -> None:
        """End the connection."""
        await self._client.close()

    async def _ask(self, request: wire.Request, expected: type[AnswerT], timeout_s: float = TIMEOUT_S) -> AnswerT:
        try:
            answer = await self._client.ask(request, timeout_s)
        except Unreachable as reason:
            raise SearchUnavailable(str(reason)) from reason
        except Busy as reason:
            raise SearchBusy from reason
        if isinstance(answer, expected):
            return answer
        if isinstance(answer, wire.Refused) and answer.code == "gap":
            raise FeedGap
        if isinstance(answer, wire.Refused) and answer.code in _UNTAKEN and isinstance(request, wire.Add):
            raise BatchRefused(answer.code)
        raise SearchUnavailable(answer.code if isinstance(answer, wire.Refused) else "unexpected answer")
