"""Read receipts in SQL: which ranges of a room were shown to whom and when, and what they passed over (F16).

Rows of one person in one room do not overlap: a receipt adds the parts that no earlier one covers, so the first time a
message was shown stays. What the ranges mean is `rules/receipts.py`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from appliance.rules.receipts import after, common, without
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId
    from appliance.rules.receipts import Range
    from appliance.store.db import Rows

SQL = Queries("receipts")


class ShownRange(NamedTuple):
    """Positions `first` to `upto` of a room, by its key, were shown to a person at `at`."""

    room: int
    person: PersonId
    first: int
    upto: int
    at: Millis


def insert(rows: Rows, found: list[ShownRange]) -> None:
    """Keep what was shown and move the members' marks, never back.

    What was shown to somebody who is no member any more is left out. A mark as unread stays: only the person ends it.
    """
    for row in found:
        member = rows.one(SQL.mark, {"room": row.room, "person": row.person})
        if member is not None:
            _insert(rows, row, since=member[0], read=member[1])


def _insert(rows: Rows, row: ShownRange, *, since: int, read: int) -> None:
    shown = (row.first, row.upto)
    gaps: list[Range] = list(rows.all(SQL.gaps, {"room": row.room, "person": row.person}))
    new = common(gaps, shown)
    if row.upto > read:
        new.append((max(row.first, read + 1), row.upto))
    before = min(since, read)
    if row.first <= before:
        new += _unseen_before(rows, row, min(row.upto, before))
    rows.many(SQL.insert, [(row.room, row.person, first, last, row.at) for first, last in new])
    mark, left = after(read, gaps, since, shown)
    if mark > read:
        rows.run(SQL.advance, {"mark": mark, "room": row.room, "person": row.person})
    if left != gaps:
        rows.many(SQL.delete_gaps, [(row.room, row.person)])
        rows.many(SQL.insert_gap, [(row.room, row.person, first, last) for first, last in left])


def _unseen_before(rows: Rows, row: ShownRange, last: int) -> list[Range]:
    """Return what was shown of the time before the person came in, as far as no earlier receipt says so."""
    asked = {"room": row.room, "person": row.person, "first": row.first, "last": last}
    left: list[Range] = [(row.first, last)]
    for seen in rows.all(SQL.overlapping, asked):
        left = without(left, seen)
    return left


def gaps_of_room(rows: Rows, room: int) -> dict[PersonId, list[Range]]:
    """Return what each member of a room, by its key, passed over; those who passed over nothing are left out."""
    found: defaultdict[PersonId, list[Range]] = defaultdict(list)
    for person, first, last in rows.all(SQL.gaps_of_room, {"room": room}):
        found[person].append((first, last))
    return dict(found)


def first_reads(rows: Rows, room: int, n: int) -> list[tuple[str, Millis]]:
    """Return who was shown message `n` and when they first were, by that time; members of today or not."""
    return list(rows.all(SQL.first_reads, {"room": room, "n": n}))
