"""Which limit refuses a file, and what the refusal says is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.rules.file_quota import (
    OverQuota,
    Scope,
    Use,
    agency_limit,
    check_quota,
    disk_use,
    most_variants,
    size_text,
    year_of,
)

MIB = 1 << 20
SIZES = st.integers(0, 2**50)
USES = st.dictionaries(st.sampled_from(list(Scope)), st.builds(Use, SIZES, SIZES))


@pytest.mark.parametrize(
    ("size", "uses", "expected"),
    [
        (10, {}, None),
        (10, {Scope.PERSON: Use(90, 100)}, None),
        (11, {Scope.PERSON: Use(90, 100)}, OverQuota(Scope.PERSON, 10, 100)),
        (11, {Scope.PERSON: Use(90, 0)}, None),
        (11, {Scope.PERSON: Use(90, 100), Scope.UNIT: Use(95, 100)}, OverQuota(Scope.UNIT, 5, 100)),
        (11, {Scope.PERSON: Use(0, 100), Scope.AGENCY: Use(95, 100)}, OverQuota(Scope.AGENCY, 5, 100)),
        (1, {Scope.DISK: Use(98, 97), Scope.PERSON: Use(99, 100)}, OverQuota(Scope.DISK, 0, 97)),
        # A limit that was lowered below what is there leaves nothing, not less than nothing.
        (1, {Scope.PERSON: Use(150, 100)}, OverQuota(Scope.PERSON, 0, 100)),
        # What the transaction has written itself is asked for with 0.
        (0, {Scope.PERSON: Use(100, 100)}, None),
        (0, {Scope.PERSON: Use(101, 100)}, OverQuota(Scope.PERSON, 0, 100)),
    ],
)
def test_the_limit_that_leaves_least_refuses(size: int, uses: dict[Scope, Use], expected: OverQuota | None) -> None:
    assert check_quota(size, uses) == expected


@given(SIZES, USES)
def test_what_a_refusal_says_is_left_does_fit(size: int, uses: dict[Scope, Use]) -> None:
    over = check_quota(size, uses)
    if over is not None:
        assert over.left < size or over.left == 0
        assert over.left == 0 or check_quota(over.left, uses) is None
    else:
        assert all(not use.limit or use.used + size <= use.limit for use in uses.values())


def test_administrators_are_warned_from_ninety_percent_on() -> None:
    assert [Use(used, 1000).is_nearly_used for used in (0, 899, 900, 2000)] == [False, False, True, True]
    assert not Use(10**18).is_nearly_used
    assert (Use(5).left, Use(5, 7).left) == (None, 2)


def test_the_end_of_the_disk_is_for_messages() -> None:
    assert disk_use(total=1000, free=31) == Use(969, 970)
    assert check_quota(1, {Scope.DISK: disk_use(1000, 31)}) is None
    assert check_quota(1, {Scope.DISK: disk_use(1000, 30)}) == OverQuota(Scope.DISK, 0, 970)
    assert check_quota(1, {Scope.DISK: disk_use(0, 0)}) is None
    assert agency_limit(1000, 80) == 800


def test_a_year_begins_at_midnight_in_thailand() -> None:
    new_year = 1_798_736_400_000  # 2027-01-01T00:00+07:00
    assert (year_of(new_year - 1), year_of(new_year)) == (2026, 2027)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KB"),
        (1550, "1.5 KB"),
        (999_999, "999.9 KB"),
        (10**6, "1 MB"),
        (5 * 10**9, "5 GB"),
        (10**18, "1000 PB"),
    ],
)
def test_a_size_reads_as_people_say_it_and_never_as_more(size: int, text: str) -> None:
    assert size_text(size) == text


def test_what_is_made_of_a_file_is_bounded_by_its_size() -> None:
    assert [most_variants(size) for size in (1, 8 * MIB, 9 * MIB)] == [16 * MIB, 16 * MIB, 18 * MIB]
