"""Requests of members to a room's owner: who may make one, when again, and who answers it (F34, F41).

Pure. Only the owner changes who is in a room. A member may request to be taken off (F41), or suggest that others be
added (F34). Rules for both kinds:
- each member has at most one request of a kind that waits; it is answered once, and the member may withdraw it before;
- after a refusal the same people may be named again only when some time has passed;
- after a withdrawal the next request may come a day later, whomever it names; otherwise somebody could make and
  withdraw requests without end;
- nobody but the owner answers a request of their own.

A request to be taken off that waits too long is escalated: the administrators of the owner's unit may then answer it
like the owner. A suggestion is never escalated. Requests are stored by this appliance alone, so they name people as it
does; `home` says who they are in the room. The tables are tests/rules/tables/may_ask.json, may_answer.json,
repeats_from.json, is_fulfilled.json and is_due_for_escalation.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from appliance.model import Deny
from appliance.policies import DAY
from appliance.rules.rooms import may_ask_removal, may_suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from appliance.model import Home, Millis, PersonId, Principal, Role, RoomId, RoomState


# How long it is kept that somebody was taken off a room, and why.
DEPARTURES_KEPT: Final = 90 * DAY
# How long after withdrawing a request the same person may ask for something of its kind again.
AFTER_WITHDRAWAL: Final = DAY


class Kind(StrEnum):
    """The kind of a request."""

    REMOVAL = "removal"
    SUGGESTION = "suggestion"


class Outcome(StrEnum):
    """The outcome of a request, or that it waits."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class OwnerRequest:
    """A member's request. `people` are those it is about: to be taken off, the one who asks; else those to be added.

    Times are milliseconds UTC; `answered_by` is a person, or the system.
    """

    id: str
    kind: Kind
    room: RoomId
    person: PersonId
    people: tuple[PersonId, ...]
    reason: str
    outcome: Outcome
    asked: Millis
    answered: Millis | None = None
    answered_by: str | None = None
    note: str = ""
    escalated: Millis | None = None


_MAY: Final[dict[Kind, Callable[[RoomState, Role | None], Deny | None]]] = {
    Kind.REMOVAL: may_ask_removal,
    Kind.SUGGESTION: may_suggest,
}


def may_ask(
    home: Home, state: RoomState, asked: OwnerRequest, earlier: Iterable[OwnerRequest], repeats_days: int
) -> Deny | None:
    """Return why a request may not be made now, or None. `earlier`: the member's requests of this kind in this room."""
    if denied := _MAY[asked.kind](state, state.role_of(home.principal(asked.person))):
        return denied
    if is_fulfilled(home, asked, state.members):
        return Deny.ALREADY_MEMBER
    before = list(earlier)
    if any(request.outcome is Outcome.PENDING for request in before):
        return Deny.REQUEST_PENDING
    lately = [one for one in before if asked.asked < (repeats_from(one, repeats_days) or asked.asked)]
    if any(request.outcome is Outcome.WITHDRAWN for request in lately):
        return Deny.REQUEST_WITHDRAWN
    named_again = any(not set(request.people).isdisjoint(asked.people) for request in lately)
    return Deny.REQUEST_TOO_SOON if named_again else None


def repeats_from(request: OwnerRequest, repeats_days: int) -> Millis | None:
    """Return the time from which the same request may be made again, None where it may be made at once."""
    answered = request.answered or request.asked
    if request.outcome is Outcome.WITHDRAWN:
        return answered + AFTER_WITHDRAWAL
    return answered + repeats_days * DAY if request.outcome is Outcome.REFUSED else None


def repeats_in(home: Home, state: RoomState, request: OwnerRequest, repeats_days: int) -> Millis | None:
    """Return that time for a room as it is now: None where the person may ask nothing, or all is as they asked."""
    denied = _MAY[request.kind](state, state.role_of(home.principal(request.person)))
    return None if denied or is_fulfilled(home, request, state.members) else repeats_from(request, repeats_days)


def escalates_at(request: OwnerRequest, escalates_days: int) -> Millis | None:
    """Return when a request that waits goes to the administrators too, None for one that does not, or has."""
    waits = request.outcome is Outcome.PENDING and request.escalated is None
    return request.asked + escalates_days * DAY if request.kind is Kind.REMOVAL and waits else None


def may_answer(
    home: Home, state: RoomState, actor: PersonId, request: OwnerRequest, administrators: Collection[PersonId]
) -> Deny | None:
    """Say why this person may not answer; `administrators` are those of the unit of the room's owner."""
    if home.principal(actor) == state.owner:
        return None
    if request.escalated is not None and actor in administrators:
        return Deny.SECOND_PERSON_REQUIRED if actor == request.person else None
    return Deny.NOT_OWNER if state.role_of(home.principal(actor)) else Deny.NOT_A_MEMBER


def may_hear(home: Home, state: RoomState, person: PersonId, request: OwnerRequest) -> bool:
    """Return whether someone may know of a request of their own: who is off the room, how their own removal ended."""
    return request.kind is Kind.REMOVAL or home.principal(person) in state.members


def is_fulfilled(home: Home, request: OwnerRequest, members: Collection[Principal]) -> bool:
    """Return whether the room is already as the request would have it, by whatever way that came."""
    if request.kind is Kind.REMOVAL:
        return not any(home.principal(person) in members for person in request.people)
    return all(home.principal(person) in members for person in request.people)


def is_due_for_escalation(request: OwnerRequest, now: Millis, escalates_days: int) -> bool:
    """Return whether the owner has been silent too long (F41)."""
    due = escalates_at(request, escalates_days)
    return due is not None and now >= due
