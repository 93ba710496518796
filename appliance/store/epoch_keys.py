"""The wrapped keys of epochs: one for a room, an ISO week and a kind of body, and a new one after each destruction.

A key is destroyed by emptying its row: that it was there stays known. New ones are written with the entries that they
seal (`batch.py: write`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.store import file_deletions
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis
    from appliance.store.db import Rows

SQL = Queries("epoch_keys")


class Newest(NamedTuple):
    """The newest key of an epoch; `wrapped` is None where it was destroyed."""

    key: int
    generation: int
    wrapped: bytes | None


class EpochKeyRow(NamedTuple):
    """A key by its number; `wrapped` is None where it was destroyed."""

    week: str
    kind: str
    wrapped: bytes | None


class KeptKey(NamedTuple):
    """A key that was not destroyed, with the room whose bodies it seals."""

    key: int
    room: str
    week: str
    kind: str
    wrapped: bytes


def newest(rows: Rows, room: int, week: str, kind: str) -> Newest | None:
    """Return the newest key of an epoch."""
    row = rows.one(SQL.newest, {"room": room, "week": week, "kind": kind})
    return Newest._make(row) if row else None


def get(rows: Rows, key: int) -> EpochKeyRow | None:
    """Return a key by its number."""
    row = rows.one(SQL.get, {"key": key})
    return EpochKeyRow._make(row) if row else None


def last(rows: Rows) -> int:
    """Return the highest number of a key, 0 where there is none."""
    key: int = rows.value(SQL.last)
    return key


def list_after(rows: Rows, after: int, limit: int) -> list[KeptKey]:
    """Return the keys after a number that were not destroyed, in order."""
    return [KeptKey._make(row) for row in rows.all(SQL.list_after, {"after": after, "limit": limit})]


def rewrap(rows: Rows, fresh: Iterable[tuple[int, bytes]]) -> None:
    """Put what is newly wrapped in the place of what is kept; a key destroyed meanwhile stays destroyed."""
    rows.many(SQL.rewrap, [{"key": key, "wrapped": wrapped} for key, wrapped in fresh])


def destroy(rows: Rows, keys: Iterable[int], at: Millis) -> None:
    """Destroy keys for good, and the references to files that were under them."""
    for key in keys:
        file_deletions.destroy_references(rows, key, at)
        rows.run(SQL.destroy, {"key": key})


def of_room(rows: Rows, room: int) -> list[tuple[int, str, str, int]]:
    """Return (key, week, kind, generation) of every key of a room; the generations of an epoch in order."""
    return [(key, week, kind, generation) for key, week, kind, generation in rows.all(SQL.of_room, {"room": room})]
