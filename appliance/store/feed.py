"""The feed in SQL: everything that happened, in one order: entries, which are in the log, and other lines.

Functions run on a connection's own thread inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.model import Millis
    from appliance.store.db import Rows

    Line = tuple[int, Millis, str, int | None, str | None, str | None]
    """Position, time, type, room's key, the one person it is for, data (JSON)."""

SQL = Queries("feed")
PAGE: Final = 64
"""Lines of one source that are read together."""


class FeedRow(NamedTuple):
    """One line of a room's feed: an entry when `n` is there, else an event with `data` (JSON). Lines order by `pos`."""

    pos: int
    at: Millis
    type: str
    n: int | None
    data: str | None


class PersonRow(NamedTuple):
    """A private event of one person; `room` is a room's key."""

    pos: int
    at: Millis
    type: str
    room: int | None
    data: str | None


class EntryLine(NamedTuple):
    """A line of the feed that is an entry; `room` is a room's key."""

    pos: int
    room: int
    n: int


def insert(rows: Rows, line: Line) -> None:
    """Add a line that is no entry."""
    pos, at, kind, room, person, data = line
    rows.run(SQL.insert, {"pos": pos, "at": at, "kind": kind, "room": room, "person": person, "data": data})


def events_of_room(rows: Rows, room: int, since: int, upto: int) -> Iterator[FeedRow]:
    """Yield a room's lines that are no entries, after `since`, up to and including `upto`; read as they are taken."""
    while True:
        found = rows.all(SQL.after_in_room, {"room": room, "since": since, "upto": upto, "limit": PAGE})
        yield from (FeedRow(pos, at, kind, None, data) for pos, at, kind, data in found)
        if len(found) < PAGE:
            return
        since = found[-1][0]


def entries_of_room(rows: Rows, room: int, size: int, since: int, upto: int) -> Iterator[FeedRow]:
    """Yield the entries of a room of `size` after `since`, up to and including `upto`; read as they are taken."""
    n = _first_entry_after(rows, room, since, size)
    while n < size:
        found = rows.all(SQL.entries_from, {"room": room, "n": n, "limit": PAGE})
        for pos, at, kind, at_n, _ in found:
            if pos > upto:
                return
            yield FeedRow(pos, at, kind, at_n, None)
        if len(found) < PAGE:
            return
        n = found[-1][3] + 1


def of_person(rows: Rows, person: str, since: int, upto: int) -> Iterator[PersonRow]:
    """Yield a person's own lines after `since`, up to and including `upto`; read as they are taken."""
    while True:
        found = rows.all(SQL.after_for_person, {"person": person, "since": since, "upto": upto, "limit": PAGE})
        yield from map(PersonRow._make, found)
        if len(found) < PAGE:
            return
        since = found[-1][0]


def last_pos(rows: Rows) -> int:
    """Return the newest position this transaction sees."""
    pos: int = rows.value(SQL.last_pos)
    return pos


def latest(rows: Rows) -> Millis:
    """Return the latest time among the newest lines, 0 where there are none."""
    at: Millis = rows.value(SQL.latest)
    return at


def entries_after(rows: Rows, since: int, limit: int) -> list[EntryLine]:
    """Return the lines of entries after a cursor, of all rooms: what followers walk."""
    return [EntryLine._make(row) for row in rows.all(SQL.entries_after, {"since": since, "limit": limit})]


def at_entries(rows: Rows, limit: int) -> list[int]:
    """Return the positions of lines at which the log has an entry too."""
    return [row[0] for row in rows.all(SQL.at_entries, {"limit": limit})]


def history_id(pos: int, at: Millis, room: str, n: int) -> str:
    """Return what names the history up to an entry. Another history has another entry there."""
    return f"{pos} {at} {room} {n}"


def history_id_at(rows: Rows, pos: int) -> str:
    """Return the history id of the last entry up to a position; nothing when there is none."""
    line = rows.one(SQL.last_entry_upto, {"pos": pos})
    return "" if line is None else history_id(*line)


def _first_entry_after(rows: Rows, room: int, since: int, size: int) -> int:
    """Return the first entry of a room whose position is above `since`; positions rise with n. `size` if none is."""
    if size == 0 or rows.value(SQL.entry_pos, {"room": room, "n": size - 1}) <= since:
        return size
    low, high = 0, size - 1
    while low < high:
        middle = (low + high) // 2
        if rows.value(SQL.entry_pos, {"room": room, "n": middle}) > since:
            high = middle
        else:
            low = middle + 1
    return low
