"""`gchat tls …`: the appliance's own CA."""

from __future__ import annotations

import argparse
import asyncio
import sys

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from appliance import config, wiring
from appliance.actions.audit_checkpoints import sign_checkpoint
from appliance.actions.audit_records import record
from appliance.cli.local.stopped import open_services, operator
from appliance.cli.questions import ask
from appliance.config import Config
from appliance.errors import ConfigError
from appliance.locale import LANGUAGES, both, text
from appliance.process import tls
from appliance.store.migrate import require_known
from appliance.vault import unlock
from appliance.vault.keyring import Keyring
from federation.discovery import fingerprint_of


def show(arguments: argparse.Namespace) -> int:
    """Print the CA's fingerprint and end."""
    _print(*_opened(arguments))
    return 0


def new_ca(arguments: argparse.Namespace) -> int:
    """Make a new CA in the place of one that is lost; without `--yes`, say what that means."""
    with wiring.only_process(config.load(arguments.data.resolve()), refused=wiring.SERVER_MUST_STOP):
        loaded, keys = _opened(arguments)
        print(
            "\n\n".join(text("tls.new_ca", language, ca=str(loaded.data / tls.CA_FILE)) for language in LANGUAGES),
            file=sys.stderr,
        )
        if not arguments.yes:
            print(both("tls.repeat"), file=sys.stderr)
            return 1
        asyncio.run(_make(loaded, keys))
        _print(loaded, keys)
    return 0


def _opened(arguments: argparse.Namespace) -> tuple[Config, Keyring]:
    """Open the keys of an appliance whose database this release knows."""
    loaded = config.load(arguments.data.resolve())
    keys = unlock.unlock_keys(loaded, ask)
    require_known(loaded.database, keys.database_key)
    return loaded, keys


async def _make(loaded: Config, keys: Keyring) -> None:
    async with open_services(loaded, keys) as s:
        async with s.store.write() as tx:
            await record(s, tx, operator().name, "tls.new_ca", tls.CA_FILE)
        tls.new_ca(loaded, keys, s.clock())
        await sign_checkpoint(s)


def _print(loaded: Config, keys: Keyring) -> None:
    ca = tls.own_ca(loaded, keys)
    print("–" if ca is None else _described(ca))
    server = _server(loaded, keys)
    if server is not None:
        print(f"{both('tls.key_of_server')}: {fingerprint_of(server.public_bytes(Encoding.DER))}")


def _server(loaded: Config, keys: Keyring) -> x509.Certificate | None:
    """Return the certificate that is served: the agency's where it has one, else that of the own CA."""
    if not loaded.staff.certificate:
        return tls.own_server(loaded, keys)
    try:
        return x509.load_pem_x509_certificates((loaded.data / loaded.staff.certificate).read_bytes())[0]
    except (OSError, ValueError) as error:
        raise ConfigError([f"staff.certificate: {error}"]) from error


def _described(ca: x509.Certificate) -> str:

    return f"SHA-256 {ca.fingerprint(SHA256()).hex(':').upper()}\n{ca.not_valid_after_utc.date()}"
