"""Requests to a room's owner, as each of those concerned may see them (F34, F41)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.errors import AppError, Forbidden, Invalid
from appliance.identity.moderators import as_actor, is_moderator
from appliance.log import request_views
from appliance.model import PersonId, Role, RoomId
from appliance.policies import DAY
from appliance.reads.bounds import Bytes, fitting, size_of
from appliance.reads.portraits import judged_by
from appliance.reads.rooms import english_name_of, name_of
from appliance.rules.owner_requests import (
    DEPARTURES_KEPT,
    Kind,
    Outcome,
    OwnerRequest,
    escalates_at,
    may_answer,
    may_hear,
    repeats_in,
)
from appliance.rules.visibility import may_read
from appliance.store import owner_requests, portraits
from appliance.store.owner_requests import InboxPosition, RequestPosition, RequestViewer
from appliance.wire import cursors
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
    from collections.abc import Mapping, Sequence

    from appliance.model import Millis, RoomState
    from appliance.services import Services
    from appliance.store.owner_requests import DepartureRow

logger = logging.getLogger(__name__)
# How long the owner sees what was answered.
RECENT_MS: Final = 30 * DAY
# How much somebody finds of what they were taken off.
DEPARTURES: Final = 100
# Why somebody was taken off who had asked for it, whoever granted it.
ASKED: Final = "removal_request"
# How many requests one answer holds.
PAGE: Final = 100
# The place of an answer has its time below 0, which no cursor can say.
_ANSWERS: Final = (0, 3)
_CURSORS: Final = {Kind.REMOVAL: cursors.REMOVAL_REQUESTS, Kind.SUGGESTION: cursors.MEMBER_SUGGESTIONS}


async def load_removal_requests(
    s: Services, person: PersonId, room: RoomId, cursor: str | None = None
) -> RemovalRequests:
    """Return a page, the newest first: to the owner what waits and what was answered lately; to others their own.

    The administrators of the owner's unit see what was escalated to them. Raises NotFound, Forbidden, Invalid.
    """
    found = await _load(s, person, room, Kind.REMOVAL, cursor)
    shown, more = fitting((removal_view(s, request) for request in found), PAGE)
    return RemovalRequests(requests=shown, cursor=_cursor_of(Kind.REMOVAL, shown[-1].id) if more else None)


async def load_member_suggestions(
    s: Services, person: PersonId, room: RoomId, cursor: str | None = None
) -> MemberSuggestions:
    """Return a page, the newest first: to the owner what waits and what was answered lately; to members their own.

    Raises NotFound, Forbidden, Invalid.
    """
    found = await _load(s, person, room, Kind.SUGGESTION, cursor)
    shown, more = fitting((suggestion_view(s, request) for request in found), PAGE)
    return MemberSuggestions(suggestions=shown, cursor=_cursor_of(Kind.SUGGESTION, shown[-1].id) if more else None)


async def load_my_requests(s: Services, person: PersonId, cursor: str | None = None) -> MyRequests:
    """Return a page of all requests that concern a person in any room, and what the person was taken off.

    Answers to them come first, so that the first page has every new one; then what waits, their own first, the oldest
    before the newest; then what else was answered. Of answers the newest comes first.

    Raises Invalid for a cursor that is none.
    """
    now, days = s.clock(), s.config.rooms
    since = now - max(RECENT_MS, days.request_repeats_days * DAY)
    place = _read_position(cursor)
    async with s.store.read() as reader:
        carried = await reader.run(owner_requests.escalated) if is_moderator(s.accounts, person) else []
        mine = [request for request, owner in carried if person in _administrators(s, owner)]
        found = await reader.run(owner_requests.concerning, person, mine, since, place, PAGE + 1)
        waiting, answers = await reader.run(owner_requests.counts, person, mine, since)
        departures = await reader.run(owner_requests.departures, person, now - DEPARTURES_KEPT, DEPARTURES)
        seen = await reader.run(owner_requests.seen, person)
        photos = await reader.run(portraits.list_waiting) if is_moderator(s.accounts, person) else []
    left = {row.room: row.name for row in reversed(departures)}
    shown, following = await _page(s, _Reader(person, seen, left), found)
    return MyRequests(
        requests=shown,
        waiting=waiting,
        answers=answers,
        photos=len(judged_by(s, as_actor(s.accounts, person), photos)),
        departures=[_departure(s, row, seen) for row in departures] if cursor is None else [],
        escalates_days=days.removal_escalates_days,
        repeats_days=days.request_repeats_days,
        cursor=following,
    )


class _Reader(NamedTuple):
    """Who reads the list, up to when they have seen answers, and what rooms were called that they were taken off."""

    person: PersonId
    seen: Mapping[str, Millis]
    left: Mapping[str, str]


async def _page(s: Services, reader: _Reader, found: Sequence[OwnerRequest]) -> tuple[list[MyRequest], str | None]:
    """Return those of the requests that fit an answer, and the cursor of what follows."""
    shown, room, last = list[MyRequest](), Bytes(), None
    for at, request in enumerate(found):
        view = await _my_request(s, reader, request)
        if at == PAGE or (view is not None and not room.take(size_of(view))):
            return shown, _cursor(reader.person, last)
        if view is not None:
            shown.append(view)
        last = request
    return shown, None


def _cursor(person: PersonId, last: OwnerRequest | None) -> str | None:
    if last is None:
        return None
    over, time, request = InboxPosition.of(person, last)
    return cursors.written(cursors.MY_REQUESTS, over, abs(time), request)


def _read_position(cursor: str | None) -> InboxPosition:
    """Read a cursor. Raises Invalid."""
    if cursor is None:
        return owner_requests.FIRST
    over, time, request = cursors.read(cursors.MY_REQUESTS, cursor)
    if over > max(_ANSWERS):
        raise Invalid(field="cursor")
    return InboxPosition(over, -time if over in _ANSWERS else time, request)


def _departure(s: Services, row: DepartureRow, seen: Mapping[str, Millis]) -> Departure:
    return Departure(
        room=row.room,
        room_name=row.name,
        at=row.at,
        by=row.by,
        by_name=name_of(s, row.by),
        by_name_en=english_name_of(s, row.by),
        why=row.why or (ASKED if row.asked else ""),
        reason=row.reason,
        fresh=row.at > seen.get(owner_requests.ALL_ROOMS, 0),
    )


async def _room_of(s: Services, request: OwnerRequest) -> RoomState | None:
    try:
        return (await s.log.head(request.room)).state
    except AppError as error:
        logger.warning("the request %s in room %s cannot be shown: %s", request.id, request.room, error)
        return None


async def _my_request(s: Services, reader: _Reader, request: OwnerRequest) -> MyRequest | None:
    """Return a request as this person may see it, None where they may not, or where the room cannot be read."""
    person, seen, left = reader
    if (state := await _room_of(s, request)) is None:
        return None
    mine = request.person == person
    owner = s.log.home.person(state.owner)
    inside = may_read(state, s.log.home.principal(person), s.clock()) is None
    waits = request.outcome is Outcome.PENDING and not mine and _may_answer(s, state, person, request)
    if not (waits or owner == person or (mine and may_hear(s.log.home, state, person, request))):
        return None
    answered_by = request.answered_by
    seen_at = max(seen.get(owner_requests.ALL_ROOMS, 0), seen.get(request.room, 0))
    return MyRequest(
        id=request.id,
        kind=request.kind.value,
        room=request.room,
        room_name=state.name if waits or inside else left.get(request.room),
        person=request.person,
        name=name_of(s, request.person) or request.person,
        name_en=english_name_of(s, request.person),
        owner_name=name_of(s, owner) or owner,
        owner_name_en=english_name_of(s, owner),
        state=request.outcome.value,
        asked=request.asked,
        waits_for_me=waits,
        fresh=mine and answered_by != person and (request.answered or 0) > seen_at,
        people=_suggested(s, request),
        reason=request.reason,
        answered=request.answered,
        answered_by=answered_by,
        answered_by_name=name_of(s, answered_by) if answered_by else None,
        answered_by_name_en=english_name_of(s, answered_by) if answered_by else None,
        note=request.note,
        escalates=escalates_at(request, s.config.rooms.removal_escalates_days),
        escalated=request.escalated,
        repeats=repeats_in(s.log.home, state, request, s.config.rooms.request_repeats_days),
    )


def _may_answer(s: Services, state: RoomState, person: PersonId, request: OwnerRequest) -> bool:
    administrators = _administrators(s, s.log.home.person(state.owner)) if request.escalated is not None else []
    return may_answer(s.log.home, state, person, request, administrators) is None


def _administrators(s: Services, owner: PersonId) -> list[PersonId]:
    """Return the administrators of the unit of a room's owner."""
    card = s.directory.people.get(owner)
    return s.accounts.administrators_of(card.unit if card else None, s.clock())


