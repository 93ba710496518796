"""Which tables a torn page belongs to: what is said where the appliance cannot start without them.

It reads only, each table on a connection of its own, since one that met a torn page reads nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import Unavailable
from appliance.store.db import reading
from appliance.store.disk_errors import DATABASE_ERRORS

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = "sqlite_schema"
# They hold the rooms' logs and what is kept of files, and may be many gigabytes; the start does not need all of them.
LOGS: Final = frozenset(
    (
        *("log", "entry_at", "feed", "txn", "receipt", "receipt_gap", "mention", "concern", "reaction"),
        *("message_mark", "message_edit", "audit"),
        *("room_note", "cosignature", "entry_id", "peer_room", "outbox"),
        *("upload", "blob", "file_ref", "file_use", "file_deletion", "file_receipt", "portrait"),
    )
)


def damaged_tables(path: Path, key: bytes) -> list[str]:
    """Return the tables but those of the logs that have a torn page, in their rows or an index; by name.

    `sqlite_schema` alone when not even the names of the tables can be read.
    """
    try:
        with reading(path, key) as rows:
            names = [row[0] for row in rows.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    except (Unavailable, *DATABASE_ERRORS):
        return [SCHEMA]
    return [name for name in names if name not in LOGS and not name.startswith("sqlite_") and _is_torn(path, key, name)]


def _is_torn(path: Path, key: bytes, table: str) -> bool:
    try:
        with reading(path, key) as rows:
            # The check walks the trees of the table and its indexes, not all the pages of long values.
            found = rows.all(f"PRAGMA integrity_check('{table}')")
            rows.all(f'SELECT * FROM "{table}"')  # noqa: S608 - a name from the schema
    except (Unavailable, *DATABASE_ERRORS):
        return True
    return found != [("ok",)]
