"""Requests to be taken off a room, as rows (F41).

Functions run on a connection's own thread inside the caller's transaction. `view` gives a request the shape clients
see, for answers and for the feed alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.model import PersonId, RoomId
from appliance.rules.removal_requests import Outcome, RemovalRequest
from appliance.store.queries import Queries
from appliance.wire.rooms import RemovalRequest as View

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.model import Millis

SQL = Queries("removal_requests")


def insert(raw: sqlcipher.Connection, room: int, request: RemovalRequest) -> None:
    """Keep a new request; `room` is the room's key."""
    row = (request.id, room, request.person, request.reason, request.outcome.value, request.asked)
    raw.execute(SQL.insert, row)


def by_id(raw: sqlcipher.Connection, request: str) -> RemovalRequest | None:
    """Return a request."""
    return _request(raw.execute(SQL.by_id, (request,)).fetchone())


def last_of(raw: sqlcipher.Connection, room: int, person: PersonId) -> RemovalRequest | None:
    """Return a person's newest request in a room."""
    return _request(raw.execute(SQL.last_of, (room, person)).fetchone())


def in_room(raw: sqlcipher.Connection, room: int) -> list[RemovalRequest]:
    """Return every request in a room, the newest first."""
    return [found for row in raw.execute(SQL.in_room, (room,)) if (found := _request(row))]


def pending_before(raw: sqlcipher.Connection, asked: Millis) -> list[RemovalRequest]:
    """Return what waits since a time or longer, of all rooms, the oldest first."""
    return [found for row in raw.execute(SQL.pending_before, (asked,)) if (found := _request(row))]


def answer(raw: sqlcipher.Connection, request: str, outcome: Outcome, at: Millis, by: str, note: str) -> bool:
    """Answer a request that waits; False when it was answered already."""
    return bool(raw.execute(SQL.answer, (outcome.value, at, by, note, request)).rowcount)


def escalate(raw: sqlcipher.Connection, request: str, at: Millis) -> bool:
    """Mark a request as escalated; False when it does not wait or was before."""
    return bool(raw.execute(SQL.escalate, (at, request)).rowcount)


def view(request: RemovalRequest, name: str | None) -> View:
    """Return a request as clients see it; `name` is the person's."""
    return View(
        id=request.id,
        room=request.room,
        person=request.person,
        name=name or request.person,
        state=request.outcome.value,
        asked=request.asked,
        reason=request.reason,
        answered=request.answered,
        answered_by=request.answered_by,
        note=request.note,
        escalated=request.escalated,
    )


def _request(row: tuple[Any, ...] | None) -> RemovalRequest | None:
    if row is None:
        return None
    request, room, person, reason, outcome, asked, answered, answered_by, note, escalated = row
    return RemovalRequest(
        request, RoomId(room), PersonId(person), reason, Outcome(outcome), asked, answered, answered_by, note, escalated
    )
