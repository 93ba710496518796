"""The life of a request to a room's owner: made, waiting, answered or withdrawn, with events (F34, F41).

What both kinds share is here; `removal_requests.py` and `member_suggestions.py` have what each kind asks and what
granting it does. Rules:
- granting and its answer commit together: of two answers at once the first is valid, and the other is refused with all
  that it would have done;
- when a change of members fulfils a request that waits, the request is settled in the same transaction (`settling`);
- everyone concerned gets an event for each step, on a line of the feed for them alone: the member, the owner, and after
  escalation the administrators. A new owner gets the requests that wait.

`reads/owner_requests.py` has what each of them sees.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.actions.refusals import record_refusal
from appliance.errors import AppError, Conflict, Forbidden, NotFound
from appliance.log import request_views
from appliance.model import SYSTEM, PersonId, RoomId
from appliance.policies import DAY
from appliance.rules.owner_requests import (
    DEPARTURES_KEPT,
    Kind,
    Outcome,
    OwnerRequest,
    is_due_for_escalation,
    is_fulfilled,
    may_answer,
    may_ask,
    may_hear,
)
from appliance.rules.text import written
from appliance.rules.visibility import may_read
from appliance.store import audit, entries, owner_requests, rooms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from appliance.log.riders import Rider, RiderTx
    from appliance.model import Draft, Millis, RoomState
    from appliance.services import Services

    Grant = Callable[[Services, PersonId, RoomState, OwnerRequest], Awaitable[Sequence[Draft]]]
    """Returns the entries that do what a request asks."""

logger = logging.getLogger(__name__)

SEEN: Final = "requests.seen"
_DELETED_AT_ONCE: Final = 500
EVENT: Final = {Kind.REMOVAL: "removal_request", Kind.SUGGESTION: "member_suggestion"}


class Decision(msgspec.Struct, frozen=True):
    """How somebody answers which request."""

    kind: Kind
    request: str
    outcome: Outcome
    note: str


async def ask(
    s: Services, actor: PersonId, room: RoomId, kind: Kind, people: Sequence[PersonId], reason: str
) -> OwnerRequest:
    """Put a request to the room's owner. Raises Forbidden, NotFound, TooMany."""
    head = await s.log.head(room)
    s.log.take_share(actor)
    days = s.config.rooms.request_repeats_days
    request = OwnerRequest(
        s.new_id("rr"), kind, room, actor, tuple(people), written(reason), Outcome.PENDING, s.clock()
    )

    def put(tx: RiderTx) -> None:
        earlier = owner_requests.of_person(tx.rows, head.key, kind, actor)
        if denied := may_ask(s.log.home, head.state, request, earlier, days):
            raise Forbidden(denied, days=days)
        owner_requests.insert(tx.rows, head.key, request)
        _announce(s, tx, request, (s.log.home.person(head.state.owner), actor))

    await s.log.change(put)
    return request


async def answer(s: Services, actor: PersonId, room: RoomId, decision: Decision, grant: Grant) -> OwnerRequest:
    """Answer a request, doing by `grant` what it asks; giving the same answer again changes nothing.

    Raises Forbidden, NotFound, Conflict, and whatever granting raises: the request then waits on.
    """
    state, request = await _asked(s, actor, room, decision)
    outcome, note = decision.outcome, written(decision.note)
    if request.outcome is not Outcome.PENDING:
        return _unless_other(request, outcome, actor)
    if is_fulfilled(s.log.home, request, state.members):
        # What was written to a refusal says nothing where the request turns out to be fulfilled.
        note = note if outcome is Outcome.GRANTED else ""
        return await _answer(s, request, Outcome.GRANTED, actor, note)
    if outcome is not Outcome.GRANTED:
        return await _answer(s, request, outcome, actor, note)
    drafts = await grant(s, actor, state, request)
    riders = (_answering(s, request, outcome, actor, note), settling(s, actor))
    try:
        return await _answered(s, request, outcome, actor, s.log.append(*drafts, riders=riders))
    except Forbidden as error:
        await record_refusal(s, actor, drafts[0].type.value, room, error.code)
        raise


