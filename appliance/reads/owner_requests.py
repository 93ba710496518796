"""Requests to a room's owner, as each of those concerned may see them (F34, F41)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import Forbidden
from appliance.model import Deny, PersonId, RoomId
from appliance.policies import DAY
from appliance.reads.bounds import page_after
from appliance.rules.owner_requests import Kind, Outcome, OwnerRequest, may_hear
from appliance.store import owner_requests
from appliance.wire.rooms import MemberSuggestion, MemberSuggestions, RemovalRequest, RemovalRequests

if TYPE_CHECKING:
    from appliance.services import Services

# How long the owner sees what was answered.
RECENT_MS: Final = 30 * DAY


async def load_removal_requests(
    s: Services, person: PersonId, room: RoomId, cursor: str | None = None
) -> RemovalRequests:
    """Return a page, the newest first: to the owner what waits and what was answered lately; to others their own.

    The administrators of the owner's unit see what was escalated to them. Raises NotFound, Forbidden.
    """
    found = await _load(s, person, room, Kind.REMOVAL)
    views = [removal_view(s, request) for request in found]
    shown, following = page_after(views, cursor, lambda view: view.id)
    return RemovalRequests(requests=shown, cursor=following)


async def load_member_suggestions(
    s: Services, person: PersonId, room: RoomId, cursor: str | None = None
) -> MemberSuggestions:
    """Return a page, the newest first: to the owner what waits and what was answered lately; to members their own.

    Raises NotFound, Forbidden.
    """
    found = await _load(s, person, room, Kind.SUGGESTION)
    views = [suggestion_view(s, request) for request in found]
    shown, following = page_after(views, cursor, lambda view: view.id)
    return MemberSuggestions(suggestions=shown, cursor=following)


def removal_view(s: Services, request: OwnerRequest) -> RemovalRequest:
    """Return a request to be taken off as clients see it."""
    return owner_requests.removal_view(request, s.identity.people)


def suggestion_view(s: Services, request: OwnerRequest) -> MemberSuggestion:
    """Return a suggestion as clients see it."""
    return owner_requests.suggestion_view(request, s.identity.people)


async def _load(s: Services, person: PersonId, room: RoomId, kind: Kind) -> list[OwnerRequest]:
    head = await s.log.head(room)
    async with s.store.read() as reader:
        found = await reader.run(owner_requests.in_room, head.key, kind)
    owner = s.identity.people.get(head.state.owner)
    administers = person in s.identity.administrators_of(owner.unit if owner else None, s.clock())
    since = s.clock() - RECENT_MS
    shown = [
        request
        for request in found
        if (request.person == person and may_hear(head.state, person, request))
        or (person == head.state.owner and (request.answered is None or request.answered >= since))
        or (administers and request.escalated is not None and request.outcome is Outcome.PENDING)
    ]
    if not shown and head.state.role_of(person) is None:
        raise Forbidden(Deny.NOT_A_MEMBER)
    return shown
