"""What a replica has to know of the agencies to judge an entry: who is enrolled, whose keys count when, who takes what.

A value. The federation makes it from the signed registry; `alone` is that of an appliance outside any federation, whose
entries name version 0. A key is judged by the hub's time of an entry, which cosigned checkpoints bound, and never by
the time of writing, which its sender claims. Status and policy of an agency are judged at the version of the registry
that the entry names, so both are histories: a replica that judges it years later decides alike.
Does not fetch or verify the registry itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from appliance.model import agency_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from appliance.evidence.note import Verifier
    from appliance.model import Millis, Principal


class Status(StrEnum):
    """What an agency is in the registry. A suspended one may come back, a revoked one is gone."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class GatewayKey:
    """A key that seals entries and signs statements for an agency, or orders for the registry.

    Trusted from `since` to before `until`, its end or when it was compromised.
    """

    key: Ed25519PublicKey
    since: Millis
    until: Millis

    def at(self, at: Millis) -> Ed25519PublicKey | None:
        """Return the key if it was valid at a hub time."""
        return self.key if self.since <= at < self.until else None


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key that signs an agency's checkpoints, trusted from `since` to before `until`."""

    verifier: Verifier
    since: Millis
    until: Millis


@dataclass(frozen=True, slots=True)
class StatusSince:
    """What an agency is from a version of the registry on."""

    version: int
    status: Status


@dataclass(frozen=True, slots=True)
class PolicySince:
    """Which rooms an agency lets its people into, from a version of the registry on.

    `hubs`: whose rooms, None for those of all agencies. `highest`: the highest label that a room may carry.
    """

    version: int = 0
    hubs: frozenset[str] | None = None
    highest: int = 0


class _Since(Protocol):
    @property
    def version(self) -> int: ...


T = TypeVar("T", bound=_Since)


def _at(history: Sequence[T], version: int) -> T | None:
    """Return what held at a version: the last of a history, in rising order, that began by then."""
    return next((one for one in reversed(history) if one.version <= version), None)


ALWAYS: Final = (StatusSince(0, Status.ACTIVE),)
OPEN: Final = (PolicySince(),)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An agency: its status and policy in rising versions of the registry, its gateway keys by id.

    `logs` are the keys that sign its logs, `witnesses` those by which it cosigns the logs of others.
    """

    history: Sequence[StatusSince] = ALWAYS
    keys: Mapping[str, GatewayKey] = field(default_factory=dict)
    policy: Sequence[PolicySince] = OPEN
    logs: Sequence[LogKey] = ()
    witnesses: Sequence[LogKey] = ()

    def status_at(self, version: int) -> Status | None:
        """Return what it was at a version of the registry; None before it was enrolled."""
        found = _at(self.history, version)
        return found.status if found else None

    def accepts(self, hub: str, label: int, version: int) -> bool:
        """Return whether its people may come into a room with this hub and label, at a version of the registry."""
        policy = _at(self.policy, version)
        return policy is not None and (policy.hubs is None or hub in policy.hubs) and label <= policy.highest

    def key_at(self, key_id: str, at: Millis) -> Ed25519PublicKey | None:
        """Return a gateway key that was valid at a hub time, or None."""
        found = self.keys.get(key_id)
        return found.at(at) if found else None


@dataclass(frozen=True, slots=True)
class OrderKeys:
    """The registry's own keys, by id, and how many of them an order takes: never fewer than two."""

    keys: Mapping[str, GatewayKey] = field(default_factory=dict)
    threshold: int = 2

    def __post_init__(self) -> None:
        """Refuse a registry in which one key alone could move a room. Raises ValueError."""
        if self.threshold < 2:
            raise ValueError("an order takes two keys at least")


@dataclass(frozen=True, slots=True)
class Registry:
    """The agencies by their slugs, as in the newest version that this replica has."""

    version: int
    agencies: Mapping[str, Enrolled]
    orders: OrderKeys = field(default_factory=OrderKeys)

    @classmethod
    def alone(cls, agency: str) -> Registry:
        """The registry of one appliance by itself."""
        return cls(0, {agency: Enrolled()})

    def status_at(self, agency: str, version: int) -> Status | None:
        """Return what an agency was at a version of the registry; None where it was not enrolled."""
        found = self.agencies.get(agency)
        return found.status_at(version) if found else None

    def is_active(self, agency: str, version: int) -> bool:
        """Return whether an agency was enrolled and active at a version of the registry."""
        return self.status_at(agency, version) is Status.ACTIVE

    def has_all(self, people: Iterable[Principal], version: int) -> bool:
        """Say whether all these people are of agencies that were enrolled and active at a version of the registry."""
        return all(self.is_active(agency_of(person), version) for person in people)

    def accepts(self, agency: str, hub: str, label: int, version: int) -> bool:
        """Return whether an agency lets its people into a room with this hub and label."""
        found = self.agencies.get(agency)
        return found is not None and found.accepts(hub, label, version)

    def key_at(self, agency: str, key_id: str, at: Millis) -> Ed25519PublicKey | None:
        """Return an agency's gateway key that was valid at a hub time, or None."""
        found = self.agencies.get(agency)
        return found.key_at(key_id, at) if found else None

    def order_key_at(self, key_id: str, at: Millis) -> Ed25519PublicKey | None:
        """Return a key of the registry that was valid at a hub time, or None."""
        found = self.orders.keys.get(key_id)
        return found.at(at) if found else None

    def log_keys_at(self, agency: str, at: Millis) -> list[Verifier]:
        """Return the keys by which an agency signed checkpoints at a time."""
        found = self.agencies.get(agency)
        return [one.verifier for one in found.logs if one.since <= at < one.until] if found else []

    def log_keys(self, agency: str, at: Millis) -> list[Verifier]:
        """Return the keys that may sign an agency's logs up to an entry of this hub time.

        None is too new for it: a hub's newest key also signs anew what its log was at an earlier size.
        """
        found = self.agencies.get(agency)
        return [key.verifier for key in found.logs if at < key.until] if found else []

    def witness_keys(self, agency: str, at: Millis) -> list[Verifier]:
        """Return the keys by which an agency may cosign a log up to an entry of this hub time."""
        found = self.agencies.get(agency)
        return [key.verifier for key in found.witnesses if at < key.until] if found else []
