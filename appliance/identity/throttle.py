"""Failed tries in memory: of each user name, there or not, and of each address.

A try is counted when it begins and taken back when it succeeds, so that many at once gain nothing. The rule of the
delays is `rules/sign_in.py`; the counts are rebuilt from the sign-in history at start. Bounded: the counts that have
rested longest are forgotten first.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from appliance.errors import TooMany
from appliance.rules.sign_in import wait_before_try

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.policies import SignInLimits

_MOST_KEYS: Final = 100_000
_IPV6_NETWORK_BITS: Final = 64


class Throttle:
    """Counts of failures in a row by key."""

    def __init__(self, limits: SignInLimits) -> None:
        self._limits = limits
        self._failures: dict[str, tuple[int, Millis]] = {}

    def begin(self, user: str, address: str, now: Millis) -> None:
        """Count a try of `user` from `address`. Raises TooMany, counting nothing, when it has to wait."""
        account, network = f"user:{user}", f"address:{network_of(address)}"
        wait = max(self._wait(account, self._limits.tries, now), self._wait(network, self._limits.address_tries, now))
        if wait:
            raise TooMany(wait / 1000, code="sign_in_delayed")
        self._count(account, now)
        self._count(network, now)

    def succeed(self, user: str, address: str) -> None:
        """Forget the user's failures, and that this try was one of the address."""
        self._failures.pop(f"user:{user}", None)
        network = f"address:{network_of(address)}"
        failures, last = self._failures.get(network, (0, 0))
        if failures > 1:
            self._failures[network] = (failures - 1, last)
        else:
            self._failures.pop(network, None)

    def replay(self, user: str | None, address: str, at: Millis, *, success: bool) -> None:
        """Count what the history tells, at start."""
        if success:
            self._failures.pop(f"user:{user}", None)
            return
        if user is not None:
            self._count(f"user:{user}", at)
        self._count(f"address:{network_of(address)}", at)

    def _wait(self, key: str, tries: int, now: Millis) -> Millis:
        failures, last = self._failures.get(key, (0, 0))
        if last > now:
            # The clock stepped back: nobody waits for it to come to where it was.
            last = now
            self._failures[key] = (failures, last)
        return wait_before_try(failures, last, tries, self._limits, now)

    def _count(self, key: str, now: Millis) -> None:
        failures, last = self._failures.pop(key, (0, now))
        if now - last >= self._limits.forget_ms:
            failures = 0
        self._failures[key] = (failures + 1, now)
        if len(self._failures) > _MOST_KEYS:
            del self._failures[next(iter(self._failures))]


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network that one IPv6 subscriber has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, _IPV6_NETWORK_BITS), strict=False))
    return str(ip)
