"""People and the posts they hold, as kept.

Rows in, values of `appliance.people` out; who may see which field is decided by `rules/profiles.py`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from appliance.people import Holding, Profile, Visibility
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis, PersonId
    from appliance.store.db import Reader, Tx

_SQL = Queries("people")


async def list_all(reader: Reader) -> list[tuple[Profile, str]]:
    """Return everyone with their sort key, in Thai order."""
    return [(_profile(row), row[18]) for row in await reader.all(_SQL.list_all)]


async def list_by_id(reader: Reader, ids: Iterable[PersonId]) -> dict[PersonId, Profile]:
    """Return the profiles of these ids that exist."""
    rows = await reader.all(_SQL.list_by_ids, {"ids": json.dumps(list(ids))})
    return {row[0]: _profile(row) for row in rows}


async def find_by_staff_no(reader: Reader, staff_no: str) -> PersonId | None:
    """Return who has this staff number."""
    row = await reader.one(_SQL.by_staff_no, {"staff_no": staff_no})
    return row[0] if row else None


async def insert(tx: Tx, profile: Profile, sort_key: str, now: Millis) -> None:
    """Add an active person."""
    await tx.execute(_SQL.insert, {**asdict(profile), "sort_key": sort_key, "now": now})


async def update(tx: Tx, profile: Profile, sort_key: str) -> None:
    """Change what the directory owns of a person, who is active from now on."""
    await tx.execute(_SQL.update, {**asdict(profile), "sort_key": sort_key})


async def deactivate(tx: Tx, person: PersonId, now: Millis) -> None:
    """Mark a person as no longer on the staff; the record stays."""
    await tx.execute(_SQL.deactivate, {"id": person, "now": now})


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


async def put_holding(tx: Tx, holding: Holding) -> None:
    """Add a holding, or change the one of the same person, post and start."""
    await tx.execute(_SQL.put_holding, asdict(holding))


async def delete_holding(tx: Tx, holding: Holding) -> None:
    """Remove a holding that never came to be."""
    await tx.execute(
        _SQL.delete_holding, {"person": holding.person, "post": holding.post, "held_from": holding.held_from}
    )


def _profile(row: tuple[Any, ...]) -> Profile:
    return Profile(*(*row[:12], *map(Visibility, row[12:16]), row[16], bool(row[17])))


def _holding(row: tuple[Any, ...]) -> Holding:
    return Holding(*(*row[:4], bool(row[4]), bool(row[5])))
