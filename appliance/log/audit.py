"""Whether a room's stored rows are still what was committed (F72): nothing was edited behind the appliance's back.

Three comparisons: the entries with the signed checkpoint, by the tree they make; every row's columns with its own
header, since columns are what reads use; and the tables of rooms and members with what the entries say of them. Bodies
are opened and held against their commitments where the keys are given. It reads only, and may run beside a server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from appliance.errors import KeyDestroyed, WrongKey
from appliance.evidence import commitment
from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import EvidenceError
from appliance.evidence.leaf import encode_leaf, leaf_hash
from appliance.evidence.note import open_checkpoint
from appliance.evidence.room_id import room_id
from appliance.evidence.tree import Frontier
from appliance.log.checkpoints import origin_of
from appliance.rules import rooms as rules
from appliance.store import entries, rooms

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.evidence.canonical import Header
    from appliance.evidence.note import Checkpoint, Verifier
    from appliance.log.bodies import Bodies
    from appliance.model import RoomId
    from appliance.store.entries import EntryRow
    from appliance.store.rooms import RoomRow

PAGE: Final = 1_000
_WHAT: Final = {
    "no_room": ("ไม่มีห้องนี้", "there is no such room"),
    "checkpoint": ("จุดตรวจสอบที่ลงนามไม่ถูกต้อง", "the signed checkpoint is not good"),
    "entries": ("รายการไม่ตรงกับจุดตรวจสอบที่ลงนาม", "the entries do not match the signed checkpoint"),
    "entry": ("รายการถูกแก้ไข", "the entry was altered"),
    "body": ("เนื้อหาถูกแก้ไข", "the body was altered"),
    "state": ("ข้อมูลห้องหรือสมาชิกไม่ตรงกับรายการ", "room or members are not what the entries say"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a room; `n` is the entry where that is known."""

    room: RoomId
    what: str
    n: int | None = None

    def __str__(self) -> str:
        thai, english = _WHAT[self.what]
        place = self.room if self.n is None else f"{self.room} n={self.n}"
        return f"{place}: {thai} — {english}"


def verify_room(
    raw: sqlcipher.Connection, room: RoomId, verifier: Verifier, bodies: Bodies | None = None
) -> Fault | None:
    """Return the first fault of a room's stored rows, or None. All is read in one transaction."""
    raw.execute("BEGIN")
    try:
        return _verify(raw, room, verifier, bodies)
    finally:
        raw.execute("COMMIT")


def _verify(raw: sqlcipher.Connection, room: RoomId, verifier: Verifier, bodies: Bodies | None) -> Fault | None:
    row = rooms.load(raw, room)
    if row is None:
        return Fault(room, "no_room")
    signed = rooms.checkpoint(raw, row.key)
    checkpoint = _opened(signed[2], room, verifier) if signed else None
    if signed and checkpoint is None:
        return Fault(room, "checkpoint")
    if checkpoint and checkpoint.size > row.size:
        return Fault(room, "entries")
    return _walk(raw, room, row, checkpoint, bodies)


def _opened(note: str, room: RoomId, verifier: Verifier) -> Checkpoint | None:
    try:
        checkpoint, _ = open_checkpoint(note, [verifier])
    except EvidenceError:
        return None
    return checkpoint if checkpoint.origin == origin_of(verifier.name, room) else None


def _walk(
    raw: sqlcipher.Connection, room: RoomId, row: RoomRow, checkpoint: Checkpoint | None, bodies: Bodies | None
) -> Fault | None:
    frontier, state, n = Frontier(), None, 0
    while n < row.size:
        page_end = min(n + PAGE, row.size)
        for found in entries.between(raw, row.key, n, page_end - 1):
            header = _header(room, found, n)
            if header is None:
                return Fault(room, "entry", n)
            if bodies and not _body_is_sound(raw, bodies, room, found, header):
                return Fault(room, "body", n)
            frontier = frontier.append(leaf_hash(encode_leaf(found.header, hub_time=found.at, n=n, registry=0)))
            state = rules.apply(state, header, room, n)
            n += 1
            if checkpoint and n == checkpoint.size and frontier.root() != checkpoint.root:
                return Fault(room, "entries")
        if n < page_end:
            return Fault(room, "entry", n)
    return None if state == row.state else Fault(room, "state")


def _header(room: RoomId, row: EntryRow, n: int) -> Header | None:
    """Return the header of the row that should be entry `n`, or None where the row is not what its header says."""
    try:
        header = decode_header(row.header)
    except EvidenceError:
        return None
    fields: dict[str, Any] = header.st or {}
    right = (
        row.n == n
        and header.ty == row.type
        and header.sn.partition("@")[0] == row.sender
        and header.ts == row.at
        and header.os == n
        and fields.get("target") == row.target
        and (room_id(row.header) if n == 0 else header.room) == room
    )
    return header if right else None


def _body_is_sound(raw: sqlcipher.Connection, bodies: Bodies, room: RoomId, row: EntryRow, header: Header) -> bool:
    """Compare a body with the commitment in its header; one that was erased is sound."""
    if row.sealed is None or row.epoch is None:
        return True
    try:
        salt, body = bodies.open_bytes(raw, room, row.n, row.epoch, row.sealed)
    except KeyDestroyed:
        return True
    except WrongKey:
        return False
    return header.bl == len(body) and commitment.check(header.bc, salt, body)
