"""Half-finished sign-ins and passkey enrolments: kept in memory for minutes, gone with a restart.

A ticket is handed to the client between password and second factor; it proves the password alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId

T = TypeVar("T")

_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class SignInTicket:
    """Whose password was right, on which device; `challenge` is what a passkey has to sign."""

    person: PersonId
    user: str
    device: str
    epoch: int
    challenge: bytes


@dataclass(frozen=True, slots=True)
class EnrolmentTicket:
    """The challenge of a passkey that a person is adding."""

    person: PersonId
    challenge: bytes


class Tickets(Generic[T]):
    """Values under a key until their time is over; the oldest go first when there are too many."""

    def __init__(self, lifetime_ms: Millis) -> None:
        self._lifetime = lifetime_ms
        self._held: dict[str, tuple[Millis, T]] = {}

    def put(self, key: str, value: T, now: Millis) -> None:
        """Keep `value` under `key`."""
        while self._held and (len(self._held) >= _MOST or next(iter(self._held.values()))[0] <= now):
            del self._held[next(iter(self._held))]
        self._held.pop(key, None)
        self._held[key] = (now + self._lifetime, value)

    def get(self, key: str, now: Millis) -> T | None:
        """Return what is kept under `key`, unless its time is over."""
        expires, value = self._held.get(key, (0, None))
        return value if expires > now else None

    def take(self, key: str, now: Millis) -> T | None:
        """Return what is kept under `key` and forget it."""
        value = self.get(key, now)
        self._held.pop(key, None)
        return value
