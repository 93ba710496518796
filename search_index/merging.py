"""Which segments are made one next, and which are written anew without what is gone. Pure.

The rules:
- segments of one month only, so that a month's words leave with the month's segments;
- only small ones, so that what was written large is never written again for growth;
- at most `TARGET` documents come together in one step, and only when the largest is no larger than the others together:
  each entry is rewritten a few times in its life, however many small segments come in;
- a segment with documents that are gone is written anew when they are `REWRITE_AFTER_MS` old, or a quarter of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from search_index.manifest import SegmentRecord

TARGET: Final = 50_000
FEWEST_TOGETHER: Final = 4
REWRITE_AFTER_MS: Final = 6 * 60 * 60 * 1000
_GONE_BYTES: Final = 2


def gone_count(record: SegmentRecord) -> int:
    """Return how many documents of a segment are gone."""
    return len(record.gone) // _GONE_BYTES


def choose(records: Collection[SegmentRecord], now: int) -> tuple[SegmentRecord, ...]:
    """Return the segments to make one in the next step; one alone is written anew; none when all is well."""
    due = [
        record
        for record in records
        if record.gone and (now - record.gone_since >= REWRITE_AFTER_MS or gone_count(record) * 4 >= record.documents)
    ]
    if due:
        return (min(due, key=lambda record: record.gone_since),)
    months: defaultdict[int, list[SegmentRecord]] = defaultdict(list)
    for record in records:
        if record.documents < TARGET // 2:
            months[record.month].append(record)
    return max((_together(month) for month in months.values()), key=len, default=())


def _together(small: Sequence[SegmentRecord]) -> tuple[SegmentRecord, ...]:
    """Return the smallest of a month's segments that fit into one, if bringing them together is worth its work."""
    chosen: list[SegmentRecord] = []
    total = 0
    for record in sorted(small, key=lambda record: record.documents):
        if total + record.documents > TARGET:
            break
        chosen.append(record)
        total += record.documents
    while chosen and chosen[-1].documents * 2 > total:
        total -= chosen.pop().documents
    return tuple(chosen) if len(chosen) >= FEWEST_TOGETHER else ()
