"""`registry.json`: every agency with its names, addresses, keys and standing, as the operator has signed it.

Owns the form of the document and what is read out of it: the pins and keys that count at a time, the value that rules
judge by, and whose keys end soon. Rules:
- parsing is strict and bounded, and its work is linear in the bytes; what is not of the form is refused as a whole;
- keys of objects that this release does not know are read over (decision 24): a later release adds what it needs;
- nothing is ever taken out of it. An agency that is revoked stays with its keys, since its old entries must be judged
  for as long as they are kept; `history` says from which version of the registry it had which standing;
- a key that was compromised counts for nothing from that time on, and for what was before it as ever.

Times in the document are seconds UTC. Does not verify signatures: `client.py`
does, and gives this module bytes that were signed.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from appliance.evidence import base64url
from appliance.evidence.canonical import MAX_INT
from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import KeyType, Verifier
from appliance.evidence.registry import (
    Enrolled,
    GatewayKey,
    LogKey,
    OrderKeys,
    PolicySince,
    Registry,
    Status,
    StatusSince,
)
from federation.registry.terms import EVERYBODY, MAX_AGENCIES, Legal, Part, Policy, Quota

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DOCUMENT: Final = 16 * 1024 * 1024
"""Bytes; 2,000 agencies take about 4 MiB."""
MAX_KEYS: Final = 64
MAX_PINS: Final = 8
MAX_CERTIFICATE: Final = 2_800
"""Characters of a TLS certificate in base64url: 2 KiB of DER."""
WARN_DAYS: Final = (60, 30, 7)
DAY_S: Final = 86_400

Slug = Annotated[str, Meta(min_length=2, max_length=32, pattern=r"^[a-z][a-z0-9-]*[a-z0-9]$(?!\n)")]
KeyId = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z0-9-]+$(?!\n)")]
Seconds = Annotated[int, Meta(ge=0, le=253_402_300_799)]
Version = Annotated[int, Meta(ge=0, le=MAX_INT)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Domain = Annotated[str, Meta(min_length=3, max_length=253, pattern=r"^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$(?!\n)")]
Address = Annotated[str, Meta(min_length=9, max_length=300, pattern=r"^https://[A-Za-z0-9.\-\[\]:]+$(?!\n)")]
Spki = Annotated[str, Meta(min_length=50, max_length=50, pattern=r"^sha256:[A-Za-z0-9_-]{43}$(?!\n)")]
Base64Url = r"^[A-Za-z0-9_-]*$(?!\n)"


class RegistryError(ValueError):
    """A document that is not of the form; `code` is stable."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class Standing(StrEnum):
    """How an agency stands: only an active one is linked and brings new entries."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Use(StrEnum):
    """What a key is for; one key never serves two uses. `order` keys are the registry's own."""

    GATEWAY = "gw"
    LOG = "log"
    WITNESS = "wit"
    IDENTITY = "id"
    ORDER = "order"


AGENCY_USES: Final = (Use.GATEWAY, Use.LOG, Use.WITNESS, Use.IDENTITY)
ALGORITHM: Final = "ed25519"


class Key(Part, frozen=True, kw_only=True):
    """A public key, good from `nbf` to before `exp`, and before `compromised_since` where it was lost.

    `pub` is the 32-byte Ed25519 key in base64url; `vkey` is there for keys that sign notes (C2SP), and `pub` is not.
    """

    use: Use
    alg: Annotated[str, Meta(max_length=16)] = ALGORITHM
    pub: Annotated[str, Meta(min_length=43, max_length=43, pattern=Base64Url)] | None = None
    vkey: Annotated[str, Meta(min_length=10, max_length=400)] | None = None
    nbf: Seconds = 0
    exp: Seconds = 253_402_300_799
    revoked_at: Seconds | None = None
    compromised_since: Seconds | None = None

    @property
    def until(self) -> int:
        """The second from which the key counts for nothing."""
        lost = [end for end in (self.revoked_at, self.compromised_since) if end is not None]
        return min([self.exp, *lost])

    def counts_at(self, at: int) -> bool:
        """Return whether it counts at a time (s UTC)."""
        return self.nbf <= at < self.until


class Pin(Part, frozen=True, kw_only=True):
    """A TLS key by the SHA-256 of its SubjectPublicKeyInfo, with the self-signed certificate that carries it."""

    spki: Spki
    cert: Annotated[str, Meta(max_length=MAX_CERTIFICATE, pattern=Base64Url)] = ""
    nbf: Seconds = 0
    exp: Seconds = 253_402_300_799

    def counts_at(self, at: int) -> bool:
        """Return whether it counts at a time (s UTC)."""
        return self.nbf <= at < self.exp


class Change(Part, frozen=True, kw_only=True):
    """From which version of the registry an agency had a standing, and when that was (s UTC)."""

    reg: Version
    status: Standing
    at: Seconds = 0


