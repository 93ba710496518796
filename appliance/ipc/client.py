"""The end of a Unix socket that asks.

Owns one connection, made when it is needed and made again when it broke; nothing is said to a server of another user.
Requests on it follow one another. Of the
callers so many wait for their turn; one more is refused at once (`Busy`). It does not retry: a request that broke off
may have been carried out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Generic

import msgspec

from appliance.ipc.frames import AnswerT, Protocol, RequestT, TooLarge, read_frame, write_frame
from appliance.ipc.sockets import require_owner


class Unreachable(Exception):
    """Nobody answers at the socket, not in time, or not in the protocol."""


class Busy(Exception):
    """Too many requests wait for this connection: nothing was asked."""


class Client(Generic[RequestT, AnswerT]):
    """A connection to the server at `path`. With `max_waiting`, so many requests wait for their turn."""

    def __init__(self, path: Path, protocol: Protocol[RequestT, AnswerT], max_waiting: int | None = None) -> None:
        self._path, self._protocol, self._max_waiting = path, protocol, max_waiting
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: RequestT, timeout_s: float) -> AnswerT:
        """Send a request and return its answer; `timeout_s` counts from this caller's turn.

        Raises Unreachable, Busy.
        """
        async with self._my_turn():
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._exchange(request)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, msgspec.DecodeError, TooLarge) as reason:
                await self.close()  # half an answer may be on its way: the next request begins on a new connection
                raise Unreachable(str(reason)) from reason
            except asyncio.CancelledError:
                await self.close()
                raise

    async def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    @contextlib.asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """Wait for the connection. Raises Busy when too many wait already."""
        if self._max_waiting is not None and self._turn.locked() and self._waiting >= self._max_waiting:
            raise Busy
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turn.release()

    async def _exchange(self, request: RequestT) -> AnswerT:
        if self._streams is not None and (self._streams[0].at_eof() or self._streams[1].is_closing()):
            await self.close()  # the server has ended since the last request, and may be there again
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self._path)
            require_owner(self._path, self._streams[1].get_extra_info("socket"))
        reader, writer = self._streams
        await write_frame(writer, request)
        return self._protocol.answer_of(await read_frame(reader, self._protocol.max_frame_bytes))
