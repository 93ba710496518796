"""The newest recorded head of every room, as rows. Functions run on a connection's own thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.model import RoomId
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.store.db import Rows


SQL = Queries("recorded_heads")


class AdvancedRoom(NamedTuple):
    """A room's newest checkpoint: how many entries it covers, and the signed note."""

    room: RoomId
    size: int
    note: str


def put(rows: Rows, heads: Mapping[RoomId, tuple[int, bytes]]) -> None:
    """Keep (size, root) of rooms as the newest."""
    rows.many(SQL.put, [(room, size, root) for room, (size, root) in heads.items()])


def list_all(rows: Rows) -> dict[RoomId, tuple[int, bytes]]:
    """Return (size, root) of every room that was recorded."""
    return {RoomId(room): (size, root) for room, size, root in rows.all(SQL.list_all)}


def list_advanced(rows: Rows) -> list[AdvancedRoom]:
    """Return the rooms whose checkpoint is newer than what was recorded."""
    return [AdvancedRoom(RoomId(room), size, note) for room, size, note in rows.all(SQL.list_advanced)]
