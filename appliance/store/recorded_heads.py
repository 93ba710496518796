"""The newest recorded head of every room, as rows. Functions run on a connection's own thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.model import RoomId
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlcipher3 import dbapi2 as sqlcipher

SQL = Queries("recorded_heads")


def put(raw: sqlcipher.Connection, heads: Mapping[RoomId, tuple[int, bytes]]) -> None:
    """Keep (size, root) of rooms as the newest."""
    raw.executemany(SQL.put, [(room, size, root) for room, (size, root) in heads.items()])


def list_all(raw: sqlcipher.Connection) -> dict[RoomId, tuple[int, bytes]]:
    """Return (size, root) of every room that was recorded."""
    return {RoomId(room): (size, root) for room, size, root in raw.execute(SQL.list_all)}


def list_advanced(raw: sqlcipher.Connection) -> list[tuple[RoomId, int, str]]:
    """Return (room, size, signed note) of rooms whose checkpoint is newer than what was recorded."""
    return [(RoomId(room), size, note) for room, size, note in raw.execute(SQL.list_advanced)]
