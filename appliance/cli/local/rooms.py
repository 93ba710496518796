"""`gchat room …`: find rooms, export and verify their logs, give a room a new owner, close rooms."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from appliance import config, wiring
from appliance.actions.audit import sign_checkpoint
from appliance.actions.evidence import export_room, list_rooms
from appliance.actions.rooms import end_room, reassign_room
from appliance.cli.local.accounts import by_user
from appliance.cli.local.administer import operator
from appliance.cli.local.formats import shown
from appliance.cli.local.proofs import prove_two
from appliance.cli.questions import ask
from appliance.errors import Conflict
from appliance.log.audit import Check
from appliance.log.bodies import Bodies
from appliance.log.notes import log_verifiers
from appliance.log.verification import Place, verify_rooms
from appliance.model import PersonId, RoomId
from appliance.people_services import OfflineServices
from appliance.rules.roles import Actor
from appliance.rules.text import one_line
from appliance.store.migrate import require_current
from appliance.vault import unlock


async def list_found(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Print rooms that fit."""
    member = by_user(s, arguments.member) if arguments.member else None
    for found in await list_rooms(s, actor, arguments.name, member):
        print(f"{found.id}\t{found.kind}\t{shown(found.created_at)}\t{found.members}\t{one_line(found.name)}")
    return 0


async def export(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Write a room's whole log."""
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


def verify(arguments: argparse.Namespace) -> int:
    """Compare what is stored with what was signed and recorded."""
    loaded = config.load(arguments.data.resolve())
    keys = unlock.unlock_keys(loaded, ask)
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


def close(arguments: argparse.Namespace) -> int:
    """Close groups."""
    return asyncio.run(_close_rooms(arguments))


async def _close_rooms(arguments: argparse.Namespace) -> int:

    loaded = config.load(arguments.data.resolve())
    with wiring.only_process(loaded):
        async with wiring.services(loaded, unlock=lambda: unlock.unlock_keys(loaded, ask)) as s:
            for room in dict.fromkeys(arguments.room):
                await end_room(s, operator().name, RoomId(room), arguments.why)
            await sign_checkpoint(s)
    return 0


def reassign(arguments: argparse.Namespace) -> int:
    """Give a room a new owner."""
    return asyncio.run(_reassign_room(arguments))


async def _reassign_room(arguments: argparse.Namespace) -> int:

    loaded = config.load(arguments.data.resolve())
    with wiring.only_process(loaded):
        async with wiring.services(loaded, unlock=lambda: unlock.unlock_keys(loaded, ask)) as s:
            by, second = await prove_two(s, arguments.by, arguments.second)
            await reassign_room(s, by, RoomId(arguments.room), PersonId(arguments.to), arguments.why, second)
    return 0
