"""Rows are bound by position, so their fields must be the columns that their statement names, in its order."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from appliance.store.batch import WRITES, Batch, Erased, NewEntry

STATEMENTS: list[tuple[Any, str]] = [(kind, statement) for _, kind, statement in WRITES]


def columns(statement: str) -> list[str]:
    """Return what a statement sets or asks for, in the order of its parameters."""
    if inserted := re.search(r"INSERT (?:OR REPLACE )?INTO \w+ \(([^)]*)\)", statement):
        return [name.strip() for name in inserted[1].split(",")]
    return re.findall(r"(\w+) = \?", statement)


@pytest.mark.parametrize(("kind", "statement"), STATEMENTS, ids=[kind.__name__ for kind, _ in STATEMENTS])
def test_a_row_has_the_columns_of_its_statement_in_their_order(kind: Any, statement: str) -> None:
    if kind is NewEntry:
        on_the_wire = {"hub_time": "ht", "registry_version": "rg", "counter": "os"}
        assert columns(statement) == ["place", *(on_the_wire.get(name, name) for name in NewEntry._fields[2:])]
        assert NewEntry._fields[:2] == ("room", "n"), "its place is made of these"
    elif kind is Erased:
        assert re.search(r"BETWEEN .*\?2 AND .*\?3", statement)
    else:
        assert columns(statement) == list(kind._fields)


def test_every_kind_of_row_is_written() -> None:
    assert {name for name, _, _ in WRITES} == {one.name for one in fields(Batch)}