class FormerPolicy(Part, frozen=True, kw_only=True):
    """A policy that an agency had up to before a version of the registry."""

    until: Version
    pol: Policy


class Agency(Part, frozen=True, kw_only=True):
    """One agency. Its standing is that of the newest change of its history.

    `pol_before` are its former policies, in rising order; `changed` is when it signed its newest change.
    """

    th: Name
    en: Name
    domain: Domain
    ep: Annotated[list[Address], Meta(min_length=1, max_length=8)]
    keys: Annotated[dict[KeyId, Key], Meta(max_length=MAX_KEYS)]
    tls: Annotated[list[Pin], Meta(max_length=MAX_PINS)]
    history: Annotated[list[Change], Meta(min_length=1, max_length=1_000)]
    tier: Annotated[str, Meta(max_length=32)] = ""
    pol: Policy = Policy()
    pol_before: Annotated[list[FormerPolicy], Meta(max_length=1_000)] = []
    quota: Quota = Quota()
    legal: Legal = Legal()
    changed: Seconds = 0

    @property
    def status(self) -> Standing:
        """How it stands in this version."""
        return self.history[-1].status

    def keys_of(self, use: Use, at: int) -> dict[str, Key]:
        """Return its keys of one use that count at a time (s UTC), by their ids."""
        return {key_id: key for key_id, key in self.keys.items() if key.use is use and key.counts_at(at)}

    def pins_at(self, at: int) -> list[Pin]:
        """Return the TLS pins that count at a time (s UTC); none of an agency that is not active."""
        return [pin for pin in self.tls if pin.counts_at(at)] if self.status is Standing.ACTIVE else []


class Orders(Part, frozen=True, kw_only=True):
    """The keys of the registry itself that sign its orders, and how many of them an order takes: never one alone."""

    keys: Annotated[dict[KeyId, Key], Meta(max_length=MAX_KEYS)] = {}
    threshold: Annotated[int, Meta(ge=2, le=MAX_KEYS)] = 2


class Ending(msgspec.Struct, frozen=True):
    """A key or pin that ends within so many days (one of `WARN_DAYS`)."""

    agency: str
    key: str
    exp: int
    days: int


class Document(Part, frozen=True, kw_only=True):
    """The whole registry: its version, which grows by one with each publication, and the agencies by their slugs."""

    reg: Version
    agencies: Annotated[dict[Slug, Agency], Meta(max_length=MAX_AGENCIES)]
    orders: Orders = Orders()

    def agency_of_pin(self, spki: str, at: int) -> str | None:
        """Return the slug of the active agency whose pin that counts at a time this is, or None."""
        return next((slug for slug, pin in self._pins(at) if pin.spki == spki), None)

    def pins_at(self, at: int) -> dict[str, list[Pin]]:
        """Return the pins that count at a time (s UTC), by the slugs of the active agencies."""
        return {slug: pins for slug, agency in self.agencies.items() if (pins := agency.pins_at(at))}

    def as_evidence(self) -> Registry:
        """Return what entries are judged by: who was what at which version, and whose keys counted when."""
        agencies = {slug: _enrolled(agency) for slug, agency in self.agencies.items()}
        return Registry(self.reg, agencies, OrderKeys(_sealing(self.orders.keys, Use.ORDER), self.orders.threshold))

    def keys_ending(self, now: int) -> list[Ending]:
        """Return the newest key of each use of each active agency, and its newest pin, that end within 60 days."""
        found: list[Ending] = []
        for slug, agency in self.agencies.items():
            if agency.status is not Standing.ACTIVE:
                continue
            for use in AGENCY_USES:
                keys = [(key.until, key_id) for key_id, key in agency.keys.items() if key.use is use]
                found += _ending(slug, max(keys, default=None), now)
            found += _ending(slug, max(((pin.exp, pin.spki) for pin in agency.tls), default=None), now)
        return found

    def _pins(self, at: int) -> Iterator[tuple[str, Pin]]:
        for slug, agency in self.agencies.items():
            for pin in agency.pins_at(at):
                yield slug, pin


def _ending(slug: str, newest: tuple[int, str] | None, now: int) -> list[Ending]:
    if newest is None:
        return []
    until, name = newest
    left = (until - now) / DAY_S
    days = next((limit for limit in reversed(WARN_DAYS) if left <= limit), None)
    return [] if days is None else [Ending(slug, name, until, days)]


def _enrolled(agency: Agency) -> Enrolled:
    history = tuple(StatusSince(change.reg, Status(change.status)) for change in agency.history)
    logs, witnesses = _noting(agency.keys, Use.LOG), _noting(agency.keys, Use.WITNESS)
    return Enrolled(history, _sealing(agency.keys, Use.GATEWAY), _policies(agency), logs, witnesses)


def _noting(keys: dict[str, Key], use: Use) -> tuple[LogKey, ...]:
    return tuple(
        LogKey(Verifier.from_vkey(key.vkey), key.nbf * 1000, key.until * 1000)
        for key in keys.values()
        if key.use is use and key.vkey is not None
    )


