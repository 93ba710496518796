"""The limit of open connections, for each network and in all.

A connection counts from `accept` on (`listener.py`), so before its TLS handshake. A reverse proxy of the agency has no
limit of its own: `app.py` counts the connections of each of its clients instead.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

RETRY_S: Final = 30
CODE: Final = "too_many_connections"


class ConnectionLimit:
    """How many connections are open, by network (`network_of`) and in all."""

    def __init__(self, a_network: int, in_all: int) -> None:
        self._a_network, self._in_all = a_network, in_all
        self._open: Counter[str] = Counter()
        self.total = 0

    def take(self, network: str, *, shared: bool = False) -> Slot | None:
        """Count a connection in; None when there is no room for it. A `shared` one is bounded by the total alone."""
        if self.total >= self._in_all or (self._open[network] >= self._a_network and not shared):
            return None
        self._open[network] += 1
        self.total += 1
        return Slot(self, network)

    def release(self, network: str) -> None:
        """Count a connection out; called once by its slot."""
        self.total -= 1
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]


class Slot:
    """The place of one connection in the count. Releasing it twice is the same as once."""

    __slots__ = ("_limit", "network")

    def __init__(self, limit: ConnectionLimit, network: str) -> None:
        self._limit: ConnectionLimit | None = limit
        self.network = network

    def release(self) -> None:
        """Give the place back."""
        if self._limit is not None:
            self._limit.release(self.network)
            self._limit = None