def _suggested(s: Services, request: OwnerRequest) -> list[Suggested]:
    if request.kind is Kind.REMOVAL:
        return []
    return [request_views.suggested(who, s.directory.people) for who in request.people]


def removal_view(s: Services, request: OwnerRequest) -> RemovalRequest:
    """Return a request to be taken off as clients see it."""
    return request_views.removal_view(request, s.directory.people)


def suggestion_view(s: Services, request: OwnerRequest) -> MemberSuggestion:
    """Return a suggestion as clients see it."""
    return request_views.suggestion_view(request, s.directory.people)


def _cursor_of(kind: Kind, request: str) -> str:
    return cursors.written(_CURSORS[kind], request)


async def _load(s: Services, person: PersonId, room: RoomId, kind: Kind, cursor: str | None) -> list[OwnerRequest]:
    """Return a page of one kind and one more, from the request `cursor` on."""
    head = await s.log.head(room)
    state = head.state
    role = state.role_of(s.log.home.principal(person))
    viewer = RequestViewer(
        person,
        sees_own=kind is Kind.REMOVAL or role is not None,
        owns=role is Role.OWNER,
        administers=person in _administrators(s, s.log.home.person(state.owner)),
        since=s.clock() - RECENT_MS,
    )
    async with s.store.read() as reader:
        position: RequestPosition | None = owner_requests.NEWEST
        if cursor is not None:
            [request] = cursors.read(_CURSORS[kind], cursor)
            position = await reader.run(owner_requests.position_of, head.key, kind, request)
        if position is None:
            raise Invalid(field="cursor")
        found = await reader.run(owner_requests.in_room, head.key, kind, viewer, position, PAGE + 1)
    if not found and (denied := may_read(state, s.log.home.principal(person), s.clock())):
        raise Forbidden(denied)
    return found
