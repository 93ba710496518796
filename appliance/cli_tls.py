"""`gchat tls …`: the appliance's own CA: show it, or make a new one in place of a lost one."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final

from appliance.cli_offline import add_command

if TYPE_CHECKING:
    from cryptography import x509

    from appliance.people_services import OfflineServices
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


def register(commands: Any) -> None:
    """Add the commands to the command line."""
    group = commands.add_parser("tls", help="the appliance's own CA").add_subparsers(required=True)
    add_command(group, "show", "show the CA's fingerprint and end, for staff to compare", _show)
    new = add_command(group, "new-ca", "make a new CA; every device must be told to trust it", _new_ca)
    new.add_argument("--yes", action="store_true", help="do it; without it nothing is changed")


async def _show(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    from appliance import tls  # noqa: PLC0415 - commands import what they need when they run

    ca = tls.own_ca(s.config, s.keys)
    print("–" if ca is None else _described(ca))
    return 0


async def _new_ca(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance import tls, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.actions.changes import record  # noqa: PLC0415

    print(_NEW_CA.format(ca=s.config.data / tls.CA_FILE), file=sys.stderr)
    if not arguments.yes:
        print(_REPEAT, file=sys.stderr)
        return 1
    with wiring.only_process(s.config):
        async with s.store.write() as tx:
            await record(s, tx, actor.name, "tls.new_ca", tls.CA_FILE)
        tls.new_ca(s.config, s.keys, s.clock())
    return await _show(s, actor, arguments)


def _described(ca: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - commands import what they need

    return f"SHA-256 {ca.fingerprint(SHA256()).hex(':').upper()}\n{ca.not_valid_after_utc.date()}"
