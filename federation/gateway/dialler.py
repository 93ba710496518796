"""Dialling peers: one task for each, which connects while there is no link, and waits longer after each failure.

Rules: only addresses of the registry, in networks that the settings allow (`dialling`), with the pinned keys of that
peer alone; no redirect is followed, no proxy of the environment used, no cookie kept, nothing decompressed. Where a
WebSocket is refused the link is made of requests (`channels.PostingChannel`).

Does not: decide which of two links stays (`links`).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import (
    ClientError,
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWSTimeout,
    DummyCookieJar,
    TCPConnector,
    WSServerHandshakeError,
)

from appliance.errors import AppError
from federation import tls
from federation.gateway.channels import MAX_MESSAGE, ChannelClosed, PostingChannel, WebSocketChannel
from federation.gateway.dialling import Allowed
from federation.gateway.gateway import Gateway
from federation.gateway.links import Links
from federation.gateway.server import LINK
from federation.protocol.frames import FrameError
from federation.protocol.retry import Retry

logger = logging.getLogger(__name__)
CONNECT_S: Final = 10.0
LOOK_S: Final = 1.0
MS: Final = 1000
_RANDOM: Final = secrets.SystemRandom()
Exchange = Callable[[str, str, str, list[bytes]], Awaitable[list[bytes]]]
"""Brings frames to a peer by a signed request: peer, address, name of the link, frames."""


class Redirected(ClientError):
    """A peer answered that something is elsewhere: nothing is fetched from there."""


async def refuse_redirects(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """End an answer that leads elsewhere, or that is in a content coding, before anything is made of it."""
    response = await handler(request)
    if 300 <= response.status < 400 or response.headers.get("Content-Encoding", "identity") != "identity":
        response.close()
        raise Redirected(f"{response.status} of {request.url.host}")
    return response


def new_client(networks: Allowed) -> ClientSession:
    """Return the one HTTP client of the gateway."""
    connector = TCPConnector(
        socket_factory=networks.new_socket, use_dns_cache=False, force_close=True, limit=0, ttl_dns_cache=None
    )
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        middlewares=(refuse_redirects,),
        headers={"Accept-Encoding": "identity"},
        timeout=ClientTimeout(total=60.0, connect=CONNECT_S, sock_connect=CONNECT_S),
        max_line_size=8190,
        max_field_size=8190,
    )


class Dialler:
    """Dials every active agency that there is no link to."""

    def __init__(self, gateway: Gateway, links: Links, client: ClientSession, exchange: Exchange) -> None:
        self._gateway, self._links, self._client, self._exchange = gateway, links, client, exchange
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._free: dict[str, asyncio.Event] = {}
        links.ended = self._ended

    def follow(self) -> None:
        """Begin to dial who is active by now, and dial nobody else."""
        gateway = self._gateway
        wanted = gateway.roster.others(gateway.agency) if gateway.settings.peers.dial and gateway.is_open else {}
        for peer in set(self._tasks) - set(wanted):
            self._tasks.pop(peer).cancel()
            self._free.pop(peer, None)
        for peer in set(wanted) - set(self._tasks):
            self._free[peer] = asyncio.Event()
            self._tasks[peer] = asyncio.create_task(self._dial_for_ever(peer), name=f"dial {peer}")

    async def close(self) -> None:
        """Dial nobody any more."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, peer: str) -> None:
        if peer in self._free:
            self._free[peer].set()

    async def _dial_for_ever(self, peer: str) -> None:
        retry = Retry()
        while True:
            while self._links.has(peer):
                self._free[peer].clear()
                await self._free[peer].wait()
            await asyncio.sleep(retry.wait_ms(_RANDOM.random()) / MS)
            if self._links.has(peer):
                continue
            try:
                self._links.require(peer, is_ours=True)
            except AppError:
                await asyncio.sleep(LOOK_S)
                continue
            retry = await self._try(peer, retry)
            retry, away = retry.told(self._steady())
            if away is not None:
                logger.warning("%s: no link for %d minutes", peer, away // 60_000)

    async def _try(self, peer: str, retry: Retry) -> Retry:
        """Dial each address of a peer until a link came about, and live it."""
        agency = self._gateway.roster.active(peer)
        for address in agency.ep if agency is not None else ():
            began = self._steady()
            try:
                why = await self._link(peer, address)
            except (ClientError, OSError, TimeoutError, AppError, ChannelClosed, FrameError, ValueError) as error:
                logger.info("%s: %s: %r", peer, address, error)
                continue
            except Exception:
                logger.exception("%s: %s", peer, address)
                continue
            return retry.opened(began).failed(self._steady(), why)
        return retry.failed(self._steady())

    async def _link(self, peer: str, address: str) -> str:
        context = self._gateway.context_for(peer)
        if context is None:
            raise ChannelClosed("one of the two has no key that counts")
        options: dict[str, Any] = {"compress": 0, "max_msg_size": MAX_MESSAGE, "autoping": True}
        try:
            async with asyncio.timeout(CONNECT_S):
                socket = await self._client.ws_connect(
                    address + LINK, ssl=context, timeout=ClientWSTimeout(ws_close=1.0), **options
                )
        except WSServerHandshakeError as refused:
            logger.info("%s: no WebSocket (%d), by requests then", peer, refused.status)
            return await self._by_requests(peer, address)
        async with socket:
            shown = socket.get_extra_info("ssl_object")
            spki = tls.spki_of(shown.getpeercert(binary_form=True))
            return await self._links.live(peer, WebSocketChannel(socket), is_ours=True, spki=spki)

    async def _by_requests(self, peer: str, address: str) -> str:
        link = secrets.token_urlsafe(16)

        async def post(frames: list[bytes]) -> list[bytes]:
            return await self._exchange(peer, address, link, frames)

        return await self._links.live(peer, PostingChannel(post), is_ours=True)

    def _steady(self) -> int:
        return round(self._gateway.monotonic() * MS)
