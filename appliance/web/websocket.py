"""A WebSocket after its upgrade (RFC 6455): every frame is handled in the call that brings its bytes.

Rules:
- no task, future, queue or timer is made for a frame. aiohttp's own reader parses the bytes, in place of a request's
  body; each text goes to `take` at once;
- only when handling a frame has to wait is a task made. Frames that come meanwhile are queued in order, up to a bound,
  and then the socket is not read any more (back-pressure);
- frames of a client that has disconnected are dropped;
- a client that does not read gets no pong until it does;
- one timer for each connection finds one that is idle, or that takes too little of what waits for it;
- a close frame is answered; after one was sent no frame is handled any more.

It knows no route and no session; which frames are allowed at all is decided before (`client_frames.py`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http import WebSocketReader

from appliance.live import close_frame, drained, is_slow

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Take = Callable[[str], Coroutine[Any, Any, None] | None]
    """Acts on a text; returns what has to be waited for before the next one, or None."""

CLOSE_TIMEOUT_S: Final = 1.0
"""How long the other side has to answer a close frame."""
MAX_WAITING: Final = 1_000
"""Frames that wait behind one that is being acted on: what came in one read, of a client that waits for no answers."""
_ACCEPTED: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES: Final = 16
_VERSION: Final = "13"
_PING: Final = 0x89
_PONG: Final = 0x8A


def upgrade(request: web.Request) -> web.StreamResponse | None:
    """Return the answer that accepts a request's upgrade (RFC 6455 §4.2.1), or None where it asks for none."""
    headers = request.headers
    asked = {token.strip().lower() for token in headers.get("Connection", "").split(",")}
    key = headers.get("Sec-WebSocket-Key", "")
    right = (
        headers.get("Upgrade", "").strip().lower() == "websocket"
        and "upgrade" in asked
        and headers.get("Sec-WebSocket-Version") == _VERSION
        and _is_key(key)
    )
    if not right:
        return None
    digest = hashlib.sha1(key.encode() + _ACCEPTED, usedforsecurity=False).digest()
    answer = web.StreamResponse(status=101)
    answer.headers.update(
        {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": base64.b64encode(digest).decode()}
    )
    answer.force_close()
    return answer


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


class _Frames(WebSocketDataQueue):
    """Where the reader puts whole frames, (kind, data, extra) each; who fed the reader takes them out again.

    It is never full, so the reader never stops.
    """

    def __init__(self, protocol: web.RequestHandler, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(protocol, 0, loop=loop)
        self.whole: deque[Any] = deque()

    def feed_data(self, data: Any, size: int) -> None:  # noqa: ARG002 - the reader's signature
        """Keep a frame."""
        self.whole.append(data)


class WebSocket:
    """One connection. `ended` is done when it is closed and no frame is left to handle; a fault of `take` is set there.

    Nothing is taken before `start`.
    """

    def __init__(self, protocol: web.RequestHandler, transport: asyncio.Transport, most_bytes: int) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport = transport
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._frames = _Frames(protocol, self._loop)
        self._reader = WebSocketReader(self._frames, most_bytes, compress=False, decode_text=True)
        self._take: Take | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_closing = self._is_gone = self._is_paused = self._is_asked = False
        self._heard = True
        self._unsent = 0

    def start(self, take: Take, heartbeat_s: float) -> None:
        """Begin to act on what comes.

        A client that is idle for `heartbeat_s` gets a ping, and is disconnected after half of it more; so is who reads
        nothing for so long while much is unsent, whatever it says meanwhile.
        """
        self._take = take
        self._wait_for_a_sign(heartbeat_s / 2)
        self._go_on()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes as they come, cut anywhere; called by aiohttp, for which nothing is ever left over."""
        self._heard = True
        self._reader.feed_data(data)
        self._go_on()
        return False, b""

    def feed_eof(self) -> None:
        """Take the end of the connection; called by aiohttp. What waits for its turn is dropped with its client."""
        self._is_gone = True
        self._frames.whole.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._go_on()

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye and act on nothing more; the connection is cut when that is answered, or soon after."""
        if not self._is_closing:
            self._is_closing = True
            self._write(close_frame(code, reason))
            self._loop.call_later(CLOSE_TIMEOUT_S, self.transport.close)

    def _go_on(self) -> None:
        """Act on the frames that are there, until one has to be waited for."""
        frames = self._frames.whole
        while frames and self._waiting is None and self._take is not None:
            self._act(*frames.popleft())
        if len(frames) > MAX_WAITING:
            frames.clear()
            self.close(WSCloseCode.POLICY_VIOLATION, "too many frames")
        if frames:
            self._pause()
            return
        self._resume()
        if self._waiting is None:
            error = self._frames.exception()
            if isinstance(error, WebSocketError):
                self.close(error.code)
            if self._is_gone and not self.ended.done():
                self.ended.set_result(None)

    def _act(self, kind: WSMsgType, data: Any, _extra: str) -> None:
        if kind is WSMsgType.CLOSE:
            if not self._is_closing:
                self._is_closing = True
                self._write(close_frame(data or WSCloseCode.OK, ""))
            self.transport.close()
        elif self._is_closing:
            return
        elif kind is WSMsgType.TEXT:
            self._act_on_text(data)
        elif kind is WSMsgType.PING:
            self._answer_ping(bytes((_PONG, len(data))) + data)
        elif kind is WSMsgType.BINARY:
            self.close(WSCloseCode.UNSUPPORTED_DATA, "text frames only")

    def _answer_ping(self, pong: bytes) -> None:
        if is_slow(self.transport):
            self._waiting = self._loop.create_task(self._wait(self._write_when_drained(pong)))
        else:
            self._write(pong)

    async def _write_when_drained(self, frame: bytes) -> None:
        await drained(self.transport)
        self._write(frame)

    def _act_on_text(self, text: str) -> None:
        assert self._take is not None  # noqa: S101 - nothing is acted on before `start`
        try:
            more = self._take(text)
        except Exception as error:  # noqa: BLE001 - raised where `ended` is waited for
            self._fail(error)
            return
        if more is not None:
            self._waiting = self._loop.create_task(self._wait(more))

    async def _wait(self, more: Coroutine[Any, Any, None]) -> None:
        """Wait for what a text needs, then handle what came meanwhile."""
        try:
            await more
        except Exception as error:  # noqa: BLE001 - raised where `ended` is waited for
            self._fail(error)
        self._waiting = None
        self._go_on()

    def _fail(self, error: Exception) -> None:
        self._is_closing = True
        if not self.ended.done():
            self.ended.set_exception(error)

    def _pause(self) -> None:
        if not self._is_paused and not self.transport.is_closing():
            self._is_paused = True
            self.transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    def _wait_for_a_sign(self, pause_s: float) -> None:
        self._timer = self._loop.call_later(pause_s, self._look_for_a_sign, pause_s)

    def _look_for_a_sign(self, pause_s: float) -> None:
        """Ask a connection that gave no sign of life since the last look; cut one that did not answer either.

        Of one that is slow the sign is that it reads: nothing is written to it until it did, so what is unsent changes.
        """
        unsent, slow = self.transport.get_write_buffer_size(), is_slow(self.transport)
        alive = unsent != self._unsent if slow else self._heard
        if self._is_asked and not alive:
            self.transport.abort()
            return
        self._is_asked = not alive
        if self._is_asked and not slow:
            self._write(bytes((_PING, 0)))
        self._heard, self._unsent = False, unsent
        self._wait_for_a_sign(pause_s)

    def _write(self, frame: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(frame)
