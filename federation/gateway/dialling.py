"""Which addresses the gateway connects to, and when it tries again.

Rules:
- an address is judged at the moment of connecting, after names were resolved, and it is that address which is
  connected to: what a name meant a moment before does not count (DNS rebinding);
- it has to lie in a network of the settings. Loopback, link-local (where cloud machines have their metadata),
  multicast, unspecified and reserved addresses stay closed unless a network that was named lies within such a range;
- an IPv4 address inside an IPv6 one is judged as the IPv4 address;
- redirects are never followed (`fetch`, `links`), no proxy of the environment is used;
- tries follow one another with full jitter, at most `CAP_S` apart, for ever.

Pure but for making the socket.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

BASE_S: Final = 0.5
CAP_S: Final = 300.0
_CLOSED: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "64:ff9b::/96", "100::/64", "2001::/23", "2002::/16", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
"""Addresses of this machine, of the link, of many, and of translations that lead elsewhere (RFC 6890)."""


class NotAllowed(OSError):
    """An address that the settings do not let the gateway connect to."""


class Allowed:
    """The networks that may be dialled."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._open = [ipaddress.ip_network(text) for text in networks]

    def permits(self, text: str) -> bool:
        """Return whether an address may be connected to; what is no address may not."""
        try:
            address = _plain(ipaddress.ip_address(text.partition("%")[0]))
        except ValueError:
            return False
        closed = [network for network in _CLOSED if address in network]
        return any(address in network and all(_lies_in(network, each) for each in closed) for network in self._open)

    def new_socket(self, found: tuple[Any, ...]) -> socket.socket:
        """Return a socket for an address as `getaddrinfo` gives it, about to be connected. Raises NotAllowed."""
        family, kind, protocol, _, address = found
        if family not in (socket.AF_INET, socket.AF_INET6) or not self.permits(address[0]):
            raise NotAllowed(f"{address[0]} is in no network that may be dialled")
        return socket.socket(family, kind, protocol)


def pause_before(attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Return the seconds before try number `attempt` (from 1), by `uniform(low, high)`."""
    return uniform(0.0, min(CAP_S, BASE_S * 2.0 ** min(attempt, 16)))


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _lies_in(network: Network, closed: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and isinstance(closed, ipaddress.IPv4Network):
        return network.subnet_of(closed)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(closed, ipaddress.IPv6Network):
        return network.subnet_of(closed)
    return False
