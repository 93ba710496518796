"""Requests to a room's owner, as each of those concerned may see them (F34, F41)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Forbidden
from appliance.model import Deny, PersonId, RoomId, StaffRole
from appliance.policies import DAY
from appliance.reads.bounds import page_after
from appliance.reads.rooms import english_name_of, name_of
from appliance.rules.owner_requests import (
    Kind,
    Outcome,
    OwnerRequest,
    escalates_at,
    may_answer,
    may_hear,
    repeats_in,
)
from appliance.store import owner_requests
from appliance.wire.rooms import (
    Departure,
    MemberSuggestion,
    MemberSuggestions,
    MyRequest,
    MyRequests,
    RemovalRequest,
    RemovalRequests,
    Suggested,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.model import Millis, RoomState
    from appliance.services import Services
    from appliance.store.owner_requests import DepartureRow

log = logging.getLogger(__name__)
# How long the owner sees what was answered.
RECENT_MS: Final = 30 * DAY
# How long somebody finds what they were taken off, and how much of it.
DEPARTED_MS: Final = 90 * DAY
DEPARTURES: Final = 100


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


async def load_my_requests(s: Services, person: PersonId, cursor: str | None = None) -> MyRequests:
    """Return a page of all requests that concern a person in any room, and what the person was taken off.

    Raises Invalid for a cursor that is none.
    """
    now, days = s.clock(), s.config.rooms
    since = now - max(RECENT_MS, days.request_repeats_days * DAY)
    async with s.store.read() as reader:
        found = await reader.run(owner_requests.of_asker, person, since)
        found += await reader.run(owner_requests.of_owner, person, since)
        if _administers(s, person):
            found += await reader.run(owner_requests.escalated)
        departures = await reader.run(owner_requests.departures, person, now - DEPARTED_MS, DEPARTURES)
        seen = await reader.run(owner_requests.seen, person)
    distinct = sorted({one.id: one for one in found}.values(), key=lambda one: (one.asked, one.id), reverse=True)
    views = [view for request in distinct if (view := await _my_request(s, person, request, seen)) is not None]
    shown, following = page_after(views, cursor, lambda view: view.id)
    return MyRequests(
        requests=shown,
        departures=[_departure(s, row, seen) for row in departures] if cursor is None else [],
        escalates_days=days.removal_escalates_days,
        repeats_days=days.request_repeats_days,
        cursor=following,
    )


def _departure(s: Services, row: DepartureRow, seen: Mapping[str, Millis]) -> Departure:
    return Departure(
        room=row.room,
        room_name=row.name,
        at=row.at,
        by=row.by,
        by_name=name_of(s, row.by),
        by_name_en=english_name_of(s, row.by),
        why=row.why,
        fresh=row.at > seen.get(owner_requests.ALL_ROOMS, 0),
    )


def _administers(s: Services, person: PersonId) -> bool:
    """Say whether a person is an administrator at all, so that everybody else is spared the look at all rooms."""
    account = s.identity.account(person)
    roles = {StaffRole.UNIT_ADMIN, StaffRole.AGENCY_ADMIN}
    return account is not None and any(grant.role in roles for grant in account.grants)


async def _my_request(
    s: Services, person: PersonId, request: OwnerRequest, seen: Mapping[str, Millis]
) -> MyRequest | None:
    """Return a request as this person may see it, None where they may not, or where the room cannot be read."""
    try:
        state = (await s.log.head(request.room)).state
    except AppError as error:
        log.warning("the request %s in room %s cannot be shown: %s", request.id, request.room, error)
        return None
    mine = request.person == person
    waits = request.outcome is Outcome.PENDING and not mine and _may_answer(s, state, person, request)
    if not (waits or state.owner == person or (mine and may_hear(state, person, request))):
        return None
    answered_by = request.answered_by
    told = max(seen.get(owner_requests.ALL_ROOMS, 0), seen.get(request.room, 0))
    return MyRequest(
        id=request.id,
        kind=request.kind.value,
        room=request.room,
        room_name=state.name if waits or person in state.members else None,
        person=request.person,
        name=name_of(s, request.person) or request.person,
        name_en=english_name_of(s, request.person),
        owner_name=name_of(s, state.owner) or state.owner,
        owner_name_en=english_name_of(s, state.owner),
        state=request.outcome.value,
        asked=request.asked,
        waits_for_me=waits,
        fresh=mine and answered_by != person and (request.answered or 0) > told,
        people=_suggested(s, request),
        reason=request.reason,
        answered=request.answered,
        answered_by=answered_by,
        answered_by_name=name_of(s, answered_by) if answered_by else None,
        answered_by_name_en=english_name_of(s, answered_by) if answered_by else None,
        note=request.note,
        escalates=escalates_at(request, s.config.rooms.removal_escalates_days),
        escalated=request.escalated,
        repeats=repeats_in(state, request, s.config.rooms.request_repeats_days),
    )


def _may_answer(s: Services, state: RoomState, person: PersonId, request: OwnerRequest) -> bool:
    administrators = list[PersonId]()
    if request.escalated is not None:
        owner = s.identity.people.get(state.owner)
        administrators = s.identity.administrators_of(owner.unit if owner else None, s.clock())
    return may_answer(state, person, request, administrators) is None


def _suggested(s: Services, request: OwnerRequest) -> list[Suggested]:
    if request.kind is Kind.REMOVAL:
        return []
    return [owner_requests.suggested(who, s.identity.people) for who in request.people]


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
