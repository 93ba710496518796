"""How the frames of a link travel: a WebSocket, or requests where a proxy lets no WebSocket through.

A channel gives and takes the bytes of whole frames in order, and does not read them. Rules:
- no compression is offered or taken; one that is no text closes with 1003 (RFC 6455 §7.4.1). A frame that is longer
  than `MAX_FRAME` is read, so that its sender hears of 1009, but one of `MAX_MESSAGE` cuts the connection;
- `receive` takes nothing from the network until it is called, so who reads slowly holds up the sender and nobody else;
- over requests, one request at a time brings frames and one waits for frames to take away; what waits is bounded.

Does not: know what a frame says (`links`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType, web

from federation.protocol.frames import MAX_FRAME, MAX_FRAMES, MAX_LIST

MAX_MESSAGE: Final = 2 * MAX_FRAME
POLL_S: Final = 25.0
MAX_WAITING: Final = 2 * MAX_LIST
"""Bytes that wait for somebody who comes for them by requests."""
SILENT_S: Final = 60.0


class ChannelClosed(Exception):
    """Nothing more can be sent."""


class Channel(Protocol):
    """One connection to a peer, as frames."""

    async def send(self, data: bytes) -> None:
        """Send a frame, and wait while the other side does not take it. Raises ChannelClosed."""

    async def receive(self) -> bytes | None:
        """Return the next frame; None at the end."""

    async def close(self, code: int = WSCloseCode.OK) -> None:
        """End it, with the code of a WebSocket. Twice is the same as once."""


class WebSocketChannel:
    """Frames as the texts of a WebSocket of either side."""

    def __init__(self, socket: web.WebSocketResponse | ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, data: bytes) -> None:
        """Send a frame, and wait while the other side does not take it. Raises ChannelClosed."""
        try:
            await self._socket.send_frame(data, WSMsgType.TEXT)
        except (ConnectionError, RuntimeError) as error:
            raise ChannelClosed(str(error)) from error

    async def receive(self) -> bytes | None:
        """Return the next frame; None at the end."""
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT:
            text: str = message.data
            return text.encode()
        if message.type is WSMsgType.BINARY:
            await self._socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
        return None

    async def close(self, code: int = WSCloseCode.OK) -> None:
        """End it. Twice is the same as once."""
        await self._socket.close(code=code)


class RequestsChannel:
    """The answering side of a link made of requests: what they bring waits here, and what they take away."""

    def __init__(self) -> None:
        self._brought: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_FRAMES)
        self._for_peer: deque[bytes] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.is_closed = False

    async def send(self, data: bytes) -> None:
        """Keep a frame until it is come for; wait while much is kept already. Raises ChannelClosed."""
        try:
            async with asyncio.timeout(SILENT_S):
                await self._room.wait()
        except TimeoutError as error:
            raise ChannelClosed("nobody comes for frames") from error
        if self.is_closed:
            raise ChannelClosed("closed")
        self._for_peer.append(data)
        self._bytes += len(data)
        if self._bytes >= MAX_WAITING:
            self._room.clear()
        self._changed.set()

    async def receive(self) -> bytes | None:
        """Return the next frame that was brought; None at the end, and where nobody has come for long."""
        if self.is_closed and self._brought.empty():
            return None
        try:
            async with asyncio.timeout(SILENT_S):
                return await self._brought.get()
        except TimeoutError:
            return None

    async def bring(self, frames: list[bytes]) -> None:
        """Take frames of a request, and wait while those before are not read."""
        for frame in frames:
            await self._brought.put(frame)

    async def take_away(self) -> list[bytes]:
        """Return frames for the peer, as many as one answer carries; wait for some up to `POLL_S`."""
        if not self._for_peer and not self.is_closed:
            self._changed.clear()
            try:
                async with asyncio.timeout(POLL_S):
                    await self._changed.wait()
            except TimeoutError:
                return []
        found: list[bytes] = []
        size = 2
        while self._for_peer and len(found) < MAX_FRAMES and size + len(self._for_peer[0]) + 1 <= MAX_LIST:
            found.append(self._for_peer.popleft())
            size += len(found[-1]) + 1
        self._bytes -= sum(map(len, found))
        if self._bytes < MAX_WAITING:
            self._room.set()
        return found

    async def close(self, _code: int = WSCloseCode.OK) -> None:
        """End it: what waits for the peer may still be taken away."""
        if not self.is_closed:
            self.is_closed = True
            self._changed.set()
            self._room.set()
            if not self._brought.full():
                self._brought.put_nowait(None)


class PostingChannel:
    """The asking side of a link made of requests: `post` brings frames and returns those of the peer.

    Without frames, a request waits for the peer's; `post` raises ChannelClosed where it fails.
    """

    def __init__(self, post: Callable[[list[bytes]], Awaitable[list[bytes]]]) -> None:
        self._post = post
        self._came: deque[bytes] = deque()
        self._is_closed = False

    async def send(self, data: bytes) -> None:
        """Bring a frame. Raises ChannelClosed."""
        if self._is_closed:
            raise ChannelClosed("closed")
        await self._post([data])

    async def receive(self) -> bytes | None:
        """Return the next frame; None at the end."""
        try:
            while not self._came and not self._is_closed:
                self._came.extend(await self._post([]))
        except ChannelClosed:
            return None
        return self._came.popleft() if self._came else None

    async def close(self, _code: int = WSCloseCode.OK) -> None:
        """End it. Twice is the same as once."""
        self._is_closed = True
