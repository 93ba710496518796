"""One entry judged, step by step, by one pure function: for the writer, for a replica and for whoever looks it over.

`verify_entry` takes the bytes of a leaf, as a replica gets them. `judge` takes the same entry as values, for the writer
that has just made them and need not read its own bytes. Both go through the same steps, in this order (`Step`), so what
a writer appends is what a replica accepts:
  1 sizes and strict form of leaf and header; 2 the agency is enrolled and active, at a version of the registry that is
  known and does not go back; 3 its seal, by a key that was valid at hub time; 4 the sender is of the agency, and the
  room is this one; 5 a header that tells of a body exactly where its type has one, and, where a body is there, the one
  committed to; 6 the next position, no earlier hub time;
  7 the agency's next counter, an id that is not taken; 8 the rules of its version allow it, and what it says of other
  agencies those have signed (`rules/stated.py`); 9 what the agency says it
  has seen is this log. Step 10, the checkpoint after the batch, is the caller's (`note.py`).

Rules: the header alone decides. A body may be erased, so what it holds decides nothing: a replica that has it and one
that came later accept the same entries. The hub asks for its form before it takes an entry in (`admission.py`). No I/O,
and nothing is changed: `Log` is the room's log before the entry, and the caller adds an accepted entry
to it. Every refusal names its step and a stable reason.
"""

from __future__ import annotations

from base64 import b64encode
from enum import IntEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from appliance.evidence import commitment
from appliance.evidence.canonical import FIRST_COUNTER, Header, decode_header
from appliance.evidence.errors import EvidenceError, StatementError
from appliance.evidence.leaf import decode_leaf
from appliance.evidence.registry import Status
from appliance.evidence.room_id import room_id
from appliance.evidence.seal import Seal, verify_seal
from appliance.evidence.statements import sizes_in, verify, verify_order
from appliance.model import Deny, Principal, Proposed, RoomId, RoomState, Target, agency_of, is_principal
from appliance.rules.entry_types import find, proposed, read, row_of
from appliance.rules.stated import Facts
from appliance.rules.statements import Statement
from appliance.rules.versions import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from appliance.evidence.registry import Registry
    from appliance.model import Millis
    from appliance.rules.statements import Fields, Order, StatementType


class Step(IntEnum):
    """The steps, by their numbers."""

    FORM = 1
    REGISTRY = 2
    SEAL = 3
    SENDER = 4
    BODY = 5
    POSITION = 6
    COUNTER = 7
    RULES = 8
    SEEN = 9


class Refused(NamedTuple):
    """An entry that is not accepted: at which step, and why; `reason` is stable."""

    step: Step
    reason: str


class Candidate(msgspec.Struct, frozen=True):
    """An entry to be judged, as values. `room` is the one it belongs to by its own bytes.

    `sealed` are the header's bytes, which its seal covers; an entry without a seal needs none.
    """

    header: Header
    room: RoomId
    n: int
    hub_time: Millis
    registry_version: int
    seal: Seal | None = None
    sealed: bytes = b""


class Accepted(msgspec.Struct, frozen=True):
    """An entry that may be appended, as values, and the room as it leaves it."""

    candidate: Candidate
    entry: Proposed
    state: RoomState


class Body(NamedTuple):
    """The bytes of a body, with its salt."""

    salt: bytes
    data: bytes


def _nothing(_: int) -> None:
    return None


class Log(msgspec.Struct, frozen=True):
    """A room's log before an entry: what judging the entry needs of it.

    `state` is None before the first entry. `last_at` and `registry` are of the last entry, `counters` the number of
    entries of each agency. `ids`: those that are taken. `target`: the facts of an entry that another one points at.
    `root_at`: the root when the log had a size.
    """

    room: RoomId
    state: RoomState | None = None
    size: int = 0
    last_at: Millis = 0
    registry: int = 0
    counters: Mapping[str, int] = MappingProxyType({})
    ids: Container[str] = frozenset()
    target: Callable[[int], Target | None] = _nothing
    root_at: Callable[[int], bytes | None] = _nothing


def verify_entry(log: Log, leaf: bytes, registry: Registry, body: Body | None = None) -> Accepted | Refused:
    """Judge the next entry of a room from the bytes of its leaf."""
    try:
        read = decode_leaf(leaf)
        header = decode_header(read.header)
    except EvidenceError as error:
        return Refused(Step.FORM, error.code)
    room = RoomId(header.room if header.room is not None else room_id(read.header))
    return judge(
        log,
        Candidate(header, room, read.n, read.hub_time, read.registry_version, read.seal, read.header),
        registry,
        body,
    )


def judge(log: Log, candidate: Candidate, registry: Registry, body: Body | None = None) -> Accepted | Refused:
    """Judge the next entry of a room from its values; `verify_entry` does the rest for bytes.

    Whoever has just made the commitment of the body need not give it.
    """
    header = candidate.header
    if refused := _speaks(log, candidate, registry) or _says_another(header, body) or _follows(log, candidate):
        return refused
    entry = _allowed(log, candidate, registry)
    if not isinstance(entry, Proposed):
        return Refused(Step.RULES, entry)
    if refused := _not_seen(log, header):
        return refused
    state = RULES[header.rules_version].apply(log.state, entry, candidate.room, candidate.n)
    return Accepted(candidate, entry, state)


def sizes_named(header: Header) -> set[int]:
    """Return the sizes of the log at which judging an entry asks for the root: what was seen, accepted or ordered."""
    sizes = set() if header.seen is None else {header.seen[0]}
    row = find(header.type, header.rules_version)
    if row is not None and row.stated is not None:
        state = read(header.type, header.state, header.rules_version)
        sizes |= set() if isinstance(state, Deny) else sizes_in(state)
    return sizes


