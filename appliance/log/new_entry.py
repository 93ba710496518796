"""One draft becomes one entry: its body is sealed, its header made, and both are judged as by every replica.

`judge` of `evidence/verification.py` decides; what it refuses is refused here with the same reason. Random values, such
as the salt of a body and the key of a new room, come from the sources of the context (`sources.py`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Forbidden
from appliance.evidence.admission import refuse_named
from appliance.evidence.canonical import Header, encode_header
from appliance.evidence.commitment import NO_BODY
from appliance.evidence.leaf import leaf_hash
from appliance.evidence.room_id import room_id
from appliance.evidence.verification import Accepted, Candidate, Log, Step, judge
from appliance.log.batch_rows import PendingEntry
from appliance.log.bodies import new_key, seal
from appliance.log.rows import leaf_of
from appliance.model import RULES_VERSION, Deny, RoomId
from appliance.rules import entry_types
from appliance.rules.concerns import named
from appliance.rules.entry_types import ENTRY_TYPES, row_of
from appliance.rules.policy import key_kind
from appliance.rules.visibility import EntryFacts
from appliance.vault.epochs import EpochId, iso_week

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.log.batch_context import BatchContext
    from appliance.log.batch_rows import PendingRoom
    from appliance.log.bodies import EpochKey, Sealed
    from appliance.log.message_facts import MessageFacts
    from appliance.model import Body, Draft, Millis, RoomState
    from appliance.vault.epochs import EpochKind

FILE: Final[EpochKind] = "file"
"""The kind of epoch key under which the keys of files are wrapped."""
_DENIALS: Final = {denied.value: denied for denied in Deny}


def make_entry(
    draft: Draft,
    room: RoomId,
    state: RoomState | None,
    n: int,
    hub_time: Millis,
    pending: PendingRoom,
    *,
    facts: MessageFacts,
    context: BatchContext,
) -> tuple[PendingEntry, RoomState]:
    """Make the entry of a draft at position `n`, and the room as it leaves it. `room` is `THIS_ROOM` for a first one.

    Raises Forbidden, and NotCanonicalError for what no header can hold.
    """
    agency = context.home.agency
    counters = {agency: pending.counters.get(agency, 0) + n - pending.size}
    sealed = None if draft.body is None else _sealed(draft, draft.body, room, state, n, pending, context)
    header = _header(draft, room, counters[agency], sealed, context)
    encoded = encode_header(header)
    room = room or RoomId(room_id(encoded))
    before = Log(
        room,
        state,
        n,
        pending.last_at,
        pending.registry,
        counters,
        target=partial(facts.target, draft.room),
        root_at=partial(_root_at, pending, context.roots, draft.room),
    )
    accepted = _judged(header, draft.body, before, hub_time, context)
    if denied := facts.too_many(draft, accepted.entry.state):
        raise Forbidden(denied)
    of = facts.target(draft.room, draft.target) if draft.target is not None else None
    shown_by = EntryFacts(draft.type, accepted.entry.state, draft.actor, of=of, rules=header.rules_version)
    entry = PendingEntry(
        n=n,
        at=context.now,
        hub_time=hub_time,
        registry_version=accepted.candidate.registry_version,
        counter=header.counter,
        origin=header.origin,
        seal=None,
        kind=draft.type,
        sender=draft.actor,
        entry_id=header.id,
        state=accepted.entry.state,
        draft=draft,
        target=draft.target,
        header=encoded,
        sealed=sealed,
        file_key=_key_for(pending, room, FILE, context) if carries_files(draft) else None,
        facts=shown_by,
        named=named(shown_by, context.now, draft.body, state.members) if state else (),
    )
    return entry, accepted.state


def _root_at(pending: PendingRoom, roots: Mapping[tuple[RoomId, int], bytes], room: RoomId, size: int) -> bytes | None:
    """Return the root of a room's log at a size that it had: before this batch, or since it began."""
    before = pending.frontier
    if size < before.size:
        return roots.get((room, size))
    if size > pending.size:
        return None
    new = pending.entries[: size - before.size]
    return before.extend(leaf_hash(leaf_of(entry)) for entry in new).root()


def carries_files(draft: Draft) -> bool:
    """Return whether a draft says that it carries files."""
    carries = ENTRY_TYPES[draft.type].carries
    return carries is not None and draft.state is not None and carries(draft.state) > 0


def _sealed(  # noqa: PLR0917 - what a body is bound to
    draft: Draft, body: Body, room: RoomId, state: RoomState | None, n: int, pending: PendingRoom, context: BatchContext
) -> Sealed:
    """Seal a body to its place. A room begins with an entry that has none, so that every body's room has its id."""
    row = ENTRY_TYPES[draft.type]
    if row.body is None or state is None:
        raise Forbidden(Deny.WRONG_SHAPE)
    key = _key_for(pending, room, key_kind(state.kind, row.key_kind), context)
    return seal(key, room, n, row, body, context.random)


def _header(draft: Draft, room: RoomId, counter: int, sealed: Sealed | None, context: BatchContext) -> Header:
    return Header(
        commitment=sealed.commitment if sealed else NO_BODY,
        body_length=sealed.length if sealed else 0,
        id=context.random.new_id("e"),
        origin=context.home.agency,
        counter=counter,
        room=room or None,
        rules_version=RULES_VERSION,
        sender=draft.actor,
        state=entry_types.write(draft.type, draft.state) or None,
        written_at=context.now,
        type=draft.type,
        v=1,
    )


def _judged(header: Header, body: Body | None, before: Log, hub_time: Millis, context: BatchContext) -> Accepted:
    """Return the entry as every replica will judge it. Raises Forbidden."""
    registry = max(before.registry, context.registry.version)
    candidate = Candidate(header, before.room, before.size, hub_time, registry)
    verdict = judge(before, candidate, context.registry)
    if isinstance(verdict, Accepted):
        row = row_of(verdict.entry)
        if body is not None and (denied := refuse_named(row, body, context.registry, registry)):
            raise Forbidden(denied)
        return verdict
    if verdict.step is Step.SEAL:
        # Another agency is the room's hub: what is written here goes to it, and comes back from it.
        raise Forbidden(Deny.HUB_ONLY)
    denied = _DENIALS.get(verdict.reason)
    raise Forbidden(denied) if denied else AppError(verdict.reason)


def _key_for(pending: PendingRoom, room: RoomId, kind: EpochKind, context: BatchContext) -> EpochKey:
    return epoch_key_for(pending, room, iso_week(context.now), kind, context)


def epoch_key_for(pending: PendingRoom, room: RoomId, week: str, kind: EpochKind, context: BatchContext) -> EpochKey:
    """Return the epoch key of a room for this batch: a stored room's was loaded, that of one which begins is made."""
    if pending.before is not None:
        return context.keys[pending.key, week, kind]
    place = (week, kind)
    if place not in pending.keys:
        epoch, number = EpochId(room, week, kind), context.numbers.next_epoch_key()
        pending.keys[place] = new_key(context.agency_key, pending.key, epoch, number, context.random)
    return pending.keys[place]
