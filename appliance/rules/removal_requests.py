"""Who may ask to be taken off a room, when again, and who answers (F41).

Pure. A member asks the owner; one request waits at a time, and a refused one may be repeated after a while. When the
owner is silent too long the request goes to the administrators of the owner's unit as well, who then answer it like
the owner. Nobody but the owner answers a request of their own. The table is tests/rules/tables/removal_requests.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.model import Deny, Role
from appliance.policies import DAY
from appliance.rules.rooms import may_ask_removal

if TYPE_CHECKING:
    from collections.abc import Collection

    from appliance.model import Millis, PersonId, RoomId, RoomState


class Outcome(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """A member's request. Times are milliseconds UTC; `answered_by` is a person, or the system."""

    id: str
    room: RoomId
    person: PersonId
    reason: str
    outcome: Outcome
    asked: Millis
    answered: Millis | None = None
    answered_by: str | None = None
    note: str = ""
    escalated: Millis | None = None


def may_ask(
    state: RoomState, role: Role | None, last: RemovalRequest | None, now: Millis, repeats_days: int
) -> Deny | None:
    """Say why this member may not ask now; `last` is their newest request in this room."""
    if denied := may_ask_removal(state, role):
        return denied
    if last is None:
        return None
    if last.outcome is Outcome.PENDING:
        return Deny.REQUEST_PENDING
    refused_lately = last.outcome is Outcome.REFUSED and now < (last.answered or last.asked) + repeats_days * DAY
    return Deny.REQUEST_TOO_SOON if refused_lately else None


def may_answer(
    state: RoomState, actor: PersonId, request: RemovalRequest, administrators: Collection[PersonId]
) -> Deny | None:
    """Say why this person may not answer; `administrators` are those of the unit of the room's owner."""
    if actor == state.owner:
        return None
    if request.escalated is not None and actor in administrators:
        return Deny.SECOND_PERSON_REQUIRED if actor == request.person else None
    return Deny.NOT_OWNER if state.role_of(actor) else Deny.NOT_A_MEMBER


def is_due_for_escalation(request: RemovalRequest, now: Millis, escalates_days: int) -> bool:
    """Tell whether the owner has been silent too long."""
    waits = request.outcome is Outcome.PENDING and request.escalated is None
    return waits and now >= request.asked + escalates_days * DAY
