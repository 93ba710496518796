"""Which segments are merged next, and which are rewritten without deleted documents. Pure.

The rules:
- segments of one month only, so that a month's words leave with the month's segments;
- at most `TARGET` documents come together in one step, and in the month that still grows only four or more, the largest
  no larger than the others together: each entry is rewritten a few times in its life, however many come in;
- a month that is over is brought into as few segments as hold it: from two on, the largest at most four times the rest;
- a segment with deleted documents is rewritten when they are `REWRITE_AFTER_MS` old, or a quarter of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from search_index.manifest import SegmentRecord

TARGET: Final = 50_000
MIN_TOGETHER: Final = 4
MIN_OF_THE_PAST: Final = 2
MAX_OF_THE_PAST: Final = 4
REWRITE_AFTER_MS: Final = 6 * 60 * 60 * 1000
_GONE_BYTES: Final = 2


def gone_count(record: SegmentRecord) -> int:
    """Return how many documents of a segment are deleted."""
    return len(record.gone) // _GONE_BYTES


def choose(records: Collection[SegmentRecord], now: int) -> tuple[SegmentRecord, ...]:
    """Return the segments to merge in the next step; one alone is rewritten; none when nothing is to be done."""
    due = [
        record
        for record in records
        if record.gone and (now - record.gone_since >= REWRITE_AFTER_MS or gone_count(record) * 4 >= record.documents)
    ]
    if due:
        return (min(due, key=lambda record: record.gone_since),)
    months: defaultdict[int, list[SegmentRecord]] = defaultdict(list)
    for record in records:
        months[record.month].append(record)
    newest = max(months, default=0)
    return max((_together(small, grows=month == newest) for month, small in months.items()), key=len, default=())


def _together(month: Sequence[SegmentRecord], *, grows: bool) -> tuple[SegmentRecord, ...]:
    """Return the smallest of a month's segments that fit into one, if bringing them together is worth its work."""
    chosen: list[SegmentRecord] = []
    total = 0
    for record in sorted(month, key=lambda record: record.documents):
        if total + record.documents > TARGET:
            break
        chosen.append(record)
        total += record.documents
    fewest, largest = (MIN_TOGETHER, 1) if grows else (MIN_OF_THE_PAST, MAX_OF_THE_PAST)
    while chosen and chosen[-1].documents > largest * (total - chosen[-1].documents):
        total -= chosen.pop().documents
    return tuple(chosen) if len(chosen) >= fewest else ()
