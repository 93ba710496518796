"""A WebSocket client of bare bytes: thousands of them fit in a test, and each can do what no decent client does."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any, Final, Self

from tests.agency import API
from tests.faults.appliance import Appliance, Caller
from tests.waiting import PATIENCE_S

TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10


class RawStream(asyncio.Protocol):
    """One connection. `frames` are the text frames that came, decoded; `code` the close code, `status` the answer."""

    def __init__(self, path: str, token: str) -> None:
        self.frames: list[dict[str, Any]] = []
        self.status = 0
        self.head = b""
        self.code: int | None = None
        self.answers_pings = True
        self.opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self._path, self._token = path, token
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(
            f"GET {API}{self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n".encode()
        )

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_result(self.status)
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self.opened.done():
            head, found, rest = self._rest.partition(b"\r\n\r\n")
            if not found:
                return
            self.head, self.status = self._rest, int(head.split(b" ")[1])
            self._rest = rest
            self.opened.set_result(self.status)
        if self.status == 101:
            self._cut()

    def _cut(self) -> None:
        """Cut what came into frames (RFC 6455 §5.2)."""
        data, at = self._rest, 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size > 125:
                start = at + (4 if size == 126 else 10)
                size = int.from_bytes(data[at + 2 : start], "big")
            if start + size > len(data):
                break
            self._frame(data[at] & 15, data[start : start + size])
            at = start + size
        self._rest = data[at:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.frames.append(json.loads(payload))
        elif opcode == CLOSE:
            self.code = int.from_bytes(payload[:2], "big")
        elif opcode == PING and self.answers_pings:
            self.send(payload, PONG)

    def send(self, payload: bytes, opcode: int = TEXT, *, final: bool = True) -> None:
        """Send one frame of any kind, well-formed but for what it holds."""
        size = len(payload)
        length = (
            bytes((0x80 | size,)) if size < 126
            else b"\xfe" + size.to_bytes(2, "big") if size < 1 << 16
            else b"\xff" + size.to_bytes(8, "big")
        )  # fmt: skip
        self.transport.write(bytes((opcode | 0x80 * final,)) + length + bytes(4) + payload)

    def say(self, **frame: Any) -> None:
        """Send one client frame."""
        self.send(json.dumps(frame).encode())

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events that came."""
        return [event for frame in self.frames for event in frame.get("events", ())]

    @property
    def errors(self) -> list[str]:
        """Return the codes of the errors that came."""
        return [frame["error"]["code"] for frame in self.frames if "error" in frame]


class Net:
    """Opens connections, and closes whatever is open at the end of its block."""

    def __init__(self) -> None:
        self._streams: list[RawStream] = []
        self._pairs: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for stream in self._streams:
            stream.transport.abort()
        writers = [writer for _, writer in self._pairs]
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*(stream.closed for stream in self._streams))
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    async def stream(self, caller: Caller, since: str, *, receive_bytes: int | None = None) -> RawStream:
        """Open a stream; `status` says whether it was let in."""
        connection = socket.socket()
        connection.settimeout(0)
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(connection, ("127.0.0.1", caller.appliance.port))
        except BaseException:
            connection.close()
            raise
        path = f"/stream?since={since}"
        _, stream = await loop.create_connection(lambda: RawStream(path, caller.token), sock=connection)
        self._streams.append(stream)
        await asyncio.wait_for(asyncio.shield(stream.opened), PATIENCE_S)
        return stream

    async def bare(self, appliance: Appliance) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection that says nothing by itself."""
        pair = await asyncio.open_connection("127.0.0.1", appliance.port)
        self._pairs.append(pair)
        return pair


def resident(pid: int) -> int:
    """Return the memory a process holds, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
