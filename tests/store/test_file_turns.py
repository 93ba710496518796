"""Whose turn it is: by person, in the real tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from appliance.model import PersonId
from appliance.store import file_turns
from appliance.store.db import Rows, connect
from appliance.store.file_turns import Next, Turn
from appliance.store.migrate import make

KEY = bytes(32)
ANONG, CHAI = PersonId("anong"), PersonId("chai")
TURN = Turn(by_age=True, after="", taken=(), served=(), full=())


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Of `anong` many, of `boon` and `chai` one or two; the second that was made is always the smallest."""
    path = tmp_path_factory.mktemp("turns") / "gchat.db"
    make(path, KEY)
    with closing(connect(path, KEY)) as opened:
        for person, at, size in (("anong", 1, 9), ("anong", 2, 1), ("anong", 3, 5), ("boon", 4, 9), ("chai", 5, 9)):
            opened.execute(
                "INSERT INTO upload (id, person, size, said, wrapped_key, state, made_at, expires_at)"
                " VALUES (?, ?, ?, x'00', x'00', 'preparing', ?, 99)",
                (f"{person}{at}", person, size, at),
            )
            opened.execute(
                "INSERT INTO blob (id, kind, owner, type, size, root, scan_due, preparing, made_at)"
                " VALUES (?, 'file', ?, 'image/png', ?, x'00', ?, 1, ?)",
                (f"{person}{at}", person, size, 2 if person == "anong" and at > 1 else 1, at),
            )
        yield opened


@pytest.mark.parametrize("next_of", [file_turns.next_upload, file_turns.next_to_prepare])
def test_people_take_turns_and_of_each_the_oldest_or_smallest_comes(
    raw: Any, next_of: Callable[[Rows, Turn], Next | None]
) -> None:
    def after(person: str, **said: Any) -> str:
        found = next_of(raw, TURN._replace(after=person, **said))
        return found.id if found else ""

    assert [after(person) for person in ("", "anong", "boon", "chai")] == ["anong1", "boon4", "chai5", "anong1"]
    assert after("", by_age=False) == "anong2"
    assert after("", taken={"anong1"}) == "anong2"
    # Whoever is served already comes after all others, and whoever is full not at all.
    assert after("", served={"anong"}) == "boon4"
    assert after("", served={"anong"}, taken={"boon4", "chai5"}) == "anong1"
    assert after("", served={"anong"}, taken={"boon4", "chai5"}, full={"anong"}) == ""
    assert next_of(raw, TURN) == Next("anong1", ANONG)


def test_what_was_never_scanned_comes_before_what_is_scanned_again(raw: Any) -> None:
    taken = {"anong1", "boon4"}
    assert file_turns.next_to_scan(raw, TURN._replace(taken=taken)) == Next("chai5", CHAI)
    # Even where its person is served already.
    assert file_turns.next_to_scan(raw, TURN._replace(taken=taken, served={CHAI})) == Next("chai5", CHAI)
    assert file_turns.next_to_scan(raw, TURN._replace(taken={*taken, "chai5"})) == Next("anong2", ANONG)


@pytest.mark.parametrize(
    ("begin", "forgive", "interrupted"),
    [
        (file_turns.begin_upload, file_turns.forgive_upload, file_turns.interrupted_uploads),
        (file_turns.begin_preparing, file_turns.forgive_preparing, file_turns.interrupted_preparing),
        (file_turns.begin_scan, file_turns.forgive_scan, file_turns.interrupted_scans),
    ],
)
def test_tries_are_counted_in_the_row_while_it_waits(raw: Any, begin: Any, forgive: Any, interrupted: Any) -> None:
    assert [begin(raw, "boon4"), begin(raw, "boon4"), begin(raw, "chai5")] == [1, 2, 1]
    assert interrupted(raw) == ["boon4", "chai5"]
    for name in ("boon4", "boon4", "boon4", "chai5"):
        forgive(raw, name)
    assert interrupted(raw) == []
    assert begin(raw, "boon4") == 1
    forgive(raw, "boon4")
    assert begin(raw, "gone") == 0
