"""The appliance's end of the socket to the search process.

Owns one connection, made when it is needed and made again when it broke; requests on it follow one another. The feed
follower and the searches of people use clients of their own, so that a long catch-up delays nobody.

Of the searches of people so many wait for their turn; one more is refused at once (`SearchBusy`).

Does not: retry. A caller that gets SearchUnavailable answers «not available just now», or waits and asks again.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from search_index import wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
    """The process has not what lies before this batch: go on from the `received` of its status."""


class BatchRefused(Exception):
    """The process cannot take this batch, now or later: `too_large` or `malformed`. Tell less at once."""


class SearchClient:
    """A connection to the search process at `path`. With `most_waiting`, so many requests wait for their turn."""

    def __init__(self, path: Path, most_waiting: int | None = None) -> None:
        self._path, self._most = path, most_waiting
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def add(self, batch: wire.Add) -> int:
        """Tell a batch of the feed; return up to where it is received.

        Raises FeedGap, BatchRefused, SearchUnavailable.
        """
        return (await self._ask(batch, wire.Received, ADD_TIMEOUT_S)).received

    async def delete(self, ranges: list[wire.Range]) -> None:
        """Make entries gone, durably. Raises SearchUnavailable."""
        await self._ask(wire.Delete(ranges), wire.Done)

    async def search(self, request: wire.Search) -> wire.Found:
        """Return a page of candidates, newest first. Raises SearchUnavailable."""
        return await self._ask(request, wire.Found)

    async def look(self, request: wire.Look) -> wire.Looked:
        """Return what to show of texts. Raises SearchUnavailable."""
        return await self._ask(request, wire.Looked)

    async def status(self) -> wire.State:
        """Return how far the index is. Raises SearchUnavailable."""
        return await self._ask(wire.Status(), wire.State)

    async def flush(self) -> None:
        """Make everything received durable. Raises SearchUnavailable."""
        await self._ask(wire.Flush(), wire.Done, ADD_TIMEOUT_S)

    async def rebuild(self) -> None:
        """Empty the index: the feed is to be told again from its beginning. Raises SearchUnavailable."""
        await self._ask(wire.Rebuild(), wire.Done, ADD_TIMEOUT_S)

    async def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _ask(self, request: wire.Request, expected: type[AnswerT], timeout_s: float = TIMEOUT_S) -> AnswerT:
        async with self._my_turn():
            try:
                async with asyncio.timeout(timeout_s):
                    answer = await self._exchange(request)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, msgspec.DecodeError) as reason:
                await self.close()  # half an answer may be on its way: the next request begins on a new connection
                raise SearchUnavailable(str(reason)) from reason
            except asyncio.CancelledError:
                await self.close()
                raise
        if isinstance(answer, expected):
            return answer
        if isinstance(answer, wire.Refused) and answer.code == "gap":
            raise FeedGap
        if isinstance(answer, wire.Refused) and answer.code in _UNTAKEN and isinstance(request, wire.Add):
            raise BatchRefused(answer.code)
        raise SearchUnavailable(answer.code if isinstance(answer, wire.Refused) else "unexpected answer")

    @contextlib.asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """Wait for the connection. Raises SearchBusy when too many wait already."""
        if self._most is not None and self._turn.locked() and self._waiting >= self._most:
            raise SearchBusy
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turn.release()

    async def _exchange(self, request: wire.Request) -> wire.Answer:
        if self._streams is not None and (self._streams[0].at_eof() or self._streams[1].is_closing()):
            await self.close()  # the process has ended since the last request, and may be there again
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self._path)
        reader, writer = self._streams
        frame = wire.encode(request)
        writer.write(len(frame).to_bytes(wire.LENGTH_BYTES, "big") + frame)
        await writer.drain()
        size = int.from_bytes(await reader.readexactly(wire.LENGTH_BYTES), "big")
        answer: wire.Answer = wire.decode_answer(await reader.readexactly(size))
        return answer