async def _asked(s: Services, actor: PersonId, room: RoomId, decision: Decision) -> tuple[RoomState, OwnerRequest]:
    """Return the room and the request that somebody answers. Raises NotFound, Forbidden."""
    state = (await s.log.head(room)).state
    request = await _by_id(s, decision.request)
    if request is None or request.room != room or request.kind is not decision.kind:
        denied = may_read(state, s.log.home.principal(actor), s.clock())
        raise Forbidden(denied) if denied else NotFound(field="request")
    if denied := may_answer(s.log.home, state, actor, request, administrators(s, state)):
        raise Forbidden(denied)
    return state, request


async def withdraw(s: Services, actor: PersonId, request_id: str) -> OwnerRequest:
    """Take back a request of one's own that waits; again, nothing changes. Raises NotFound, Conflict, TooMany."""
    request = await _by_id(s, request_id)
    if request is None or request.person != actor:
        raise NotFound(field="request")
    if request.outcome is Outcome.WITHDRAWN:
        return request
    s.log.take_share(actor)
    return await _answer(s, request, Outcome.WITHDRAWN, actor, "")


async def mark_seen(s: Services, actor: PersonId, upto: Millis, room: RoomId | None = None) -> None:
    """Note up to when a person has seen the answers of one room, or of all and what they were taken off.

    Raises NotFound, Forbidden, TooMany.
    """
    if room is not None:
        await s.log.head_for(actor, room)
    where, until = owner_requests.ALL_ROOMS if room is None else room, min(upto, s.clock())
    async with s.store.read() as reader:
        seen = await reader.run(owner_requests.seen, actor)
    if seen.get(where, -1) >= until:
        return
    s.log.take_share(actor)

    def put(tx: RiderTx) -> None:
        if owner_requests.put_seen(tx.rows, actor, where, until):
            tx.announce(SEEN, {}, person=actor)

    await s.log.change(put)


def notifying_new_owner(s: Services, old: PersonId) -> Rider[None]:
    """Return the rider that sends a room's new owner, and the old one, the requests that wait there for an answer."""

    def send(tx: RiderTx) -> None:
        for state, request in _waiting(tx):
            _announce(s, tx, request, (old, s.log.home.person(state.owner)))

    return send


def settling(s: Services, by: str) -> Rider[None]:
    """Return what records as granted whatever waits in a room and comes about by a change of its members."""

    def settle(tx: RiderTx) -> None:
        for state, request in _waiting(tx):
            if is_fulfilled(s.log.home, request, state.members):
                _record(s, tx, state, replace(request, outcome=Outcome.GRANTED, answered=tx.at, answered_by=by))

    return settle


def _waiting(tx: RiderTx) -> list[tuple[RoomState, OwnerRequest]]:
    """Return what waits in the room of a rider's command, each with the room as the command leaves it."""
    assert tx.state is not None  # noqa: S101 - these riders come with entries
    room = entries.room_key(tx.rows, tx.state.room)
    return [(tx.state, request) for request in owner_requests.pending_in(tx.rows, room)]


async def escalate_due(s: Services) -> int:
    """Carry what has waited too long to the administrators of the owners' units; return how many went.

    A timer calls this. Where a unit has no administrator yet, the request stays due; so does one whose room fails.
    """
    days = s.config.rooms.removal_escalates_days
    now = s.clock()
    async with s.store.read() as reader:
        waiting = await reader.run(owner_requests.pending_before, Kind.REMOVAL, now - days * DAY)
    escalated = 0
    for request in waiting:
        try:
            escalated += await _escalate(s, request, now)
        except AppError as error:
            logger.warning("the request %s in room %s could not be escalated: %s", request.id, request.room, error)
    return escalated


async def _escalate(s: Services, request: OwnerRequest, now: Millis) -> bool:
    """Carry one request on if it is due; say whether it went."""
    state = (await s.log.head(request.room)).state
    if is_fulfilled(s.log.home, request, state.members):
        await _answer(s, request, Outcome.GRANTED, SYSTEM, "")
        return False
    if not _other_administrators(s, state, request) or not is_due_for_escalation(
        request, now, s.config.rooms.removal_escalates_days
    ):
        return False
    gone_on = replace(request, escalated=now)

    def put(tx: RiderTx) -> bool:
        if not owner_requests.escalate(tx.rows, request.id, now):
            return False
        _announce(s, tx, gone_on, _audience(s, state, gone_on))
        return True

    return await s.log.change(put)


