"""What a replica has to know of the agencies to judge an entry: who is enrolled, and whose keys seal, and when.

A value. The federation makes it from the signed registry; `alone` is that of an appliance outside any federation, whose
entries name version 0. A key is judged by the hub's time of an entry, which cosigned checkpoints bound, and never by
the time of writing, which its sender claims.
Does not fetch or verify the registry itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.model import agency_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from appliance.model import Millis, Principal


@dataclass(frozen=True, slots=True)
class GatewayKey:
    """A key that seals for an agency: trusted from `since` to before `until`, its end or when it was compromised."""

    key: Ed25519PublicKey
    since: Millis
    until: Millis


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An agency: active from version `since` of the registry to before `until`; its gateway keys by their ids."""

    since: int = 0
    until: int | None = None
    keys: Mapping[str, GatewayKey] = field(default_factory=dict)

    def is_active(self, version: int) -> bool:
        """Return whether it was enrolled and active at a version of the registry."""
        return self.since <= version and (self.until is None or version < self.until)

    def key_at(self, key_id: str, at: Millis) -> Ed25519PublicKey | None:
        """Return a gateway key that was valid at a hub time, or None."""
        found = self.keys.get(key_id)
        return found.key if found and found.since <= at < found.until else None


@dataclass(frozen=True, slots=True)
class Registry:
    """The agencies by their slugs, as in the newest version that this replica has."""

    version: int
    agencies: Mapping[str, Enrolled]

    @classmethod
    def alone(cls, agency: str) -> Registry:
        """The registry of one appliance by itself."""
        return cls(0, {agency: Enrolled()})

    def is_active(self, agency: str, version: int) -> bool:
        """Return whether an agency was enrolled and active at a version of the registry."""
        found = self.agencies.get(agency)
        return found is not None and found.is_active(version)

    def has_all(self, people: Iterable[Principal], version: int) -> bool:
        """Say whether all these people are of agencies that were enrolled and active at a version of the registry."""
        return all(self.is_active(agency_of(person), version) for person in people)

    def key_at(self, agency: str, key_id: str, at: Millis) -> Ed25519PublicKey | None:
        """Return an agency's gateway key that was valid at a hub time, or None."""
        found = self.agencies.get(agency)
        return found.key_at(key_id, at) if found else None
