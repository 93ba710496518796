"""Ask to be taken off a room, answer, and carry to the unit's administrators what waits too long (F41).

Granting takes the person off first and records the answer after: a crash between the two leaves the request waiting,
and answering it again finishes it. Whoever is taken off in any other way has their waiting request settled with it.
Everyone concerned hears of each step on their own line of the feed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from appliance.errors import Conflict, Forbidden, NotFound
from appliance.model import Deny, Draft, EntryType, PersonId, Role, RoomId
from appliance.policies import DAY
from appliance.rules.removal_requests import Outcome, RemovalRequest, is_due_for_escalation, may_answer, may_ask
from appliance.rules.rooms import SYSTEM
from appliance.store import audit, removal_requests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import RoomState
    from appliance.services import Services
    from appliance.store.db import Tx


async def ask_removal(s: Services, actor: PersonId, room: RoomId, reason: str) -> RemovalRequest:
    """Ask the room's owner to be taken off. Raises Forbidden, NotFound."""
    head = await s.log.head(room)
    async with s.store.write() as tx:
        last = await tx.run(removal_requests.last_of, head.key, actor)
        now = s.clock()
        if denied := may_ask(head.state, head.state.role_of(actor), last, now, s.config.rooms.removal_repeats_days):
            raise Forbidden(denied)
        request = RemovalRequest(s.new_id("rr"), room, actor, reason.strip(), Outcome.PENDING, now)
        await tx.run(removal_requests.insert, head.key, request)
        await _tell(s, tx, request, (head.state.owner, actor))
    return request


async def answer_removal(
    s: Services, actor: PersonId, room: RoomId, request_id: str, outcome: Outcome, note: str
) -> RemovalRequest:
    """Grant or refuse a request; giving the same answer again changes nothing. Raises Forbidden, NotFound, Conflict."""
    state = (await s.log.head(room)).state
    async with s.store.read() as reader:
        request = await reader.run(removal_requests.by_id, request_id)
    if request is None or request.room != room:
        raise NotFound(field="request") if state.role_of(actor) else Forbidden(Deny.NOT_A_MEMBER)
    if denied := may_answer(state, actor, request, administrators(s, state)):
        raise Forbidden(denied)
    if request.outcome is not Outcome.PENDING:
        if request.outcome is outcome and request.answered_by == actor:
            return request
        raise Conflict(field="outcome")
    if outcome is Outcome.GRANTED:
        await _take_off(s, actor, state, request)
    elif request.person not in state.members:
        outcome = Outcome.GRANTED
    return await _record(s, state, request, outcome, actor, note.strip())


async def settle(s: Services, room: RoomId, people: Iterable[PersonId], by: str) -> None:
    """Record as granted what the people who were just taken off had asked for."""
    head = await s.log.head(room)
    async with s.store.read() as reader:
        found = [await reader.run(removal_requests.last_of, head.key, person) for person in people]
    for request in found:
        if request is not None and request.outcome is Outcome.PENDING:
            await _record(s, head.state, request, Outcome.GRANTED, by, "")


async def escalate_due(s: Services) -> int:
    """Carry what has waited too long to the administrators of the owners' units; return how many went.

    A timer calls this. Where a unit has no administrator yet, the request stays due.
    """
    days = s.config.rooms.removal_escalates_days
    now = s.clock()
    async with s.store.read() as reader:
        waiting = await reader.run(removal_requests.pending_before, now - days * DAY)
    escalated = 0
    for request in waiting:
        state = (await s.log.head(request.room)).state
        if request.person not in state.members:
            await _record(s, state, request, Outcome.GRANTED, SYSTEM, "")
            continue
        concerned = [person for person in administrators(s, state) if person != request.person]
        if not concerned or not is_due_for_escalation(request, now, days):
            continue
        async with s.store.write() as tx:
            if await tx.run(removal_requests.escalate, request.id, now):
                await _tell(s, tx, replace(request, escalated=now), (state.owner, request.person, *concerned))
                escalated += 1
    return escalated


def administrators(s: Services, state: RoomState) -> list[PersonId]:
    """Return the administrators of the unit of a room's owner."""
    owner = s.identity.people.get(state.owner)
    return s.identity.administrators_of(owner.unit if owner else None, s.clock())


async def _take_off(s: Services, actor: PersonId, state: RoomState, request: RemovalRequest) -> None:
    role = state.role_of(request.person)
    if role is None:
        return
    if role is Role.OWNER:
        raise Forbidden(Deny.OWNER_MUST_TRANSFER)
    removed: dict[str, object] = {"members": [request.person]}
    if actor == state.owner:
        await s.log.append(Draft(request.room, actor, EntryType.MEMBER_REMOVE, request.id, state=removed))
        return
    removed |= {"why": "removal_request", "by": [actor]}
    await s.log.append(Draft(request.room, SYSTEM, EntryType.SYSTEM_REMOVE, request.id, state=removed))


async def _record(
    s: Services, state: RoomState, request: RemovalRequest, outcome: Outcome, by: str, note: str
) -> RemovalRequest:
    """Write an answer down. Raises Conflict when another one came first."""
    now = s.clock()
    answered = replace(request, outcome=outcome, answered=now, answered_by=by, note=note)
    async with s.store.write() as tx:
        if not await tx.run(removal_requests.answer, request.id, outcome, now, by, note):
            raise Conflict(field="outcome")
        if by != state.owner:
            await audit.append(
                tx, at=now, actor=by, action="room.removal_request", target=request.room, outcome=outcome.value,
                detail={"person": request.person, "request": request.id},
            )  # fmt: skip
        await _tell(s, tx, answered, (request.person, state.owner))
    return answered


async def _tell(s: Services, tx: Tx, request: RemovalRequest, people: Iterable[PersonId]) -> None:
    card = s.identity.people.get(request.person)
    data = msgspec.to_builtins(removal_requests.view(request, card.name if card else None))
    for person in dict.fromkeys(people):
        await s.log.announce(tx, "removal_request", data, room=request.room, person=person)
