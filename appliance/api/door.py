"""The door: how many connections one address may have open at once, and how long each may be silent.

Counted when a connection comes in, before anything is read from it; one too many is told so in a sentence and closed.
Many people share the address of an office, so the number is large; it keeps one address from taking every file
descriptor. Silence, or a request whose head does not come to its end, is cut off by aiohttp's keep-alive timer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from appliance.identity.throttle import network_of
from appliance.locale import text
from appliance.wire.common import ErrorAnswer, ErrorBody

if TYPE_CHECKING:
    from aiohttp.web_protocol import RequestHandler

log = logging.getLogger(__name__)
SILENCE_S: Final = 20.0
RETRY_S: Final = 30
CODE: Final = "too_many_connections"


class Door:
    """Makes the protocol of each new connection: what a listening socket's server is created with."""

    def __init__(self, server: web.Server, most: int) -> None:
        self._server, self._most = server, most
        self._open: Counter[str] = Counter()

    def __call__(self) -> RequestHandler:
        """Return the protocol for a connection that is about to be made."""
        return _Visitor(self, self._server)

    def enter(self, address: str) -> bool:
        """Count a connection in; say whether it may stay."""
        if self._open[address] >= self._most:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count a connection out that was let in."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


class _Visitor(web.RequestHandler):
    """One connection: aiohttp's, with the door's count around its life."""

    __slots__ = ("_address", "_door")

    def __init__(self, door: Door, server: web.Server) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=SILENCE_S,
            access_log=None,  # type: ignore[arg-type]  # as aiohttp's own runner gives it; requests are logged by api/app
        )
        self._door = door
        self._address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the connection in, or tell it why not."""
        peer = transport.get_extra_info("peername")
        address = network_of(peer[0]) if peer else ""
        if not self._door.enter(address):
            refused = cast("asyncio.Transport", transport)
            refused.write(_refusal())
            refused.close()
            return
        self._address = address
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count it out."""
        if self._address is None:
            return
        self._door.leave(self._address)
        super().connection_lost(exc)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Give a line to what is no HTTP, which is its sender's fault; more to a fault of ours."""
        error = kw.get("exc_info")
        if isinstance(error, HttpProcessingError):
            log.info("no HTTP from %s: %s", self._address, error.message)
        else:
            super().log_exception(*args, **kw)


def _refusal() -> bytes:
    """Return the whole answer to a connection too many; nothing was read, so both languages are told."""
    message = " — ".join(text(CODE, language, seconds=RETRY_S) for language in ("th", "en"))
    body = msgspec.json.encode(ErrorAnswer(error=ErrorBody(code=CODE, message=message, field=None, request="")))
    head = (
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Retry-After: {RETRY_S}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
