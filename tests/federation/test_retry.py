"""When a peer is dialled again, which of two links stays, and how rooms take turns."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.protocol.choice import newer_stays
from federation.protocol.fair_queue import FairQueue
from federation.protocol.outputs import Why
from federation.protocol.retry import ALARMS_MS, CAP_MS, STEADY_MS, Retry, wait_ms


@pytest.mark.parametrize(
    ("failures", "most"),
    [(0, 500), (1, 500), (2, 1_000), (3, 2_000), (4, 4_000), (10, 256_000), (11, 300_000), (999, 300_000)],
)
def test_the_wait_doubles_to_its_cap(failures: int, most: int) -> None:
    assert wait_ms(failures, 0.0) == 0
    assert wait_ms(failures, 0.5) == most // 2
    assert most - 2 <= wait_ms(failures, 0.999999) < most


def test_failures_in_turn_count_and_a_steady_link_begins_anew() -> None:
    retry = Retry()
    for count in (1, 2, 3):
        retry = retry.failed(count * 1_000)
        assert retry.failures == count
    retry = retry.opened(4_000)
    assert retry.failed(4_000 + STEADY_MS - 1).failures == 4
    begun = retry.failed(4_000 + STEADY_MS)
    assert (begun.failures, begun.lost_at) == (1, 4_000 + STEADY_MS)


def test_a_link_that_ends_at_once_does_not_begin_anew() -> None:
    """Else a peer that ends each link at once would be dialled twice a second for ever."""
    retry, now = Retry(), 0
    for _ in range(20):
        retry = retry.opened(now).failed(now + 100)
        now += 200
    assert retry.wait_ms(0.999999) > CAP_MS - 2
    assert retry.lost_at == 100


@pytest.mark.parametrize("why", ["agency", "version", "registry_status"])
def test_what_time_does_not_mend_waits_long(why: str) -> None:
    assert Retry().failed(0, why).wait_ms(0.999999) > CAP_MS - 2
    assert Retry().failed(0, Why.SHUTDOWN).wait_ms(0.999999) < 500


def test_a_peer_that_is_away_is_told_twice() -> None:
    first, second = ALARMS_MS
    assert (first, second) == (900_000, 14_400_000)
    assert Retry().told(second) == (Retry(), None)
    retry, told = Retry().failed(1_000), []
    for now in range(1_000, 20_000_000, 100_000):
        retry, away = retry.failed(now).told(now)
        told += [] if away is None else [away]
    assert told == [900_000, 14_400_000]
    assert retry.opened(20_000_000).told(99_000_000)[1] is None
    again = retry.opened(20_000_000).failed(20_000_000 + STEADY_MS)
    assert again.told(20_000_000 + STEADY_MS + first)[1] == first


def test_a_peer_that_was_away_long_is_told_once() -> None:
    retry, away = Retry().failed(0).told(ALARMS_MS[1])
    assert away == ALARMS_MS[1]
    assert retry.told(ALARMS_MS[1] + 1)[1] is None


def test_both_sides_keep_the_same_link() -> None:
    """Whoever dialled which, and in whichever order the two sides see them."""
    for older_by_smaller, newer_by_smaller in product((True, False), repeat=2):
        smaller = newer_stays("moc", "moph", older_is_ours=older_by_smaller, newer_is_ours=newer_by_smaller)
        larger = newer_stays("moph", "moc", older_is_ours=not older_by_smaller, newer_is_ours=not newer_by_smaller)
        assert smaller == larger
        if older_by_smaller != newer_by_smaller:
            assert smaller == newer_by_smaller
            other_order = newer_stays(
                "moph", "moc", older_is_ours=not newer_by_smaller, newer_is_ours=not older_by_smaller
            )
            assert other_order != larger
        else:
            assert smaller


QUANTUM = 64 * 1024


def drained(queue: FairQueue[str]) -> list[str]:
    return [taken[0] for taken in iter(queue.pop, None)]


def test_a_busy_room_does_not_hold_up_others() -> None:
    queue: FairQueue[str] = FairQueue(QUANTUM)
    for number in range(100):
        queue.push("busy", f"busy {number}", QUANTUM // 2)
    queue.push("quiet", "quiet", 100)
    assert drained(queue).index("quiet") <= 3


def test_a_room_of_weight_gets_more() -> None:
    queue: FairQueue[str] = FairQueue(QUANTUM)
    for room, weight in (("light", 1), ("heavy", 3)):
        for _ in range(200):
            queue.push(room, room, QUANTUM, weight)
    first = drained(queue)[:40]
    assert first.count("heavy") == 3 * first.count("light")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 20 * QUANTUM), st.integers(0, 20)), max_size=30))
def test_everything_goes_once_and_in_order_in_its_room(pushed: list[tuple[str, int, int]]) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(QUANTUM)
    for number, (room, size, weight) in enumerate(pushed):
        queue.push(room, (room, number), size, weight)
    assert (len(queue), queue.bytes) == (len(pushed), sum(size for _, size, _ in pushed))
    taken = [item[0] for item in iter(queue.pop, None)]
    for room in "abc":
        assert [item for item in taken if item[0] == room] == [
            (name, number) for number, (name, _, _) in enumerate(pushed) if name == room
        ]
    assert (len(queue), queue.bytes, len(taken)) == (0, 0, len(pushed))
