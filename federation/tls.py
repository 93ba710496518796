"""TLS between gateways: a self-signed P-256 certificate for each, known by its key.

Rules:
- TLS 1.3 only (RFC 8446), both sides show a certificate, no session is resumed;
- a context trusts the certificates that it was made with and no authority: OpenSSL ends the handshake of any other, so
  nothing that a stranger sends is read. A certificate that an authority has signed is a stranger's too;
- whose certificate it is follows from the SHA-256 of its SubjectPublicKeyInfo (the pin), which the registry lists with
  the dates that count. A certificate's own dates never end it;
- OpenSSL takes a self-signed certificate only if it has that very certificate, so a pin carries it. One whose
  certificate is not of its key, or not a self-signed one of P-256, is trusted by nobody (`fits`).

Private keys never touch the disk in clear: OpenSSL is given them in memory. Does not: know the registry, keep keys
(`gateway/folder.py`), open connections.
Source: docs/decisions/0049-the-gateway.md.
"""

from __future__ import annotations

import datetime as dt
import os
import ssl
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appliance.evidence import base64url

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

MAX_CERTIFICATE: Final = 2048
"""Bytes of DER; what is made here takes about 400."""
PIN: Final = "sha256:"
_FROM: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_UNTIL: Final = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
"""The date of a certificate that has no end of its own (RFC 5280 §4.1.2.5)."""


class BadCertificate(ValueError):
    """Bytes that are no certificate of a gateway."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a gateway shows: its certificate (DER) and the key of it."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: bytes

    @property
    def spki(self) -> str:
        """The pin of the key."""
        return spki_of(self.certificate)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def certify(key: ec.EllipticCurvePrivateKey, agency: str) -> bytes:
    """Return a self-signed certificate (DER) of a key; its name says whose it is and is no proof of anything."""
    public = key.public_key()
    # Names differ by key: OpenSSL looks among the trusted certificates by name.
    label = sha256(_spki(public)).hexdigest()[:16]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{agency} {label}"[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def spki_of(certificate: bytes) -> str:
    """Return the pin of a certificate (DER): `sha256:` and base64url. Raises BadCertificate."""
    return PIN + base64url.encode(sha256(_spki(_read(certificate).public_key())).digest())


def fits(spki: str, certificate: bytes) -> bool:
    """Return whether a certificate is a self-signed one of P-256 whose key has this pin."""
    try:
        found = _read(certificate)
        if spki_of(certificate) != spki or found.issuer != found.subject:
            return False
        found.verify_directly_issued_by(found)
    except (BadCertificate, InvalidSignature, ValueError, TypeError):
        return False
    return True


def server_context(own: Identity, trusted: Iterable[bytes]) -> ssl.SSLContext:
    """Return a context that accepts clients with one of these certificates (DER)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # each connection proves its key anew
    return _prepared(context, own, trusted)


def client_context(own: Identity, trusted: Iterable[bytes]) -> ssl.SSLContext:
    """Return a context for dialling whoever has one of these certificates (DER), whatever the host is called."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # who a gateway is, its key says
    return _prepared(context, own, trusted)


def peer_of(transport: asyncio.BaseTransport) -> str | None:
    """Return the pin of who is at the other end of a connection whose handshake is done; None without TLS."""
    shown = transport.get_extra_info("ssl_object")
    certificate = shown.getpeercert(binary_form=True) if shown is not None else None
    return spki_of(certificate) if certificate else None


def _prepared(context: ssl.SSLContext, own: Identity, trusted: Iterable[bytes]) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if known := b"".join(dict.fromkeys(trusted)):
        context.load_verify_locations(cadata=known)
    _load_from_memory(context, own)
    return context


def _load_from_memory(context: ssl.SSLContext, own: Identity) -> None:
    """Load a key that must not touch the disk: OpenSSL reads files only, so it is given one in memory."""
    pem = serialization.Encoding.PEM
    chain = x509.load_der_x509_certificate(own.certificate).public_bytes(pem) + own.key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(chain)
        context.load_cert_chain(f"/proc/self/fd/{handle}", password="")
    finally:
        os.close(handle)


def _read(certificate: bytes) -> x509.Certificate:
    if len(certificate) > MAX_CERTIFICATE:
        raise BadCertificate(f"{len(certificate)} bytes")
    try:
        found = x509.load_der_x509_certificate(certificate)
        key = found.public_key()
    except Exception as error:  # whatever the parser of hostile bytes says
        raise BadCertificate(str(error)) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadCertificate("the key is not on P-256")
    return found


def _spki(public: object) -> bytes:
    assert isinstance(public, ec.EllipticCurvePublicKey)  # noqa: S101 - `_read` has looked
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
