"""Ranges of rooms' logs, and which documents lie in them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

import numpy as np

from search_index.segments import Names, Places, Segment
from search_index.wire import Range

_POSITION_BITS: Final = 32


class RangeSet:
    """Ranges made disjoint, to ask at once for many documents."""

    def __init__(self, ranges: Iterable[Range], names: Names) -> None:
        rooms: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for wanted in ranges:
            if wanted.first <= wanted.last:
                rooms[wanted.room].append((wanted.first, wanted.last))
        self._rooms = {room: _disjoint(spans) for room, spans in rooms.items()}
        numbers = dict(zip(self._rooms, names.numbers(self._rooms).tolist(), strict=True))
        self._mask = names.mask(self._rooms)
        bounds = sorted(
            ((numbers[room] << _POSITION_BITS) + first, (numbers[room] << _POSITION_BITS) + last)
            for room, spans in self._rooms.items()
            for first, last in spans
        )
        self._firsts = np.array([first for first, _ in bounds], np.int64)
        self._lasts = np.array([last for _, last in bounds], np.int64)

    def holds(self, room: str, n: int) -> bool:
        """Return whether an entry lies in one of the ranges."""
        spans = self._rooms.get(room)
        if spans is None:
            return False
        place = bisect_right(spans, (n, 1 << _POSITION_BITS)) - 1
        return place >= 0 and n <= spans[place][1]

    def keys_in(self, held: Collection[tuple[str, int]]) -> list[tuple[str, int]]:
        """Return which of these (room, n) lie in one of the ranges; asks for the fewer of the two."""
        spans = [(room, first, last) for room, spans in self._rooms.items() for first, last in spans]
        if sum(last - first + 1 for _, first, last in spans) <= len(held):
            keys = ((room, n) for room, first, last in spans for n in range(first, last + 1))
            return [key for key in keys if key in held]
        return [key for key in held if self.holds(*key)]

    def within(self, segment: Segment) -> Places:
        """Return the documents of a segment that lie in one of the ranges."""
        documents = np.flatnonzero(self._mask[segment.rooms])
        if not len(documents):
            return documents
        rooms, n = segment.rooms[documents].astype(np.int64), segment.columns.column("n")[documents].astype(np.int64)
        keys = rooms << _POSITION_BITS | n
        place = np.searchsorted(self._firsts, keys, "right") - 1
        return documents[(place >= 0) & (keys <= self._lasts[place])]


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    disjoint: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if disjoint and first <= disjoint[-1][1] + 1:
            disjoint[-1] = (disjoint[-1][0], max(last, disjoint[-1][1]))
        else:
            disjoint.append((first, last))
    return disjoint
