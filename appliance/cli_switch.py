"""`gchat keys switch`: a new agency key or a new log key in the place of the present one, in two phases."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance.errors import Conflict

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.vault.keyring import Keyring
    from appliance.vault.master import MasterKey
    from appliance.vault.record import Purpose

_BEGUN: Final = "กุญแจใหม่ใช้ร่วมกับกุญแจเดิมแล้ว เริ่มระบบได้ เมื่อพร้อมให้สั่งอีกครั้งด้วย --finish"
_FINISHED: Final = "เลิกใช้กุญแจเดิมแล้ว ให้สำรอง keyring.json ใหม่"
_PUBLISH: Final = "ประกาศคำแถลงนี้คู่กับกุญแจเดิม — publish this statement where the former key was published:"


def register(keys: Any) -> None:
    """Add the command to `gchat keys`."""
    command = keys.add_parser("switch", help="put a new key in the place of one, both valid until --finish")
    command.add_argument("key", choices=["log", "agency"], help="the key that signs logs, or the one over all rooms")
    command.add_argument("--finish", action="store_true", help="stop using the former key")
    command.add_argument("--data", type=Path, default=Path("/var/lib/gchat"))
    command.set_defaults(run=_switch)


def _switch(arguments: argparse.Namespace) -> int:
    from appliance import cli, config, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.store.migrate import migrate  # noqa: PLC0415
    from appliance.vault.record import Purpose  # noqa: PLC0415

    loaded = config.load(arguments.data.resolve())
    purpose = Purpose.LOG_SIGNING if arguments.key == "log" else Purpose.AGENCY
    with wiring.only_process(loaded):
        master = unlocking.open_master(loaded, cli.ask)
        keys = unlocking.unlock_keys(loaded, cli.ask, master)
        migrate(loaded.database, keys.database_key)
        asyncio.run((_finish if arguments.finish else _begin)(loaded, master, keys, purpose))
    return 0


async def _begin(loaded: Config, master: MasterKey, _keys: Keyring, purpose: Purpose) -> None:
    from appliance.actions import key_switch  # noqa: PLC0415 - commands import what they need when they run
    from appliance.cli_offline import open_services, operator  # noqa: PLC0415
    from appliance.store import audit  # noqa: PLC0415
    from appliance.vault.record import Purpose  # noqa: PLC0415
    from appliance.vault.switching import begin_switch  # noqa: PLC0415

    keys = begin_switch(loaded.data, master, purpose)
    async with open_services(loaded, keys) as s:
        await key_switch.record_begun(s, operator(), purpose)
        print(f"{_BEGUN} — both keys are valid; start the server, and repeat with --finish when ready.")
        if purpose is Purpose.LOG_SIGNING:
            async with s.store.read() as reader:
                newest = await audit.list_newest(reader, 1, target=key_switch.key_name(s, purpose))
            print(_PUBLISH, key_switch.statement_of(newest[0]), sep="\n")


async def _finish(loaded: Config, master: MasterKey, keys: Keyring, purpose: Purpose) -> None:
    from appliance.actions import key_switch  # noqa: PLC0415 - commands import what they need when they run
    from appliance.cli_offline import open_services, operator  # noqa: PLC0415
    from appliance.log.notes import log_signer  # noqa: PLC0415
    from appliance.vault.record import Purpose  # noqa: PLC0415
    from appliance.vault.switching import finish_switch  # noqa: PLC0415

    if purpose not in keys.second:
        raise Conflict(code="no_key_switch")
    async with open_services(loaded, keys) as s:
        await key_switch.finish(s, operator(), purpose)
    retired = log_signer(loaded.agency, keys).verifier.vkey if purpose is Purpose.LOG_SIGNING else None
    finish_switch(loaded.data, master, purpose, retired)
    print(f"{_FINISHED} — the former key is no longer used; back keyring.json up again.")
