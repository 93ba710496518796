"""Photographs of people's cards as rows: one for each person who has one, or was refused one.

The blobs that a row refers to are deleted by `file_deletions.py`; where one goes, the row refers to it no more. Does
not: decide what becomes of a photograph (`rules/portraits.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from appliance.rules.portraits import Portrait
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import PersonId
    from appliance.store.db import Rows

SQL = Queries("portraits")


def get(rows: Rows, person: PersonId) -> Portrait | None:
    """Return what there is of a person's photograph."""
    row = rows.one(SQL.get, {"person": person})
    return Portrait._make(row) if row else None


def put(rows: Rows, portrait: Portrait) -> None:
    """Keep what there is of a person's photograph now; with nothing left of it, the row goes."""
    if portrait.shown is None and portrait.waiting is None and portrait.refused is None:
        rows.run(SQL.delete, {"person": portrait.person})
    else:
        rows.run(SQL.put, portrait._asdict())


def shown_of(rows: Rows, people: Iterable[PersonId]) -> dict[PersonId, str]:
    """Return the photographs that everybody is shown of these people."""
    found = rows.all(SQL.shown_of, {"ids": msgspec.json.encode(list(people)).decode()})
    return dict(found)


def list_waiting(rows: Rows) -> list[Portrait]:
    """Return those whose photograph waits for a moderator, the longest first."""
    return [Portrait._make(row) for row in rows.all(SQL.list_waiting)]


def people(rows: Rows) -> list[PersonId]:
    """Return everybody who has a photograph, or was refused one."""
    return [row[0] for row in rows.all(SQL.people)]
