"""Requests to be taken off a room, as each of those concerned may see them (F41)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import Forbidden
from appliance.model import Deny, PersonId, RoomId
from appliance.policies import DAY
from appliance.reads.rooms import name_of
from appliance.rules.removal_requests import Outcome, RemovalRequest
from appliance.store import removal_requests
from appliance.wire.rooms import RemovalRequest as View
from appliance.wire.rooms import RemovalRequests

if TYPE_CHECKING:
    from appliance.services import Services

# How long the owner sees what was answered.
RECENT_MS: Final = 30 * DAY


async def load_removal_requests(s: Services, person: PersonId, room: RoomId) -> RemovalRequests:
    """Return, the newest first: to the owner what waits and what was answered lately; to others their own.

    The administrators of the owner's unit see what was escalated to them. Raises NotFound, Forbidden.
    """
    head = await s.log.head(room)
    async with s.store.read() as reader:
        found = await reader.run(removal_requests.in_room, head.key)
    owner = s.identity.people.get(head.state.owner)
    administers = person in s.identity.administrators_of(owner.unit if owner else None, s.clock())
    since = s.clock() - RECENT_MS
    shown = [
        request
        for request in found
        if request.person == person
        or (person == head.state.owner and (request.answered is None or request.answered >= since))
        or (administers and request.escalated is not None and request.outcome is Outcome.PENDING)
    ]
    if not shown and head.state.role_of(person) is None:
        raise Forbidden(Deny.NOT_A_MEMBER)
    return RemovalRequests(requests=[view(s, request) for request in shown])


def view(s: Services, request: RemovalRequest) -> View:
    """Return a request as clients see it."""
    return removal_requests.view(request, name_of(s, request.person))
