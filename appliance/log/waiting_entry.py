"""A draft for a room that another agency orders: it becomes a row of the outbox, and not an entry. Pure.

What the room's rules refuse now is refused at once, by the room as it is known here; the hub judges again. Files go to
rooms of this agency alone, since nothing carries their bytes to another one yet.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from appliance.errors import AppError, Forbidden
from appliance.evidence.canonical import Header, encode_header
from appliance.evidence.commitment import NO_BODY
from appliance.evidence.verification import Candidate, Log, allowed
from appliance.log.bodies import seal
from appliance.log.new_entry import carries_files, epoch_key_for
from appliance.model import RULES_VERSION, Deny
from appliance.rules import entry_types
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.policy import key_kind
from appliance.store.batch import NewWaiting
from appliance.vault.epochs import iso_week

if TYPE_CHECKING:
    from appliance.log.batch_context import BatchContext
    from appliance.log.batch_rows import PendingRoom
    from appliance.log.bodies import EpochKey, Sealed
    from appliance.log.message_facts import MessageFacts
    from appliance.model import Draft, RoomState


def make_waiting(
    draft: Draft, pending: PendingRoom, state: RoomState, facts: MessageFacts, context: BatchContext
) -> tuple[NewWaiting, EpochKey | None]:
    """Return the row of a draft, and the epoch key that seals its body. Raises Forbidden, TooLarge."""
    if carries_files(draft):
        raise Forbidden(Deny.FILES_NOT_ALLOWED)
    home, name = context.home, context.random.new_id("e")
    sealed = _sealed(draft, name, pending, state, context)
    fields = entry_types.write(draft.type, draft.state) or None
    header = Header(
        commitment=sealed.commitment if sealed else NO_BODY,
        body_length=sealed.length if sealed else 0,
        id=name,
        origin=home.agency,
        counter=0,
        room=state.room,
        rules_version=RULES_VERSION,
        sender=draft.actor,
        state=fields,
        written_at=context.now,
        type=draft.type,
        v=1,
    )
    # No header that could not be sealed later is kept.
    encode_header(header)
    _require_allowed(header, draft, pending, state, facts, context)
    row = NewWaiting(
        pending.key, name, home.person(draft.actor), draft.txn_id, draft.type.value, context.now,
        None if fields is None else msgspec.json.encode(fields).decode(), header.commitment, header.body_length,
        sealed.key.key if sealed else None, sealed.sealed if sealed else None,
    )  # fmt: skip
    return row, sealed.key if sealed else None


def _require_allowed(
    header: Header,
    draft: Draft,
    pending: PendingRoom,
    state: RoomState,
    facts: MessageFacts,
    context: BatchContext,
) -> None:
    """Raise Forbidden where the rules do not allow the entry in the room as it is known here."""
    version, hub_time = max(pending.registry, context.registry.version), max(context.now, pending.last_at)
    target = partial(facts.target, state.room)
    log = Log(state.room, state, pending.size, pending.last_at, pending.registry, pending.counters, target=target)
    entry = allowed(log, Candidate(header, state.room, pending.size, hub_time, version), context.registry)
    if isinstance(entry, str):
        denied = next((one for one in Deny if one.value == entry), None)
        raise Forbidden(denied) if denied else AppError(entry)
    if denied := facts.too_many(draft, entry.state):
        raise Forbidden(denied)


def _sealed(draft: Draft, name: str, pending: PendingRoom, state: RoomState, context: BatchContext) -> Sealed | None:
    row = ENTRY_TYPES[draft.type]
    if draft.body is None:
        return None
    if row.body is None:
        raise Forbidden(Deny.WRONG_SHAPE)
    kind = key_kind(state.kind, row.key_kind)
    key = epoch_key_for(pending, state.room, iso_week(context.now), kind, context)
    return seal(key, state.room, name, row, draft.body, context.random)
