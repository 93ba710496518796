"""Settings with the time they take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.store.db import Rows

_SQL = Queries("settings")


class SettingValue(msgspec.Struct, frozen=True):
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


def insert(rows: Rows, key: str, value: str, effective: Millis, set_by: str, now: Millis) -> SettingValue:
    """Set a value from a time on."""
    fields = {"key": key, "value": value, "effective": effective, "set_by": set_by, "now": now}
    row = rows.one(_SQL.insert, fields)
    assert row is not None  # noqa: S101 - the statement returns the row it makes
    return SettingValue(*row)
