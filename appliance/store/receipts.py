"""Read receipts in SQL: every time a read position moved, and who has read a message since when (F16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.model import Millis, PersonId

SQL = Queries("receipts")


def insert(raw: sqlcipher.Connection, rows: list[tuple[int, PersonId, int, Millis]]) -> None:
    """Keep (room, person, upto, at) and move the members' positions, never back; an own unread mark ends there."""
    columns = ("room", "person", "upto", "at")
    raw.executemany(SQL.insert, [dict(zip(columns, row, strict=True)) for row in rows])
    raw.executemany(SQL.advance, [(upto, room, person, upto) for room, person, upto, _ in rows])
    raw.executemany(SQL.end_unread_mark, [(room, person, upto) for room, person, upto, _ in rows])


def first_reads(raw: sqlcipher.Connection, room: int, n: int, people: Iterable[str]) -> dict[str, Millis]:
    """Return, for those of `people` who have read message `n`, when they first had."""
    found: dict[str, Millis] = {}
    for person in people:
        row = raw.execute(SQL.first_read, (room, person, n)).fetchone()
        if row:
            found[person] = row[0]
    return found


def readers(raw: sqlcipher.Connection, room: int) -> list[str]:
    """Return everybody who ever read in a room, members of today or not."""
    return [row[0] for row in raw.execute(SQL.readers, {"room": room})]
