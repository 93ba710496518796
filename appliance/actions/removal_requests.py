"""Ask to be taken off a room, and answer: the way out for members, who cannot leave by themselves (F40, F41).

One kind of request to the owner; its life is `owner_requests.py`. Granting it is always possible: where it would leave
a private chat that could not have been started (F38), the log's writer closes the room with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions import owner_requests
from appliance.actions.owner_requests import Decision
from appliance.actions.rooms import removal_drafts
from appliance.errors import Forbidden
from appliance.model import SYSTEM, Deny, PersonId, Role, RoomId
from appliance.rules.owner_requests import Kind, Outcome, OwnerRequest

if TYPE_CHECKING:
    from appliance.model import Draft, RoomState
    from appliance.services import Services


async def ask_removal(s: Services, actor: PersonId, room: RoomId, reason: str) -> OwnerRequest:
    """Ask the room's owner to be taken off. Raises Forbidden, NotFound."""
    return await owner_requests.ask(s, actor, room, Kind.REMOVAL, (actor,), reason)


async def answer_removal(
    s: Services, actor: PersonId, room: RoomId, request_id: str, outcome: Outcome, note: str
) -> OwnerRequest:
    """Grant or refuse a request; giving the same answer again changes nothing. Raises Forbidden, NotFound, Conflict."""
    decision = Decision(Kind.REMOVAL, request_id, outcome, note)
    return await owner_requests.answer(s, actor, room, decision, _removal)


async def _removal(s: Services, actor: PersonId, state: RoomState, request: OwnerRequest) -> list[Draft]:
    if state.role_of(s.log.home.principal(request.person)) is Role.OWNER:
        raise Forbidden(Deny.OWNER_MUST_TRANSFER)
    room = state.room
    if s.log.home.principal(actor) == state.owner:
        drafts = removal_drafts(s.log.home, room, actor, [request.person], must=True)
    else:
        drafts = removal_drafts(s.log.home, room, SYSTEM, [request.person], why="removal_request", by=(actor,))
    return [drafts[0]._replace(txn_id=request.id), *drafts[1:]]
