"""An accepted entry of another agency becomes rows like every entry: its body is sealed here, its leaf kept by columns.

Pure. That it is accepted was decided by `judge`; the caller adds what is made here to the pending room.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from appliance.evidence.seal import encode_seal
from appliance.evidence.verification import Log
from appliance.log.batch_rows import PendingEntry
from appliance.log.bodies import seal_given
from appliance.log.new_entry import epoch_key_for
from appliance.model import Draft, Principal
from appliance.rules.concerns import named
from appliance.rules.entry_types import VERSIONS
from appliance.rules.policy import key_kind
from appliance.rules.visibility import EntryFacts
from appliance.vault.epochs import iso_week

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.evidence.verification import Accepted
    from appliance.log.batch_context import BatchContext
    from appliance.log.batch_rows import PendingRoom
    from appliance.log.foreign import Parsed
    from appliance.log.foreign_facts import ForeignFacts
    from appliance.log.message_facts import MessageFacts
    from appliance.model import RoomId, RoomState


class Tail:
    """A room while entries of another agency are added to it one after the other.

    The pending room itself is changed by `adopt` alone, so entries that turn out not to be the log leave no trace.
    """

    def __init__(self, room: RoomId, pending: PendingRoom, facts: MessageFacts, known: ForeignFacts) -> None:
        self.room, self.pending, self.facts, self.known = room, pending, facts.copied(), known
        self.state: RoomState | None = pending.state
        self.size, self.last_at, self.registry = pending.size, pending.last_at, pending.registry
        self.counters = dict(pending.counters)
        self.ids: dict[str, int] = {**known.ids, **(pending.ids or {})}
        self.entries: list[PendingEntry] = []

    def log(self, root_at: Callable[[int], bytes | None]) -> Log:
        """Return the log before the next entry."""
        return Log(
            self.room, self.state, self.size, self.last_at, self.registry, self.counters, self.ids,
            partial(self.facts.target, self.room), root_at,
        )  # fmt: skip

    def take(self, accepted: Accepted, parsed: Parsed, context: BatchContext) -> None:
        """Add an entry that was accepted; one that waited here has its idempotency key again."""
        entry = _entry(accepted, parsed, self, context, self.known.waiting.get(accepted.candidate.header.id))
        header = accepted.candidate.header
        self.entries.append(entry)
        self.ids[header.id] = entry.n
        self.counters[header.origin] = header.counter + 1
        self.state, self.size = accepted.state, self.size + 1
        self.last_at, self.registry = accepted.candidate.hub_time, accepted.candidate.registry_version
        if (changed := self.facts.after(self.room, (entry,))) is not None:
            self.facts.take(changed)

    def adopt(self, facts: MessageFacts) -> None:
        """Have the batch go on from here."""
        pending = self.pending
        pending.state, pending.size, pending.counters = self.state, self.size, self.counters
        pending.last_at, pending.registry = self.last_at, self.registry
        pending.entries.extend(self.entries)
        pending.taken_out.extend(entry.entry_id for entry in self.entries if entry.entry_id in self.known.waiting)
        pending.filled = pending.filled or self.known.filled
        pending.ids = {**(pending.ids or {}), **{entry.entry_id: entry.n for entry in self.entries}}
        facts.take(self.facts)


def _entry(accepted: Accepted, parsed: Parsed, tail: Tail, context: BatchContext, txn_id: str | None) -> PendingEntry:
    candidate, proposed = accepted.candidate, accepted.entry
    header, draft = candidate.header, parsed.draft
    body = None if draft is None else draft.body
    aimed = proposed.state.points_at if VERSIONS[proposed.rules][proposed.type].marks_another else None
    of = None if aimed is None else tail.facts.target(tail.room, aimed)
    facts = EntryFacts(proposed.type, proposed.state, proposed.sender, of=of, rules=header.rules_version)
    sealed = None
    if parsed.body is not None and tail.state is not None:
        kind = key_kind(tail.state.kind, VERSIONS[proposed.rules][proposed.type].key_kind)
        key = epoch_key_for(tail.pending, tail.room, iso_week(header.written_at), kind, context)
        sealed = seal_given(key, tail.room, candidate.n, header, parsed.body.salt, parsed.body.data, context.random)
    made = Draft(tail.room, Principal(header.sender), proposed.type, txn_id, body=body, state=proposed.state)
    return PendingEntry(
        n=candidate.n,
        at=header.written_at,
        hub_time=candidate.hub_time,
        registry_version=candidate.registry_version,
        counter=header.counter,
        origin=header.origin,
        seal=None if candidate.seal is None else encode_seal(candidate.seal),
        kind=proposed.type,
        sender=proposed.sender,
        entry_id=header.id,
        state=proposed.state,
        draft=made,
        target=made.target,
        header=candidate.sealed,
        sealed=sealed,
        file_key=None,
        facts=facts,
        named=named(facts, header.written_at, body, tail.state.members) if tail.state else (),
    )
