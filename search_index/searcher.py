"""What a search finds: candidates, newest first, a page at a time.

Owns the walk: fresh entries in memory, then the segments from the newest. In a segment the rarest gram's documents come
first, then the masks of rooms, senders, types and what is gone, then the other grams, rarest first; all are arrays of
small integers. It ends when the page is full and no segment left can hold anything newer. The order is (at, room, n),
newest first, and a page begins strictly after the hit it is told: pages neither repeat nor skip, whatever is written,
merged or added between.

Does not: verify (`query.matches`) or decide who may see what; the rooms it is given are the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from search_index.analyzer import TWO_CHARACTERS, NeedleKeys, needle_keys
from search_index.segments import Document, Mask, Names, Segment
from search_index.wire import Found, Hit, Search

MOST_LISTS: Final = 12
"""Of a long needle so many grams are looked at, the rarest: more would leave out next to nothing."""

_SEARCH_BELOW: Final = 16  # look candidates up in a list that is so many times as long; else make it a mask
Numbers = npt.NDArray[Any]
_Order = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request, in the numbers of the index."""

    request: Search
    keys: NeedleKeys
    rooms: Mask
    senders: Mask | None
    types: Mask | None

    @classmethod
    def of(cls, request: Search, names: Names) -> _Plan:
        return cls(
            request,
            needle_keys(request.needles),
            names.mask(request.rooms),
            None if request.senders is None else names.mask(request.senders),
            None if request.types is None else names.mask(request.types),
        )


def search(request: Search, segments: Iterable[Segment], fresh: Iterable[Document], names: Names) -> Found:
    """Return a page of candidates. Raises IndexDamaged."""
    wanted = request.limit + 1
    hits = _newest(_fresh_hits(request, fresh), wanted)
    plan = _Plan.of(request, names)
    for segment in sorted(segments, key=lambda segment: segment.record.last_at, reverse=True):
        if len(hits) == wanted and hits[-1].at > segment.record.last_at:
            break
        found = _candidates(segment, plan)
        if len(found):
            hits = _newest([*hits, *_hits(segment, found, plan)], wanted)
    return Found(hits[: request.limit], more=len(hits) > request.limit)


def _order(hit: Hit) -> _Order:
    return hit.at, hit.room, hit.n


def _newest(hits: Iterable[Hit], count: int) -> list[Hit]:
    return sorted(hits, key=_order, reverse=True)[:count]


def _fresh_hits(request: Search, fresh: Iterable[Document]) -> Iterable[Hit]:
    """Yield what is in memory and has all needles."""
    rooms = frozenset(request.rooms)
    senders = None if request.senders is None else frozenset(request.senders)
    before = None if request.before is None else (request.before.at, request.before.room, request.before.n)
    for document in fresh:
        if (
            document.room in rooms
            and request.since <= document.at < request.until
            and (senders is None or document.sender in senders)
            and (request.types is None or document.type in request.types)
            and (request.has_link is None or document.has_link == request.has_link)
            and (before is None or (document.at, document.room, document.n) < before)
            and all(any(needle in reading for reading in document.readings) for needle in request.needles)
        ):
            yield Hit(document.room, document.n, document.at, document.sender)


def _candidates(segment: Segment, plan: _Plan) -> Numbers:
    """Return the documents of a segment that may be hits, ascending, `before` not yet considered."""
    record, request = segment.record, plan.request
    until = request.until if request.before is None else min(request.until, request.before.at + 1)
    if record.last_at < request.since or record.first_at >= until:
        return _NONE
    rooms = plan.rooms[segment.rooms]
    if not rooms.any():
        return _NONE
    lists = _lists(segment, plan.keys)
    if lists is None:
        return _NONE
    ranges = [mask for bounds in plan.keys.ranges if (mask := _in_range(segment, bounds)) is not None]
    if lists:
        found: Numbers = segment.terms.documents(*lists[0])
    else:
        found = np.flatnonzero(ranges.pop()) if ranges else np.arange(record.documents, dtype=np.uint16)
    if record.first_at < request.since or record.last_at >= until:
        first, end = np.searchsorted(segment.columns.column("at"), (request.since, until))
        found = found[(found >= first) & (found < end)]
    found = _masked(segment, plan, rooms, found)
    for start, end in lists[1:]:
        if not len(found):
            return _NONE
        found = _in_both(found, segment.terms.documents(start, end), record.documents)
    for mask in ranges:
        found = found[mask[found]]
    return found


