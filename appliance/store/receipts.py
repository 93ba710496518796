"""Read receipts in SQL: every time a read position moved, and who has read a message since when (F16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.model import Millis, PersonId

SQL = Queries("receipts")


def insert(raw: sqlcipher.Connection, rows: list[tuple[int, PersonId, int, Millis]]) -> None:
    """Keep (room, person, upto, at) and move the members' positions, never back; an own unread mark ends there."""
    columns = ("room", "person", "upto", "at")
    raw.executemany(SQL.insert, [dict(zip(columns, row, strict=True)) for row in rows])
    raw.executemany(SQL.advance, [(upto, room, person, upto) for room, person, upto, _ in rows])
    raw.executemany(SQL.end_unread_mark, [(room, person, upto) for room, person, upto, _ in rows])


def first_reads(raw: sqlcipher.Connection, room: int, n: int) -> list[tuple[str, Millis]]:
    """Return who has read message `n` and when they first had, by that time; members of today or not."""
    return list(raw.execute(SQL.first_reads, {"room": room, "n": n}))
