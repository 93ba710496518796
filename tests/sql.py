"""Statements of tests, to look at tables and to damage them: run as `await tx.run(run_sql, "UPDATE …", parameters)`."""

from __future__ import annotations

from typing import Any

from appliance.store.db import Params, Rows


def all_rows(rows: Rows, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """Return every row."""
    return rows.all(sql, params)


def one_row(rows: Rows, sql: str, params: Params = ()) -> tuple[Any, ...] | None:
    """Return the first row, or None."""
    return rows.one(sql, params)


def run_sql(rows: Rows, sql: str, params: Params = ()) -> int:
    """Run a statement; return the number of rows it changed."""
    return rows.run(sql, params)
