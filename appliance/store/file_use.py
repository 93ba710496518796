"""Bytes of files by whose they are. Triggers of the schema keep the rows (`migrations/0027_files.sql`); this reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import json

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import PersonId
    from appliance.store.db import Rows

SQL = Queries("file_use")


class PersonUse(NamedTuple):
    """Bytes of a person's files, of all years, and of their uploads on the way."""

    person: PersonId
    bytes: int
    reserved: int


def of_person(rows: Rows, person: PersonId, year: int) -> int:
    """Return the bytes of a person's files and uploads of a year."""
    row = rows.one(SQL.of_person, {"owner": person, "year": year})
    return int(row[0]) if row else 0


def of_agency(rows: Rows) -> int:
    """Return the bytes of all files and uploads."""
    row = rows.one(SQL.of_agency)
    return int(row[0]) if row else 0


def reserved(rows: Rows) -> int:
    """Return the bytes that all uploads on their way were promised."""
    row = rows.one(SQL.reserved)
    return int(row[0]) if row else 0


def of_people(rows: Rows, people: Iterable[PersonId]) -> int:
    """Return the bytes of these people's files and uploads, of all years."""
    return int(rows.value(SQL.of_people, {"people": json.encode(list(people)).decode()}))


def list_people(rows: Rows) -> list[PersonUse]:
    """Return everybody who has files or uploads, with their bytes."""
    return [PersonUse._make(row) for row in rows.all(SQL.list_people)]
