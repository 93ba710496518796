"""What is made from the log in the background: `entry_at`, where each entry of a room is, and `txn`, idempotency keys.

Owns the table `unfolded`: the positions of the log that the two do not cover yet. Its open range is the end of the log;
it is there from the first batch to a clean stop, so that afterwards a torn page at the end costs what lies on it alone.
A range of one position is an entry that could not be folded. The views `entry` and `entry_line` read these from the
log. The caller owns the transaction (`log/folding.py`), so that nobody sees an entry twice or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.store.batch import Key
    from appliance.store.db import Rows

SQL = Queries("folding")
OPEN: Final = 2**63 - 1
"""Where the open range ends."""


class Unfolded(NamedTuple):
    """What is not folded: from position `first` on (None: there is no open range), and the entries at `single`.

    `keys` has their idempotency keys with their positions, `entries` is how many there are from `first` on.
    """

    first: int | None
    single: list[int]
    keys: list[tuple[Key, int]]
    entries: int


def load(rows: Rows) -> Unfolded:
    """Return what is not folded."""
    ranges = rows.all(SQL.ranges)
    first = next((first for first, last in ranges if last == OPEN), None)
    single = [first for first, last in ranges if last != OPEN]
    keys = [((room, sender, txn_id), pos) for room, sender, txn_id, pos in rows.all(SQL.keys)]
    return Unfolded(first, single, keys, 0 if first is None else rows.value(SQL.count_from, {"first": first}))


def begin(rows: Rows, first: int) -> None:
    """Open the range of what is not folded at a position: before anything is written there."""
    rows.run(SQL.begin, {"first": first})


def end(rows: Rows) -> None:
    """Close the range, once everything in it is folded and nothing more will be written."""
    rows.run(SQL.end)


def fold(rows: Rows, first: int, last: int) -> None:
    """Fold the entries from position `first` to `last`, both included. What the tables have already stays."""
    rows.run(SQL.fold_places, {"first": first, "last": last})
    rows.run(SQL.fold_txns, {"first": first, "last": last})


def advance(rows: Rows, first: int) -> None:
    """Let the open range begin at a position, if it does not begin later."""
    rows.run(SQL.advance, {"first": first})


def leave(rows: Rows, pos: int) -> None:
    """Note that the entry at a position could not be folded; it can be read. Raises what reading it raises."""
    rows.run(SQL.leave, {"pos": pos})


def release(rows: Rows, pos: int) -> None:
    """Note that the entry at a position is folded after all."""
    rows.run(SQL.release, {"pos": pos})
