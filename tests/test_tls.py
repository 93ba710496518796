"""Certificates: made, renewed while connections go on, watched, never lost in silence."""

from __future__ import annotations

import datetime as dt
import logging
import ssl
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appliance.config import Agency, Config, Listen
from appliance.errors import AppError, ConfigError
from appliance.process import tls
from appliance.process.tls_context import ServedCertificate
from appliance.vault.keyring import Keyring
from appliance.vault.record import Purpose

KEYS = Keyring("test", "0" * 16, {purpose: bytes([n]) * 32 for n, purpose in enumerate(Purpose)})
NOW = 1_795_000_000_000
DAY = 24 * 3600 * 1000


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path, Agency("test", "gchat.test", "ทดสอบ", "Test"), Listen(tls=True, names=("chat.gchat.test",)))


def certificate_of(served: ServedCertificate) -> x509.Certificate:
    """What a client is shown by a connection over this context, without a network."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = served.context.wrap_bio(incoming, outgoing, server_side=True)
    client_context = ssl.create_default_context()
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    client = client_context.wrap_bio(outgoing, incoming, server_hostname="chat.gchat.test")
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    shown = client.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)


def files(config: Config, days: int, password: bytes = b"") -> x509.Certificate:
    return write_certificate(config.data, NOW, days, password)


def write_certificate(folder: Path, now: int, days: int, password: bytes = b"") -> x509.Certificate:
    """Write an agency's own certificate and key, good for so many days from `now`."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chat.gchat.test")])
    today = dt.datetime.fromtimestamp(now / 1000, dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=400))
        .not_valid_after(today + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    hiding = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    (folder / "agency.pem").write_bytes(made.public_bytes(pem))
    (folder / "agency.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, hiding))
    return made


def with_files(config: Config) -> Config:
    return replace(config, staff=replace(config.staff, certificate="agency.pem", key="agency.key"))


def test_the_private_keys_follow_a_switch_of_the_key_of_files(config: Config) -> None:
    first = certificate_of(ServedCertificate(config, KEYS, NOW))
    fresh = {**KEYS.keys, Purpose.FILES: b"\x77" * 32}
    after = replace(KEYS, keys=MappingProxyType(fresh))
    tls.reseal(config, replace(after, second=MappingProxyType({Purpose.FILES: KEYS.files_key})))
    assert certificate_of(ServedCertificate(config, after, NOW)) == first
    with pytest.raises(AppError):
        ServedCertificate(config, KEYS, NOW)


def test_the_own_certificate_is_renewed_while_it_is_served(config: Config) -> None:
    served = ServedCertificate(config, KEYS, NOW)
    context, first = served.context, certificate_of(served)
    served.look(NOW + (tls.SERVER_DAYS - tls.RENEW_DAYS - 1) * DAY)
    assert certificate_of(served) == first
    late = NOW + (tls.SERVER_DAYS - tls.RENEW_DAYS) * DAY
    served.look(late)
    renewed = certificate_of(served)
    assert served.context is context
    assert renewed.not_valid_after_utc > first.not_valid_after_utc + dt.timedelta(days=300)
    assert renewed.issuer == first.issuer
    # What is served is what is kept, and the CA stayed.
    assert certificate_of(ServedCertificate(config, KEYS, late)) == renewed


def test_a_renewal_that_fails_keeps_the_certificate_and_is_tried_again(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    served = ServedCertificate(config, KEYS, NOW)
    first, late = certificate_of(served), NOW + 350 * DAY
    sealed = (config.data / tls.SEALED_FILE).read_bytes()
    (config.data / tls.SEALED_FILE).write_bytes(b"")
    served.look(late)
    served.look(late + 1000)
    assert certificate_of(served) == first
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    (config.data / tls.SEALED_FILE).write_bytes(sealed)
    served.look(late + 3600 * 1000)
    assert certificate_of(served) != first


def test_files_of_the_agency_are_loaded_when_they_change(config: Config) -> None:
    config, first = with_files(config), files(config, 90)
    served = ServedCertificate(config, KEYS, NOW)
    assert certificate_of(served) == first
    second = files(config, 180)
    served.look(NOW)
    assert certificate_of(served) == second
    assert not (config.data / tls.CA_FILE).exists()


@pytest.mark.parametrize("fault", ["another key", "torn", "gone", "over", "under a passphrase"])
def test_a_bad_new_file_keeps_the_certificate_before(
    config: Config, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    config, first = with_files(config), files(config, 90)
    served = ServedCertificate(config, KEYS, NOW)
    certificate, key = config.data / "agency.pem", config.data / "agency.key"
    old_key = key.read_bytes()
    files(config, -1 if fault == "over" else 180, password=b"secret" if fault == "under a passphrase" else b"")
    if fault == "another key":
        key.write_bytes(old_key)
    elif fault == "torn":
        certificate.write_bytes(certificate.read_bytes()[:100])
    elif fault == "gone":
        key.unlink()
    served.look(NOW)
    served.look(NOW)
    assert certificate_of(served) == first
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    good = files(config, 200)
    served.look(NOW)
    assert certificate_of(served) == good


def test_the_first_files_must_be_good(config: Config) -> None:
    files(config, 90)
    (config.data / "agency.key").write_text("no key")
    with pytest.raises(ConfigError, match=r"staff\.certificate"):
        ServedCertificate(with_files(config), KEYS, NOW)


def test_the_end_of_an_agencys_certificate_is_told_once_a_day(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    files(config, 31)
    served = ServedCertificate(with_files(config), KEYS, NOW)
    assert not caplog.records
    for hours in (0, 24, 25, 47, 48):
        served.look(NOW + hours * 3600 * 1000)
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == 2
    assert "ends on" in caplog.text


@pytest.mark.parametrize("content", [b"", b"GCB1", None], ids=["empty", "cut short", "torn"])
def test_a_torn_file_of_keys_is_told(config: Config, content: bytes | None) -> None:
    tls.ensure_own(config, KEYS, NOW)
    path = config.data / tls.SEALED_FILE
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    ca = (config.data / tls.CA_FILE).read_bytes()
    with pytest.raises(AppError) as caught:
        tls.ensure_own(config, KEYS, NOW)
    assert caught.value.code == "tls_sealed_damaged"
    assert (config.data / tls.CA_FILE).read_bytes() == ca


def test_a_ca_is_never_replaced_in_silence(config: Config) -> None:
    tls.ensure_own(config, KEYS, NOW)
    ca = (config.data / tls.CA_FILE).read_bytes()
    (config.data / tls.SEALED_FILE).unlink()
    with pytest.raises(AppError) as caught:
        tls.ensure_own(config, KEYS, NOW)
    assert caught.value.code == "tls_ca_lost"
    assert (config.data / tls.CA_FILE).read_bytes() == ca
    assert not (config.data / tls.SEALED_FILE).exists()
    tls.new_ca(config, KEYS, NOW)
    assert (config.data / tls.CA_FILE).read_bytes() != ca
    assert tls.ensure_own(config, KEYS, NOW)[1] == tls.ensure_own(config, KEYS, NOW)[1]


@pytest.mark.parametrize("left", [None, b""], ids=["gone", "empty"])
def test_the_public_half_is_written_again(config: Config, left: bytes | None) -> None:
    path = tls.ensure_own(config, KEYS, NOW)[0]
    ca = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    tls.ensure_own(config, KEYS, NOW)
    assert path.read_bytes() == ca
    assert path.stat().st_mode & 0o777 == 0o644
    assert (config.data / tls.SEALED_FILE).stat().st_mode & 0o777 == 0o600


def test_keys_of_another_ca_are_told(config: Config) -> None:
    tls.ensure_own(config, KEYS, NOW)
    sealed = (config.data / tls.SEALED_FILE).read_bytes()
    tls.new_ca(config, KEYS, NOW)
    (config.data / tls.SEALED_FILE).write_bytes(sealed)
    with pytest.raises(AppError) as caught:
        tls.ensure_own(config, KEYS, NOW)
    assert caught.value.code == "tls_sealed_damaged"
