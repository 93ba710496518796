"""Suggest people to a room's owner, and answer: members cannot add anybody by themselves (F34).

One kind of request to the owner; its life is `owner_requests.py`. Accepting adds by the owner's own way of adding
(`rooms.change_drafts`), with all its checks; where that refuses, the suggestion waits on and the owner sees why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions import owner_requests, rooms
from appliance.actions.owner_requests import Decision
from appliance.model import PersonId, RoomId
from appliance.rules.owner_requests import Kind, Outcome, OwnerRequest
from appliance.rules.visibility import may_read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Draft, RoomState
    from appliance.services import Services


async def suggest_members(
    s: Services, actor: PersonId, room: RoomId, people: Iterable[PersonId], reason: str
) -> OwnerRequest:
    """Suggest people to the room's owner; who is in already is left out. Raises Forbidden, NotFound, Invalid."""
    state = (await s.log.head(room)).state
    asked = list(dict.fromkeys(people))
    new = [person for person in asked if s.log.home.principal(person) not in state.members]
    if may_read(state, s.log.home.principal(actor), s.clock()) is None:
        # An outsider is refused before anything is said of the people named.
        rooms.check_found(s, actor, new)
        rooms.check_active(s, new)
    return await owner_requests.ask(s, actor, room, Kind.SUGGESTION, new or asked, reason)


async def answer_suggestion(
    s: Services, actor: PersonId, room: RoomId, request_id: str, outcome: Outcome, note: str
) -> OwnerRequest:
    """Add those suggested at once, or decline; the same answer again changes nothing.

    Raises Forbidden, NotFound, Conflict, and what adding members raises.
    """
    decision = Decision(Kind.SUGGESTION, request_id, outcome, note)
    return await owner_requests.answer(s, actor, room, decision, _addition)


async def _addition(s: Services, actor: PersonId, state: RoomState, request: OwnerRequest) -> list[Draft]:
    return await rooms.change_drafts(s, actor, state, request.people, (), request.id)
