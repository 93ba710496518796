"""Entries by place: a position beyond what a room can hold finds nothing, never a neighbour's entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.model import Home
from appliance.store import entries, feed
from appliance.store.db import connect
from appliance.store.migrate import make
from appliance.store.queries import Queries

KEY: Final = bytes(range(32))
MOST: Final = 2**32
SQL: Final = Queries("entries")
FOLDING: Final = Queries("folding")
BEYOND: Final = (MOST, MOST + 1, 2 * MOST + 1, 2**53 - 1)


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[sqlcipher.Connection]:
    """Three rooms with three entries each; the middle one is asked."""
    make(tmp_path / "gchat.db", KEY)
    connection = connect(tmp_path / "gchat.db", KEY)
    for room in (1, 2, 3):
        connection.execute(
            "INSERT INTO room (key, id, kind, owner, created_at, created_by, create_txn)"
            " VALUES (?, ?, 'group', 'p', 0, 'p', ?)",
            (room, f"r{room}", f"t{room}"),
        )
        connection.executemany(
            SQL.insert_entry,
            [
                (room, n, room * 10 + n, 0, "message.text", "p", None, 0, 0, n, "moph", None, b"{}", None, None, None)
                for n in range(3)
            ],
        )
        connection.execute(FOLDING.add, {"first": room * 10, "last": room * 10 + 2})
    yield connection
    connection.close()


def test_entries_are_found_by_room_and_position(raw: sqlcipher.Connection) -> None:
    assert [row.pos for row in entries.between(raw, 2, 0, 2)] == [20, 21, 22]
    assert [row.n for row in entries.between(raw, 2, 1, 2**53 - 1)] == [1, 2]
    found = entries.one(raw, 2, 1)
    assert found is not None
    assert (found.n, found.pos) == (1, 21)
    assert [row.pos for row in feed.entries_of_room(raw, 2, 3, 20, 99)] == [21, 22]


@pytest.mark.parametrize("n", BEYOND)
def test_a_position_beyond_any_room_finds_nothing(raw: sqlcipher.Connection, n: int) -> None:
    assert entries.one(raw, 2, n) is None
    assert entries.target(raw, 2, n, Home("moph")) is None
    assert entries.between(raw, 2, n, n + 5) == []
    assert entries.unread_count(raw, 2, "someone", n) == 0


def test_counting_from_before_the_first_entry_counts_this_room_only(raw: sqlcipher.Connection) -> None:
    assert entries.unread_count(raw, 2, "someone", -1) == 3
