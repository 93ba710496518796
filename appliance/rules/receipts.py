"""Which messages a person was shown, as ranges of positions (F16).

Pure. A range is (first, last), both included. What a person has read of a room is kept as the highest position shown to
them, and the gaps below it: the messages that they skipped on the way to the newest one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Range = tuple[int, int]
# More gaps than this become fewer: the two oldest are taken as one. It bounds what a room's view carries.
MAX_GAPS: Final = 8


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the same positions as ranges in order that neither overlap nor touch."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def common(ranges: Iterable[Range], shown: Range) -> list[Range]:
    """Return the parts of `ranges` that lie in `shown`."""
    cut = ((max(first, shown[0]), min(last, shown[1])) for first, last in ranges)
    return [(first, last) for first, last in cut if first <= last]


def without(ranges: Iterable[Range], shown: Range) -> list[Range]:
    """Return what is left of `ranges` once `shown` is taken out."""
    left: list[Range] = []
    for first, last in ranges:
        left += [(first, min(last, shown[0] - 1)), (max(first, shown[1] + 1), last)]
    return [(first, last) for first, last in left if first <= last]


def bounded(gaps: Sequence[Range]) -> list[Range]:
    """Return at most `MAX_GAPS` gaps: the oldest are taken as one, with what was read between them."""
    if len(gaps) <= MAX_GAPS:
        return list(gaps)
    over = len(gaps) - MAX_GAPS
    return [(gaps[0][0], gaps[over][1]), *gaps[over + 1 :]]


def after(read: int, gaps: Sequence[Range], since: int, shown: Range) -> tuple[int, list[Range]]:
    """Return the mark and the gaps once a range was shown; what lies before the entry `since` is not counted here."""
    left = without(gaps, shown)
    first = max(shown[0], since)
    if shown[1] > read:
        if first > read + 1:
            left.append((read + 1, first - 1))
        read = shown[1]
    return read, bounded(left)
