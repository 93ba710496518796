"""The load generator's end of a connection: a WebSocket client that does only what a measurement needs.

Frames are told apart by their first bytes and messages are counted by their type's name, without decoding JSON, so that
thousands of connections fit on one core beside the server's. The mask is four zero bytes, which costs the server what
any other mask costs. A protocol of another server can be measured by the same workloads: see `Link`.
"""

from __future__ import annotations

import asyncio
import json
import os
from abc import ABC, abstractmethod
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE: Final = b'"message.text"'
ACKNOWLEDGED: Final = b'{"txn_id":'
FAILED: Final = b'{"error":'
TEXT: Final = 0x81
PING: Final = 0x89
CLOSE: Final = 0x88


class Tally:
    """Messages delivered to anybody but their sender, and when a number that somebody waits for was reached."""

    __slots__ = ("_awaited", "_reached", "count", "errors")

    def __init__(self) -> None:
        self.count = 0
        self.errors: list[str] = []
        self._awaited = -1
        self._reached: asyncio.Future[float] | None = None

    def arrived(self, messages: int, at: float | None = None) -> None:
        """Note messages; `at` when they came, if not now (as `perf_counter` has it)."""
        self.count += messages
        if self.count >= self._awaited > 0 and self._reached is not None:
            self._awaited = -1
            self._reached.set_result(perf_counter() if at is None else at)

    async def reach(self, more: int, seconds: float) -> float:
        """Wait for so many more messages; return the time at which the last came. Raises TimeoutError."""
        self._reached = asyncio.get_running_loop().create_future()
        self._awaited = self.count + more
        return await asyncio.wait_for(self._reached, seconds)


class Link(asyncio.Protocol, ABC):
    """One member's connection. `acknowledged` is called with the id of each own message that the server confirmed.

    `WORD` stands once in each message that arrives; `KEEPALIVE` is what a member says who has nothing to say.
    """

    WORD: ClassVar[str]
    KEEPALIVE: ClassVar[bytes]

    def __init__(self, tally: Tally, *, counts: bool) -> None:
        self.tally = tally
        self.counts = counts
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acknowledged: Callable[[str], None] = _nobody
        self.closed = False
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        self._transport = cast("asyncio.Transport", transport)
        self.hello()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end; before the end of a run it is an error."""
        self.closed = True
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionResetError("closed before it was ready"))

    @abstractmethod
    def hello(self) -> None:
        """Begin the conversation; `ready` is set when the member hears messages."""

    @abstractmethod
    def send(self, room: str, txn_id: str, text: str) -> None:
        """Send a message."""

    def hand_over(self) -> int | None:
        """Read no more; return a descriptor of the socket for who reads on, None where TLS lies between."""
        if self._transport.get_extra_info("sslcontext") is not None:
            return None
        self._transport.pause_reading()
        return os.dup(self._transport.get_extra_info("socket").fileno())

    def take_back(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def close(self) -> None:
        """End the connection."""
        self._transport.close()


class WebSocketLink(Link):
    """A stream of the appliance, or of anything that answers an upgrade and sends text frames."""

    WORD = MESSAGE.decode()
    KEEPALIVE = bytes((0x8A, 0x80, 0, 0, 0, 0))

    def __init__(self, tally: Tally, path: str, token: str, *, counts: bool) -> None:
        super().__init__(tally, counts=counts)
        self._path, self._token = path, token
        self._open = False

    def hello(self) -> None:
        """Ask for the upgrade (RFC 6455 §4.1)."""
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Cut what came into frames."""
        if self._rest:
            data = self._rest + data
        if not self._open:
            data = self._upgraded(data)
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                start = at + 4
                size = int.from_bytes(data[at + 2 : start], "big")
            elif size == 127:
                start = at + 10
                size = int.from_bytes(data[at + 2 : start], "big")
            stop = start + size
            if start > end or stop > end:
                break
            self._frame(data[at], data[start:stop])
            at = stop
        self._rest = data[at:] if at < end else b""

    def _upgraded(self, data: bytes) -> bytes:
        head, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            self._rest = data
            return b""
        self._rest = b""
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self.ready.set_exception(ConnectionRefusedError(data.decode(errors="replace")))
            self.close()
            return b""
        self._open = True
        self.ready.set_result(None)
        return rest

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            if payload.startswith(ACKNOWLEDGED):
                self.acknowledged(payload[11 : payload.index(b'"', 11)].decode())
            elif payload.startswith(FAILED):
                self.tally.errors.append(payload.decode())
            elif self.counts:
                self.tally.arrived(payload.count(MESSAGE))
        elif opcode == PING:
            self._transport.write(bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload)
        elif opcode == CLOSE:
            self.tally.errors.append(f"closed by the server: {payload!r}")

    def send(self, room: str, txn_id: str, text: str) -> None:
        """Send a message as one masked text frame."""
        frame = {"type": "send", "room": room, "txn_id": txn_id, "body": {"text": text}}
        payload = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
        self._transport.write(masked(payload))


def masked(payload: bytes) -> bytes:
    """Return a client's text frame (RFC 6455 §5.2) with a mask of zeros."""
    size = len(payload)
    if size < 126:
        return bytes((TEXT, 0x80 | size, 0, 0, 0, 0)) + payload
    return b"\x81\xfe" + size.to_bytes(2, "big") + bytes(4) + payload


def _nobody(_txn_id: str) -> None:
    """Nobody waits."""
