"""How old the registry may be: a day is fresh, three days are the end, and no timestamp holds longer than it should."""

from __future__ import annotations

import pytest

from federation.registry.freshness import STOPPED_S, TIMESTAMP_S, Freshness, state

AT = 1_000_000


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        (0, Freshness.FRESH),
        (TIMESTAMP_S, Freshness.FRESH),
        (TIMESTAMP_S + 1, Freshness.DEGRADED),
        (STOPPED_S, Freshness.DEGRADED),
        (STOPPED_S + 1, Freshness.STOPPED),
        (-3600, Freshness.FRESH),
    ],
)
def test_the_bounds(old: int, expected: Freshness) -> None:
    assert state(AT + old, AT + TIMESTAMP_S, AT) is expected


def test_a_timestamp_for_years_holds_a_day_from_when_it_was_first_seen() -> None:
    assert state(AT + TIMESTAMP_S + 1, AT + 10**9, AT) is Freshness.DEGRADED


def test_an_old_timestamp_is_not_fresh_because_it_came_today() -> None:
    assert state(AT, AT - TIMESTAMP_S, AT) is Freshness.DEGRADED
