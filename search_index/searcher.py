"""What a search finds: candidates, newest first, a page at a time.

Owns the walk: fresh entries in memory, then the segments from the newest. In a segment the rarest gram's documents come
first, then the masks of rooms, senders, types and deleted documents, then the other grams, rarest first; all are arrays
of small integers. It ends when the page is full and no segment left can hold anything newer. The order is (at, room,
n), newest first, and a page begins strictly after the hit that it is given: pages neither repeat nor skip, whatever is
written, merged or added between.

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
from search_index.wire import Before, Found, Hit, Search

MAX_LISTS: Final = 12
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
    """Return a page of candidates. `segments`: by `last_at`, the newest first. Raises IndexDamaged."""
    wanted = request.limit + 1
    hits = _newest(_fresh_hits(request, fresh), wanted)
    plan = _Plan.of(request, names)
    for segment in segments:
        newest = segment.record.last_at
        if len(hits) == wanted and hits[-1].at > newest:
            break
        found = _candidates(segment, plan)
        if not len(found):
            continue
        if not hits or hits[-1].at > newest:  # all of it is older
            hits += _hits(segment, found, request.before, wanted - len(hits))
        else:
            hits = _newest([*hits, *_hits(segment, found, request.before, wanted)], wanted)
    return Found(hits[: request.limit], more=len(hits) > request.limit)


def _order(hit: Hit) -> _Order:
    return hit.at, hit.room, hit.n


def _newest(hits: Iterable[Hit], count: int) -> list[Hit]:
    return sorted(hits, key=_order, reverse=True)[:count]


def _fresh_hits(request: Search, fresh: Iterable[Document]) -> Iterable[Hit]:
    """Yield what is in memory and has all needles.

    The first needle is looked for alone: that leaves so little that what the rest costs no longer counts. Up to
    `writer.MAX_FRESH` documents are here, and a search that judged each in full would take a tenth of a second.
    """
    if request.needles:
        first = request.needles[0]
        fresh = [d for d in fresh if first in d.readings[0] or (len(d.readings) > 1 and first in d.readings[1])]
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
    """Return the documents of a segment that may be hits, ascending; those at the very time of `before` with them."""
    record, request = segment.record, plan.request
    until = request.until if request.before is None else min(request.until, request.before.at + 1)
    if record.last_at < request.since or record.first_at >= until:
        return _NONE
    lists = _lists(segment, plan.keys)
    if lists is None:
        return _NONE
    ranges = [mask for bounds in plan.keys.ranges if (mask := _in_range(segment, bounds)) is not None]
    if lists:
        found: Numbers = segment.terms.documents(*lists[0])
    else:
        found = np.flatnonzero(ranges.pop()) if ranges else np.arange(record.documents)
    if record.first_at < request.since or record.last_at >= until:
        first, end = segment.columns.column("at").searchsorted((request.since, until)).tolist()
        found = found[(found >= first) & (found < end)]
    found = _masked(segment, plan, found)
    for bounds in lists[1:]:
        if not len(found):
            return _NONE
        found = _in_both(found, segment.terms.documents(*bounds), record.documents)
    for mask in ranges:
        found = found[mask.take(found)]
    return found


_NONE: Final[Numbers] = np.empty(0, np.uint16)


def _lists(segment: Segment, keys: NeedleKeys) -> list[tuple[int, int]] | None:
    """Return where the documents of the exact grams are listed, the shortest first; None where one has none."""
    if not len(keys.exact):
        return []
    terms = segment.terms.keys
    places = terms.searchsorted(keys.exact)
    if not len(terms) or (terms.take(places, mode="clip") != keys.exact).any():
        return None
    bounds = segment.terms.bounds
    starts, ends = bounds.take(places), bounds.take(places + 1)
    rarest = (ends - starts).argsort()[:MAX_LISTS]
    return list(zip(starts.take(rarest).tolist(), ends.take(rarest).tolist(), strict=True))


def _in_range(segment: Segment, keys: tuple[int, int]) -> Mask | None:
    """Return which documents have at least one gram of a range.

    None for one letter that is nearly everywhere: its lists are long and would leave next to nothing out.
    """
    places = segment.terms.keys.searchsorted(np.array(keys, np.uint32))
    start, end = segment.terms.bounds.take(places).tolist()
    if keys[1] - keys[0] > TWO_CHARACTERS and end - start > segment.record.documents:
        return None
    mask = np.zeros(segment.record.documents, np.bool_)
    mask[segment.terms.documents(start, end)] = True
    return mask


def _in_both(found: Numbers, listed: Numbers, documents: int) -> Numbers:
    """Return what is in both of two ascending arrays."""
    if len(found) * _SEARCH_BELOW < len(listed):
        places = listed.searchsorted(found)
        return cast("Numbers", found[listed.take(places, mode="clip") == found])
    mask = np.zeros(documents, np.bool_)
    mask[listed] = True
    return found[mask.take(found)]


def _masked(segment: Segment, plan: _Plan, found: Numbers) -> Numbers:
    """Return the documents that are in the caller's rooms, pass the filters and are not deleted."""
    found = found[plan.rooms.take(segment.rooms.take(found))]
    if plan.senders is not None:
        found = found[plan.senders.take(segment.senders.take(found))]
    if plan.types is not None:
        found = found[plan.types.take(segment.types.take(found))]
    if plan.request.has_link is not None:
        found = found[segment.columns.column("has_link").take(found) == plan.request.has_link]
    if segment.gone is not None:
        found = found[~segment.gone.take(found)]
    return found


def _hits(segment: Segment, found: Numbers, before: Before | None, count: int) -> list[Hit]:
    """Return the newest candidates of a segment, at most `count`, that lie before where the page begins."""
    columns, heading = segment.columns, segment.columns.heading
    at, n, room, sender = (columns.column(name) for name in ("at", "n", "room", "sender"))
    limit = None if before is None else (before.at, before.room, before.n)
    hits: list[Hit] = []
    for document in found[::-1]:
        hit = Hit(heading.rooms[room[document]], int(n[document]), int(at[document]), heading.senders[sender[document]])
        if limit is None or _order(hit) < limit:
            hits.append(hit)
            if len(hits) == count:
                break
    return hits
