"""Who may speak to this gateway, as the verified registry has it: one frozen value, made anew for each version.

Rules: an agency is spoken to while its status is active; a pin counts from `nbf` to before `exp` (s UTC) and only if
its certificate is of its key (`federation/tls.py`). A pin that two agencies claim belongs to nobody.

Pure: does not fetch or verify the registry (`federation/registry`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DAY_S: Final = 86_400
WARN_DAYS: Final = (60, 30, 7)


@dataclass(frozen=True, slots=True)
class Pin:
    """A key of the channel with its certificate (DER)."""

    spki: str
    nbf: int
    exp: int
    certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key of an agency; `until` is its end, or when it was revoked."""

    public: bytes
    nbf: int
    until: int


@dataclass(frozen=True, slots=True)
class Quota:
    """How much an agency may send: events a second, and how many saved up."""

    ev_s: int
    burst: int


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One agency of the registry."""

    slug: str
    is_active: bool
    endpoints: tuple[str, ...]
    pins: tuple[Pin, ...]
    keys: Mapping[str, SigningKey]
    quota: Quota

    def pins_at(self, now: int) -> list[Pin]:
        """Return the pins that count at `now` (s UTC)."""
        return [pin for pin in self.pins if pin.nbf <= now < pin.exp]

    def key_at(self, key_id: str, now: int) -> Ed25519PublicKey | None:
        """Return a gateway key by its id if it is good at `now` (s UTC)."""
        found = self.keys.get(key_id)
        good = found is not None and found.nbf <= now < found.until
        return Ed25519PublicKey.from_public_bytes(found.public) if found is not None and good else None


@dataclass(frozen=True, slots=True)
class Roster:
    """The agencies by their slugs, in one version of the registry."""

    version: int
    agencies: Mapping[str, Enrolled]

    def active(self, slug: str) -> Enrolled | None:
        """Return an agency if it may be spoken to."""
        found = self.agencies.get(slug)
        return found if found is not None and found.is_active else None

    def agency_of(self, spki: str, now: int) -> str | None:
        """Return the active agency that a key of the channel belongs to at `now` (s UTC)."""
        owners = {
            agency.slug
            for agency in self.agencies.values()
            if agency.is_active and any(pin.spki == spki for pin in agency.pins_at(now))
        }
        return owners.pop() if len(owners) == 1 else None

    def certificates(self, now: int, but: str) -> list[bytes]:
        """Return the certificates (DER) of all active agencies `but` one: whose handshakes are accepted."""
        return [
            pin.certificate
            for agency in self.agencies.values()
            if agency.is_active and agency.slug != but
            for pin in agency.pins_at(now)
        ]

    def changes_after(self, now: int) -> int | None:
        """Return when the next pin begins or ends (s UTC), so that contexts are made anew then."""
        times = {
            at for agency in self.agencies.values() for pin in agency.pins for at in (pin.nbf, pin.exp) if at > now
        }
        return min(times, default=None)


EMPTY: Final = Roster(0, {})
"""What is known before a registry was verified: nobody."""


def ending(keys: Iterable[tuple[str, int]], now: int) -> list[tuple[str, int]]:
    """Return which of these keys (id, end) end within the longest time of warning, with the days that are left."""
    left = ((key_id, max(0, exp - now) // DAY_S) for key_id, exp in keys)
    return sorted(((key_id, days) for key_id, days in left if days <= max(WARN_DAYS)), key=lambda item: item[1])
