"""Entries of the room logs in SQL: the rows that reads begin from (`batch.py` has those that are written).

The caller owns the transaction. Rows stay sealed: bodies are opened by `log/bodies.py`, which holds the keys. The views
`entry` and `entry_line` have every entry that is committed, folded or not (`folding.py`); a statement that puts entries
in order has their `place` as its last column, which is dropped here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from appliance.evidence.canonical import Header, decode_header
from appliance.evidence.errors import EvidenceError
from appliance.model import Deny, EntryType, Marks, Millis, PersonId, Target
from appliance.rules import entry_types
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.model import Home, Principal
    from appliance.store.db import Rows

SQL = Queries("entries")
ROOMS = Queries("rooms")
SEALED_PAGE: Final = 250
"""Entries of a room that are read together to see which key seals each."""
END: Final = 1 << 32
"""Behind every position of a room."""
UNREADABLE: Final = Header(
    commitment="", body_length=0, id="", origin="", counter=0, rules_version=0, sender="", written_at=0, type="", v=1
)
"""Stands for a header that cannot be decoded, as if it said what no entry says: its entry is damaged, and no other."""


class EntryRow(NamedTuple):
    """An entry as stored. `edit`: the position of its newest edit. `redact`: that of its retraction (its tombstone).

    `at` is when it was written, by the sender's agency. `hub_time` never goes back in a room. `registry_version` is the
    version of the registry of agencies (0 outside any federation). `counter` numbers the entries of `origin` in the
    room.
    """

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
    edit: int | None
    redact: int | None


class LeafRow(NamedTuple):
    """What the tree is made of: the parts of an entry's leaf, and whose entry it is."""

    n: int
    hub_time: Millis
    registry_version: int
    origin: str
    seal: bytes | None
    header: bytes


class ExportRow(NamedTuple):
    """The parts of an entry's leaf, and its sealed body."""

    n: int
    hub_time: Millis
    registry_version: int
    origin: str
    seal: bytes | None
    header: bytes
    epoch: int | None
    sealed: bytes | None


class FirstResult(NamedTuple):
    """What a command that is repeated came to the first time: its first entry."""

    n: int
    header: bytes
    at: Millis
    pos: int


def find_txn(rows: Rows, room: str, sender: PersonId, txn_id: str) -> FirstResult | None:
    """Return the first entry that an earlier command with this id appended."""
    row = rows.one(SQL.find_txn, {"room": room, "sender": sender, "txn_id": txn_id})
    return FirstResult._make(row) if row else None


def txn_ids_of_sender(rows: Rows, room: int, first: int, last: int, sender: str) -> dict[int, str]:
    """Return, by position, the idempotency keys of what one person sent among entries `first` to `last`."""
    return dict(rows.all(SQL.txn_ids_of_sender, {"room": room, "first": first, "last": last, "sender": sender}))


def stored_header(data: bytes) -> Header:
    """Return the header in a row. For bytes that are none: one of no version, by which nothing is read or shown."""
    try:
        return decode_header(data)
    except EvidenceError:
        return UNREADABLE


def target(rows: Rows, room: int, n: int, home: Home) -> Target | None:
    """Return the facts of entry `n`, or None where there is none, or one that says what no entry says."""
    row = rows.one(SQL.target, {"room": room, "n": n})
    if row is None:
        return None
    header = stored_header(row[5])
    state = entry_types.read(row[1], header.state, header.rules_version)
    if isinstance(state, Deny):
        return None
    return Target(
        row[0],
        EntryType(row[1]),
        home.principal(PersonId(row[2])),
        row[3],
        state,
        row[4] is not None,
        header.rules_version,
    )


def between(rows: Rows, room: int, first: int, last: int) -> list[EntryRow]:
    """Return entries `first` to `last`, both included, in order."""
    return [EntryRow._make(row[:-1]) for row in rows.all(SQL.range, {"room": room, "first": first, "last": last})]