_NONE: Final[Numbers] = np.empty(0, np.uint16)


def _lists(segment: Segment, keys: NeedleKeys) -> list[tuple[int, int]] | None:
    """Return where the documents of the exact grams are listed, the shortest first; None where one has none."""
    if not len(keys.exact):
        return []
    terms = segment.terms.keys
    places = np.searchsorted(terms, keys.exact)
    if places[-1] == len(terms) or (terms[places] != keys.exact).any():
        return None
    ends = segment.terms.ends
    until = ends[places].tolist()
    since = [int(ends[place - 1]) if place else 0 for place in places.tolist()]
    return sorted(zip(since, until, strict=True), key=lambda bounds: bounds[1] - bounds[0])[:MOST_LISTS]


def _in_range(segment: Segment, bounds: tuple[int, int]) -> Mask | None:
    """Return which documents have at least one gram of a range.

    None for one letter that is nearly everywhere: its lists are long and would leave next to nothing out.
    """
    first, end = np.searchsorted(segment.terms.keys, np.array(bounds, np.uint32)).tolist()
    ends = segment.terms.ends
    since, until = int(ends[first - 1]) if first else 0, int(ends[end - 1]) if end else 0
    if bounds[1] - bounds[0] > TWO_CHARACTERS and until - since > segment.record.documents:
        return None
    mask = np.zeros(segment.record.documents, np.bool_)
    if end > first:
        mask[segment.terms.documents(since, until)] = True
    return mask


def _in_both(found: Numbers, listed: Numbers, documents: int) -> Numbers:
    """Return what is in both of two ascending arrays."""
    if len(found) * _SEARCH_BELOW < len(listed):
        places = np.searchsorted(listed, found)
        places[places == len(listed)] = 0
        return cast("Numbers", found[listed[places] == found])
    mask = np.zeros(documents, np.bool_)
    mask[listed] = True
    return found[mask[found]]


def _masked(segment: Segment, plan: _Plan, rooms: Mask, found: Numbers) -> Numbers:
    """Return the documents that are in the caller's rooms, pass the filters and are not gone."""
    columns, request = segment.columns, plan.request
    if not rooms.all():
        found = found[rooms[columns.column("room")[found]]]
    if plan.senders is not None:
        found = found[plan.senders[segment.senders][columns.column("sender")[found]]]
    if plan.types is not None:
        found = found[plan.types[segment.types][columns.column("type")[found]]]
    if request.has_link is not None:
        found = found[columns.column("has_link")[found] == request.has_link]
    if segment.gone is not None:
        found = found[~segment.gone[found]]
    return found


def _hits(segment: Segment, found: Numbers, plan: _Plan) -> list[Hit]:
    """Return the newest candidates of a segment that lie before where the page begins."""
    columns, heading, before = segment.columns, segment.columns.heading, plan.request.before
    at, n, room, sender = (columns.column(name) for name in ("at", "n", "room", "sender"))
    limit = None if before is None else (before.at, before.room, before.n)
    hits: list[Hit] = []
    for document in found[::-1]:
        hit = Hit(heading.rooms[room[document]], int(n[document]), int(at[document]), heading.senders[sender[document]])
        if limit is None or _order(hit) < limit:
            hits.append(hit)
            if len(hits) > plan.request.limit:
                break
    return hits
