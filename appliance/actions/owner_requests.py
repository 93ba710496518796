"""The life of a request to a room's owner: asked, waiting, answered or withdrawn, told to those concerned (F34, F41).

What the kinds share is here; `removal_requests.py` and `member_suggestions.py` say what each asks and what granting it
does. Granting does the thing first and records the answer after: a crash between the two leaves the request waiting,
and answering it again finishes it. While it is being granted it takes no other answer: who took it back, or was told of
a refusal, stays in the room. A change of members that brings about what somebody had asked for settles their
request with it. Everyone concerned hears of each step on their own line of the feed: who asked, the owner, and once it
went on the administrators; a new owner hears of what waits. `reads/owner_requests.py` has what each of them sees.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, Conflict, Forbidden, NotFound
from appliance.model import Deny, PersonId, RoomId
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
from appliance.rules.rooms import SYSTEM
from appliance.rules.text import written
from appliance.store import audit, owner_requests

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from appliance.model import Millis, RoomState
    from appliance.services import Services
    from appliance.store.db import Tx

    Grant = Callable[[Services, PersonId, RoomState, OwnerRequest], Awaitable[None]]

log = logging.getLogger(__name__)

SEEN: Final = "requests.seen"
_DELETED_AT_ONCE: Final = 500
EVENT: Final = {Kind.REMOVAL: "removal_request", Kind.SUGGESTION: "member_suggestion"}


@dataclass(frozen=True, slots=True)
class Decision:
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
    async with s.store.write() as tx:
        earlier = await tx.run(owner_requests.of_person, head.key, kind, actor)
        request = OwnerRequest(
            s.new_id("rr"),
            kind,
            room,
            actor,
            tuple(people),
            written(reason),
            Outcome.PENDING,
            s.clock(),
        )
        if denied := may_ask(head.state, request, earlier, s.config.rooms.request_repeats_days):
            raise Forbidden(denied, days=s.config.rooms.request_repeats_days)
        await tx.run(owner_requests.insert, head.key, request)
        await _tell(s, tx, request, (head.state.owner, actor))
    return request


async def answer(s: Services, actor: PersonId, room: RoomId, decision: Decision, grant: Grant) -> OwnerRequest:
    """Answer a request, doing by `grant` what it asks; giving the same answer again changes nothing.

    Raises Forbidden, NotFound, Conflict, and whatever granting raises: the request then waits on.
    """
    if decision.outcome is not Outcome.GRANTED:
        return await _answer(s, actor, room, decision, grant)
    # Who may not answer at all keeps nobody else from it.
    await _asked(s, actor, room, decision)
    async with _being_granted(s, decision.request):
        return await _answer(s, actor, room, decision, grant)


@asynccontextmanager
async def _being_granted(s: Services, request: str) -> AsyncIterator[None]:
    """Keep a request that is being granted from any other answer; another granting of it waits for its turn."""
    while request in s.being_granted:
        await s.being_granted[request].wait()
    over = s.being_granted[request] = asyncio.Event()
    try:
        yield
    finally:
        del s.being_granted[request]
        over.set()


async def _asked(s: Services, actor: PersonId, room: RoomId, decision: Decision) -> tuple[RoomState, OwnerRequest]:
    """Return the room and the request that somebody answers. Raises NotFound, Forbidden."""
    state = (await s.log.head(room)).state
    # In the writer's turn: a withdrawal that began before is over, and one that comes later sees what is being granted.
    async with s.store.write() as tx:
        request = await tx.run(owner_requests.by_id, decision.request)
    if request is None or request.room != room or request.kind is not decision.kind:
        raise NotFound(field="request") if state.role_of(actor) else Forbidden(Deny.NOT_A_MEMBER)
    if denied := may_answer(state, actor, request, administrators(s, state)):
        raise Forbidden(denied)
    return state, request


async def _answer(s: Services, actor: PersonId, room: RoomId, decision: Decision, grant: Grant) -> OwnerRequest:
    state, request = await _asked(s, actor, room, decision)
    outcome = decision.outcome
    if request.outcome is not Outcome.PENDING:
        if request.outcome is outcome and request.answered_by == actor:
            return request
        raise Conflict(field="outcome")
    if is_fulfilled(request, state.members):
        _check_open(s, request, outcome)
        outcome = Outcome.GRANTED
    elif outcome is Outcome.GRANTED:
        await grant(s, actor, state, request)
    # What was written to a refusal says nothing where the request turns out to be fulfilled.
    note = decision.note if outcome is decision.outcome else ""
    return await _answer_once(s, request, outcome, actor, written(note))


async def withdraw(s: Services, actor: PersonId, request_id: str) -> OwnerRequest:
    """Take back a request of one's own that waits; again, nothing changes. Raises NotFound, Conflict, TooMany."""
    async with s.store.read() as reader:
        request = await reader.run(owner_requests.by_id, request_id)
    if request is None or request.person != actor:
        raise NotFound(field="request")
    if request.outcome is Outcome.WITHDRAWN:
        return request
    s.log.take_share(actor)
    return await _answer_once(s, request, Outcome.WITHDRAWN, actor, "")


