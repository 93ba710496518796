"""The request by which an agency comes into the registry.

It names the agency and lists its public keys, and every one of those keys has signed it: the identity key that an
officer keeps, the gateway's, the log's and the witness's, and the key of each TLS certificate. So nobody enrols a key
that is not theirs. Rules:
- exactly one identity key; at least one key of each other use; at least one certificate;
- no key lives longer than its use allows, and none has ended;
- the number that the operator gave for this request (`nonce`) is in it, so that an old one does not return;
- the SHA-256 of the agency's letter is in it: letter and request belong together.

Pure: numbers and times are arguments. Does not decide whether the agency is what it says (`desk`, by letter and
telephone).
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Meta

from appliance.evidence import base64url
from appliance.evidence.errors import EvidenceError
from federation.registry import signed
from federation.registry.document import (
    AGENCY_USES,
    DAY_S,
    MAX_KEYS,
    MAX_PINS,
    Address,
    Agency,
    Change,
    Document,
    Domain,
    Key,
    KeyId,
    Name,
    Pin,
    RegistryError,
    Seconds,
    Slug,
    Standing,
    Use,
    Version,
    encode,
    public_key,
)
from federation.registry.signed import Envelope, PublicKey
from federation.registry.terms import Legal, Policy
from federation.registry.words import Fingerprint, fingerprint

TYPE: Final = "gchat-enrolment-v1"
LIFE_S: Final = {
    Use.IDENTITY: 5 * 366 * DAY_S,
    Use.GATEWAY: 400 * DAY_S,
    Use.LOG: 400 * DAY_S,
    Use.WITNESS: 400 * DAY_S,
}
PIN_LIFE_S: Final = 400 * DAY_S
AHEAD_S: Final = 600
"""How far in the future the clock of an agency may write."""
NONCE_CHARACTERS: Final = 22

Sha256Hex = Annotated[str, Meta(min_length=64, max_length=64, pattern=r"^[0-9a-f]+$(?!\n)")]
Nonce = Annotated[str, Meta(min_length=NONCE_CHARACTERS, max_length=64, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]


class Officer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who answers for the request, and the SHA-256 of their certificate where they have one."""

    name: Name
    cert_sha256: Sha256Hex | None = None


