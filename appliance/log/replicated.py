"""Decides entries that a room's hub gives, before one of them is kept: all are the room's log, or none is. Pure.

Rules:
- each is judged by its bytes (`verify_entry`), and the tree that they make is the one that the hub's note signs, at
  exactly its size, by a key of the agency that was the hub at the last entry, in that hub's epoch;
- entries that are held already are left out where their leaves are equal, byte by byte; where they are not, or the note
  signs another tree than the one here, the hub has two histories;
- what the hub itself gives and is not the log makes the room read-only, with leaf and notes kept as evidence; from
  whoever else it comes it is refused, unless the hub's own note signs another tree than the one here;
- no findings are a body that is not the one committed to, since nothing signs it, a version of the registry that this
  appliance does not have yet, and a gap before the first entry: it is asked for again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.errors import Conflict, Forbidden, Invalid, Unavailable
from appliance.evidence.errors import EvidenceError
from appliance.evidence.leaf import leaf_hash
from appliance.evidence.note import open_checkpoint
from appliance.evidence.room_id import agency_of, checkpoint_origin, domain_of
from appliance.evidence.tree import Frontier
from appliance.evidence.verification import Accepted, Step, sizes_named, verify_entry
from appliance.log.foreign_entry import Tail
from appliance.log.rows import leaf_of
from appliance.model import Deny
from appliance.store.batch import NewFinding, NewNote

if TYPE_CHECKING:
    from appliance.log.batch_context import BatchContext
    from appliance.log.batch_rows import PendingRoom
    from appliance.log.foreign import Replicated
    from appliance.log.foreign_facts import ForeignFacts
    from appliance.log.message_facts import MessageFacts

NOTE_STEP = 10
"""The step after all entries: the hub's note (`evidence/verification.py`)."""
FORK = "fork"
"""The hub has given another entry, or another tree, for the same place."""
OTHER_NOTE = "note"
"""The note is not one of the hub of these entries, for this room and size."""
REGISTRY_UNKNOWN = "registry_unknown"


class _NotTheLog(Exception):
    """What was given is not the room's log: at which step and entry, and why.

    `proved`: whoever gave it, the hub's signature shows that it has two histories.
    """

    def __init__(self, step: int, reason: str, n: int, leaf: bytes | None = None, *, proved: bool = False) -> None:
        super().__init__(reason)
        self.step, self.reason, self.n, self.leaf, self.proved = step, reason, n, leaf, proved


class Taken(NamedTuple):
    """What became of given entries: a finding, or the hub's note over those that are new."""

    finding: NewFinding | None = None
    note: NewNote | None = None


def take_replicated(
    command: Replicated, pending: PendingRoom, facts: MessageFacts, known: ForeignFacts, context: BatchContext
) -> Taken:
    """Add the entries that are new to the room, or return why they are not its log.

    Raises Conflict (`replica_gap`), Unavailable (`registry_unknown`), and Invalid (`replica_refused`).
    """
    tail = Tail(command.room, pending, facts, known)
    try:
        frontier = _take_all(command, tail, context)
    except _NotTheLog as found:
        by_hub = pending.state is not None and pending.state.hub == command.peer and found.step != Step.BODY
        if not (found.proved or by_hub):
            raise Invalid(f"{command.room}: {found.reason} at {found.n}", code="replica_refused") from None
        held = None if known.note is None else known.note.note
        finding = NewFinding(
            pending.key, context.now, command.peer, found.step, found.reason, found.n, found.leaf, command.note, held
        )
        return Taken(finding=finding)
    if not tail.entries:
        return Taken()
    tail.adopt(facts)
    return Taken(note=NewNote(pending.key, tail.size, frontier.to_bytes(), command.note))


def refused(finding: NewFinding) -> Forbidden:
    """Return the error for whoever gave what a finding is about."""
    return Forbidden(Deny.ROOM_QUARANTINED, reason=finding.reason, n=finding.n)


