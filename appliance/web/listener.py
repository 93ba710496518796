"""Accepts connections, counts each, and serves it as HTTP; owns the timeouts of a connection.

Rules:
- a connection counts from `accept` on (`connection_limit.py`). Excess connections are closed; without TLS they get an
  answer first;
- nothing of TLS is allocated before a connection has sent its first bytes;
- a handshake that does not end in time is closed, and so is a connection that is idle or whose request head never ends
  (aiohttp's keep-alive timer);
- so is a connection whose client takes nothing of an answer (`unread.py`), whatever the answer is. A WebSocket looks
  after that itself;
- request bodies are never decompressed here;
- bytes that are no HTTP are answered in the shape of every other error;
- with `admits`, a connection that it refuses after the handshake is cut before a byte of it is read.

It knows no route and no session.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import time
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from aiohttp import WSCloseCode, web

from appliance import errors
from appliance.identity.throttle import network_of
from appliance.live import close_frame
from appliance.locale import language_of, text
from appliance.web.client_frames import ClientFrames
from appliance.web.connection_limit import CODE, RETRY_S, ConnectionLimit, Slot
from appliance.web.errors import of_http, render_json
from appliance.web.proxies import Proxies
from appliance.web.security_headers import STRICTEST, put_on
from appliance.web.unread import Reader, bound_unsent, drop, unread_by
from appliance.wire.common import ErrorAnswer, ErrorBody

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from aiohttp.http import WebSocketReader

logger = logging.getLogger(__name__)
IDLE_TIMEOUT_S: Final = 20.0
HANDSHAKE_S: Final = 5.0
MIN_HANDSHAKE_S: Final = 0.1
"""The time for a handshake whose first byte comes at the very end of its timeout."""
ACCEPT_PAUSE_S: Final = 1.0
"""How long to accept nothing when the system cannot give another connection."""
# accept(2): this caller disconnected before it was accepted. Every other error may last.
_GONE: Final = frozenset((errno.ECONNABORTED, errno.EPROTO, errno.EINTR))


class OpenConnections(Protocol):
    """How many connections may be open: of one address, and in all."""

    @property
    def connections_an_address(self) -> int: ...  # noqa: D102 - a field
    @property
    def connections(self) -> int: ...  # noqa: D102 - a field


class Listener:
    """Accepts the connections of one listening socket and serves them; with a TLS context where one is given.

    The context may be given other certificates while it is in use, or another may take its place (`use`): connections
    to come use them. `admits` looks at a connection once its handshake is done.
    """

    def __init__(
        self,
        server: web.Server,
        bound: socket.socket,
        limits: OpenConnections,
        context: ssl.SSLContext | None = None,
        handshake_s: float = HANDSHAKE_S,
        proxies: Proxies | None = None,
        *,
        admits: Callable[[asyncio.BaseTransport], bool] | None = None,
    ) -> None:
        self.limit = ConnectionLimit(limits.connections_an_address, limits.connections)
        self._server, self._bound, self._context = server, bound, context
        self._handshake_s, self._proxies, self._admits = handshake_s, proxies or Proxies(()), admits
        self._accepting: asyncio.Task[None] | None = None
        self._opening: set[asyncio.Task[None]] = set()

    def use(self, context: ssl.SSLContext) -> None:
        """Serve connections to come with this context."""
        self._context = context

    def start(self) -> None:
        """Begin to accept."""
        self._bound.setblocking(False)  # noqa: FBT003 - as the standard library has it
        self._accepting = asyncio.create_task(self._accept_forever(), name="accept")

    async def close(self) -> None:
        """Accept nothing more and end the handshakes under way; connections that are served stay."""
        tasks = [*self._opening, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._bound.close()

    async def _accept_forever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(self._bound)
            except OSError as error:
                if error.errno not in _GONE:
                    logger.warning("no connection can be accepted just now: %s", error)
                    await asyncio.sleep(ACCEPT_PAUSE_S)
                continue
            slot = self.limit.take(network_of(peer[0]), shared=self._proxies.trusts(peer[0]))
            if slot is None:
                self._refuse(connection)
                continue
            task = asyncio.create_task(self._open(connection, slot))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket, slot: Slot) -> None:
        """Shake hands where TLS is spoken, and hand the connection to its protocol."""
        loop = asyncio.get_running_loop()
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            until = loop.time() + self._handshake_s
            if self._context is not None:
                async with asyncio.timeout_at(until):
                    await _has_said_something(connection)
            await loop.connect_accepted_socket(
                lambda: _Protocol(self._server, slot, self._admits),
                connection,
                ssl=self._context,
                ssl_handshake_timeout=max(MIN_HANDSHAKE_S, until - loop.time()) if self._context else None,
            )
        except OSError as error:
            slot.release()
            connection.close()
            logger.info("no TLS from %s: %s", slot.network, error)
        except BaseException:
            slot.release()
            connection.close()
            raise

    def _refuse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self._context is None:
                connection.setblocking(False)  # noqa: FBT003 - as the standard library has it
                connection.send(_refusal())


async def _has_said_something(connection: socket.socket) -> None:
    """Wait until there is something to read, or the end."""
    loop = asyncio.get_running_loop()
    said = asyncio.Event()
    loop.add_reader(connection, said.set)
    try:
        await said.wait()
    finally:
        loop.remove_reader(connection)


class _Protocol(web.RequestHandler):
    """One connection: aiohttp's, in a counted place, with this product's errors."""

    __slots__ = ("_admits", "_client", "_slot")

    def __init__(
        self, server: web.Server, slot: Slot, admits: Callable[[asyncio.BaseTransport], bool] | None = None
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_TIMEOUT_S,
            access_log=None,  # type: ignore[arg-type]  # as aiohttp's own runner gives it; requests are logged by api/app
            auto_decompress=False,
        )
        self._slot, self._admits = slot, admits
        self._client = Reader(asyncio.get_running_loop(), self._unread, self._end_silent)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, unless it is somebody who is not admitted: what they sent is dropped unread."""
        super().connection_made(transport)
        bound_unsent(transport)
        if self._admits is not None and not self._admits(transport):
            assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._slot.release()
        self._client.goes_on()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Watch from now on whether the client takes anything: what is written waits for it."""
        super().pause_writing()
        if not self._upgraded:
            self._client.waits()

    def resume_writing(self) -> None:
        """Watch no more: the client has taken what waited."""
        self._client.goes_on()
        super().resume_writing()

    def _unread(self) -> int:
        return 0 if self.transport is None else unread_by(self.transport)

    def _end_silent(self) -> None:
        """End a connection whose client takes nothing."""
        logger.info("nothing of an answer is taken by %s", self._slot.network)
        if self.transport is not None:
            drop(self.transport)

    def set_parser(self, parser: WebSocketReader, data_received_cb: Callable[[], None] | None = None) -> None:
        """Read a WebSocket's frames, but none without a mask and no flood of small ones."""
        frames = ClientFrames(parser, self._end_flood, time.monotonic)
        super().set_parser(frames, data_received_cb)  # type: ignore[arg-type]  # has what is used of it

    def _end_flood(self) -> None:
        """Say goodbye to who floods a WebSocket, and close."""
        logger.info("too many frames from %s", self._slot.network)
        if self.transport is not None:
            self.transport.write(close_frame(WSCloseCode.POLICY_VIOLATION, "too many frames"))
            self.transport.close()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what never came to a handler: no HTTP, which is its sender's fault, or a fault of ours."""
        error = errors.AppError(code="bad_request") if status < 500 else errors.AppError()
        if status < 500:
            logger.info("no HTTP from %s: %s", self._slot.network, (message or "").partition("\n")[0])
        else:
            logger.error("a request of %s failed", self._slot.network, exc_info=exc)
        response = render_json(error, language_of(request.headers.get("Accept-Language")), "")
        put_on(response, STRICTEST, secure=request.secure)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Write a response; those of aiohttp itself get the shape of ours."""
        if isinstance(resp, web.HTTPException):
            resp = render_json(of_http(resp), language_of(request.headers.get("Accept-Language")), "")
            put_on(resp, STRICTEST, secure=request.secure)
        return await super().finish_response(request, resp, start_time)


def _refusal() -> bytes:
    """Return the whole answer to a connection too many; nothing was read, so it is in both languages."""
    message = " — ".join(text(CODE, language, seconds=RETRY_S) for language in ("th", "en"))
    body = msgspec.json.encode(ErrorAnswer(error=ErrorBody(code=CODE, message=message, field=None, request="")))
    head = (
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Retry-After: {RETRY_S}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
