"""Settings with the time they take effect, and the counters by which processes notice each other's changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.store.db import Rows

_SQL = Queries("settings")

Subject = Literal["directory", "accounts"]


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A value a setting has from `effective` on, until a later one."""

    n: int
    key: str
    value: str
    effective: Millis
    set_by: str
    set_at: Millis


def list_all(rows: Rows) -> list[SettingValue]:
    """Return every value ever set, by the time it takes effect."""
    return [SettingValue(*row) for row in rows.all(_SQL.list_all)]


def insert(rows: Rows, key: str, value: str, effective: Millis, set_by: str, now: Millis) -> None:
    """Set a value from a time on."""
    fields = {"key": key, "value": value, "effective": effective, "set_by": set_by, "now": now}
    rows.run(_SQL.insert, fields)


def versions(rows: Rows) -> dict[str, int]:
    """Return the counters by subject."""
    return {row[0]: row[1] for row in rows.all(_SQL.versions)}


def bump(rows: Rows, subject: Subject) -> int:
    """Count a change that other processes must notice; return the new count."""
    rows.run(_SQL.bump, {"subject": subject})
    row = rows.one(_SQL.version, {"subject": subject})
    return int(row[0]) if row else 0
