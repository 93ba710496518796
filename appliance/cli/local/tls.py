"""`gchat tls …`: the appliance's own CA."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from appliance import config, wiring
from appliance.actions.audit import sign_checkpoint
from appliance.actions.changes import record
from appliance.cli.local.stopped import open_services, operator
from appliance.cli.questions import ask
from appliance.config import Config
from appliance.process import tls
from appliance.store.migrate import require_known
from appliance.vault import unlock
from appliance.vault.keyring import Keyring

_NEW_CA: Final = """\
ออก CA ใหม่แล้ว เครื่องของเจ้าหน้าที่ทุกเครื่องที่เชื่อถือ CA เดิมจะเตือนว่าการเชื่อมต่อไม่ปลอดภัย จนกว่าจะติดตั้ง {ca} ใหม่
อย่าให้เจ้าหน้าที่กดข้ามคำเตือน: แจ้งล่วงหน้า ติดตั้ง ca.pem ให้ทุกเครื่องก่อน และให้เทียบลายนิ้วมือของ CA
หากมีสำเนา tls.sealed ให้กู้ไฟล์นั้นแทน แล้วจะไม่มีเครื่องใดเตือน

With a new CA, every device that trusts the present one warns that the connection is not safe, until {ca} is
installed there anew. Do not let staff click the warning away: tell them before, install ca.pem on their devices,
and have them compare the CA's fingerprint. If there is a backup of tls.sealed, restore that: then nothing warns."""
_REPEAT: Final = (
    "ยังไม่มีการเปลี่ยนแปลง หากต้องการทำจริง ให้สั่งอีกครั้งด้วย --yes — Nothing was changed: repeat with --yes to do it."
)


def show(arguments: argparse.Namespace) -> int:
    """Print the CA's fingerprint and end."""
    _print(*_opened(arguments))
    return 0


def new_ca(arguments: argparse.Namespace) -> int:
    """Make a new CA in the place of one that is lost; without `--yes`, say what that means."""
    loaded, keys = _opened(arguments)
    print(_NEW_CA.format(ca=loaded.data / tls.CA_FILE), file=sys.stderr)
    if not arguments.yes:
        print(_REPEAT, file=sys.stderr)
        return 1
    with wiring.only_process(loaded):
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


def _described(ca: x509.Certificate) -> str:

    return f"SHA-256 {ca.fingerprint(SHA256()).hex(':').upper()}\n{ca.not_valid_after_utc.date()}"