async def delete_old_departures(s: Services) -> int:
    """Delete who was taken off which room and why, when its time is over; return how many. A timer calls this."""
    before, deleted = s.clock() - DEPARTURES_KEPT, 0
    while True:
        async with s.store.write() as tx:
            now_deleted = await tx.run(owner_requests.delete_departures, before, _DELETED_AT_ONCE)
        deleted += now_deleted
        if now_deleted < _DELETED_AT_ONCE:
            return deleted


def administrators(s: Services, state: RoomState) -> list[PersonId]:
    """Return the administrators of the unit of a room's owner."""
    owner = s.directory.people.get(s.log.home.person(state.owner))
    return s.accounts.administrators_of(owner.unit if owner else None, s.clock())


async def _by_id(s: Services, request: str) -> OwnerRequest | None:
    async with s.store.read() as reader:
        return await reader.run(owner_requests.by_id, request)


async def _answer(s: Services, request: OwnerRequest, outcome: Outcome, by: str, note: str) -> OwnerRequest:
    """Write an answer down that changes nothing in the room. Raises Conflict when another one came first."""
    return await _answered(s, request, outcome, by, s.log.change(_answering(s, request, outcome, by, note)))


async def _answered(
    s: Services, request: OwnerRequest, outcome: Outcome, by: str, commit: Awaitable[object]
) -> OwnerRequest:
    """Await what commits an answer; return the request with it. The same answer twice is one. Raises Conflict."""
    try:
        await commit
    except AppError:
        found = await _by_id(s, request.id)
        if found is None or found.outcome is Outcome.PENDING:
            raise
    else:
        found = await _by_id(s, request.id)
    return _unless_other(found or request, outcome, by)


def _unless_other(request: OwnerRequest, outcome: Outcome, by: str) -> OwnerRequest:
    """Return a request that was answered so by this person. Raises Conflict for any other answer."""
    if request.outcome is not outcome or request.answered_by != by:
        raise Conflict(field="outcome")
    return request


def _answering(s: Services, request: OwnerRequest, outcome: Outcome, by: str, note: str) -> Rider[None]:
    """Return what writes an answer down. It raises Conflict where another one came first."""

    def write(tx: RiderTx) -> None:
        answered = replace(request, outcome=outcome, answered=tx.at, answered_by=by, note=note)
        if not _record(s, tx, tx.state or _state(s, tx, request.room), answered):
            raise Conflict(field="outcome")

    return write


def _record(s: Services, tx: RiderTx, state: RoomState, answered: OwnerRequest) -> bool:
    """Write an answer down, on record where it is not the owner's; False when another one came first."""
    outcome, by = answered.outcome, answered.answered_by or SYSTEM
    if not owner_requests.answer(tx.rows, answered.id, outcome, tx.at, by, answered.note):
        return False
    if by != s.log.home.person(state.owner):
        audit.append(
            tx.rows, at=tx.at, actor=by, action=f"room.{EVENT[answered.kind]}", target=answered.room,
            outcome=outcome.value, detail={"person": answered.person, "request": answered.id},
        )  # fmt: skip
    _announce(s, tx, answered, _audience(s, state, answered))
    return True


def _state(s: Services, tx: RiderTx, room: RoomId) -> RoomState:
    row = rooms.load(tx.rows, room, s.log.home)
    assert row is not None  # noqa: S101 - a room that has a request is never deleted
    return row.state


def _audience(s: Services, state: RoomState, request: OwnerRequest) -> list[PersonId]:
    """Return who gets an event for a step of a request."""
    asker = [request.person] if may_hear(s.log.home, state, request.person, request) else []
    others = _other_administrators(s, state, request) if request.escalated is not None else []
    return [*asker, s.log.home.person(state.owner), *others]


def _other_administrators(s: Services, state: RoomState, request: OwnerRequest) -> list[PersonId]:
    return [person for person in administrators(s, state) if person != request.person]


def _announce(s: Services, tx: RiderTx, request: OwnerRequest, people: Iterable[PersonId]) -> None:
    data = msgspec.to_builtins(request_views.view(request, s.directory.people))
    for person in dict.fromkeys(people):
        tx.announce(EVENT[request.kind], data, room=request.room, person=person)
