"""The rate limits of an application: requests of each person and of each address, weighed by their cost (F83).

What people append to rooms has a rate limit of its own in the log (`appliance.limits.Entries`), by HTTP and by stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from appliance.identity.throttle import network_of
from appliance.limits import Buckets

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.config import Limits
    from appliance.model import PersonId
    from appliance.services import Services

PAGE_COST: Final = 0.1
"""A file of the web client, as a part of a request: opening it fetches dozens, from one address for a whole office."""


class RequestLimits:
    """All limits of an application. An address is an IPv4 address or an IPv6 /64, as for sign-ins and connections."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._requests = Buckets(limits.user_requests_s, limits.user_requests_burst, clock)
        self._addresses = Buckets(limits.address_requests_s, limits.address_requests_burst, clock)
        self._typing = Buckets(limits.user_typing_s, limits.user_typing_burst, clock)

    def request(self, address: str, person: str | None, cost: float = 1) -> None:
        """Count a request, for its person where there is one. Raises TooMany."""
        if person is None:
            self._addresses.take(network_of(address), cost)
        else:
            self._requests.take(person, cost)

    def owe(self, person: str, cost: float) -> None:
        """Count what a call turned out to cost its person besides; never refused, it is owed."""
        self._requests.owe(person, cost)

    def page(self, address: str) -> None:
        """Count a file of the web client. Raises TooMany."""
        self._addresses.take(network_of(address), PAGE_COST)

    def typing(self, person: str, room: str) -> None:
        """Count a typing notice. Raises TooMany."""
        self._typing.take((person, room))


def admit(
    s: Services, limits: RequestLimits, address: str, person: PersonId | None, cost: float = 1, *, appends: bool = False
) -> None:
    """Count a request or a frame before its work; one that appends to rooms needs a share left too. Raises TooMany."""
    limits.request(address, person, cost)
    if appends and person is not None:
        s.log.check_share(person)


REQUEST_LIMITS: Final = web.AppKey["RequestLimits"]("request_limits", RequestLimits)
