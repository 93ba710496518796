"""Rows of one group commit, by name: one `NamedTuple` for each statement that writes them, fields in its order.

`write` binds each row to its statement; a test holds the names of the fields against the columns that the statement
names. Functions run on the writer's own thread inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import json

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.store.db import Rows

    Key = tuple[int, str, str]
    """An idempotency key: a room's key, the sender, and the `txn_id` that they chose."""

SQL = Queries("entries")
ROOMS = Queries("rooms")
RECEIPTS = Queries("receipts")
FOLDING = Queries("folding")
FILE_DELETIONS = Queries("file_deletions")
REPLICAS = Queries("replicas")
OUTBOX = Queries("outbox")


class NewRoom(NamedTuple):
    """A room that begins; `pair` names a private chat (`store/rooms.py: pair_key`)."""

    key: int
    id: str
    kind: str
    name: str | None
    owner: str
    owner_post: str | None
    created_at: Millis
    created_by: str
    create_txn: str | None
    pair: str | None
    hub: str
    hub_epoch: int
    hub_since: int
    closed: int


class RoomChange(NamedTuple):
    """What a room is now."""

    name: str | None
    owner: str
    owner_post: str | None
    closed: int
    hub: str
    hub_epoch: int
    hub_since: int
    key: int


class NewEpochKey(NamedTuple):
    """A wrapped epoch key; `room` is a room's key."""

    key: int
    room: int
    week: str
    kind: str
    generation: int
    wrapped: bytes


class NewEntry(NamedTuple):
    """An entry; names as in `entries.EntryRow`. `room` is a room's key.

    The columns of `hub_time`, `registry_version` and `counter` are named as on the wire: `ht`, `rg`, `os`.
    """

    room: int
    n: int
    pos: int
    at: Millis
    type: str
    sender: str
    target: int | None
    hub_time: Millis
    registry_version: int
    counter: int
    origin: str
    seal: bytes | None
    header: bytes
    epoch: int | None
    sealed: bytes | None
    txn_id: str | None


class NewLine(NamedTuple):
    """A line of the feed that is no entry, for one person alone or a room's members; `room` is a room's key."""

    pos: int
    at: Millis
    type: str
    room: int | None
    person: str | None = None
    data: str | None = None


class Membership(NamedTuple):
    """A person of a room, by its key."""

    room: int
    person: str


class NewMember(NamedTuple):
    """A person who comes into a room at entry `since`; `read` is how far nothing counts as unread."""

    room: int
    person: str
    role: str
    since: int
    read: int


class NewRole(NamedTuple):
    """A member's part in a room is another one."""

    role: str
    room: int
    person: str


class NewDeparture(NamedTuple):
    """Somebody was taken off a room: by whom, what it was called then, and why."""

    person: str
    at: Millis
    room: int
    by: str
    name: str
    why: str
    reason: str


class NewEditMark(NamedTuple):
    """The newest edit of message `n`."""

    room: int
    n: int
    edit: int


class NewEdit(NamedTuple):
    """Entry `n` is an edit of message `target`."""

    room: int
    target: int
    n: int


class NewRetraction(NamedTuple):
    """The entry that takes message `n` back."""

    room: int
    n: int
    redact: int


class ReactionKey(NamedTuple):
    """Somebody's emoji on a message."""

    room: int
    target: int
    emoji: str
    person: str


class NewReaction(NamedTuple):
    """Entry `n` gives somebody's emoji to a message."""

    room: int
    target: int
    emoji: str
    person: str
    n: int


class Named(NamedTuple):
    """Entry `n` names or concerns a person; `*` is everyone."""

    room: int
    person: str
    n: int


class Erased(NamedTuple):
    """The bodies of entries `first` to `last` of a room are destroyed."""

    room: int
    first: int
    last: int


class NewCheckpoint(NamedTuple):
    """A signed note over a room's tree; `frontier` is the tree's edge, `counters` those of each agency (JSON)."""

    room: int
    size: int
    frontier: bytes
    note: str
    counters: str


class NewNote(NamedTuple):
    """The hub's signed note at a size of a room that agencies share, with the edge of the tree there."""

    room: int
    size: int
    frontier: bytes
    note: str


class NewId(NamedTuple):
    """An entry's id is taken in its room."""

    room: int
    id: str
    n: int


class NewFinding(NamedTuple):
    """What a peer gave is not the room's log: at which step, which entry, with its leaf and both notes."""

    room: int
    at: Millis
    peer: str
    step: int
    reason: str
    n: int
    leaf: bytes | None
    note: str
    held: str | None


class Shared(NamedTuple):
    """An agency has members in a room from now on."""

    peer: str
    room: int


class Unshared(NamedTuple):
    """An agency has no member in a room any more: it gets the entries before `upto`."""

    upto: int
    peer: str
    room: int


class PairOf(NamedTuple):
    """What names a private chat that another agency began (`store/rooms.py: pair_key`)."""

    pair: str
    key: int


class NewWaiting(NamedTuple):
    """What a person writes to a room that another agency orders; fields as in `outbox.WaitingRow`."""

    room: int
    id: str
    sender: str
    txn_id: str | None
    type: str
    at: Millis
    state: str | None
    commitment: str
    length: int
    epoch: int | None
    sealed: bytes | None


