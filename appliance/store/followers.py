"""How far the followers of the feed are that keep their cursor in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.store.db import Rows

SQL = Queries("followers")


def get(rows: Rows, name: str) -> tuple[int, str]:
    """Return a follower's position and the id of the history up to there; the beginning when it has none."""
    row = rows.one(SQL.get, {"name": name})
    return (row[0], row[1]) if row else (0, "")


def put(rows: Rows, name: str, pos: int, history_id: str) -> None:
    """Keep a follower's position."""
    rows.run(SQL.put, {"name": name, "pos": pos, "history_id": history_id})