def sealed_by(rows: Rows, room: int, key: int) -> Iterator[tuple[int, bool]]:
    """Yield the entries of a room that have a body, in order, each with whether this epoch key seals it."""
    first = 0
    while page := between(rows, room, first, first + SEALED_PAGE - 1):
        yield from ((row.n, row.epoch == key) for row in page if row.sealed is not None)
        first += SEALED_PAGE


def one(rows: Rows, room: int, n: int) -> EntryRow | None:
    """Return entry `n`."""
    row = rows.one(SQL.one, {"room": room, "n": n})
    return EntryRow._make(row) if row else None


def without_body(rows: Rows, room: int, n: int) -> EntryRow | None:
    """Return entry `n` without its body and marks, which may lie on other pages."""
    row = rows.one(SQL.without_body, {"room": room, "n": n})
    return _bare(row) if row else None


def of_types_after(rows: Rows, room: int, after: int, types: Iterable[str]) -> list[EntryRow]:
    """Return the entries of some types after a position, in order, without their bodies and marks."""
    asked = {"room": room, "after": after, "types": json.dumps(list(types))}
    return [_bare(row[:-1]) for row in rows.all(SQL.of_types_after, asked)]


def _bare(row: tuple[Any, ...]) -> EntryRow:
    return EntryRow._make((*row, None, None, None, None))


def _message_types() -> str:
    """Return the types of entry that count as unread and are the newest line of their room, as JSON."""
    return json.dumps(entry_types.types_where(lambda row: row.message))


def last_message(rows: Rows, room: int, before: int = END) -> EntryRow | None:
    """Return the newest message of a room before a position."""
    row = rows.one(SQL.last_message, {"room": room, "types": _message_types(), "before": before})
    return EntryRow._make(row) if row else None


def marks(rows: Rows, room: int, n: int, reacting: Iterable[Principal], home: Home) -> Marks:
    """Return what a message carries, with the emoji of those who are `reacting`; its people are not walked through."""
    emoji = [row[0] for row in rows.all(SQL.emoji_of, {"room": room, "target": n})]
    given = {
        person: frozenset(one for one in emoji if has_reaction(rows, room, n, one, home.person(person)))
        for person in reacting
    }
    return Marks(len(edits_of(rows, room, n)), frozenset(emoji), given)


def edits_of(rows: Rows, room: int, n: int) -> list[int]:
    """Return the positions of a message's edits, oldest first."""
    return [row[0] for row in rows.all(SQL.edits_of, {"room": room, "n": n})]


def reactions_between(rows: Rows, room: int, first: int, last: int) -> dict[int, dict[str, list[str]]]:
    """Return, by message and emoji, the people who reacted, in the order they did."""
    found: dict[int, dict[str, list[str]]] = {}
    for n, emoji, person in rows.all(SQL.reactions_between, {"room": room, "first": first, "last": last}):
        found.setdefault(n, {}).setdefault(emoji, []).append(person)
    return found


def last_concern(rows: Rows, room: int, person: str, before: int = END) -> EntryRow | None:
    """Return the newest entry before a position that is no message and concerns a person."""
    n: int = rows.value(SQL.last_concern, {"room": room, "person": person, "before": before})
    return one(rows, room, n) if n >= 0 else None


def unread_count(rows: Rows, room: int, person: str, after: int, hidden: Sequence[int] = ()) -> int:
    """Count messages of others and what else concerns a person after a position but for `hidden`, at most 1,000."""
    asked = {
        "room": room, "after": after, "person": person, "types": _message_types(), "hidden": json.dumps(hidden)
    }  # fmt: skip
    count: int = rows.value(SQL.unread_count, asked)
    return count


def mention_count(rows: Rows, room: int, person: str, after: int, hidden: Sequence[int] = ()) -> int:
    """Count standing messages by others after a position that name a person, everyone or both, at most 1,000.

    Those at the positions `hidden` are left out.
    """
    asked = {"room": room, "after": after, "person": person, "hidden": json.dumps(hidden)}
    count: int = rows.value(SQL.mention_count, asked)
    return count


