"""Ranges of positions: what was shown and what was passed over (F16), against sets of positions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.rules.receipts import MAX_GAPS, Range, after, bounded, common, merged, without

RANGE = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def positions(ranges: list[Range]) -> set[int]:
    return {n for first, last in ranges for n in range(first, last + 1)}


@given(st.lists(RANGE), RANGE)
def test_ranges_are_sets_of_positions(ranges: list[Range], shown: Range) -> None:
    assert positions(merged(ranges)) == positions(ranges)
    assert positions(without(ranges, shown)) == positions(ranges) - positions([shown])
    assert positions(common(ranges, shown)) == positions(ranges) & positions([shown])


@given(st.lists(RANGE), st.integers(0, 10))
def test_the_mark_and_the_gaps_say_what_was_shown_since_one_came_in(shown: list[Range], since: int) -> None:
    read, gaps = since, list[Range]()
    for one in shown:
        read, gaps = after(read, gaps, since, one)
    seen = {n for n in positions(shown) if n > since}
    assert read == max(seen, default=since)
    assert positions(gaps) == set(range(since + 1, read)) - seen
    assert gaps == merged(gaps) == sorted(gaps)


def test_many_gaps_become_fewer_and_the_newest_stay_as_they_are() -> None:
    gaps = [(10 * n, 10 * n + 3) for n in range(MAX_GAPS + 5)]
    kept = bounded(gaps)
    assert len(kept) == MAX_GAPS
    assert kept[0] == (0, 10 * 5 + 3)
    assert kept[1:] == gaps[6:]
