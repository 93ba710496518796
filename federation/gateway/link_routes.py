"""How peers open a link: `GET /fed/v1/link`, or `POST /fed/v1/exchange` where a WebSocket does not come through.

An exchange carries an array of frames and names its link in the query. One with frames brings them, one without waits
up to 25 s for ours; the first of a link brings the greeting. Each is signed (`signatures`). Does not: live links.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Final

from aiohttp import web

from appliance.errors import AppError, Invalid
from federation import tls
from federation.gateway.channels import MAX_MESSAGE, RequestsChannel, WebSocketChannel
from federation.gateway.links import LinkRefused, Links
from federation.gateway.signatures import Signatures
from federation.protocol.frames import MAX_LIST, FrameError, encode, encode_list, parse_list

logger = logging.getLogger(__name__)
CLOSE_S: Final = 1.0
BRING_S: Final = 30.0
_LINK: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class LinkRoutes:
    """The two ways into a link."""

    def __init__(self, links: Links, signatures: Signatures) -> None:
        self._links, self._signatures = links, signatures
        self._living: set[asyncio.Task[None]] = set()

    async def link(self, request: web.Request, peer: str) -> web.StreamResponse:
        """Upgrade to a WebSocket and live its link. Raises AppError."""
        socket = web.WebSocketResponse(
            timeout=CLOSE_S, autoping=True, compress=False, max_msg_size=MAX_MESSAGE, protocols=()
        )
        if not socket.can_prepare(request).ok:
            raise Invalid(code="websocket_expected")
        self._links.require(peer, is_ours=False)
        await socket.prepare(request)
        spki = tls.peer_of(request.transport) if request.transport is not None else None
        try:
            await self._links.live(peer, WebSocketChannel(socket), is_ours=False, spki=spki)
        except AppError as error:
            logger.info("%s: %s", peer, error)
            await socket.close()
        return socket

    async def exchange(self, request: web.Request, peer: str) -> web.StreamResponse:
        """Bring frames of a link, or take ours away. Raises Invalid, LinkRefused."""
        body = await self._signatures.body_of(request, peer, MAX_LIST)
        name = request.rel_url.query_string.removeprefix("link=")
        if not _LINK.fullmatch(name):
            raise Invalid(code="peer_request")
        try:
            frames = [encode(frame) for frame in parse_list(body)]
        except FrameError as error:
            raise Invalid(str(error), code="peer_frames") from error
        channel = self._links.requests_of(peer, name)
        if channel is None:
            channel = self._begin(request, peer, name, begins=bool(frames))
        if not frames:
            return _answer(await channel.take_away())
        try:
            async with asyncio.timeout(BRING_S):
                await channel.bring(frames)
        except TimeoutError as error:
            raise LinkRefused(peer) from error
        return _answer([])

    async def close(self) -> None:
        """Wait for the links that are made of requests; they have been told to end."""
        for task in self._living:
            task.cancel()
        await asyncio.gather(*self._living, return_exceptions=True)

    def _begin(self, request: web.Request, peer: str, name: str, *, begins: bool) -> RequestsChannel:
        if not begins:
            raise LinkRefused(peer)
        self._links.require(peer, is_ours=False)
        channel = RequestsChannel()
        spki = tls.peer_of(request.transport) if request.transport is not None else None
        task = asyncio.create_task(self._live(peer, name, channel, spki), name=f"requests of {peer}")
        self._living.add(task)
        task.add_done_callback(self._living.discard)
        # Before the task runs: the next request of the link finds it.
        self._links.expect_requests(peer, name, channel)
        return channel

    async def _live(self, peer: str, name: str, channel: RequestsChannel, spki: str | None) -> None:
        try:
            await self._links.live_by_requests(peer, name, channel, spki)
        except AppError as error:
            logger.info("%s: %s", peer, error)


def _answer(frames: list[bytes]) -> web.Response:
    return web.Response(body=encode_list(frames), content_type="application/json")
