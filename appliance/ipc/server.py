"""The end of a Unix socket that answers.

Rules: a peer of another user is disconnected before anything of it is read; requests of one connection are answered in
order; a frame that is too large or malformed is refused and the connection stays open; a fault that nobody foresaw ends
the request it met, with `failed`, and is logged. What a request does is the business of `answer`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Generic

import msgspec

from appliance.ipc.frames import AnswerT, Protocol, RequestT, TooLarge, read_frame, write_frame
from appliance.ipc.sockets import Peer, peer_of

logger = logging.getLogger(__name__)

# Whoever bound the socket takes its file away; Python 3.13 would do that too, and a confined process may not.
_KEEPING: Final[dict[str, Any]] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}


class Listener(ABC):
    """Accepts connections on one listening socket, and says by `converse` what happens on one.

    Peers may be of the process's own user and of the `allowed` user ids.
    """

    def __init__(self, allowed: Iterable[int] = ()) -> None:
        self._allowed = {os.getuid(), *allowed}
        self._listening: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._closing = False

    @abstractmethod
    async def converse(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do what a connection is for, up to its end. ConnectionError and asyncio.IncompleteReadError end it too."""

    async def start(self, bound: socket.socket) -> None:
        """Begin to accept on a socket that listens already; it is closed with the server."""
        self._listening = await asyncio.start_unix_server(self._serve, sock=bound, **_KEEPING)

    def stop_accepting(self) -> None:
        """Accept no more connections; those that are open stay open."""
        if self._listening is not None:
            self._listening.close()

    async def close(self) -> None:
        """Accept nothing more and end the connections; a request under way is cancelled."""
        self.stop_accepting()
        self._closing = True
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self._connections.add(task)
        try:
            peer = peer_of(writer.get_extra_info("socket"))
            # One that was accepted just before the end has no task yet when `close` looks for them.
            if peer.uid in self._allowed and not self._closing:
                await self.converse(peer, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            # `close` ends it, and nobody waits for more: asyncio's streams would report a cancelled task as a fault.
            if not self._closing:
                raise
        finally:
            self._connections.discard(task)
            writer.close()


class Server(Listener, Generic[RequestT, AnswerT]):
    """Answers the requests of a protocol: `answer(request, peer)` carries one out."""

    def __init__(
        self,
        protocol: Protocol[RequestT, AnswerT],
        answer: Callable[[RequestT, Peer], Awaitable[AnswerT]],
        allowed: Iterable[int] = (),
    ) -> None:
        super().__init__(allowed)
        self._protocol, self._answer = protocol, answer

    async def converse(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other."""
        while True:
            await write_frame(writer, await self._answer_next(peer, reader))

    async def _answer_next(self, peer: Peer, reader: asyncio.StreamReader) -> AnswerT:
        try:
            request = self._protocol.request_of(await read_frame(reader, self._protocol.max_frame_bytes))
        except TooLarge:
            return self._protocol.refused("too_large")
        except msgspec.DecodeError:
            return self._protocol.refused("malformed")
        try:
            return await self._answer(request, peer)
        except Exception:
            logger.exception("a request failed")
            return self._protocol.refused("failed")
