"""Keeping the registry up to date: asked for every few minutes, at once when a peer has a newer one.

Rules: the operator's address is asked first; where it does not answer, or a peer has said that it has something newer,
that peer is asked for the same files over its link's address. Whoever gives them, every byte is verified from the
pinned root (`federation/registry/client.py`); what is refused leaves in force what was known. What is new is told to
all linked peers at once, and how old it is decides what goes on (`federation/registry/freshness.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Final

from tuf.api.exceptions import DownloadError, DownloadHTTPError

from federation.registry.document import RegistryError

if TYPE_CHECKING:
    from federation.gateway.gateway import Gateway
    from federation.registry.client import Known, RegistryClient
    from federation.registry.fetching import Fetch

logger = logging.getLogger(__name__)
FILE_S: Final = 30.0
NOT_FOUND: Final = 404
OK: Final = 200
FileOfPeer = Callable[[str, str], Awaitable[tuple[int, bytes]]]
"""Returns status and content of a registry's file at a peer: peer, name. Raises OSError and what a request raises."""
Take = Callable[["Known", dict[str, bytes]], Awaitable[None]]


class RegistryWatch:
    """Follows the registry of one client; `take` is given what is known, after every look."""

    def __init__(
        self, gateway: Gateway, client: RegistryClient, operator: Fetch, of_peer: FileOfPeer, take: Take
    ) -> None:
        self._gateway, self._client, self._operator = gateway, client, operator
        self._of_peer, self._take = of_peer, take

    async def run(self) -> None:
        """Look for ever, until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                logger.exception("the registry could not be looked at")
            wanted = self._gateway.registry_wanted
            try:
                async with asyncio.timeout(self._gateway.settings.registry.poll_s):
                    await wanted.wait()
            except TimeoutError:
                continue
            wanted.clear()

    async def look(self) -> None:
        """Ask the operator, then the peers that have something newer, and tell what is known by then."""
        peers = set(self._gateway.newer_peers)
        self._gateway.newer_peers.clear()
        came = await self._update("the operator", self._operator)
        if not came:
            peers |= set(list(self._gateway.linked())[:1])
        for peer in sorted(peers):
            await self._update(peer, self._from_peer(peer))
        if (known := self._client.current) is not None:
            await self._take(known, self._client.bundle())

    async def _update(self, whose: str, fetch: Fetch) -> bool:
        try:
            await asyncio.to_thread(self._client.update, fetch, self._gateway.seconds())
        except RegistryError as error:
            logger.warning("no registry from %s: %s", whose, error)
            return False
        return True

    def _from_peer(self, peer: str) -> Fetch:
        loop = asyncio.get_running_loop()

        async def ask(name: str) -> tuple[int, bytes]:
            return await self._of_peer(peer, name)

        def fetch(name: str) -> Iterator[bytes]:
            try:
                status, body = asyncio.run_coroutine_threadsafe(ask(name), loop).result(FILE_S)
            except Exception as error:
                raise DownloadError(f"{name}: {error!r}") from error
            if status != OK:
                raise DownloadHTTPError(name, status)
            yield body

        return fetch