class TakenOut(NamedTuple):
    """What waited has come back from its hub as an entry."""

    id: str


@dataclass(slots=True)
class Batch:
    """Rows of one group commit, one list for each kind."""

    rooms: list[NewRoom] = field(default_factory=list)
    epoch_keys: list[NewEpochKey] = field(default_factory=list)
    entries: list[NewEntry] = field(default_factory=list)
    feed: list[NewLine] = field(default_factory=list)
    states: list[RoomChange] = field(default_factory=list)
    removed: list[Membership] = field(default_factory=list)
    added: list[NewMember] = field(default_factory=list)
    roles: list[NewRole] = field(default_factory=list)
    edited: list[NewEditMark] = field(default_factory=list)
    edits: list[NewEdit] = field(default_factory=list)
    redacted: list[NewRetraction] = field(default_factory=list)
    reactions_off: list[ReactionKey] = field(default_factory=list)
    reactions_on: list[NewReaction] = field(default_factory=list)
    mentions: list[Named] = field(default_factory=list)
    concerns: list[Named] = field(default_factory=list)
    joined: list[Membership] = field(default_factory=list)
    departures: list[NewDeparture] = field(default_factory=list)
    erased: list[Erased] = field(default_factory=list)
    checkpoints: list[NewCheckpoint] = field(default_factory=list)
    notes: list[NewNote] = field(default_factory=list)
    ids: list[NewId] = field(default_factory=list)
    findings: list[NewFinding] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    unshared: list[Unshared] = field(default_factory=list)
    pairs: list[PairOf] = field(default_factory=list)
    waiting: list[NewWaiting] = field(default_factory=list)
    taken_out: list[TakenOut] = field(default_factory=list)


class RepeatedTxnError(Exception):
    """A command of the batch was done before; nothing of the batch was written."""


WRITES: Final = (
    ("rooms", NewRoom, ROOMS.insert),
    ("epoch_keys", NewEpochKey, SQL.insert_epoch_key),
    ("entries", NewEntry, SQL.insert_entry),
    ("feed", NewLine, SQL.insert_feed),
    ("states", RoomChange, ROOMS.change_state),
    ("removed", Membership, ROOMS.delete_member),
    ("removed", Membership, RECEIPTS.delete_gaps),
    # Who is added again begins like everybody who is new: nothing pinned, muted, hidden or cleared.
    ("removed", Membership, ROOMS.delete_view),
    ("added", NewMember, ROOMS.insert_member),
    ("roles", NewRole, ROOMS.set_role),
    ("edited", NewEditMark, SQL.mark_edited),
    ("edits", NewEdit, SQL.insert_edit),
    ("redacted", NewRetraction, SQL.mark_redacted),
    ("reactions_off", ReactionKey, SQL.delete_reaction),
    ("reactions_on", NewReaction, SQL.insert_reaction),
    ("mentions", Named, SQL.insert_mention),
    ("concerns", Named, SQL.insert_concern),
    # That somebody was taken off is shown to them until they are added again.
    ("joined", Membership, ROOMS.delete_departure),
    ("departures", NewDeparture, ROOMS.insert_departure),
    ("erased", Erased, FILE_DELETIONS.mark_index_of_erased),
    ("erased", Erased, FILE_DELETIONS.receipt_erased),
    ("erased", Erased, FILE_DELETIONS.delete_erased_refs),
    ("erased", Erased, SQL.erase_bodies),
    ("erased", Erased, SQL.erase_mentions),
    ("checkpoints", NewCheckpoint, ROOMS.put_checkpoint),
    ("notes", NewNote, REPLICAS.insert_note),
    ("ids", NewId, REPLICAS.insert_id),
    ("findings", NewFinding, REPLICAS.insert_quarantine),
    ("shared", Shared, REPLICAS.share),
    ("unshared", Unshared, REPLICAS.unshare),
    ("pairs", PairOf, ROOMS.set_pair),
    ("waiting", NewWaiting, OUTBOX.insert),
    ("taken_out", TakenOut, OUTBOX.take_out),
)
"""What is written, in this order: the rows of a batch, their kind, and their statement."""


def keys_of(batch: Batch) -> dict[Key, int]:
    """Return the idempotency keys of a batch with the places of their entries."""
    return {
        (entry.room, entry.sender, entry.txn_id): place_of(entry) for entry in batch.entries if entry.txn_id is not None
    }


def place_of(entry: NewEntry) -> int:
    """Return a room's key and an entry's number in it as one number, as the tables have them."""
    return entry.room << 32 | entry.n


def write(rows: Rows, batch: Batch) -> None:
    """Write a whole batch. Raises RepeatedTxnError before anything is written.

    An idempotency key is looked up in `txn`, which does not have those of the newest entries (`log/folding.py`).
    """
    keys = keys_of(batch)
    if keys and rows.value(SQL.any_txn, {"keys": json.encode(list(keys)).decode()}):
        raise RepeatedTxnError
    for name, _, statement in WRITES:
        if found := getattr(batch, name):
            rows.many(statement, found)
            if name == "entries":
                # Their positions follow each other. What comes after this finds them by place.
                rows.run(FOLDING.add, {"first": batch.entries[0].pos, "last": batch.entries[-1].pos})
