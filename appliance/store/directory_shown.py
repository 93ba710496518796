"""How many people of the directory each person was shown lately, as kept (F86). One row for each person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.people import DirectoryCounts
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.model import Millis, PersonId
    from appliance.store.db import Rows

_SQL = Queries("directory_shown")


def put(rows: Rows, shown: Mapping[PersonId, DirectoryCounts]) -> None:
    """Write the counts of these people."""
    found = [
        {
            "person": person,
            "hour_since": one.hour_since,
            "hour_shown": one.hour,
            "day_since": one.day_since,
            "day_shown": one.day,
        }
        for person, one in shown.items()
    ]
    rows.many(_SQL.put, found)


def list_since(rows: Rows, since: Millis) -> dict[PersonId, DirectoryCounts]:
    """Return the counts of those whose day began at `since` or later."""
    found = rows.all(_SQL.list_since, {"since": since})
    return {row[0]: DirectoryCounts(row[1], row[2], row[3], row[4]) for row in found}
