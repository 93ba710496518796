"""The appliance's own CA and the server certificate it issues, for agencies without certificates.

Owns `tls.sealed`, the CA's and the server's private keys sealed under the vault's key for files, never in clear on
disk; and `ca.pem`, the CA's public certificate for the devices that are to trust it. An existing CA is never replaced
but by `new_ca`: staff's devices would warn, and staff would learn to click warnings away.

Does not: serve (see `tls_context`).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.errors import AppError
from appliance.sealed_file import SealBroken, seal, unseal
from appliance.vault.keyfile import remove_private, replace_file, replace_private

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.config import Config
    from appliance.model import Millis
    from appliance.vault.keyring import Keyring

CA_FILE: Final = "ca.pem"
SEALED_FILE: Final = "tls.sealed"
CA_DAYS: Final = 3650
SERVER_DAYS: Final = 397
RENEW_DAYS: Final = 60
PUBLIC: Final = 0o644
_NAME: Final = b"gchat-tls/1"
_LOOPBACK: Final = {
    ipaddress.ip_address("0.0.0.0"): ipaddress.ip_address("127.0.0.1"),  # noqa: S104 - what is replaced
    ipaddress.ip_address("::"): ipaddress.ip_address("::1"),
}


def ensure_own(config: Config, keys: Keyring, now: Millis) -> tuple[Path, bytes]:
    """Return the path of the CA's certificate and the server's chain with its key (PEM), made or renewed where due.

    Raises AppError: `tls_ca_lost` where `ca.pem` stands without its key, `tls_sealed_damaged` where `tls.sealed` does
    not open or is of another CA. Nothing is changed then: only `new_ca` replaces a CA.
    """
    kept = _kept(config, keys)
    if kept is None:
        return new_ca(config, keys, now)
    today = _date(now)
    if not is_due(kept.server, today) and _covers(kept.server, config):
        return config.data / CA_FILE, kept.chain
    return _keep(config, keys, kept.authority, kept.ca, today)


def new_ca(config: Config, keys: Keyring, now: Millis) -> tuple[Path, bytes]:
    """Make a CA and a server certificate in place of those that are there; return as `ensure_own`.

    Every device that trusts the former CA warns of the new one until it is set to trust that.
    """
    authority = ec.generate_private_key(ec.SECP256R1())
    return _keep(config, keys, authority, _make_ca(config, authority, _date(now)), _date(now))


def is_due(certificate: x509.Certificate, today: dt.datetime) -> bool:
    """Return whether it is time to renew a server certificate of the own CA."""
    return certificate.not_valid_after_utc - today <= dt.timedelta(days=RENEW_DAYS)


def own_ca(config: Config, keys: Keyring) -> x509.Certificate | None:
    """Return the certificate of the own CA, None before there is one. Raises AppError as `ensure_own`."""
    kept = _kept(config, keys)
    return None if kept is None else kept.ca


def own_server(config: Config, keys: Keyring) -> x509.Certificate | None:
    """Return the server certificate of the own CA, None before there is one. Raises AppError as `ensure_own`."""
    kept = _kept(config, keys)
    return None if kept is None else kept.server


@dataclass(frozen=True, slots=True)
class _Kept:
    """What `tls.sealed` holds: the CA with its key, and the server's chain with its key."""

    authority: ec.EllipticCurvePrivateKey = field(repr=False)
    ca: x509.Certificate
    server: x509.Certificate
    chain: bytes = field(repr=False)


def _kept(config: Config, keys: Keyring) -> _Kept | None:
    """Read what was kept; a `ca.pem` that is missing or torn is written again from it."""
    ca_path, sealed_path = config.data / CA_FILE, config.data / SEALED_FILE
    if not sealed_path.exists():
        if ca_path.exists():
            raise AppError(f"{ca_path} is there, {sealed_path} with its key is not", code="tls_ca_lost")
        return None
    try:
        ca_key, chain = _open(sealed_path, keys).split(b"\0", 1)
        server, ca = x509.load_pem_x509_certificates(chain)
        authority = serialization.load_pem_private_key(ca_key, None)
    except (SealBroken, ValueError) as error:
        raise AppError(f"{sealed_path}: {error}", code="tls_sealed_damaged") from error
    if not isinstance(authority, ec.EllipticCurvePrivateKey) or authority.public_key() != ca.public_key():
        raise AppError(f"{sealed_path}: the key is not the CA's", code="tls_sealed_damaged")
    public = ca.public_bytes(serialization.Encoding.PEM)
    shown = _read_ca(ca_path)
    if shown is None:
        replace_file(ca_path, public, PUBLIC)
    elif shown != ca:
        raise AppError(f"{ca_path} and {sealed_path} are of two CAs", code="tls_sealed_damaged")
    return _Kept(authority, ca, server, chain)


def _read_ca(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _keep(
    config: Config, keys: Keyring, authority: ec.EllipticCurvePrivateKey, ca: x509.Certificate, today: dt.datetime
) -> tuple[Path, bytes]:
    """Make a server certificate and keep it with its CA, durably: first what is secret, then what follows from it."""
    chain = _make_server(config, authority, ca, today)
    ca_path, sealed_path = config.data / CA_FILE, config.data / SEALED_FILE
    public = ca.public_bytes(serialization.Encoding.PEM)
    if _read_ca(ca_path) not in (None, ca):
        # A crash between the two files must not leave a CA with the key of another.
        remove_private(ca_path)
    replace_private(sealed_path, seal(_pem(authority) + b"\0" + chain, _NAME, keys.files_key))
    replace_file(ca_path, public, PUBLIC)
    return ca_path, chain


def _date(now: Millis) -> dt.datetime:
    return dt.datetime.fromtimestamp(now / 1000, dt.UTC)


def _make_ca(config: Config, key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{config.agency.name_en} G-Chat CA"[:64])])
    return (
        _builder(name, name, key.public_key(), now, now + dt.timedelta(days=CA_DAYS))
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
    until = min(now + dt.timedelta(days=SERVER_DAYS), ca.not_valid_after_utc)
    certificate = (
        _builder(subject, ca.subject, key.public_key(), now, until)
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
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # An hour of slack for clients whose clock is behind.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(until)
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
            address = ipaddress.ip_address(name)
        except ValueError:
            found.append(x509.DNSName(name))
        else:
            # Who listens everywhere is reached at no such address; programs on this machine use loopback.
            found.append(x509.IPAddress(_LOOPBACK.get(address, address)))
    return found


def _covers(server: x509.Certificate, config: Config) -> bool:
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names) == set(_names(config))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _open(path: Path, keys: Keyring) -> bytes:
    *others, last = keys.files_keys
    sealed = path.read_bytes()
    for key in others:
        with suppress(SealBroken):
            return unseal(sealed, _NAME, key)
    return unseal(sealed, _NAME, last)


def reseal(config: Config, keys: Keyring) -> None:
    """Seal the private keys under the present key of files, where an appliance has any. Raises SealBroken, OSError.

    For a switch of that key, while the former one still opens them.
    """
    path = config.data / SEALED_FILE
    if path.exists():
        replace_private(path, seal(_open(path, keys), _NAME, keys.files_key))
