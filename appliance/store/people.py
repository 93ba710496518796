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
    from appliance.store.db import Reader, Tx

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


async def list_all(reader: Reader) -> list[tuple[Profile, str]]:
    """Return everyone with their sort key, in Thai order."""
    return [(_profile(row), row[18]) for row in await reader.all(_SQL.list_all)]


async def list_by_id(reader: Reader, ids: Iterable[PersonId]) -> dict[PersonId, Profile]:
    """Return the profiles of these ids that exist."""
    rows = await reader.all(_SQL.list_by_ids, {"ids": json.dumps(list(ids))})
    return {row[0]: _profile(row) for row in rows}


async def insert(tx: Tx, profiles: Iterable[Profile], now: Millis) -> None:
    """Add active people."""
    await tx.execute_many(_SQL.insert, [{**_fields(profile), "now": now} for profile in profiles])


async def update(tx: Tx, profiles: Iterable[Profile]) -> None:
    """Change what the directory owns of people, who are active from now on."""
    await tx.execute_many(_SQL.update, [_fields(profile) for profile in profiles])


async def deactivate(tx: Tx, people: Iterable[PersonId], now: Millis) -> None:
    """Mark people as no longer on the staff; their records stay."""
    await tx.execute_many(_SQL.deactivate, [{"id": person, "now": now} for person in people])


async def set_status(tx: Tx, person: PersonId, status: str) -> None:
    """Set the line a person says about themselves."""
    await tx.execute(_SQL.set_status, {"id": person, "status": status})


async def list_holdings(reader: Reader) -> list[Holding]:
    """Return every holding there ever was or is planned."""
    return [_holding(row) for row in await reader.all(_SQL.list_holdings)]


async def list_holdings_of(reader: Reader, people: Iterable[PersonId]) -> list[Holding]:
    """Return the holdings of these people, the main ones first."""
    rows = await reader.all(_SQL.holdings_by_people, {"ids": json.dumps(list(people))})
    return [_holding(row) for row in rows]


async def put_holdings(tx: Tx, holdings: Iterable[Holding]) -> None:
    """Add holdings, or change those of the same person, post and start."""
    rows = [{name: getattr(holding, name) for name in _HOLDING} for holding in holdings]
    await tx.execute_many(_SQL.put_holding, rows)


async def delete_holdings(tx: Tx, holdings: Iterable[Holding]) -> None:
    """Remove holdings whose start was moved, or that never came to be."""
    await tx.execute_many(
        _SQL.delete_holding,
        [{"person": held.person, "post": held.post, "held_from": held.held_from} for held in holdings],
    )


async def record_import(tx: Tx, run: ImportRun) -> None:
    """Keep that an import was applied."""
    await tx.execute(_SQL.insert_import, asdict(run))


def _profile(row: tuple[Any, ...]) -> Profile:
    return Profile(*(*row[:12], *map(Visibility, row[12:16]), row[16], bool(row[17])))


def _fields(profile: Profile) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(profile, name) for name in _PROFILE}
    values["sort_key"] = name_key(profile.given_name, profile.family_name)
    return values


def _holding(row: tuple[Any, ...]) -> Holding:
    return Holding(*(*row[:4], bool(row[4]), bool(row[5])))
