"""HTTPS for staff: the agency's own certificate files, or a self-made agency CA (operations.md).

The CA's and the server's private keys are kept sealed under the vault's key for files, never in clear on disk; the
CA's certificate `ca.pem` is public, for the devices that are to trust it. TLS 1.3 only, as of RFC 8446.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.vault.blobs import open_chunks, seal_chunks

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.config import Config
    from appliance.model import Millis
    from appliance.vault.keyring import Keyring

CA_FILE: Final = "ca.pem"
SEALED_FILE: Final = "tls.sealed"
CA_DAYS: Final = 3650
SERVER_DAYS: Final = 397
RENEW_DAYS: Final = 30
_AAD: Final = b"gchat-tls/1"


def server_context(config: Config, keys: Keyring, now: Millis) -> ssl.SSLContext:
    """Return the server side of TLS 1.3 for this appliance, making or renewing its certificate where it is its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    if config.staff.certificate:
        context.load_cert_chain(config.staff.certificate, config.staff.key)
    else:
        _load_from_memory(context, ensure_own(config, keys, now)[1])
    return context


def ensure_own(config: Config, keys: Keyring, now: Millis) -> tuple[Path, bytes]:
    """Return the path of the agency CA's certificate and the server's chain with its key, made where they are due."""
    ca_path, sealed_path = config.data / CA_FILE, config.data / SEALED_FILE
    today = dt.datetime.fromtimestamp(now / 1000, dt.UTC)
    if sealed_path.exists() and ca_path.exists():
        ca_key, chain = _open(sealed_path, keys).split(b"\0", 1)
        server = x509.load_pem_x509_certificates(chain)[0]
        if server.not_valid_after_utc - today > dt.timedelta(days=RENEW_DAYS) and _covers(server, config):
            return ca_path, chain
        ca = x509.load_pem_x509_certificate(ca_path.read_bytes())
        authority = serialization.load_pem_private_key(ca_key, None)
        assert isinstance(authority, ec.EllipticCurvePrivateKey)  # noqa: S101 - it is the one made below
    else:
        authority = ec.generate_private_key(ec.SECP256R1())
        ca = _make_ca(config, authority, today)
        ca_path.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    chain = _make_server(config, authority, ca, today)
    _seal(sealed_path, keys, _pem(authority) + b"\0" + chain)
    return ca_path, chain


def _make_ca(config: Config, key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{config.agency.name_en} G-Chat CA"[:64])])
    return (
        _builder(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _make_server(
    config: Config, authority: ec.EllipticCurvePrivateKey, ca: x509.Certificate, now: dt.datetime
) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, config.staff.names[0][:64])])
    certificate = (
        _builder(subject, ca.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(_names(config)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return certificate.public_bytes(pem) + ca.public_bytes(pem) + _pem(key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # An hour of slack for clients whose clock is behind.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(config: Config) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys((*config.staff.names, config.staff.host)):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _covers(server: x509.Certificate, config: Config) -> bool:
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names) == set(_names(config))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _seal(path: Path, keys: Keyring, plain: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"".join(seal_chunks(keys.files_key, _AAD, [plain])))
    fresh.replace(path)


def _open(path: Path, keys: Keyring) -> bytes:
    return b"".join(open_chunks(keys.files_key, _AAD, [path.read_bytes()]))


def _load_from_memory(context: ssl.SSLContext, chain: bytes) -> None:
    """Load a chain whose key must not touch the disk: OpenSSL reads files only, so it is given one in memory."""
    handle = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(handle, chain)
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)
