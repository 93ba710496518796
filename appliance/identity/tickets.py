"""Half-finished sign-ins and passkey enrolments: kept in memory for minutes, lost with a restart.

A ticket is handed to the client between password and second factor; it proves the password alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

import msgspec
from cachetools import TTLCache

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId

T = TypeVar("T")

MAX_TICKETS: Final = 10_000


class SignInTicket(msgspec.Struct, frozen=True):
    """Whose password was right, on which device; `challenge` is what a passkey has to sign."""

    person: PersonId
    user: str
    device: str
    epoch: int
    challenge: bytes


class EnrolmentTicket(msgspec.Struct, frozen=True):
    """The challenge of a passkey that a person is adding."""

    person: PersonId
    challenge: bytes


class Tickets(Generic[T]):
    """Values under a key until their time is over; the least recently used go first when there are too many."""

    def __init__(self, lifetime_ms: Millis) -> None:
        self._now: Millis = 0
        self._held: TTLCache[str, T] = TTLCache(MAX_TICKETS, lifetime_ms, lambda: self._now)

    def put(self, key: str, value: T, now: Millis) -> None:
        """Keep `value` under `key`."""
        self._now = now
        self._held[key] = value

    def get(self, key: str, now: Millis) -> T | None:
        """Return what is kept under `key`, unless its time is over."""
        self._now = now
        return self._held.get(key)

    def take(self, key: str, now: Millis) -> T | None:
        """Return what is kept under `key` and forget it."""
        self._now = now
        return self._held.pop(key, None)