def _speaks(log: Log, candidate: Candidate, registry: Registry) -> Refused | None:
    """Steps 2 to 4: an agency that is active, by its own seal or as the hub, for a person of its own, in this room."""
    header = candidate.header
    if reason := _not_enrolled(log, candidate, registry):
        return Refused(Step.REGISTRY, reason)
    if candidate.seal is not None:
        if reason := _bad_seal(log, candidate, candidate.seal, registry):
            return Refused(Step.SEAL, reason)
    elif log.state is not None and header.origin != log.state.hub:
        # The checkpoint vouches for the hub's own entries alone.
        return Refused(Step.SEAL, "no_seal")
    if not is_principal(header.sender) or agency_of(Principal(header.sender)) != header.origin:
        return Refused(Step.SENDER, Deny.ORIGIN_MISMATCH)
    return None if candidate.room == log.room else Refused(Step.SENDER, "other_room")


def _not_enrolled(log: Log, candidate: Candidate, registry: Registry) -> str | None:
    """Step 2: an active agency, by a version of the registry that is known and does not go back."""
    if candidate.registry_version < log.registry:
        return "registry_back"
    if candidate.registry_version > registry.version:
        return "registry_unknown"
    return None if registry.is_active(candidate.header.origin, candidate.registry_version) else "not_enrolled"


def _bad_seal(log: Log, candidate: Candidate, seal: Seal, registry: Registry) -> str | None:
    """Step 3: sealed by a key that was valid then. Who makes a room is its hub and seals nothing."""
    if log.state is None:
        return "sealed_create"
    key = registry.key_at(candidate.header.origin, seal.k, candidate.hub_time)
    if key is None:
        return "seal_key"
    try:
        verify_seal(candidate.sealed, seal, key)
    except EvidenceError as error:
        return error.code
    return None


def _says_another(header: Header, body: Body | None) -> Refused | None:
    """Step 5: a body where the type has one, and no other than the header commits to; what it holds is not read.

    A type that the rules do not know is refused by them (step 8).
    """
    row = find(header.type, header.rules_version)
    if row is not None and (row.body is None) != (header.body_length == 0):
        return Refused(Step.BODY, "body_of_type")
    if body is not None and not _is_committed_to(body, header):
        return Refused(Step.BODY, "body_differs")
    return None


def _follows(log: Log, candidate: Candidate) -> Refused | None:
    """Steps 6 and 7: the next place, no earlier; its agency's next, once."""
    header = candidate.header
    if candidate.n != log.size:
        return Refused(Step.POSITION, "position")
    if candidate.hub_time < log.last_at:
        return Refused(Step.POSITION, "time_back")
    if header.counter != log.counters.get(header.origin, FIRST_COUNTER):
        return Refused(Step.COUNTER, "counter")
    return Refused(Step.COUNTER, "double_id") if header.id in log.ids else None


def _is_committed_to(body: Body, header: Header) -> bool:
    return len(body.data) == header.body_length and commitment.check(header.commitment, body.salt, body.data)


def allowed(log: Log, candidate: Candidate, registry: Registry) -> Proposed | str:
    """Ask step 8 alone: of an entry that its hub will judge, before it has a place and a seal."""
    return _allowed(log, candidate, registry)


def _allowed(log: Log, candidate: Candidate, registry: Registry) -> Proposed | str:
    """Step 8: the entry as the rules of its version see it, or why they do not allow it."""
    header = candidate.header
    rules = RULES.get(header.rules_version)
    if rules is None:
        return "newer_rules"
    sender, n, hub_time = Principal(header.sender), candidate.n, candidate.hub_time
    version = header.rules_version
    entry = proposed(
        header.type, header.origin, sender, header.written_at, header.state, n=n, hub_time=hub_time, rules=version
    )
    if isinstance(entry, Deny):
        return entry
    brings = row_of(entry).brings
    if brings is not None and not registry.has_all(brings(entry.state), candidate.registry_version):
        return Deny.NOT_ENROLLED
    aimed = entry.state.points_at
    denied = rules.authorize(log.state, entry, None if aimed is None else log.target(aimed))
    return denied or _not_stated(log, entry, registry, candidate.registry_version) or entry


def _not_stated(log: Log, entry: Proposed, registry: Registry, version: int) -> Deny | None:
    """Return why the entry lacks a statement that it needs, by keys of hub time and the registry that it names."""
    stated = row_of(entry).stated
    if stated is None:
        return None
    facts = Facts(
        read=partial(_read, registry=registry, at=entry.hub_time),
        has_ended=lambda agency: registry.status_at(agency, version) is Status.REVOKED,
        accepts=lambda agency, hub, label: registry.accepts(agency, hub, label, version),
        root_at=lambda size: _text_of(log.root_at(size)),
    )
    return stated(log.state, entry, entry.state, facts)


def _read(statement: Statement | Order, expected: StatementType, registry: Registry, at: Millis) -> Fields | None:
    try:
        if isinstance(statement, Statement):
            return verify(statement, expected, registry, at)
        return verify_order(statement, registry, at)
    except StatementError:
        return None


def _text_of(root: bytes | None) -> str | None:
    return None if root is None else b64encode(root).decode()


def _not_seen(log: Log, header: Header) -> Refused | None:
    """Step 9: what the origin last verified is this very log, and another agency than the hub always says it."""
    if header.seen is None:
        own = log.state is None or header.origin == log.state.hub
        return None if own else Refused(Step.SEEN, "no_seen")
    size, root = header.seen
    known = _text_of(log.root_at(size)) if size <= log.size else None
    return None if known == root else Refused(Step.SEEN, "seen")
