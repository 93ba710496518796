"""What is made from the log in the background: `entry_at`, where each entry of a room is, and `txn`, idempotency keys.

Owns the table `unfolded_at`: the entries that the two do not have yet, with what both need of them. A batch adds its
entries in its own transaction (`batch.py`); folding moves them on in one of its own, so nobody sees an entry twice or
not at all. The table is short, so the newest entries of all rooms are on a few pages. No page of the log is read to
fold, or to find what is not folded: a torn one costs the entries on it alone. The views `entry` and `entry_line` have
both parts. The caller owns the transaction (`log/folding.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import json

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.store.batch import Key
    from appliance.store.db import Rows

SQL = Queries("folding")


class Unfolded(NamedTuple):
    """The places (`room << 32 | n`) of what is not folded, and its idempotency keys with their places."""

    places: list[int]
    keys: dict[Key, int]


def load(rows: Rows) -> Unfolded:
    """Return what is not folded."""
    found = rows.all(SQL.load)
    keys = {(place >> 32, sender, txn_id): place for place, sender, txn_id in found if txn_id is not None}
    return Unfolded([place for place, *_ in found], keys)


def fold(rows: Rows, places: Sequence[int]) -> None:
    """Fold the entries at some places; those that are folded already stay as they are.

    Raises IntegrityError where `entry_at` has another entry at one of the places: no acknowledged entry may vanish.
    """
    asked = {"places": json.encode(places).decode()}
    rows.run(SQL.fold_places, asked)
    rows.run(SQL.fold_txns, asked)
    rows.run(SQL.remove, asked)
