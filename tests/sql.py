"""Statements of tests, to look at tables and to damage them: run as `await tx.run(run_sql, "UPDATE …", parameters)`."""

from __future__ import annotations

from typing import Any, Final, cast

from sqlcipher3 import dbapi2 as sqlcipher

from appliance.store.db import Params, Rows

_COLUMNS: Final = (
    "pos", "place", "at", "type", "sender", "txn_id", "target", "ht", "rg", "os", "origin", "epoch", "header", "seal",
    "sealed",
)  # fmt: skip
_INDEX: Final = ("place", "pos", "type", "sender")


def _names(columns: tuple[str, ...]) -> str:
    return f"({', '.join(columns)}) VALUES ({', '.join(f'NEW.{name}' for name in columns)})"


def _assigned(columns: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = NEW.{name}" for name in columns)


# What makes the view of all entries writable on one connection: the log and the index that leads to it change together.
_WRITABLE: Final = {
    "forge_update": f"""UPDATE ON main.entry BEGIN
        UPDATE log SET {_assigned(_COLUMNS)} WHERE pos = OLD.pos;
        UPDATE entry_at SET {_assigned(_INDEX)} WHERE place = OLD.place AND pos = OLD.pos;
        UPDATE unfolded_at SET {_assigned((*_INDEX, "txn_id"))} WHERE place = OLD.place AND pos = OLD.pos; END""",  # noqa: S608 - names of this module
    "forge_delete": """DELETE ON main.entry BEGIN
        DELETE FROM log WHERE pos = OLD.pos;
        DELETE FROM entry_at WHERE place = OLD.place AND pos = OLD.pos;
        DELETE FROM unfolded_at WHERE place = OLD.place AND pos = OLD.pos; END""",
    "forge_insert": f"""INSERT ON main.entry BEGIN
        INSERT INTO log {_names(_COLUMNS)};
        INSERT INTO entry_at {_names(_INDEX)}; END""",
}


def all_rows(rows: Rows, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """Return every row."""
    return rows.all(sql, params)


def one_row(rows: Rows, sql: str, params: Params = ()) -> tuple[Any, ...] | None:
    """Return the first row, or None."""
    return rows.one(sql, params)


def run_sql(rows: Rows, sql: str, params: Params = ()) -> int:
    """Run a statement; return the number of rows it changed."""
    return rows.run(sql, params)


def edit_entries(rows: Rows, sql: str, params: Params = ()) -> int:
    """Run a statement that changes `entry` as if it were a table; return the number of rows it changed.

    The table that leads to an entry changes with the log.
    """
    raw = cast("sqlcipher.Connection", rows)
    for name, trigger in _WRITABLE.items():
        raw.execute(f"CREATE TEMP TRIGGER {name} INSTEAD OF {trigger}")
    try:
        before = raw.total_changes
        raw.execute(sql, params)
        return int(raw.total_changes - before)
    finally:
        for name in _WRITABLE:
            raw.execute(f"DROP TRIGGER temp.{name}")