def _take_all(command: Replicated, tail: Tail, context: BatchContext) -> Frontier:
    """Judge and add what is new; return the tree with it. Raises `_NotTheLog`."""
    asked = {size for one in command.parsed if one.header is not None for size in sizes_named(one.header)}
    roots = dict(tail.known.roots)
    frontier = _with_pending(tail, asked, roots)
    former_hub = tail.state.hub if tail.state else ""
    for given, parsed in zip(command.given, command.parsed, strict=True):
        if parsed.n is not None and parsed.n < tail.size:
            _check_held(parsed.n, given.leaf, tail)
            continue
        if parsed.n is not None and parsed.n > tail.size:
            raise Conflict(f"{command.room}: entry {tail.size} is missing", code="replica_gap", n=tail.size)
        if frontier.size in asked:
            roots[frontier.size] = frontier.root()
        former_hub = tail.state.hub if tail.state else ""
        verdict = verify_entry(tail.log(roots.get), given.leaf, context.registry, given.body)
        if not isinstance(verdict, Accepted):
            if verdict.reason == REGISTRY_UNKNOWN:
                raise Unavailable(f"{command.room}: a newer registry is needed", code=REGISTRY_UNKNOWN)
            raise _NotTheLog(verdict.step, verdict.reason, tail.size, given.leaf)
        tail.take(verdict, parsed, context)
        frontier = frontier.append(leaf_hash(given.leaf))
    if tail.entries:
        hub = _who_signs(tail, former_hub)
        _check_note(command, tail, frontier.size, frontier.root(), hub, context)
    elif (last := command.parsed[-1].n) is not None and (root := tail.known.roots.get(last + 1)) is not None:
        _check_note(command, tail, last + 1, root, None, context)
    return frontier


def _with_pending(tail: Tail, asked: set[int], roots: dict[int, bytes]) -> Frontier:
    """Return the tree with what came before in the same batch, and add the roots on the way that are asked for.

    It is not stored yet, and may be what later entries have seen.
    """
    frontier = tail.pending.frontier
    for entry in tail.pending.entries:
        if frontier.size in asked:
            roots[frontier.size] = frontier.root()
        frontier = frontier.append(leaf_hash(leaf_of(entry)))
    return frontier


def _who_signs(tail: Tail, former_hub: str) -> str:
    """Return the hub that signs the log as it is now: up to a transfer the former one, from an order on the new one."""
    state = tail.state
    if state is None or not former_hub:
        return tail.entries[0].origin
    return state.hub if state.hub_epoch_at(tail.size) == state.hub_epoch else former_hub


def _check_held(n: int, leaf: bytes, tail: Tail) -> None:
    held = tail.known.held.get(n)
    if held is None:
        held = next((leaf_of(entry) for entry in (*tail.pending.entries, *tail.entries) if entry.n == n), None)
    if held != leaf:
        raise _NotTheLog(Step.POSITION, FORK, n, leaf)


def _check_note(
    command: Replicated, tail: Tail, size: int, root: bytes, hub: str | None, context: BatchContext
) -> None:
    """Compare the hub's note with the tree of this size. `hub`: None for entries that were judged before."""
    state = tail.state
    keys = context.registry.log_keys
    verifiers = [key for agency in _hubs(hub, context) for key in keys(agency, 0 if hub is None else tail.last_at)]
    try:
        checkpoint, note = open_checkpoint(command.note, verifiers)
    except EvidenceError as error:
        raise _NotTheLog(NOTE_STEP, OTHER_NOTE, size - 1) from error
    signer = note.signatures[0].name
    epochs = range(1, state.hub_epoch + 1) if hub is None and state else (state.hub_epoch_at(size) if state else 1,)
    origins = [checkpoint_origin(domain_of(signer), command.room, epoch) for epoch in epochs]
    if checkpoint.origin not in origins or checkpoint.size != size:
        raise _NotTheLog(NOTE_STEP, OTHER_NOTE, size - 1)
    if hub is not None and agency_of(signer) != hub:
        raise _NotTheLog(NOTE_STEP, OTHER_NOTE, size - 1)
    if checkpoint.root != root:
        raise _NotTheLog(NOTE_STEP, FORK, size - 1, proved=hub is None)


def _hubs(hub: str | None, context: BatchContext) -> list[str]:
    return list(context.registry.agencies) if hub is None else [hub]
