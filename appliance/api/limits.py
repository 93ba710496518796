"""How much one user, one room or one address may ask in a while (F83): token buckets in memory.

Each bucket fills at a steady rate up to a burst. Refusing costs nothing but the look; a bucket that is full again is
forgotten, so memory is bounded by who is active. The clock is a monotonic one, given by wiring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import TooMany

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from appliance.config import Limits

SWEEP_AT: Final = 10_000


class Buckets:
    """Token buckets of one kind, by key. `rate` tokens a second, at most `burst` saved up."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, cost: float = 1.0) -> None:
        """Take from a bucket. Raises TooMany with the seconds until there is enough."""
        now = self._clock()
        tokens, then = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        if tokens < cost:
            self._buckets[key] = (tokens, now)
            raise TooMany((cost - tokens) / self._rate)
        self._buckets[key] = (tokens - cost, now)
        if len(self._buckets) > SWEEP_AT:
            self._sweep(now)

    def _sweep(self, now: float) -> None:
        self._buckets = {
            key: (tokens, then)
            for key, (tokens, then) in self._buckets.items()
            if tokens + (now - then) * self._rate < self._burst
        }


class Gate:
    """All limits of the staff API."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._requests = Buckets(limits.user_requests_s, limits.user_requests_burst, clock)
        self._addresses = Buckets(limits.address_requests_s, limits.address_requests_burst, clock)
        self._messages = Buckets(limits.user_messages_s, limits.user_messages_burst, clock)
        self._rooms = Buckets(limits.room_messages_s, limits.room_messages_burst, clock)
        self._typing = Buckets(limits.user_typing_s, limits.user_typing_burst, clock)

    def request(self, address: str, person: str | None) -> None:
        """Count a request. Raises TooMany."""
        if person is None:
            self._addresses.take(address)
        else:
            self._requests.take(person)

    def message(self, person: str, room: str) -> None:
        """Count a message of a person in a room. Raises TooMany."""
        self._messages.take(person)
        self._rooms.take(room)

    def typing(self, person: str, room: str) -> None:
        """Count a typing notice. Raises TooMany."""
        self._typing.take((person, room))
