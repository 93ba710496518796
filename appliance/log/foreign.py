"""What comes to the log's writer from other agencies: entries for a room of ours, and entries of a room of theirs.

`Received`: this agency is the room's hub, and another one submits what its people wrote. `Replicated`: another agency
is the hub, and what it gives is followed here. Both wait, are batched and written like `Command`, and both are judged
as every entry is (`received.py`, `replicated.py`). Values only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from appliance.errors import AppError
from appliance.evidence.bodies import decode_body
from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import BodyError, EvidenceError
from appliance.evidence.leaf import decode_leaf
from appliance.evidence.seal import MAX_BATCH
from appliance.evidence.verification import Body
from appliance.model import Appended, Deny, Draft, EntryType, Principal, RoomId, program_of
from appliance.rules import entry_types
from appliance.rules.entry_types import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.evidence.canonical import Header
    from appliance.evidence.leaf import Leaf
    from appliance.evidence.seal import Seal
    from appliance.log.riders import Rider

MAX_ENTRIES: Final = MAX_BATCH
"""Of one command."""
BEHIND: Final = "counter"
"""Why what stands behind a refused event is refused: its agency numbers and seals it anew."""
NOT_HUB: Final = "not_hub"
"""Why events are refused: this agency does not order the room's entries."""


class Answer(NamedTuple):
    """What became of a submitted event: its position, or why it has none. Without a readable header its id is empty."""

    id: str
    n: int | None
    reason: str | None = None


class Submitted(msgspec.Struct, frozen=True):
    """An event that another agency submits: its header's bytes, their seal, and the body with its salt."""

    header: bytes
    seal: Seal
    body: Body | None


class Given(msgspec.Struct, frozen=True):
    """An entry as its hub gives it: its leaf's bytes, and the body with its salt where that still exists."""

    leaf: bytes
    body: Body | None


class Parsed(msgspec.Struct, frozen=True):
    """What foreign bytes say, as far as they can be read: header, leaf and the draft that they amount to."""

    body: Body | None
    header: Header | None = None
    leaf: Leaf | None = None
    draft: Draft | None = None

    @property
    def n(self) -> int | None:
        """The position that the leaf says."""
        return None if self.leaf is None else self.leaf.n


class Received(msgspec.Struct, frozen=True):
    """Events of another agency for one room, at most `MAX_ENTRIES`, in the order in which that agency sealed them.

    `done` is called once with an answer for each event, or with the error for which none could be decided. Make it by
    `received`.
    """

    room: RoomId
    origin: str
    events: tuple[Submitted, ...]
    parsed: tuple[Parsed, ...]
    done: Callable[[list[Answer] | AppError], None]
    riders: tuple[Rider[object], ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    people_added: int = 0

    @property
    def sender(self) -> Principal:
        """Whose turn it takes in a batch: the agency's program's."""
        return program_of(self.origin)

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """The events that can be read, as drafts."""
        return tuple(_drafts(self.parsed))


class Replicated(msgspec.Struct, frozen=True):
    """Entries of a room whose hub is another agency, at most `MAX_ENTRIES` in order, and the hub's note over them.

    `peer` is who gave them: the hub or any other follower. `done` is called once with the entries that are new here, or
    with the error. Make it by `replicated`.
    """

    room: RoomId
    peer: str
    given: tuple[Given, ...]
    parsed: tuple[Parsed, ...]
    note: str
    done: Callable[[list[Appended] | AppError], None]
    riders: tuple[Rider[object], ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    people_added: int = 0

    @property
    def sender(self) -> Principal:
        """Whose turn it takes in a batch: the program's of the agency that gave it."""
        return program_of(self.peer)

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """The entries that can be read, as drafts."""
        return tuple(_drafts(self.parsed))


def received(
    room: RoomId, origin: str, events: Sequence[Submitted], done: Callable[[list[Answer] | AppError], None]
) -> Received:
    """Make the command for events of one room. Raises ValueError for more than `MAX_ENTRIES` or none."""
    _check_count(events)
    parsed = tuple(_parsed(event.header, event.body) for event in events)
    return Received(room, origin, tuple(events), parsed, done)


def replicated(
    room: RoomId,
    peer: str,
    given: Sequence[Given],
    note: str,
    done: Callable[[list[Appended] | AppError], None],
    riders: tuple[Rider[object], ...] = (),
) -> Replicated:
    """Make the command for entries of one room. Raises ValueError for more than `MAX_ENTRIES` or none."""
    _check_count(given)
    return Replicated(room, peer, tuple(given), tuple(map(_parsed_leaf, given)), note, done, riders)


def _check_count(found: Sequence[object]) -> None:
    if not 1 <= len(found) <= MAX_ENTRIES:
        raise ValueError(f"{len(found)} entries, 1 to {MAX_ENTRIES} at once")


def _parsed_leaf(given: Given) -> Parsed:
    try:
        leaf = decode_leaf(given.leaf)
    except EvidenceError:
        return Parsed(given.body)
    read = _parsed(leaf.header, given.body)
    return Parsed(read.body, read.header, leaf, read.draft)


def _parsed(data: bytes, body: Body | None) -> Parsed:
    try:
        header = decode_header(data)
    except EvidenceError:
        return Parsed(body)
    return Parsed(body, header, None, _draft_of(header, body))


def _draft_of(header: Header, body: Body | None) -> Draft | None:
    """Return the draft that a header and its body amount to; without a body where that has not the form of its type."""
    row = find(header.type, header.rules_version)
    state = entry_types.read(header.type, header.state, header.rules_version)
    if row is None or isinstance(state, Deny):
        return None
    said = None
    if body is not None and row.body is not None:
        try:
            said = decode_body(row, body.data)
        except BodyError:
            said = None
    kind = EntryType(header.type)
    return Draft(RoomId(header.room or ""), Principal(header.sender), kind, body=said, state=state)


def _drafts(parsed: Sequence[Parsed]) -> Iterator[Draft]:
    return (one.draft for one in parsed if one.draft is not None)
