"""Which rooms are damaged, and what two readings of their table say together: values alone."""

from __future__ import annotations

import logging

import pytest

from appliance.errors import AppError, NotFound, Unavailable, Unproven
from appliance.log.damage import DamagedRooms, _merged
from appliance.model import RoomId

A, B, C = RoomId("r_a"), RoomId("r_b"), RoomId("r_c")
TORN = Unavailable("torn", code="storage_damaged")


@pytest.mark.parametrize(
    ("by_index", "by_key", "known", "unreadable"),
    [
        ({1: A, 2: B}, {1: A, 2: B}, [A, B], []),
        ({2: B, 1: A}, {1: TORN, 2: TORN}, [A, B], []),
        ({1: A}, {1: TORN, 2: B, 3: TORN}, [A, B], [3]),
        (TORN, {1: A, 2: None, 3: TORN, 4: C}, [A, C], [3]),
        ({3: C}, {}, [C], []),
        (TORN, {}, [], []),
    ],
)
def test_a_room_is_known_where_one_of_two_readings_has_it(
    by_index: dict[int, RoomId] | AppError,
    by_key: dict[int, RoomId | AppError | None],
    known: list[RoomId],
    unreadable: list[int],
) -> None:
    assert _merged(by_index, by_key) == (known, unreadable)


def test_a_damaged_room_is_named_once_with_its_first_error(caplog: pytest.LogCaptureFixture) -> None:
    damaged, later = DamagedRooms(), Unavailable("torn elsewhere", code="storage_damaged")
    with caplog.at_level(logging.ERROR):
        damaged.note(A, TORN)
        damaged.note(A, later)
        damaged.note(B, Unproven("altered", room=B))
    assert (damaged.get(A), list(damaged)) == (TORN, [A, B])
    assert [record.getMessage().split()[1] for record in caplog.records] == [A, B]


@pytest.mark.parametrize("error", [Unavailable("busy", code="busy"), NotFound(field="room"), AppError()])
def test_another_trouble_of_a_room_passes_and_is_not_kept(error: AppError) -> None:
    damaged = DamagedRooms()
    damaged.note(A, error)
    assert (damaged.get(A), list(damaged)) == (None, [])
