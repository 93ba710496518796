"""What the appliance does so that its rooms are evidence: recording heads, checking by itself, exporting.

Every export is on record before the first byte of it exists (F61), and again with its hash when it is whole (F96).
Recording heads puts one root over all rooms into the audit log and a line into the file of heads; the nightly check
walks every room in a thread, a page at a time with rests, and comes before the recording, so that a room with a fault
keeps the head that was recorded of it before.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.actions.audit_checkpoints import sign_head, verify_audit
from appliance.actions.audit_records import record
from appliance.errors import Forbidden, Invalid, NotFound
from appliance.log import heads as head_rows
from appliance.log.bodies import Bodies
from appliance.log.export import RoomExport
from appliance.log.integrity import Check, Interrupted
from appliance.log.notes import log_signer, log_verifiers
from appliance.log.recorded_heads import advanced, append_line, file_line, root_over
from appliance.log.verification import RECORDED, LogFiles, Verified, verify_rooms
from appliance.model import SYSTEM, PersonId, RoomId
from appliance.rules.roles import Duty, may_perform
from appliance.rules.text import has_visible
from appliance.spelling.normalize import fold
from appliance.store import recorded_heads
from appliance.store import rooms as room_rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from appliance.model import Millis
    from appliance.rules.roles import Actor
    from appliance.services import Services

logger = logging.getLogger(__name__)
# After each page of a walk, some 10 ms of work, so that the server answers as before.
REST_S: Final = 0.03
FAULTS_ON_RECORD: Final = 20


class Exported(msgspec.Struct, frozen=True):
    """What an export came to: its entries and the SHA-256 of its bytes in hexadecimal.

    Bodies that are left out: `damaged` ones, `withheld` ones, which not everyone in the room is shown, and `malformed`
    ones, which are no text.
    """

    entries: int
    sha256: str
    damaged: tuple[int, ...]
    withheld: tuple[int, ...]
    malformed: tuple[int, ...]


class FoundRoom(msgspec.Struct, frozen=True):
    """A room as operators look for it; a private chat has the names of its two people."""

    id: RoomId
    kind: str
    created_at: Millis
    members: int
    name: str


async def record_unsigned(s: Services) -> None:
    """Put on record what had no signature at start: the last second before a crash, and rooms that were not signed."""
    found = s.log.checkpoints.found
    if not found:
        return
    outcome = "unproven" if found.unproven else "done"
    unproven = list(found.unproven[:FAULTS_ON_RECORD])
    async with s.store.write() as tx:
        await record(
            s, tx, SYSTEM, "heads.sign_at_start", "rooms", outcome, entries=found.entries, rooms=found.rooms,
            unproven=unproven,
        )  # fmt: skip


async def record_heads(s: Services, without: Collection[RoomId] = ()) -> int:
    """Record the heads of all rooms that advanced; return how many. `without`: rooms to leave as they were recorded."""
    await s.log.checkpoints.sign()
    signer = log_signer(s.config.agency, s.keys)
    async with s.store.read() as reader:
        found = await reader.run(advanced, signer.verifier)
    changed = {room: head for room, head in found.items() if room not in without}
    if not changed:
        return 0
    async with s.store.write() as tx:
        await tx.run(recorded_heads.put, changed)
        everything = await tx.run(recorded_heads.list_all)
        root = b64encode(root_over(everything)).decode()
        await record(s, tx, SYSTEM, RECORDED, "rooms", rooms=len(everything), root=root)
        line = file_line(signer, s.clock(), await sign_head(s, tx), changed, everything)
    try:
        await asyncio.to_thread(append_line, s.config.heads_file, line)
    except OSError as error:
        logger.warning("the recorded heads could not be written to %s: %s", s.config.heads_file, error)
    return len(changed)


async def check_evidence(s: Services) -> Verified:
    """Verify every room and the audit log, put the result on record, then record the heads of the rooms without fault.

    Faults are warnings in the log of the process too.
    """
    stop = threading.Event()
    verifier, *former = log_verifiers(s.config.agency, s.keys)
    check = Check(verifier, Bodies(s.keys), pause=lambda: _rest(stop), former=tuple(former), registry=s.log.registry)
    place = LogFiles(s.config.database, s.keys.database_key, s.config.heads_file)
    try:
        result = await asyncio.to_thread(verify_rooms, place, check, (), stop.wait)
    finally:
        stop.set()
    faults = [*result.faults, *(await verify_audit(s)).faults]
    for fault in faults:
        logger.warning("evidence: %s", fault)
    async with s.store.write() as tx:
        await record(
            s, tx, SYSTEM, "evidence.check", "rooms", "faults" if faults else "done",
            rooms=result.rooms, count=len(faults), faults=list(faults[:FAULTS_ON_RECORD]),
        )  # fmt: skip
    await record_heads(s, result.faulty)
    return Verified(result.rooms, result.faulty, faults)


def _rest(stop: threading.Event) -> None:
    if stop.wait(REST_S):
        raise Interrupted


async def export_room(
    s: Services,
    actor: Actor,
    room: RoomId,
    why: str,
    write: Callable[[bytes], Awaitable[object]],
    *,
    partial: bool = False,
) -> Exported:
    """Write a room's whole log for evidence. Raises Forbidden, Invalid, NotFound, Unproven, AppError (`body_damaged`).

    `partial` leaves damaged bodies out and lists them. On record before anything is written: who, what, why, how much.
    """
    if denied := may_perform(Duty.EXPORT_ROOM, actor):
        raise Forbidden(denied)
    if not has_visible(why):
        raise Invalid(field="why", code="why_missing")
    signer = log_signer(s.config.agency, s.keys)
    async with s.store.read() as reader:
        head = await reader.run(head_rows.load, room, signer.verifier)
    if head is None:
        raise NotFound(field="room")
    await _record_export(s, actor, room, "begun", why=why, entries=head.size, partial=partial)
    export, digest = RoomExport(room, head, signer, Bodies(s.keys), s.clock(), s.log.registry, partial), sha256()
    try:
        async for line in export.lines(s.store):
            digest.update(line)
            await write(line)
    except BaseException as error:
        await _record_export(s, actor, room, "failed", error=type(error).__name__)
        raise
    left_out = {"damaged": export.damaged, "withheld": export.withheld, "malformed": export.malformed}
    done = Exported(head.size, digest.hexdigest(), **{why: tuple(places) for why, places in left_out.items()})
    await _record_export(s, actor, room, "done", entries=done.entries, sha256=done.sha256, **left_out)
    return done


async def list_rooms(
    s: Services, actor: Actor, name: str | None = None, member: PersonId | None = None
) -> list[FoundRoom]:
    """Find the rooms that an export may be of, oldest first; on record before they are returned. Raises Forbidden.

    `name` is a part of the room's name, or of a name of the two of a private chat, compared as searches are. `member`
    is in it now, or is one of the two of a private chat, also after their account has ended.
    """
    if denied := may_perform(Duty.EXPORT_ROOM, actor):
        raise Forbidden(denied)
    async with s.store.read() as reader:
        rows = await reader.run(room_rows.listed, member)
    rooms = [
        FoundRoom(RoomId(row.id), row.kind, row.created_at, row.members, row.name or _names_of(s, row.pair or ""))
        for row in rows
    ]
    wanted = fold(name or "")
    found = [room for room in rooms if wanted in fold(room.name)]
    async with s.store.write() as tx:
        await record(s, tx, actor.name, "room.list", member or "rooms", name=name, rooms=len(found))
    return found


def _names_of(s: Services, pair: str) -> str:
    cards = ((person, s.directory.people.get(person)) for person in room_rows.people_of_pair(pair))
    return ", ".join(card.name if card else person for person, card in cards)


async def _record_export(s: Services, actor: Actor, room: RoomId, outcome: str, **detail: Any) -> None:
    async with s.store.write() as tx:
        await record(s, tx, actor.name, "room.export", room, outcome, **detail)
