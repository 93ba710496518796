"""What the parts of the gateway process share: its keys, its settings, its clocks, and who may speak to it now.

Owns the roster and the keys in use, and the TLS contexts that follow from both. `follow` brings them up to date when
the registry has another version, when a pin begins or ends, and when another key comes into use.

Does not: fetch the registry, open connections.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from federation import tls
from federation.gateway import folder
from federation.gateway.keys import KeyUse, Listed, OwnKey, in_use, listed_in
from federation.gateway.roster import NOBODY, Roster
from federation.registry.freshness import Freshness

if TYPE_CHECKING:
    import ssl

    from federation.gateway.settings import Settings
    from federation.registry.document import Document

logger = logging.getLogger(__name__)
MS: Final = 1000


class Gateway:
    """One agency's gateway. `clock` is ms UTC, `monotonic` seconds."""

    def __init__(
        self, settings: Settings, keys: folder.Keys, clock: Callable[[], int], monotonic: Callable[[], float]
    ) -> None:
        self.settings, self.keys, self.clock, self.monotonic = settings, keys, clock, monotonic
        self.peers_know: Callable[[], int | None] = lambda: None
        """The lowest version of the registry that a linked peer has; None without links."""
        self.registry_wanted = asyncio.Event()
        """Set when a peer has a newer registry (`newer_peers`), so that it is not waited for."""
        self.newer_peers: set[str] = set()
        self.registry_files: dict[str, bytes] = {}
        self.timestamp = 0
        self.freshness = Freshness.STOPPED
        self.linked: Callable[[], list[str]] = list
        """The peers that are linked."""
        self.roster = Roster(NOBODY, self.seconds())
        self._listed: dict[str, Listed] = {}
        self._shown: str | None = None
        self._dialling: dict[str, ssl.SSLContext] = {}

    @property
    def agency(self) -> str:
        """The slug of the agency that it speaks for."""
        return self.keys.agency

    @property
    def is_enrolled(self) -> bool:
        """Whether the registry has the agency as an active one."""
        return self.roster.active(self.agency) is not None

    @property
    def is_open(self) -> bool:
        """Whether links may live: we are enrolled, and what we know of the registry is not too old."""
        return self.is_enrolled and self.freshness is not Freshness.STOPPED

    def newer_at(self, peer: str) -> None:
        """Note that a peer has a newer registry."""
        self.newer_peers.add(peer)
        self.registry_wanted.set()

    def seconds(self) -> int:
        """Return the time in s UTC."""
        return self.clock() // MS

    def key(self, use: KeyUse) -> OwnKey | None:
        """Return the key in use now; None while the registry lists none."""
        if not self.is_enrolled:
            return None
        return in_use(self.keys.own, use, self._listed, self.peers_know(), self.seconds())

    def lists(self, own: OwnKey) -> bool:
        """Return whether the registry lists a key of ours."""
        return own.public in self._listed

    def end_of(self, own: OwnKey) -> int:
        """Return the end of a key (s UTC), of the registry where it lists the key."""
        found = self._listed.get(own.public)
        return found.until if found is not None else own.exp

    def take(self, document: Document) -> None:
        """Take another version of the registry."""
        self.roster = Roster(document, self.seconds())
        own = document.agencies.get(self.agency)
        self._listed = listed_in(own, document.reg, self._listed) if own is not None else {}
        self._dialling.clear()
        logger.info("the registry is at version %d, with %d agencies", document.reg, len(document.agencies))

    def follow(self) -> ssl.SSLContext | None:
        """Bring up to date what depends on the time; return the context to listen with where that has changed."""
        now, before = self.seconds(), self.roster
        if before.changes_at is not None and now >= before.changes_at:
            self.roster = Roster(before.document, now)
            self._dialling.clear()
        own = self.key(KeyUse.CHANNEL)
        shown = f"{self.roster.version}/{self.roster.changes_at}/{own.id if own else ''}"
        if shown == self._shown or own is None:
            return None
        self._shown = shown
        self._dialling.clear()
        return tls.server_context(own.identity, self.roster.certificates(but=self.agency))

    def context_for(self, peer: str) -> ssl.SSLContext | None:
        """Return the context to dial a peer with; None where one of the two has no key that counts."""
        own, trusted = self.key(KeyUse.CHANNEL), self.roster.certificates_of(peer)
        if own is None or not trusted or self.roster.active(peer) is None:
            return None
        if peer not in self._dialling:
            self._dialling[peer] = tls.client_context(own.identity, trusted)
        return self._dialling[peer]

    def peer_of(self, transport: asyncio.BaseTransport | None) -> str | None:
        """Return which agency is at the other end of a connection, by what the registry says now; None for nobody."""
        if transport is None or not self.is_enrolled:
            return None
        spki = tls.peer_of(transport)
        found = self.roster.agency_of(spki) if spki is not None else None
        return found if found != self.agency else None

    def admits(self, transport: asyncio.BaseTransport) -> bool:
        """Return whether a connection may be read from."""
        return self.peer_of(transport) is not None
