"""Agencies that ask to be enrolled, for tests: every key with its private half, and requests signed by all of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from appliance.evidence import base64url
from federation.registry import enrolment, signed
from federation.registry.document import Key, Pin, Use
from tests.federation.registries import START, YEAR, Keys, agency, keys_of

NONCE = "n" * 22


def new_pin(key: ec.EllipticCurvePrivateKey, exp: int = START + YEAR) -> Pin:
    """A pin of a TLS key, with a self-signed certificate."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(9999, 1, 1, tzinfo=dt.UTC))
        .sign(key, hashes.SHA256())
    )
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pin(
        spki="sha256:" + base64url.encode(sha256(spki).digest()),
        cert=base64url.encode(certificate.public_bytes(serialization.Encoding.DER)),
        nbf=START,
        exp=exp,
    )


def ed25519(use: Use, key: Ed25519PrivateKey, nbf: int = START, exp: int = START + YEAR) -> Key:
    """A listed key that signs no notes."""
    return Key(use=use, pub=base64url.encode(key.public_key().public_bytes_raw()), nbf=nbf, exp=exp)


@dataclass(frozen=True)
class Asking:
    """An agency with all private keys that a request needs."""

    own: Keys
    identity: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)
    tls: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False)

    @cached_property
    def pin(self) -> Pin:
        """The pin of its TLS key."""
        return new_pin(self.tls)

    @property
    def enrolment(self) -> enrolment.Enrolment:
        """What it asks for."""
        listed = agency(self.own)
        keys = {**listed.keys, "id-2026a": ed25519(Use.IDENTITY, self.identity, exp=START + 4 * YEAR)}
        return enrolment.Enrolment(
            agency=enrolment.Names(slug=self.own.slug, th=listed.th, en=listed.en, domain=listed.domain),
            ep=listed.ep,
            keys=keys,
            tls=[self.pin],
            letter_sha256="ab" * 32,
            nonce=NONCE,
            ts=START,
        )

    @property
    def private(self) -> dict[str, signed.PrivateKey]:
        """The private keys by the names under which they sign."""
        return {
            "gw-2026a": self.own.gw,
            "log-2026a": self.own.log,
            "wit-2026a": self.own.wit,
            "id-2026a": self.identity,
            self.pin.spki: self.tls,
        }

    def request(self, **changes: Any) -> signed.Envelope:
        """The request, signed by every key."""
        return self.signed(enrolment.draft(msgspec.structs.replace(self.enrolment, **changes)))

    def signed(self, envelope: signed.Envelope, *names: str) -> signed.Envelope:
        """The envelope signed by these keys, or by all."""
        for name, key in self.private.items():
            if not names or name in names:
                envelope = signed.sign(envelope, name, key)
        return envelope


def asking(slug: str) -> Asking:
    """A new agency."""
    return Asking(keys_of(slug))
