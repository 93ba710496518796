"""`gchat room …`: export a room's log for evidence, verify rooms against their checkpoints, give a room a new owner.

These read or write as the appliance itself, so the serving process must be stopped first, but for `verify`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.evidence.note import Verifier
    from appliance.log.bodies import Bodies
    from appliance.model import RoomId
    from appliance.vault.keyring import Keyring


def register(commands: Any) -> None:
    """Add the commands to the command line."""
    room = commands.add_parser("room", help="rooms as evidence").add_subparsers(required=True)
    export = _command(room, "export", "write a room's whole log, for `gchat-verify room`", _export)
    export.add_argument("room")
    export.add_argument("--output", type=Path, help="a file; standard output otherwise")
    verify = _command(room, "verify", "compare stored entries with the signed checkpoints (F72)", _verify)
    verify.add_argument("room", nargs="?", help="one room; all otherwise")
    reassign = _command(room, "reassign", "give a room whose owner is gone to another member (F37)", _reassign)
    reassign.add_argument("room")
    reassign.add_argument("--to", required=True, help="person id of the new owner")
    reassign.add_argument("--why", required=True)
    reassign.add_argument("--by", required=True, help="who decides")
    reassign.add_argument("--second", required=True, help="who agrees: another person")


def _command(room: Any, name: str, what: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = room.add_parser(name, help=what)
    command.add_argument("--data", type=Path, default=Path("/var/lib/gchat"))
    command.set_defaults(run=run)
    return command


def _loaded(arguments: argparse.Namespace) -> Config:
    from appliance import config  # noqa: PLC0415 - commands import what they need when they run

    return config.load(arguments.data.resolve())


def _export(arguments: argparse.Namespace) -> int:
    return asyncio.run(_export_room(arguments))


async def _export_room(arguments: argparse.Namespace) -> int:
    from appliance import cli, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.log.export import export_room  # noqa: PLC0415
    from appliance.model import RoomId  # noqa: PLC0415

    loaded = _loaded(arguments)
    with wiring.only_process(loaded):
        async with wiring.services(loaded, unlock=lambda: unlocking.unlock_keys(loaded, cli.ask)) as s:
            out = arguments.output.open("wb") if arguments.output else sys.stdout.buffer
            try:
                async for line in export_room(s.store, s.log, RoomId(arguments.room)):
                    out.write(line)
            finally:
                if arguments.output:
                    out.close()
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from appliance import cli, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.log.bodies import Bodies  # noqa: PLC0415
    from appliance.model import RoomId  # noqa: PLC0415
    from appliance.store import rooms  # noqa: PLC0415
    from appliance.store.db import connect, translate_disk_errors  # noqa: PLC0415
    from appliance.store.migrate import refuse_newer  # noqa: PLC0415

    loaded = _loaded(arguments)
    keys = unlocking.unlock_keys(loaded, cli.ask)
    refuse_newer(loaded.database, keys.database_key)
    raw = connect(loaded.database, keys.database_key, read_only=True)
    try:
        with translate_disk_errors(loaded.database):
            asked = [RoomId(arguments.room)] if arguments.room else rooms.all_ids(raw)
    finally:
        raw.close()
    verifier, bodies = wiring.log_signer(loaded, keys).verifier, Bodies(keys, 0)
    faults = [fault for room in asked if (fault := _fault_of(loaded, keys, room, verifier, bodies))]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(asked) - len(faults)}/{len(asked)} ห้องถูกต้อง — rooms verified")
    return 1 if faults else 0


def _fault_of(loaded: Config, keys: Keyring, room: RoomId, verifier: Verifier, bodies: Bodies) -> str | None:
    """Verify one room, on a connection of its own: one that met a torn page reads nothing more."""
    from appliance import cli  # noqa: PLC0415 - commands import what they need when they run
    from appliance.errors import Unavailable  # noqa: PLC0415
    from appliance.log.audit import verify_room  # noqa: PLC0415
    from appliance.store.db import connect, translate_disk_errors  # noqa: PLC0415

    raw = connect(loaded.database, keys.database_key, read_only=True)
    try:
        with translate_disk_errors(loaded.database):
            fault = verify_room(raw, room, verifier, bodies)
    except Unavailable as error:
        return f"{room}: {cli.explain(error)}"
    finally:
        raw.close()
    return str(fault) if fault else None


def _reassign(arguments: argparse.Namespace) -> int:
    return asyncio.run(_reassign_room(arguments))


async def _reassign_room(arguments: argparse.Namespace) -> int:
    from appliance import cli, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.actions.rooms import reassign_room  # noqa: PLC0415
    from appliance.model import PersonId, RoomId  # noqa: PLC0415

    loaded = _loaded(arguments)
    with wiring.only_process(loaded):
        async with wiring.services(loaded, unlock=lambda: unlocking.unlock_keys(loaded, cli.ask)) as s:
            await reassign_room(
                s, arguments.by, RoomId(arguments.room), PersonId(arguments.to), arguments.why, arguments.second
            )
    return 0
