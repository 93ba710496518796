"""The outbox in SQL: what waits for the hub of a room that another agency orders (`log/outbox.py`).

The caller owns the transaction. Rows are added and taken out with a batch (`batch.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import json

from appliance.model import RoomId
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.model import Millis, PersonId
    from appliance.store.db import Rows

SQL = Queries("outbox")


class Phase(StrEnum):
    """How far something is on its way to the hub."""

    PENDING = "pending"
    SEALED = "sealed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class WaitingRow(NamedTuple):
    """Something that waits. `state` is what its header will say, as JSON; `header` and `seal` are there once sealed."""

    id: str
    sender: str
    txn_id: str | None
    type: str
    at: Millis
    state: str | None
    commitment: str
    length: int
    epoch: int | None
    sealed: bytes | None
    header: bytes | None
    seal: bytes | None
    n: int | None
    reason: str | None


class WaitingTxn(NamedTuple):
    """What an earlier command left in the outbox: its id, its time, and the agency that it waits for."""

    id: str
    at: Millis
    hub: str


class RefusedRow(NamedTuple):
    """What a hub refused for good: whose it was, and why."""

    room: RoomId
    sender: PersonId
    txn_id: str | None
    reason: str


def find_txn(rows: Rows, room: str, sender: PersonId, txn_id: str) -> WaitingTxn | None:
    """Return what an earlier command with this id left in the outbox."""
    row = rows.one(SQL.find_txn, {"room": room, "sender": sender, "txn_id": txn_id})
    return WaitingTxn._make(row) if row else None


def take_refused(rows: Rows) -> list[RefusedRow]:
    """Take out what was refused for good, with its words, and return whose it was."""
    return [RefusedRow._make(row) for row in rows.all(SQL.take_refused)]


def of_ids(rows: Rows, ids: Sequence[str]) -> dict[str, str | None]:
    """Return those of the ids that are in the outbox, with their idempotency keys."""
    return dict(rows.all(SQL.of_ids, {"ids": json.encode(ids).decode()}))


def of_phase(rows: Rows, room: int, phase: Phase, limit: int) -> list[WaitingRow]:
    """Return the first of a room that are in a phase, in order."""
    asked = {"room": room, "phase": phase.value, "limit": limit}
    return [WaitingRow._make(row) for row in rows.all(SQL.of_phase, asked)]


def count_numbered(rows: Rows, room: int) -> int:
    """Count what has its number among the agency's entries of a room and is no entry here yet."""
    count: int = rows.value(SQL.count_numbered, {"room": room})
    return count


def put_sealed(rows: Rows, name: str, header: bytes, seal: bytes) -> bool:
    """Keep header and seal; say whether it was waiting for them."""
    return rows.run(SQL.put_sealed, {"id": name, "header": header, "seal": seal}) > 0


def put_accepted(rows: Rows, room: int, name: str, n: int) -> None:
    """Note the position that the hub gave."""
    rows.run(SQL.put_accepted, {"room": room, "id": name, "n": n})


def put_submitted(rows: Rows, hub: str) -> None:
    """Have everything that a hub accepted and whose entry has not come back be submitted again, as it was sealed."""
    rows.run(SQL.put_submitted, {"hub": hub})


def put_refused(rows: Rows, room: int, name: str, reason: str) -> None:
    """Note that the hub refused it for good."""
    rows.run(SQL.put_refused, {"room": room, "id": name, "reason": reason})


def put_pending(rows: Rows, room: int) -> None:
    """Have everything of a room that is sealed and not accepted be numbered and sealed anew."""
    rows.run(SQL.put_pending, {"room": room})


def rooms(rows: Rows) -> list[tuple[RoomId, str]]:
    """Return the rooms for which something is on its way, with their hubs."""
    return [(RoomId(room), hub) for room, hub in rows.all(SQL.rooms)]
