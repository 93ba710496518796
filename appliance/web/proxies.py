"""The address of the client behind a reverse proxy of the agency (`staff.proxies`).

A proxy appends the address that called it to `X-Forwarded-For`. So everything to the left of a trusted proxy's own
addition is only a claim of the caller. The client is the right-most address that is no trusted proxy. The header counts
only when the connection itself comes from a trusted proxy, and is ignored otherwise.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

logger = logging.getLogger(__name__)
FORWARDED: Final = "X-Forwarded-For"
FORWARDED_PROTO: Final = "X-Forwarded-Proto"
FORWARDED_HOST: Final = "X-Forwarded-Host"
_MAX_HOPS: Final = 20
_HOST: Final = re.compile(r"[A-Za-z0-9._:\[\]-]{1,261}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The reverse proxies of an agency, by network."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: Final[list[Network]] = [ipaddress.ip_network(network) for network in networks]
        self._hinted = False

    def trusts(self, peer: str) -> bool:
        """Return whether an address is one of the proxies."""
        address = _parsed(peer)
        return address is not None and self._has(address)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return who a connection's requests come from: `peer`, or whom a trusted proxy names.

        `forwarded` are the values of all `X-Forwarded-For` lines in order (RFC 9110 §5.3: they are one list).
        """
        if not forwarded:
            return peer
        if not self.trusts(peer):
            self._hint(peer)
            return peer
        hops = ",".join(forwarded).rsplit(",", _MAX_HOPS)[-_MAX_HOPS:]
        client = peer
        for hop in reversed(hops):
            address = _parsed(_without_port(hop.strip()))
            if address is None:
                break
            client = str(address)
            if not self._has(address):
                break
        return client

    def _hint(self, peer: str) -> None:
        """Warn the administrator once: behind a proxy that is not named everybody is one address."""
        if not self._hinted:
            self._hinted = True
            logger.warning("%s sends %s but is not in staff.proxies (docs/settings.md); ignored", peer, FORWARDED)

    def _has(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


PROXIES: Final = web.AppKey("proxies", Proxies)


def origin_of(request: web.Request) -> str | None:
    """Return scheme and host that a request was sent to, as its sender knows them: of a proxy that is trusted, its own.

    None where the request names no host that could be one.
    """
    scheme, host = request.scheme, request.host
    if request.app[PROXIES].trusts(request.remote or ""):
        given = request.headers.get(FORWARDED_PROTO, scheme).strip().lower()
        scheme = given if given in ("http", "https") else scheme
        host = request.headers.get(FORWARDED_HOST, host).strip()
    return f"{scheme}://{host}" if _HOST.fullmatch(host) else None


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _without_port(hop: str) -> str:
    """Return the address of `203.0.113.7:4711` or `[2001:db8::1]:4711`, which some proxies write."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