def _sealing(keys: dict[str, Key], use: Use) -> dict[str, GatewayKey]:
    return {
        key_id: GatewayKey(public_key(key), key.nbf * 1000, key.until * 1000)
        for key_id, key in keys.items()
        if key.use is use
    }


def _policies(agency: Agency) -> tuple[PolicySince, ...]:
    """Return the policies, each from the version from which it held."""
    begins = [0, *(former.until for former in agency.pol_before)]
    policies = [*(former.pol for former in agency.pol_before), agency.pol]
    return tuple(
        PolicySince(since, None if EVERYBODY in policy.accept_from else frozenset(policy.accept_from), policy.highest)
        for since, policy in zip(begins, policies, strict=True)
    )


def public_key(key: Key) -> Ed25519PublicKey:
    """Return the public key itself."""
    if key.pub is not None:
        return Ed25519PublicKey.from_public_bytes(base64url.decode(key.pub, 32))
    assert key.vkey is not None  # noqa: S101 - a parsed document has one of the two
    return Ed25519PublicKey.from_public_bytes(Verifier.from_vkey(key.vkey).public)


_DECODER: Final = msgspec.json.Decoder(Document)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_NOTE_TYPES: Final = {Use.LOG: KeyType.ED25519, Use.WITNESS: KeyType.COSIGNATURE}


def parse(data: bytes) -> Document:
    """Return the document of these bytes. Raises RegistryError."""
    if len(data) > MAX_DOCUMENT:
        raise RegistryError("too_large", f"{len(data)} bytes")
    try:
        document = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RegistryError("shape", str(error)) from error
    _check(document)
    return document


def encode(document: Document) -> bytes:
    """Return the bytes of a document, the same for the same content. Raises RegistryError for one `parse` refuses."""
    _check(document)
    data = _ENCODER.encode(document)
    if len(data) > MAX_DOCUMENT:
        raise RegistryError("too_large", f"{len(data)} bytes")
    return data


def _check(document: Document) -> None:
    """Refuse what the types cannot: keys of wrong form, one key or pin in two places, a history that goes back."""
    owners: dict[bytes, str] = {}
    pins: dict[str, str] = {}
    for key_id, key in document.orders.keys.items():
        if key.use is not Use.ORDER or owners.setdefault(_plain_bytes(key_id, key), key_id) != key_id:
            raise RegistryError("key", key_id)
    for slug, agency in document.agencies.items():
        _check_history(document.reg, slug, agency)
        for key_id, key in agency.keys.items():
            place = f"{slug}/{key_id}"
            if owners.setdefault(_key_bytes(slug, agency, place, key), place) != place:
                raise RegistryError("key_twice", place)
        for pin in agency.tls:
            if pins.setdefault(pin.spki, slug) != slug:
                raise RegistryError("pin_twice", slug)


def _key_bytes(slug: str, agency: Agency, place: str, key: Key) -> bytes:
    if key.use is Use.ORDER:
        raise RegistryError("key", place)
    if key.use not in _NOTE_TYPES:
        return _plain_bytes(place, key)
    if key.alg != ALGORITHM or key.vkey is None or key.pub is not None or key.nbf >= key.exp:
        raise RegistryError("key", place)
    try:
        verifier = Verifier.from_vkey(key.vkey)
    except EvidenceError as error:
        raise RegistryError("key", place) from error
    # The slug in the key's name binds key and agency.
    if verifier.name != key_name(agency.domain, slug, key.use) or verifier.key_type is not _NOTE_TYPES[key.use]:
        raise RegistryError("key_name", place)
    return verifier.public


def _plain_bytes(place: str, key: Key) -> bytes:
    """Return the bytes of a key that signs no notes."""
    if key.alg != ALGORITHM or key.pub is None or key.vkey is not None or key.nbf >= key.exp:
        raise RegistryError("key", place)
    try:
        return base64url.decode(key.pub, 32)
    except EvidenceError as error:
        raise RegistryError("key", place) from error


def key_name(domain: str, slug: str, use: Use) -> str:
    """Return the name under which a key of an agency signs notes: `<domain>/a/<slug>/log`."""
    return f"{domain}/a/{slug}/{use.value}"


def _check_history(reg: int, slug: str, agency: Agency) -> None:
    changes, policies = agency.history, [former.until for former in agency.pol_before]
    versions = [change.reg for change in changes]
    gone = any(change.status is Standing.REVOKED for change in changes[:-1])
    if changes[0].status is not Standing.ACTIVE or gone or not _rises_to(reg, versions) or not _rises_to(reg, policies):
        raise RegistryError("history", slug)


def _rises_to(reg: int, versions: list[int]) -> bool:
    return all(one < two for one, two in pairwise(versions)) and (not versions or versions[-1] <= reg)
