"""People and the posts they hold, as kept.

Rows in, values of `appliance.people` out; who may see which field is decided by `rules/profiles.py`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from appliance.people import Holding, Profile, Visibility
from appliance.rules.collation import name_key
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis, PersonId
    from appliance.store.db import Rows

_SQL = Queries("people")
# `dataclasses.asdict` copies deeply, which an import of thousands feels.
_PROFILE = tuple(field.name for field in fields(Profile))
_HOLDING = tuple(field.name for field in fields(Holding))


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import that was applied: which files (SHA-256 of them all), how much it changed, whether it was approved."""

    id: str
    at: Millis
    actor: str
    files_sha256: str
    changes: int
    deactivated: int
    approved: bool


def list_all(rows: Rows) -> list[tuple[Profile, str]]:
    """Return everyone with their sort key, in Thai order."""
    return [(_profile(row), row[18]) for row in rows.all(_SQL.list_all)]


def list_by_id(rows: Rows, ids: Iterable[PersonId]) -> dict[PersonId, Profile]:
    """Return the profiles of these ids that exist."""
    found = rows.all(_SQL.list_by_ids, {"ids": json.dumps(list(ids))})
    return {row[0]: _profile(row) for row in found}


def insert(rows: Rows, profiles: Iterable[Profile], now: Millis) -> None:
    """Add active people."""
    rows.many(_SQL.insert, [{**_fields(profile), "now": now} for profile in profiles])


def update(rows: Rows, profiles: Iterable[Profile]) -> None:
    """Change what the directory owns of people, who are active from now on."""
    rows.many(_SQL.update, [_fields(profile) for profile in profiles])


def deactivate(rows: Rows, people: Iterable[PersonId], now: Millis) -> None:
    """Mark people as no longer on the staff; their records stay."""
    rows.many(_SQL.deactivate, [{"id": person, "now": now} for person in people])


def set_status(rows: Rows, person: PersonId, status: str) -> None:
    """Set the line a person says about themselves."""
    rows.run(_SQL.set_status, {"id": person, "status": status})


def list_holdings(rows: Rows) -> list[Holding]:
    """Return every holding there ever was or is planned."""
    return [_holding(row) for row in rows.all(_SQL.list_holdings)]


def list_holdings_of(rows: Rows, people: Iterable[PersonId]) -> list[Holding]:
    """Return the holdings of these people, the main ones first."""
    found = rows.all(_SQL.holdings_by_people, {"ids": json.dumps(list(people))})
    return [_holding(row) for row in found]


def put_holdings(rows: Rows, holdings: Iterable[Holding]) -> None:
    """Add holdings, or change those of the same person, post and start."""
    found = [{name: getattr(holding, name) for name in _HOLDING} for holding in holdings]
    rows.many(_SQL.put_holding, found)


def delete_holdings(rows: Rows, holdings: Iterable[Holding]) -> None:
    """Remove holdings whose start was moved, or that never came to be."""
    rows.many(
        _SQL.delete_holding,
        [{"person": held.person, "post": held.post, "held_from": held.held_from} for held in holdings],
    )


def record_import(rows: Rows, run: ImportRun) -> None:
    """Keep that an import was applied."""
    rows.run(_SQL.insert_import, asdict(run))


def _profile(row: tuple[Any, ...]) -> Profile:
    return Profile(*(*row[:12], *map(Visibility, row[12:16]), row[16], bool(row[17])))


def _fields(profile: Profile) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(profile, name) for name in _PROFILE}
    values["sort_key"] = name_key(profile.given_name, profile.family_name)
    return values


def _holding(row: tuple[Any, ...]) -> Holding:
    return Holding(*(*row[:4], bool(row[4]), bool(row[5])))
