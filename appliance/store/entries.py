"""Entries of the room logs in SQL: the rows that reads begin from (`batch.py` has those that are written).

Functions here run on a connection's own thread with the raw connection; the caller owns the transaction. Rows stay
sealed: bodies are opened by `log/bodies.py`, which holds the keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.model import EntryType, Marks, Millis, PersonId, Target
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.model import Home, Principal

SQL = Queries("entries")
ROOMS = Queries("rooms")


class EntryRow(NamedTuple):
    """An entry as stored. `edit` and `redact` are the positions of its newest edit and of its retraction.

    `at` is when it was written (the header's `ts`), `os` its origin's counter. `ht` (the hub's time, which never goes
    back in a room), `rg` (version of the registry of agencies), `seal` and `header` are what its leaf holds.
    """

    n: int
    pos: int
    at: Millis
    type: str
    sender: str
    target: int | None
    ht: Millis
    rg: int
    os: int
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
    ht: Millis
    rg: int
    origin: str
    seal: bytes | None
    header: bytes


class ExportRow(NamedTuple):
    """The parts of an entry's leaf, and its sealed body."""

    n: int
    ht: Millis
    rg: int
    origin: str
    seal: bytes | None
    header: bytes
    epoch: int | None
    sealed: bytes | None


def find_txn(raw: sqlcipher.Connection, room: str, sender: PersonId, txn_id: str) -> tuple[int, bytes, int, int] | None:
    """Return (n, header, at, pos) of the first entry that an earlier command with this id appended."""
    row: tuple[int, bytes, int, int] | None = raw.execute(SQL.find_txn, (room, sender, txn_id)).fetchone()
    return row


def txn_ids_of_sender(raw: sqlcipher.Connection, room: int, first: int, last: int, sender: str) -> dict[int, str]:
    """Return, by position, the idempotency keys of what one person sent among entries `first` to `last`."""
    return dict(raw.execute(SQL.txn_ids_of_sender, (room, first, last, sender)))


def target(raw: sqlcipher.Connection, room: int, n: int, home: Home) -> Target | None:
    """Return the facts of entry `n`, or None where there is none."""
    row = raw.execute(SQL.target, (room, n)).fetchone()
    if row is None:
        return None
    return Target(row[0], EntryType(row[1]), home.principal(PersonId(row[2])), row[3], row[4] is not None)


def between(raw: sqlcipher.Connection, room: int, first: int, last: int) -> list[EntryRow]:
    """Return entries `first` to `last`, both included, in order."""
    return [EntryRow._make(row) for row in raw.execute(SQL.range, (room, first, last))]


def one(raw: sqlcipher.Connection, room: int, n: int) -> EntryRow | None:
    """Return entry `n`."""
    row = raw.execute(SQL.one, (room, n)).fetchone()
    return EntryRow._make(row) if row else None


def without_body(raw: sqlcipher.Connection, room: int, n: int) -> EntryRow | None:
    """Return entry `n` without its body and marks, which may lie on other pages."""
    row = raw.execute(SQL.without_body, (room, n)).fetchone()
    return EntryRow._make((*row, None, None, None, None)) if row else None


def last_message(raw: sqlcipher.Connection, room: int) -> EntryRow | None:
    """Return the newest message of a room."""
    row = raw.execute(SQL.last_message, (room,)).fetchone()
    return EntryRow._make(row) if row else None


def marks(raw: sqlcipher.Connection, room: int, n: int, reacting: Iterable[Principal], home: Home) -> Marks:
    """Return what a message carries, with the emoji of those who are `reacting`; its people are not walked through."""
    emoji = [row[0] for row in raw.execute(SQL.emoji_of, {"room": room, "target": n})]
    given = {
        person: frozenset(one for one in emoji if has_reaction(raw, room, n, one, home.person(person)))
        for person in reacting
    }
    return Marks(len(edits_of(raw, room, n)), frozenset(emoji), given)


def edits_of(raw: sqlcipher.Connection, room: int, n: int) -> list[int]:
    """Return the positions of a message's edits, oldest first."""
    return [row[0] for row in raw.execute(SQL.edits_of, (room, n))]


def reactions_between(raw: sqlcipher.Connection, room: int, first: int, last: int) -> dict[int, dict[str, list[str]]]:
    """Return, by message and emoji, the people who reacted, in the order they did."""
    found: dict[int, dict[str, list[str]]] = {}
    for n, emoji, person in raw.execute(SQL.reactions_between, (room, first, last)):
        found.setdefault(n, {}).setdefault(emoji, []).append(person)
    return found


def last_concern(raw: sqlcipher.Connection, room: int, person: str) -> EntryRow | None:
    """Return the newest entry that is no message and concerns a person."""
    n: int = raw.execute(SQL.last_concern, {"room": room, "person": person}).fetchone()[0]
    return one(raw, room, n) if n >= 0 else None


def unread_count(raw: sqlcipher.Connection, room: int, person: str, after: int) -> int:
    """Count messages of others and what else concerns a person after a position, at most 1,000."""
    count: int = raw.execute(SQL.unread_count, (room, after, person)).fetchone()[0]
    return count


def mention_count(raw: sqlcipher.Connection, room: int, person: str, after: int) -> int:
    """Count standing messages by others after a position that name a person, everyone or both, at most 1,000."""
    count: int = raw.execute(SQL.mention_count, {"room": room, "person": person, "after": after}).fetchone()[0]
    return count


def log_after(raw: sqlcipher.Connection, room: int, n: int, limit: int) -> list[LeafRow]:
    """Return what the tree is made of, from entry `n` on."""
    return [LeafRow._make(row) for row in raw.execute(SQL.log_after, (room, n, limit))]


def export_page(raw: sqlcipher.Connection, room: int, n: int, limit: int) -> list[ExportRow]:
    """Return leaf and sealed body from entry `n` on."""
    return [ExportRow._make(row) for row in raw.execute(SQL.export_page, (room, n, limit))]


def last_epoch_key(raw: sqlcipher.Connection) -> int:
    """Return the highest number of an epoch key, 0 where there is none."""
    key: int = raw.execute(SQL.last_epoch_key).fetchone()[0]
    return key


def room_key(raw: sqlcipher.Connection, room: str) -> int:
    """Return the key of a room that exists."""
    key: int = raw.execute(ROOMS.by_id, (room,)).fetchone()[0]
    return key


def has_reaction(raw: sqlcipher.Connection, room: int, n: int, emoji: str, person: str) -> bool:
    """Say whether a person has this reaction on a message."""
    return raw.execute(SQL.has_reaction, (room, n, emoji, person)).fetchone() is not None


def marks_of_room(raw: sqlcipher.Connection, room: int) -> dict[int, tuple[int | None, int | None]]:
    """Return (newest edit, retraction) of every message of a room that has either."""
    return {n: (edit, redact) for n, edit, redact in raw.execute(SQL.marks_of_room, (room,))}


def edits_of_room(raw: sqlcipher.Connection, room: int) -> set[tuple[int, int]]:
    """Return (message, edit) of every edit of a room."""
    return {(target, n) for target, n in raw.execute(SQL.edits_of_room, (room,))}


def reactions_of_room(raw: sqlcipher.Connection, room: int) -> dict[tuple[int, str, str], int]:
    """Return the entry that made each standing reaction (message, emoji, person) of a room."""
    found = raw.execute(SQL.reactions_of_room, (room,))
    return {(target, emoji, person): n for target, emoji, person, n in found}


def mentions_of_room(raw: sqlcipher.Connection, room: int) -> set[tuple[int, str]]:
    """Return (message, person) of every mention of a room; `*` is everyone."""
    return {(n, person) for n, person in raw.execute(SQL.mentions_of_room, (room,))}


def concerns_of_room(raw: sqlcipher.Connection, room: int) -> set[tuple[int, str]]:
    """Return (entry, person) of everything that is no message and concerns somebody of a room; `*` is everyone."""
    return {(n, person) for n, person in raw.execute(SQL.concerns_of_room, (room,))}


def epoch_keys_after(raw: sqlcipher.Connection, key: int, limit: int) -> list[tuple[int, str, str, str, bytes]]:
    """Return (key, room, week, kind, wrapped) of the epoch keys after a number that were not destroyed, in order."""
    return raw.execute(SQL.epoch_keys_after, (key, limit)).fetchall()  # type: ignore[no-any-return]


def rewrap_epoch_keys(raw: sqlcipher.Connection, rows: list[tuple[bytes, int]]) -> None:
    """Put (wrapped, key) in the place of what is kept; a key destroyed meanwhile stays destroyed."""
    raw.executemany(SQL.rewrap_epoch_key, rows)