class Names(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the agency is called."""

    slug: Slug
    th: Name
    en: Name
    domain: Domain
    tier: Annotated[str, Meta(max_length=32)] = ""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an agency asks to be listed with."""

    agency: Names
    ep: Annotated[list[Address], Meta(min_length=1, max_length=8)]
    keys: Annotated[dict[KeyId, Key], Meta(max_length=MAX_KEYS)]
    tls: Annotated[list[Pin], Meta(min_length=1, max_length=MAX_PINS)]
    letter_sha256: Sha256Hex
    nonce: Nonce
    ts: Seconds
    officers: Annotated[list[Officer], Meta(max_length=8)] = []
    legal: Legal = Legal()
    pol: Policy = Policy()

    @property
    def identity(self) -> Fingerprint:
        """The fingerprint of the identity key, which is compared by telephone."""
        return next(key_fingerprint(key) for key in self.keys.values() if key.use is Use.IDENTITY)


def key_fingerprint(key: Key) -> Fingerprint:
    """Return the fingerprint of a public key: of its 32 bytes, whatever form they are listed in."""
    return fingerprint(public_key(key).public_bytes_raw())


def draft(enrolment: Enrolment) -> Envelope:
    """Return the request for its keys to sign. Raises RegistryError for one that would be refused."""
    check(enrolment)
    return signed.enclose(TYPE, enrolment)


def signers(enrolment: Enrolment) -> dict[str, PublicKey]:
    """Return who has to sign: each key by its id, each TLS key by its pin. Raises RegistryError."""
    keys: dict[str, PublicKey] = {key_id: public_key(key) for key_id, key in enrolment.keys.items()}
    return keys | {pin.spki: pin_key(pin) for pin in enrolment.tls}


def verify(envelope: Envelope, *, nonce: str, now: int) -> Enrolment:
    """Return what an agency asks for, which every one of its keys has signed. Raises RegistryError.

    `nonce` is what the operator gave out for it, `now` the time (s UTC).
    """
    enrolment = read(envelope)
    check(enrolment)
    if not hmac.compare_digest(enrolment.nonce.encode(), nonce.encode()):
        raise RegistryError("nonce")
    if enrolment.ts > now + AHEAD_S:
        raise RegistryError("from_the_future", str(enrolment.ts))
    check_not_ended(enrolment.keys, enrolment.tls, now)
    signed.verify(envelope, signers(enrolment))
    return enrolment


def read(envelope: Envelope) -> Enrolment:
    """Return what a request says, unverified. Raises RegistryError."""
    return signed.read(envelope, TYPE, Enrolment)


def check(enrolment: Enrolment) -> None:
    """Refuse what could not be listed. Raises RegistryError."""
    check_keys(enrolment.keys, enrolment.tls)
    identities = [key for key in enrolment.keys.values() if key.use is Use.IDENTITY]
    if len(identities) != 1:
        raise RegistryError("identity_keys", str(len(identities)))
    if lacking := [use.value for use in AGENCY_USES if not any(key.use is use for key in enrolment.keys.values())]:
        raise RegistryError("keys_lacking", ", ".join(lacking))
    agency = as_agency(enrolment, 1, enrolment.ts)
    encode(Document(reg=1, agencies={enrolment.agency.slug: agency}))


def check_keys(keys: dict[str, Key], pins: list[Pin]) -> None:
    """Refuse new keys that live too long or begin revoked, and pins without their certificate. Raises RegistryError."""
    for key_id, key in keys.items():
        if key.revoked_at is not None or key.compromised_since is not None:
            raise RegistryError("key", key_id)
        if key.use not in LIFE_S:
            raise RegistryError("key", key_id)
        if key.exp - key.nbf > LIFE_S[key.use]:
            raise RegistryError("key_too_long", key_id)
    for pin in pins:
        pin_key(pin)
        if not 0 < pin.exp - pin.nbf <= PIN_LIFE_S:
            raise RegistryError("key_too_long", pin.spki)
    if len({pin.spki for pin in pins}) != len(pins):
        raise RegistryError("pin_twice")


def check_not_ended(keys: dict[str, Key], pins: list[Pin], now: int) -> None:
    """Refuse keys and pins whose time is over. Raises RegistryError."""
    for name, exp in [*((key_id, key.exp) for key_id, key in keys.items()), *((pin.spki, pin.exp) for pin in pins)]:
        if exp <= now:
            raise RegistryError("key_ended", name)


def pin_key(pin: Pin) -> ec.EllipticCurvePublicKey:
    """Return the public key of a pin's certificate. Raises RegistryError if it is not of P-256, or of another pin."""
    try:
        data = base64url.decode(pin.cert, len(pin.cert) * 3 // 4)
        key = x509.load_der_x509_certificate(data).public_key()
    except (EvidenceError, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise RegistryError("certificate", pin.spki) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RegistryError("certificate", pin.spki)
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if pin.spki != f"sha256:{base64url.encode(sha256(spki).digest())}":
        raise RegistryError("certificate", pin.spki)
    return key


def as_agency(enrolment: Enrolment, reg: Version, at: Seconds) -> Agency:
    """Return the agency as it is listed from a version of the registry on."""
    names = enrolment.agency
    return Agency(
        th=names.th,
        en=names.en,
        domain=names.domain,
        tier=names.tier,
        ep=enrolment.ep,
        keys=enrolment.keys,
        tls=enrolment.tls,
        pol=enrolment.pol,
        legal=enrolment.legal,
        history=[Change(reg=reg, status=Standing.ACTIVE, at=at)],
    )
