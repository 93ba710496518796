"""`gchat tls …`: the appliance's own CA."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from appliance import wiring
from appliance.actions.changes import record
from appliance.people_services import OfflineServices
from appliance.process import tls
from appliance.rules.roles import Actor

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


async def show(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    """Print the CA's fingerprint and end."""
    ca = tls.own_ca(s.config, s.keys)
    print("–" if ca is None else _described(ca))
    return 0


async def new_ca(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Make a new CA."""
    print(_NEW_CA.format(ca=s.config.data / tls.CA_FILE), file=sys.stderr)
    if not arguments.yes:
        print(_REPEAT, file=sys.stderr)
        return 1
    with wiring.only_process(s.config):
        async with s.store.write() as tx:
            await record(s, tx, actor.name, "tls.new_ca", tls.CA_FILE)
        tls.new_ca(s.config, s.keys, s.clock())
    return await show(s, actor, arguments)


def _described(ca: x509.Certificate) -> str:

    return f"SHA-256 {ca.fingerprint(SHA256()).hex(':').upper()}\n{ca.not_valid_after_utc.date()}"
