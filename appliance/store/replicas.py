"""Rows of rooms that agencies share: the hub's notes, cosignatures, who is given a room, cursors and quarantines.

The caller owns the transaction. What a batch writes is in `batch.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import json

from appliance.model import RoomId
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.model import Millis
    from appliance.store.batch import NewNote
    from appliance.store.db import Rows

SQL = Queries("replicas")


class RoomNote(NamedTuple):
    """The hub's signed note at a size, with the edge of the tree there."""

    size: int
    frontier: bytes
    note: str


class Share(NamedTuple):
    """How many entries of a room an agency has, and how many it gets; None while it has members there."""

    has: int
    upto: int | None


class SharedRoom(NamedTuple):
    """A room that an agency is given, and its size; other fields as in `Share`."""

    room: RoomId
    has: int
    upto: int | None
    size: int


class Finding(NamedTuple):
    """Why a room became read-only: at which step and entry, what a peer gave, and the note that was held."""

    at: Millis
    peer: str
    step: int
    reason: str
    n: int
    leaf: bytes | None
    note: str
    held: str | None
    ended_at: Millis | None


def note_at(rows: Rows, room: int, size: int) -> RoomNote | None:
    """Return the hub's note at exactly this size."""
    row = rows.one(SQL.note_at, {"room": room, "size": size})
    return RoomNote._make(row) if row else None


def note_upto(rows: Rows, room: int, size: int) -> RoomNote | None:
    """Return the hub's note at the largest size that is not above this one."""
    row = rows.one(SQL.note_upto, {"room": room, "size": size})
    return RoomNote._make(row) if row else None


def note_between(rows: Rows, room: int, first: int, last: int) -> RoomNote | None:
    """Return the hub's note at the largest size from `first` to `last`."""
    row = rows.one(SQL.note_between, {"room": room, "first": first, "last": last})
    return RoomNote._make(row) if row else None


def insert_note(rows: Rows, note: NewNote) -> None:
    """Keep the hub's note at a size; one that is there already stays."""
    rows.many(SQL.insert_note, [note])


def ids_upto(rows: Rows, room: int) -> int:
    """Return up to which entry the ids of a room are known."""
    upto: int = rows.value(SQL.ids_upto, {"room": room})
    return upto


def find_ids(rows: Rows, room: int, ids: Sequence[str]) -> dict[str, int]:
    """Return those of the ids that entries of the room have, with their positions."""
    return dict(rows.all(SQL.find_ids, {"room": room, "ids": json.encode(ids).decode()}))


def quarantined(rows: Rows) -> dict[RoomId, str]:
    """Return the rooms that are read-only because of what their hub gave, with the reason."""
    return {RoomId(room): reason for room, reason in rows.all(SQL.quarantined)}


def findings(rows: Rows, room: int) -> list[Finding]:
    """Return what was found in a room, in order."""
    return [Finding._make(row) for row in rows.all(SQL.findings, {"room": room})]


def end_quarantine(rows: Rows, room: int, at: Millis) -> None:
    """Let a room be written again; what was found is kept."""
    rows.run(SQL.end_quarantine, {"room": room, "at": at})


def put_cursor(rows: Rows, peer: str, pos: int) -> None:
    """Note that everything which a hub gave up to its position is here."""
    rows.run(SQL.put_cursor, {"peer": peer, "pos": pos})


def cursors(rows: Rows) -> dict[str, int]:
    """Return how far this appliance has what each hub gives."""
    return dict(rows.all(SQL.cursors))


def share_of(rows: Rows, peer: str, room: int) -> Share | None:
    """Return what an agency is given of a room, or None where it never had a member."""
    row = rows.one(SQL.share_of, {"peer": peer, "room": room})
    return Share._make(row) if row else None


def shares_of_hub(rows: Rows, peer: str, hub: str) -> list[SharedRoom]:
    """Return the rooms of a hub that an agency is given."""
    return [SharedRoom._make(row) for row in rows.all(SQL.shares_of_hub, {"peer": peer, "hub": hub})]


def followers_of_hub(rows: Rows, hub: str) -> dict[RoomId, list[str]]:
    """Return the rooms of a hub that other agencies have members in, with these agencies."""
    found: dict[RoomId, list[str]] = {}
    for room, peer in rows.all(SQL.followers_of_hub, {"hub": hub}):
        found.setdefault(RoomId(room), []).append(peer)
    return found


def note_has(rows: Rows, peer: str, room: int, size: int) -> None:
    """Note that an agency has so many entries of a room."""
    rows.run(SQL.note_has, {"peer": peer, "room": room, "size": size})


def lower_has(rows: Rows, peer: str, room: int, size: int) -> None:
    """Note that an agency has no more entries of a room than so many: it was restored from a copy."""
    rows.run(SQL.lower_has, {"peer": peer, "room": room, "size": size})


def insert_cosignature(rows: Rows, room: int, agency: str, size: int, line: str) -> None:
    """Keep an agency's cosignature of a size; the newest line of the same size stays."""
    rows.run(SQL.insert_cosignature, {"room": room, "agency": agency, "size": size, "line": line})


def cosigned(rows: Rows, room: int) -> dict[str, int]:
    """Return the largest size that each agency has cosigned."""
    return dict(rows.all(SQL.cosigned, {"room": room}))


def cosignatures(rows: Rows, room: int, size: int) -> list[str]:
    """Return the lines of those who cosigned a size."""
    return [row[0] for row in rows.all(SQL.cosignatures, {"room": room, "size": size})]
