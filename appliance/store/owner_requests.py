"""What members ask of a room's owner, and what they were taken off, as rows (F34, F41)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from appliance.model import Millis, PersonId, RoomId
from appliance.rules.owner_requests import Kind, Outcome, OwnerRequest
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.store.db import Rows

SQL = Queries("owner_requests")
ALL_ROOMS: Final = ""


class DepartureRow(NamedTuple):
    """Somebody was taken off a room: what it was called then, when and by whom.

    `why` is the code of what made the system do it, `reason` what the owner wrote. `asked`: they had asked for it.
    """

    room: str
    name: str
    at: Millis
    by: str
    why: str
    reason: str
    asked: int


class RequestViewer(NamedTuple):
    """Who reads a room's requests, and which of them they may see.

    `sees_own`: those that they made. `owns`: as owner of the room, those that wait and those answered at or after
    `since` (ms UTC). `administers`: as administrator of the owner's unit, those that wait and were escalated.
    """

    person: PersonId
    sees_own: bool
    owns: bool
    administers: bool
    since: Millis


class RequestPosition(NamedTuple):
    """The position of a request in the list of its room: when it was made (ms UTC), and its row id."""

    asked: int
    row: int


class InboxPosition(NamedTuple):
    """The position of a request in the list of one person; the list is sorted by these fields.

    `over` is the group: 0 for answers to the person, 1 for their own requests that wait, 2 for other requests that
    wait, 3 for other answers. `time` (ms UTC) is negative for answers, so that the newest comes first.
    """

    over: int
    time: int
    id: str

    @classmethod
    def of(cls, person: PersonId, request: OwnerRequest) -> Self:
        """Return the position of a request in the list of `person`."""
        if request.outcome is Outcome.PENDING:
            return cls(1 if request.person == person else 2, request.asked, request.id)
        return cls(0 if request.person == person else 3, -(request.answered or 0), request.id)


class Counts(NamedTuple):
    """How much waits for somebody's answer, and how many answers they have not seen."""

    waiting: int
    answers: int


NEWEST: Final = RequestPosition(2**53, 0)
FIRST: Final = InboxPosition(-1, 0, "")


def insert(rows: Rows, room: int, request: OwnerRequest) -> None:
    """Keep a new request; `room` is the room's key."""
    fields = {
        "id": request.id,
        "kind": request.kind.value,
        "room": room,
        "person": request.person,
        "people": " ".join(request.people),
        "reason": request.reason,
        "state": request.outcome.value,
        "asked": request.asked,
    }
    rows.run(SQL.insert, fields)


def by_id(rows: Rows, request: str) -> OwnerRequest | None:
    """Return a request."""
    row = rows.one(SQL.by_id, {"request": request})
    return _request(row) if row else None


def of_person(rows: Rows, room: int, kind: Kind, person: PersonId) -> list[OwnerRequest]:
    """Return everything of one kind that a person asked in a room."""
    return [_request(row) for row in rows.all(SQL.of_person, {"room": room, "kind": kind.value, "person": person})]


def in_room(
    rows: Rows, room: int, kind: Kind, viewer: RequestViewer, before: RequestPosition, limit: int
) -> list[OwnerRequest]:
    """Return what somebody may see of one kind in a room, the newest first: what stands behind `before`."""
    given = {"room": room, "kind": kind.value, "limit": limit, **viewer._asdict(), **before._asdict()}
    return [_request(row) for row in rows.all(SQL.in_room, given)]


def position_of(rows: Rows, room: int, kind: Kind, request: str) -> RequestPosition | None:
    """Return where a request stands among those of its kind in a room, None where it is none of them."""
    row = rows.one(SQL.position_of, {"room": room, "kind": kind.value, "request": request})
    return RequestPosition._make(row) if row else None


def concerning(
    rows: Rows, person: PersonId, escalated: list[str], since: Millis, after: InboxPosition, limit: int
) -> list[OwnerRequest]:
    """Return what concerns somebody, behind a position: answers to them, what waits (their own first), other answers.

    Of answers the newest come first, of what waits the oldest.

    It is what they asked, what was asked in their rooms and not withdrawn, and the requests named in `escalated`.
    """
    given = {"person": person, "escalated": json.dumps(escalated), "since": since, "limit": limit, **after._asdict()}
    return [_request(row) for row in rows.all(SQL.concerning, given)]


def counts(rows: Rows, person: PersonId, escalated: list[str], since: Millis) -> Counts:
    """Count what concerns somebody."""
    given = {"person": person, "escalated": json.dumps(escalated), "since": since}
    return Counts(rows.value(SQL.count_waiting, given), rows.value(SQL.count_answers, given))


def escalated(rows: Rows) -> list[tuple[str, PersonId]]:
    """Return what waits for an administrator, of all rooms: each request with the owner of its room."""
    return [(request, PersonId(owner)) for request, owner in rows.all(SQL.escalated)]


def departures(rows: Rows, person: PersonId, since: Millis, limit: int) -> list[DepartureRow]:
    """Return what a person was taken off since a time and is off still, the newest first."""
    return [
        DepartureRow._make(row) for row in rows.all(SQL.departures, {"person": person, "since": since, "limit": limit})
    ]


def delete_departures(rows: Rows, before: Millis, limit: int) -> int:
    """Delete at most `limit` of all departures before a time, the oldest first; return how many."""
    deleted: int = rows.run(SQL.delete_departures, {"before": before, "limit": limit})
    return deleted


def seen(rows: Rows, person: PersonId) -> dict[str, Millis]:
    """Return up to when a person has seen answers, by room; under ALL_ROOMS, of all and what they were taken off."""
    return dict(rows.all(SQL.seen, {"person": person}))


def put_seen(rows: Rows, person: PersonId, room: str, upto: Millis) -> bool:
    """Move that time on, never back; False when it stood there already."""
    return bool(rows.run(SQL.put_seen, {"person": person, "room": room, "upto": upto}))


def pending_in(rows: Rows, room: int) -> list[OwnerRequest]:
    """Return what waits in a room, the oldest first."""
    return [_request(row) for row in rows.all(SQL.pending_in, {"room": room})]


def pending_before(rows: Rows, kind: Kind, asked: Millis) -> list[OwnerRequest]:
    """Return what of one kind waits since a time or longer, of all rooms, the oldest first."""
    return [_request(row) for row in rows.all(SQL.pending_before, {"kind": kind.value, "asked": asked})]


def answer(rows: Rows, request: str, outcome: Outcome, at: Millis, by: str, note: str) -> bool:
    """Answer a request that waits; False when it was answered already."""
    return bool(rows.run(SQL.answer, {"outcome": outcome.value, "at": at, "by": by, "note": note, "request": request}))


def escalate(rows: Rows, request: str, at: Millis) -> bool:
    """Mark a request as escalated; False when it does not wait or was before."""
    return bool(rows.run(SQL.escalate, {"at": at, "request": request}))


def _request(row: tuple[Any, ...]) -> OwnerRequest:
    request, kind, room, person, people, reason, outcome, asked, answered, answered_by, note, escalated = row
    return OwnerRequest(
        id=request,
        kind=Kind(kind),
        room=RoomId(room),
        person=PersonId(person),
        people=tuple(PersonId(who) for who in people.split(" ")),
        reason=reason,
        outcome=Outcome(outcome),
        asked=asked,
        answered=answered,
        answered_by=answered_by,
        note=note,
        escalated=escalated,
    )