def log_after(rows: Rows, room: int, n: int, limit: int) -> list[LeafRow]:
    """Return what the tree is made of, from entry `n` on."""
    return [LeafRow._make(row[:-1]) for row in rows.all(SQL.log_after, {"room": room, "n": n, "limit": limit})]


def asks_for_roots(rows: Rows, room: int, types: list[str]) -> bool:
    """Return whether a room has entries of other agencies than its hub, or of types that name a size of the log."""
    return bool(rows.value(SQL.asks_for_roots, {"room": room, "types": json.dumps(types)}))


def export_page(rows: Rows, room: int, n: int, limit: int) -> list[ExportRow]:
    """Return leaf and sealed body from entry `n` on."""
    return [ExportRow._make(row[:-1]) for row in rows.all(SQL.export_page, {"room": room, "n": n, "limit": limit})]


def room_key(rows: Rows, room: str) -> int:
    """Return the key of a room that exists."""
    key: int = rows.value(ROOMS.by_id, {"room": room})
    return key


def has_reaction(rows: Rows, room: int, n: int, emoji: str, person: str) -> bool:
    """Return whether a person has this reaction on a message."""
    return rows.one(SQL.has_reaction, {"room": room, "n": n, "emoji": emoji, "person": person}) is not None


def marks_of_room(rows: Rows, room: int) -> dict[int, tuple[int | None, int | None]]:
    """Return (newest edit, retraction) of every message of a room that has either."""
    return {n: (edit, redact) for n, edit, redact in rows.all(SQL.marks_of_room, {"room": room})}


def edits_of_room(rows: Rows, room: int) -> set[tuple[int, int]]:
    """Return (message, edit) of every edit of a room."""
    return {(target, n) for target, n in rows.all(SQL.edits_of_room, {"room": room})}


def reactions_of_room(rows: Rows, room: int) -> dict[tuple[int, str, str], int]:
    """Return the entry that made each standing reaction (message, emoji, person) of a room."""
    found = rows.all(SQL.reactions_of_room, {"room": room})
    return {(target, emoji, person): n for target, emoji, person, n in found}


def mentions_of_room(rows: Rows, room: int) -> set[tuple[int, str]]:
    """Return (message, person) of every mention of a room; `*` is everyone."""
    return {(n, person) for n, person in rows.all(SQL.mentions_of_room, {"room": room})}


def concerns_of_room(rows: Rows, room: int) -> set[tuple[int, str]]:
    """Return (entry, person) of everything that is no message and concerns somebody of a room; `*` is everyone."""
    return {(n, person) for n, person in rows.all(SQL.concerns_of_room, {"room": room})}


def is_in_log(rows: Rows, room: int, n: int) -> bool:
    """Return whether the log has an entry that no place leads to; walks the whole log."""
    return bool(rows.value(SQL.is_in_log, {"room": room, "n": n}))


def first_misplaced(rows: Rows, room: int, first: int, last: int) -> int | None:
    """Return the first of entries `first` to `last` of a room whose place is wrong or given twice, or None."""
    n: int | None = rows.value(SQL.first_misplaced, {"room": room, "first": first, "last": last})
    return n


def first_without_txn(rows: Rows, room: int, first: int, last: int) -> int | None:
    """Return the first of entries `first` to `last` whose idempotency key `txn` does not have, or gives to another."""
    n: int | None = rows.value(SQL.first_without_txn, {"room": room, "first": first, "last": last})
    return n


def first_wrong_txn(rows: Rows, room: int) -> int | None:
    """Return the first entry that `txn` names for an idempotency key which it does not have, or None."""
    n: int | None = rows.value(SQL.first_wrong_txn, {"room": room})
    return n


def of_no_room(rows: Rows, limit: int) -> list[int]:
    """Return the keys of rooms that are not there, though the log or what leads to it has rows of them; walks all."""
    return [row[0] for row in rows.all(SQL.of_no_room, {"limit": limit})]


def unplaced(rows: Rows, limit: int) -> list[int]:
    """Return the positions of entries, of all rooms, that are not found by their place; walks the whole log."""
    return [row[0] for row in rows.all(SQL.unplaced, {"limit": limit})]
