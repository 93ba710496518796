"""`gchat room …`: find rooms, export a room's log for evidence, verify rooms against their checkpoints, give a room a
new owner, close rooms.

`list`, `export` and `verify` work beside a running server; `reassign` and `close` write as the appliance itself, which
must be stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from appliance.cli_offline import add_command, operator, prove_two, shown
from appliance.errors import Conflict
from appliance.rules.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.people_services import OfflineServices
    from appliance.rules.roles import Actor


def register(commands: Any) -> None:
    """Add the commands to the command line."""
    room = commands.add_parser("room", help="rooms as evidence").add_subparsers(required=True)
    export = add_command(room, "export", "write a room's whole log, for `gchat-verify room`; goes on record", _export)
    export.add_argument("room")
    export.add_argument("--why", required=True, help="the order or the case it is for; goes on record")
    export.add_argument(
        "--output", type=Path, help="a new file, readable by its owner alone; standard output otherwise"
    )
    export.add_argument("--partial", action="store_true", help="leave damaged bodies out and list them")
    listing = add_command(room, "list", "find rooms: id, kind, created, members, name; goes on record", _list)
    listing.add_argument("--name", metavar="TEXT", help="whose name has this in it")
    listing.add_argument("--member", metavar="USER", help="whose member this is, or one of the two of a private chat")
    verify = _command(room, "verify", "compare what is stored with what was signed and recorded (F72)", _verify)
    verify.add_argument("room", nargs="?", help="one room; all otherwise")
    reassign = _command(room, "reassign", "give a room whose owner is gone to another member (F37)", _reassign)
    reassign.add_argument("room")
    reassign.add_argument("--to", required=True, help="person id of the new owner")
    reassign.add_argument("--why", required=True)
    reassign.add_argument("--by", required=True, metavar="USER", help="who decides; types their password")
    reassign.add_argument("--second", required=True, metavar="USER", help="who agrees; types theirs")
    close = _command(room, "close", "close groups and take everybody but the owner off (F40)", _close)
    close.add_argument("room", nargs="+")
    close.add_argument("--why", required=True, help="goes into the audit log and into the room's own log")


def _command(room: Any, name: str, what: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = room.add_parser(name, help=what)
    command.add_argument("--data", type=Path, default=Path("/var/lib/gchat"))
    command.set_defaults(run=run)
    return command


async def _list(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.evidence import list_rooms  # noqa: PLC0415 - commands import what they need when they run
    from appliance.cli_accounts import by_user  # noqa: PLC0415

    member = by_user(s, arguments.member) if arguments.member else None
    for found in await list_rooms(s, actor, arguments.name, member):
        print(f"{found.id}\t{found.kind}\t{shown(found.created_at)}\t{found.members}\t{one_line(found.name)}")
    return 0


async def _export(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.evidence import export_room  # noqa: PLC0415 - commands import what they need when they run
    from appliance.model import RoomId  # noqa: PLC0415

    room = RoomId(arguments.room)
    with _output(arguments.output) as write:
        done = await export_room(s, actor, room, arguments.why, write, partial=arguments.partial)
    for n in done.damaged:
        print(f"{room} n={n}: เนื้อหาเสียหาย จึงไม่ได้ส่งออก — the body is damaged and was left out", file=sys.stderr)
    print(f"{done.entries} รายการ — entries · SHA-256 {done.sha256}", file=sys.stderr)
    return 1 if done.damaged else 0


@contextmanager
def _output(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Lend what writes the export: standard output, or a new file that is there, whole, only after the last byte."""
    if path is None:
        yield sys.stdout.buffer.write
        return
    if path.exists():
        raise Conflict(str(path), code="file_exists")
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
            yield out.write
            out.flush()
            os.fsync(out.fileno())
        _rename_new(part, path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _rename_new(part: Path, path: Path) -> None:
    """Give the file its name unless another one has it by now. Raises Conflict."""
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise Conflict(str(path), code="file_exists") from error
    except OSError:
        # A file system without hard links, such as that of a memory stick.
        if path.exists():
            raise Conflict(str(path), code="file_exists") from None
        part.rename(path)


def _verify(arguments: argparse.Namespace) -> int:
    from appliance import cli, config, unlocking  # noqa: PLC0415 - commands import what they need when they run
    from appliance.log.audit import Check  # noqa: PLC0415
    from appliance.log.bodies import Bodies  # noqa: PLC0415
    from appliance.log.notes import log_verifiers  # noqa: PLC0415
    from appliance.log.verification import Place, verify_rooms  # noqa: PLC0415
    from appliance.model import RoomId  # noqa: PLC0415
    from appliance.store.migrate import require_current  # noqa: PLC0415

    loaded = config.load(arguments.data.resolve())
    keys = unlocking.unlock_keys(loaded, cli.ask)
    require_current(loaded.database, keys.database_key)
    verifier, *former = log_verifiers(loaded.agency, keys)
    check = Check(verifier, Bodies(keys, 0), former=tuple(former))
    asked = [RoomId(arguments.room)] if arguments.room else []
    found = verify_rooms(Place(loaded.database, keys.database_key, loaded.heads_file), check, asked)
    for fault in found.faults:
        print(fault, file=sys.stderr)
    print(f"{found.rooms - len(found.faulty)}/{found.rooms} ห้องถูกต้อง — rooms verified")
    print("ไม่ใช่หลักฐาน: การอ่านแล้ว ประวัติการเข้าสู่ระบบ — no evidence: read receipts, the history of sign-ins")
    return 1 if found.faults else 0


def _close(arguments: argparse.Namespace) -> int:
    return asyncio.run(_close_rooms(arguments))


async def _close_rooms(arguments: argparse.Namespace) -> int:
    from appliance import cli, config, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.actions.audit import sign_checkpoint  # noqa: PLC0415
    from appliance.actions.rooms import end_room  # noqa: PLC0415
    from appliance.model import RoomId  # noqa: PLC0415

    loaded = config.load(arguments.data.resolve())
    with wiring.only_process(loaded):
        async with wiring.services(loaded, unlock=lambda: unlocking.unlock_keys(loaded, cli.ask)) as s:
            for room in dict.fromkeys(arguments.room):
                await end_room(s, operator().name, RoomId(room), arguments.why)
            await sign_checkpoint(s)
    return 0


def _reassign(arguments: argparse.Namespace) -> int:
    return asyncio.run(_reassign_room(arguments))


async def _reassign_room(arguments: argparse.Namespace) -> int:
    from appliance import cli, config, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.actions.rooms import reassign_room  # noqa: PLC0415
    from appliance.model import PersonId, RoomId  # noqa: PLC0415

    loaded = config.load(arguments.data.resolve())
    with wiring.only_process(loaded):
        async with wiring.services(loaded, unlock=lambda: unlocking.unlock_keys(loaded, cli.ask)) as s:
            by, second = await prove_two(s, arguments.by, arguments.second)
            await reassign_room(s, by, RoomId(arguments.room), PersonId(arguments.to), arguments.why, second)
    return 0
