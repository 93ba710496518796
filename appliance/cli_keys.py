"""`gchat keys …`: rotate the master key, split it into officers' shares, check that it opens the appliance."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance import cli_switch

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.evidence.note import Verifier
    from appliance.vault.keyring import Keyring
    from appliance.vault.master import MasterKey, NewMaster

_HAND_OUT: Final = (
    "ให้เจ้าหน้าที่สามคนจดคนละหนึ่งส่วน ส่วนละ 33 คำตามลำดับ แล้วพิมพ์กลับสองส่วน ก่อนหน้านั้นยังไม่มีการเปลี่ยนแปลงใด ๆ\n"
    "Three officers write down one share each, 33 words in their order; then type two of them back. Nothing is changed "
    "before that."
)
SOURCES = ("file", "credential", "passphrase", "shares")


def register(commands: Any) -> None:
    """Add the commands to the command line."""
    keys = commands.add_parser("keys", help="the appliance's keys (docs/keys.md)").add_subparsers(required=True)
    show = keys.add_parser("show", help="show a public key")
    show.add_argument("--data", type=Path, default=Path("/var/lib/gchat"))
    show.add_argument("--log", action="store_true", required=True, help="the key that signs logs, for evidence")
    show.set_defaults(run=_show)
    cli_switch.register(keys)
    for name, run, what in (
        ("rotate", _rotate, "wrap every key under a new master key"),
        ("check", _check, "open the keys and the database, change nothing"),
    ):
        command = keys.add_parser(name, help=what)
        command.add_argument("--data", type=Path, default=Path("/var/lib/gchat"))
        command.set_defaults(run=run)
        if name == "rotate":
            command.add_argument("--to", choices=SOURCES, help="move to another source of the master key")


def _show(arguments: argparse.Namespace) -> int:
    from appliance import cli, config, unlocking  # noqa: PLC0415 - commands import what they need when they run
    from appliance.log.notes import log_signer  # noqa: PLC0415

    loaded = config.load(arguments.data.resolve())
    show_log_key(log_signer(loaded.agency, unlocking.unlock_keys(loaded, cli.ask)).verifier)
    return 0


def show_log_key(verifier: Verifier) -> None:
    """Print the key that courts check evidence with, and its fingerprint for paper, in Thai and English."""
    print("กุญแจตรวจหลักฐานของหน่วยงาน ให้ประกาศและเก็บไว้นอกระบบ — the agency's evidence key: publish it, keep it elsewhere")
    print(f"  {verifier.vkey}")
    print("ลายนิ้วมือสำหรับพิมพ์บนกระดาษ — fingerprint for paper")
    print(f"  {verifier.fingerprint}")


def _rotate(arguments: argparse.Namespace) -> int:
    from appliance import cli, config, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.store.migrate import migrate, require_known  # noqa: PLC0415
    from appliance.vault.master import MasterSource, new_master_key  # noqa: PLC0415
    from appliance.vault.record import SourceKind  # noqa: PLC0415

    data = arguments.data.resolve()
    unlocking.require_appliance(data)
    loaded = config.load(data)
    to = SourceKind(arguments.to or loaded.keys.source)
    with wiring.only_process(loaded):
        old = unlocking.open_master(loaded, cli.ask)
        keys = unlocking.unlock_keys(loaded, cli.ask, old)
        require_known(loaded.database, keys.database_key)
        made = new_master_key(MasterSource(to), data, cli.ask, cli.teller())
        hand_out_shares(made)
        migrate(loaded.database, keys.database_key)
        asyncio.run(_rotate_on_record(loaded, keys, old, made))
    if to != loaded.keys.source:
        print(f'gchat.toml: [keys] source = "{to}"')
    print("หมุนเวียนกุญแจหลักแล้ว — the master key was rotated")
    return 0


async def _rotate_on_record(loaded: Config, keys: Keyring, old: MasterKey, made: NewMaster) -> None:
    """Replace the master key; who did it goes on record before anything changes, and again when it is done."""
    from appliance.actions.key_switch import record_rotation  # noqa: PLC0415 - commands import what they need when they run
    from appliance.cli_offline import open_services, operator  # noqa: PLC0415
    from appliance.vault.keyring import rotate_master  # noqa: PLC0415

    async with open_services(loaded, keys) as s:
        await record_rotation(s, operator(), "begun", made.key.key_id, former=old.key_id, source=made.record.kind.value)
        rotate_master(loaded.data, old, made.key, made.record)
        await record_rotation(s, operator(), "done", made.key.key_id, former=old.key_id, source=made.record.kind.value)


def hand_out_shares(made: NewMaster) -> None:
    """Show new shares and have two of them typed back, before anything depends on them. Raises WrongKey, Invalid."""
    if made.shares is None:
        return
    from appliance import cli  # noqa: PLC0415 - commands import what they need when they run
    from appliance.vault.master import confirm_shares  # noqa: PLC0415

    print(_HAND_OUT, file=sys.stderr)
    for share in made.shares:
        print(share, flush=True)
    confirm_shares(made, cli.ask, lambda error: print(cli.explain(error), file=sys.stderr, flush=True))


def _check(arguments: argparse.Namespace) -> int:
    from appliance import cli, config, unlocking  # noqa: PLC0415 - commands import what they need when they run
    from appliance.store.migrate import require_known  # noqa: PLC0415

    loaded = config.load(arguments.data.resolve())
    keys = unlocking.unlock_keys(loaded, cli.ask)
    require_known(loaded.database, keys.database_key)
    print("กุญแจเปิดข้อมูลได้ — the keys open the appliance")
    for purpose in keys.second:
        print(f"กำลังเปลี่ยนกุญแจ ใช้ได้ทั้งสองดอก — a switch is under way, both keys are valid: {purpose.value}")
    return 0
