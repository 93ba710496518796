"""Decides events that another agency submits to a room whose hub is this one: step by step, each by itself. Pure.

Rules:
- an event whose id its agency has in the room already is answered with its position, and nothing is appended;
- the first that is refused says why, and those behind it are refused with `counter`: their agency numbers and seals
  them anew. So nothing of one agency is left out or comes in another order;
- each is judged as by every replica (`judge`); then the hub asks for its body (`evidence/admission.py`) and counts the
  marks of the message it changes (`rules/marks.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evidence.admission import refuse_submitted
from appliance.evidence.verification import Accepted, Candidate, judge
from appliance.log.foreign import BEHIND, NOT_HUB, Answer
from appliance.log.foreign_entry import Tail
from appliance.model import Deny, RoomId

if TYPE_CHECKING:
    from appliance.log.batch_context import BatchContext
    from appliance.log.batch_rows import PendingRoom
    from appliance.log.foreign import Parsed, Received, Submitted
    from appliance.log.foreign_facts import ForeignFacts
    from appliance.log.message_facts import MessageFacts

UNREADABLE = "not_canonical"


def take_received(
    command: Received, pending: PendingRoom, facts: MessageFacts, known: ForeignFacts, context: BatchContext
) -> list[Answer]:
    """Add the events that are accepted to the room; return what became of each."""
    if pending.state is None or pending.state.hub != context.home.agency:
        return [Answer(_id_of(parsed), None, NOT_HUB) for parsed in command.parsed]
    tail = Tail(command.room, pending, facts, known)
    answers: list[Answer] = []
    refused = False
    for event, parsed in zip(command.events, command.parsed, strict=True):
        name = _id_of(parsed)
        if (n := _known(name, command.origin, tail)) is not None:
            answers.append(Answer(name, n))
        elif refused:
            answers.append(Answer(name, None, BEHIND))
        else:
            reason = _take(event, parsed, command.origin, tail, context)
            refused = reason is not None
            answers.append(Answer(name, None if refused else tail.size - 1, reason))
    if tail.entries:
        tail.adopt(facts)
    return answers


def _id_of(parsed: Parsed) -> str:
    return "" if parsed.header is None else parsed.header.id


def _known(name: str, origin: str, tail: Tail) -> int | None:
    """Return the position of an event that its own agency has submitted before."""
    n = tail.ids.get(name)
    if n is None:
        return None
    whose = tail.known.origins.get(name) or next(
        (entry.origin for entry in (*tail.pending.entries, *tail.entries) if entry.n == n), None
    )
    return n if whose == origin else None


def _take(event: Submitted, parsed: Parsed, origin: str, tail: Tail, context: BatchContext) -> str | None:
    """Add an event to the room, or return why not."""
    header = parsed.header
    if header is None or header.room is None:
        return UNREADABLE
    if header.origin != origin:
        return Deny.ORIGIN_MISMATCH
    version = max(tail.registry, context.registry.version)
    hub_time = max(context.now, tail.last_at)
    candidate = Candidate(header, RoomId(header.room), tail.size, hub_time, version, event.seal, event.header)
    verdict = judge(tail.log(tail.known.roots.get), candidate, context.registry, event.body)
    if not isinstance(verdict, Accepted):
        return verdict.reason
    body = None if event.body is None else event.body.data
    reason = refuse_submitted(header, body, context.registry, version)
    if reason is None and parsed.draft is not None:
        reason = tail.facts.too_many(parsed.draft, verdict.entry.state)
    if reason is None:
        tail.take(verdict, parsed, context)
    return reason
