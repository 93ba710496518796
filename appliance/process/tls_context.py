"""The TLS context that staff's connections are served with, and its certificate while the process lives.

TLS 1.3 only (RFC 8446). The context is one object from start to end; a certificate that is renewed is loaded into it,
so connections that begin afterwards get it and nobody is interrupted. The appliance's own certificate is renewed
`tls.RENEW_DAYS` before its end. An agency's own files are looked at every few seconds and loaded when they changed; a
file that cannot be used is logged and the certificate before stays.

Does not: make certificates (`tls`), accept connections.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import ssl
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from appliance.errors import AppError, ConfigError
from appliance.process import tls
from appliance.rules.thai_days import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.config import Config
    from appliance.model import Millis
    from appliance.vault.keyring import Keyring

    Signature = tuple[tuple[int, int, int], ...]

logger = logging.getLogger(__name__)
LOOK_EVERY_S: Final = 5.0
WARN_DAYS: Final = 30


class ServedCertificate:
    """The living context. `context` is made once; `look` brings its certificate up to date."""

    def __init__(self, config: Config, keys: Keyring, now: Millis) -> None:
        """Load the first certificate. Raises ConfigError for files that cannot be used, AppError as `ensure_own`."""
        self._config, self._keys = config, keys
        self.context = _new_context()
        self._seen: Signature | None = None
        self._next_warning = self._next_try = now
        # At start a certificate whose time is over is served, with a warning: else nobody would learn of anything.
        self._good_until = _date(now)
        if self._is_agencys:
            self._seen = _signature(self._paths)
            self._certificate = self._load_files(now)
        else:
            self._certificate = self._load(tls.ensure_own(config, keys, now)[1])
        self._warn(now)

    @property
    def _is_agencys(self) -> bool:
        return bool(self._config.staff.certificate)

    @property
    def _paths(self) -> tuple[Path, Path]:
        """The agency's files; a relative path is relative to the data folder."""
        staff = self._config.staff
        return self._config.data / staff.certificate, self._config.data / staff.key

    @property
    def der(self) -> bytes:
        """The certificate that is served now (DER)."""
        return self._certificate.public_bytes(serialization.Encoding.DER)

    def look(self, now: Millis) -> None:
        """Renew the own certificate where it is due, or load the agency's files where they changed."""
        if self._is_agencys:
            self._look_at_files(now)
        elif now >= self._next_try and tls.is_due(self._certificate, _date(now)):
            self._renew(now)
        self._warn(now)

    async def keep(self, clock: Callable[[], Millis]) -> None:
        """Look every few seconds until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                self.look(clock())
            except Exception:
                logger.exception("the certificate could not be looked at")

    def _renew(self, now: Millis) -> None:
        self._next_try = now + HOUR_MS
        try:
            self._certificate = self._load(tls.ensure_own(self._config, self._keys, now)[1])
        except (AppError, OSError) as error:
            logger.error("the certificate could not be renewed, and will be tried again in an hour: %s", error)  # noqa: TRY400
        else:
            logger.warning("the certificate was renewed and is good until %s", self._good_until.date())

    def _look_at_files(self, now: Millis) -> None:
        try:
            found = _signature(self._paths)
        except OSError:
            found = ()
        if found == self._seen:
            return
        self._seen = found
        try:
            self._certificate = self._load_files(now)
        except ConfigError as error:
            logger.error("a new certificate is not used, the one before stays: %s", error)  # noqa: TRY400
        else:
            logger.warning("a new certificate was loaded and is good until %s", self._good_until.date())
            self._next_warning = now

    def _load_files(self, now: Millis) -> x509.Certificate:
        """Load the agency's files, both read once. Raises ConfigError, with the context as it was."""
        certificate_path, key_path = self._paths
        try:
            chain = certificate_path.read_bytes() + b"\n" + key_path.read_bytes()
            found = x509.load_pem_x509_certificates(chain)[0]
            # Into a context of no use first: a key that does not belong to its certificate would spoil the living one.
            _load_from_memory(_new_context(), chain)
        except (OSError, ValueError) as error:
            raise ConfigError([f"staff.certificate, staff.key: {error}"]) from error
        if found.not_valid_after_utc <= _date(now) < self._good_until:
            raise ConfigError([f"staff.certificate: its time was over on {found.not_valid_after_utc.date()}"])
        return self._load(chain)

    def _load(self, chain: bytes) -> x509.Certificate:
        _load_from_memory(self.context, chain)
        found = x509.load_pem_x509_certificates(chain)[0]
        self._good_until = found.not_valid_after_utc
        return found

    def _warn(self, now: Millis) -> None:
        """Say once a day that the certificate is about to end and nothing renews it."""
        left = self._good_until - _date(now)
        if now >= self._next_warning and left <= dt.timedelta(days=WARN_DAYS):
            self._next_warning = now + DAY_MS
            logger.warning("the certificate ends on %s, in %d days: renew it", self._good_until.date(), left.days)


def _new_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load_from_memory(context: ssl.SSLContext, chain: bytes) -> None:
    """Load a chain whose key must not touch the disk: OpenSSL reads files only, so it is given one in memory.

    Raises OSError (`ssl.SSLError`), also for a key under a passphrase: nobody is there to be asked.
    """
    handle = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(chain)
        context.load_cert_chain(f"/proc/self/fd/{handle}", password="")
    finally:
        os.close(handle)


def _signature(paths: tuple[Path, Path]) -> Signature:
    """Return what changes when a file is written or replaced. Raises OSError."""
    found = [path.stat() for path in paths]
    return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)


def _date(now: Millis) -> dt.datetime:
    return dt.datetime.fromtimestamp(now / 1000, dt.UTC)
