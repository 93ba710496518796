"""A database with one page torn: what of each room can then be read and written at all, by plain SQL.

This is what the appliance is held against: it may refuse a room only where these statements fail for that room too. The
rows written here are somewhat longer than those of a real short message, for a row that just fits beside a torn page.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from appliance.errors import AppError
from appliance.store.db import connect
from appliance.store.disk_errors import DATABASE_ERRORS
from appliance.vault.epochs import iso_week

PAGE = 4_096


def pages(pristine: bytes) -> range:
    """Return the numbers of a database's pages."""
    return range(1, len(pristine) // PAGE + 1)


def tear(database: Path, pristine: bytes, number: int) -> None:
    """Write the database with one page of zeros, and without what a process left beside it."""
    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    database.write_bytes(pristine[: (number - 1) * PAGE] + bytes(PAGE) + pristine[number * PAGE :])


def usable(database: Path, key: bytes, room: str, sender: str, at: int) -> bool:
    """Say whether a room's own rows can be read, and a message's rows written at the end of its log."""
    try:
        with closing(connect(database, key)) as raw:
            return _use(raw, room, sender, at)
    except (AppError, *DATABASE_ERRORS):
        return False


def _use(raw: sqlcipher.Connection, room: str, sender: str, at: int) -> bool:
    raw.execute("BEGIN IMMEDIATE")
    (number,) = raw.execute("SELECT key FROM room WHERE id = ?", (room,)).fetchone()
    raw.execute("SELECT kind, name, owner, owner_post, closed FROM room WHERE id = ?", (room,)).fetchall()
    raw.execute("SELECT person, role, since, read FROM room_member WHERE room = ?", (number,)).fetchall()
    places = (number << 32, (number << 32) + (1 << 32) - 1)
    newest = "SELECT place, ht, rg FROM entry WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT 1"
    place, _, _ = raw.execute(newest, places).fetchone()
    signed = _signed_size(raw, number)
    raw.execute("SELECT header FROM entry WHERE place BETWEEN ? AND ?", (places[0] + signed, place)).fetchall()
    (pos,) = raw.execute("SELECT max((SELECT max(pos) FROM log), (SELECT max(pos) FROM feed)) + 1").fetchone()
    epoch = raw.execute("SELECT key FROM epoch_key WHERE room = ? AND week = ?", (number, iso_week(at))).fetchone()
    if epoch is None:
        raw.execute(
            "INSERT INTO epoch_key (key, room, week, kind, wrapped)"
            " SELECT max(key) + 1, ?, ?, 'text', zeroblob(61) FROM epoch_key",
            (number, iso_week(at)),
        )
    else:
        raw.execute("SELECT wrapped FROM epoch_key WHERE key = ?", epoch).fetchone()
    raw.execute(
        "INSERT INTO log (place, pos, at, type, sender, ht, rg, os, origin, header, epoch, sealed)"
        " VALUES (?, ?, ?, 'message.text', 'p', ?, 0, 0, 'moph', zeroblob(500), 1, zeroblob(300))",
        (place + 1, pos, at, at),
    )
    raw.execute(
        "INSERT INTO unfolded_at (place, pos, type, sender, txn_id) VALUES (?, ?, 'message.text', 'p', 'torn beside')",
        (place + 1, pos),
    )
    raw.execute(
        "SELECT n FROM txn WHERE room = ? AND sender = ? AND txn_id = 'torn beside'", (number, sender)
    ).fetchall()
    raw.execute("ROLLBACK")
    return True


def _signed_size(raw: sqlcipher.Connection, number: int) -> int:
    row = raw.execute("SELECT size FROM checkpoint WHERE room = ?", (number,)).fetchone()
    return int(row[0]) if row else 0