async def mark_seen(s: Services, actor: PersonId, upto: Millis, room: RoomId | None = None) -> None:
    """Note up to when a person has seen the answers of one room, or of all and what they were taken off.

    Raises NotFound, Forbidden, TooMany.
    """
    if room is not None:
        await s.log.head_for(actor, room)
    async with s.store.write() as tx:
        where = owner_requests.ALL_ROOMS if room is None else room
        if await tx.run(owner_requests.put_seen, actor, where, min(upto, s.clock())):
            s.log.take_share(actor)
            await s.log.announce(tx, SEEN, {}, person=actor)


async def tell_new_owner(s: Services, room: RoomId, old: PersonId) -> None:
    """Tell a room's new owner, and the old one, what waits there: it is the new one's to answer."""
    head = await s.log.head(room)
    async with s.store.write() as tx:
        for request in await tx.run(owner_requests.pending_in, head.key):
            await _tell(s, tx, request, (old, head.state.owner))


async def settle(s: Services, room: RoomId, by: str) -> None:
    """Record as granted what waits in a room and has come about by a change of its members."""
    head = await s.log.head(room)
    async with s.store.read() as reader:
        waiting = await reader.run(owner_requests.pending_in, head.key)
    for request in waiting:
        if is_fulfilled(request, head.state.members):
            with suppress(Conflict):
                await _record(s, request, Outcome.GRANTED, by, "")


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
            log.warning("the request %s in room %s could not be escalated: %s", request.id, request.room, error)
    return escalated


async def _escalate(s: Services, request: OwnerRequest, now: Millis) -> bool:
    """Carry one request on if it is due; say whether it went."""
    state = (await s.log.head(request.room)).state
    if is_fulfilled(request, state.members):
        await _record(s, request, Outcome.GRANTED, SYSTEM, "")
        return False
    if not _other_administrators(s, state, request) or not is_due_for_escalation(
        request, now, s.config.rooms.removal_escalates_days
    ):
        return False
    async with s.store.write() as tx:
        if not await tx.run(owner_requests.escalate, request.id, now):
            return False
        gone_on = replace(request, escalated=now)
        await _tell(s, tx, gone_on, _audience(s, state, gone_on))
    return True


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
    owner = s.identity.people.get(state.owner)
    return s.identity.administrators_of(owner.unit if owner else None, s.clock())


async def _answer_once(s: Services, request: OwnerRequest, outcome: Outcome, by: str, note: str) -> OwnerRequest:
    """Write an answer down, or return the same one that came first. Raises Conflict when it was another."""
    try:
        return await _record(s, request, outcome, by, note)
    except Conflict:
        async with s.store.read() as reader:
            found = await reader.run(owner_requests.by_id, request.id)
        if found is not None and found.outcome is outcome and found.answered_by == by:
            return found
        raise


def _check_open(s: Services, request: OwnerRequest, outcome: Outcome) -> None:
    """Raise Conflict where a request is being granted and the answer is another."""
    if outcome is not Outcome.GRANTED and request.id in s.being_granted:
        raise Conflict(field="outcome")


async def _record(s: Services, request: OwnerRequest, outcome: Outcome, by: str, note: str) -> OwnerRequest:
    """Write an answer down. Raises Conflict when another one came first."""
    now = s.clock()
    answered = replace(request, outcome=outcome, answered=now, answered_by=by, note=note)
    state = (await s.log.head(request.room)).state
    async with s.store.write() as tx:
        _check_open(s, request, outcome)
        if not await tx.run(owner_requests.answer, request.id, outcome, now, by, note):
            raise Conflict(field="outcome")
        if by != state.owner:
            await audit.append(
                tx, at=now, actor=by, action=f"room.{EVENT[request.kind]}", target=request.room, outcome=outcome.value,
                detail={"person": request.person, "request": request.id},
            )  # fmt: skip
        await _tell(s, tx, answered, _audience(s, state, answered))
    return answered


def _audience(s: Services, state: RoomState, request: OwnerRequest) -> list[PersonId]:
    """Return whom a step of a request is told to."""
    asker = [request.person] if may_hear(state, request.person, request) else []
    return [*asker, state.owner, *(_other_administrators(s, state, request) if request.escalated is not None else ())]


def _other_administrators(s: Services, state: RoomState, request: OwnerRequest) -> list[PersonId]:
    return [person for person in administrators(s, state) if person != request.person]


async def _tell(s: Services, tx: Tx, request: OwnerRequest, people: Iterable[PersonId]) -> None:
    data = msgspec.to_builtins(owner_requests.view(request, s.identity.people))
    for person in dict.fromkeys(people):
        await s.log.announce(tx, EVENT[request.kind], data, room=request.room, person=person)
