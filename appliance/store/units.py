"""Units and posts: the organisation chart as kept.

Rows in, values of `appliance.people` out. The whole chart is read at once, since it is small and held in memory.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from appliance.people import Post, Unit, UnitKind
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import PostId
    from appliance.store.db import Reader, Tx

_SQL = Queries("units")


async def list_units(reader: Reader) -> list[Unit]:
    """Return every unit there ever was, siblings in their order."""
    return [Unit(*(*row[:5], UnitKind(row[5]), *row[6:])) for row in await reader.all(_SQL.list_all)]


async def list_posts(reader: Reader) -> list[Post]:
    """Return every post there ever was."""
    return [_post(row) for row in await reader.all(_SQL.list_posts)]


async def list_posts_by_id(reader: Reader, ids: Iterable[PostId]) -> dict[PostId, Post]:
    """Return the posts of these ids that exist."""
    rows = await reader.all(_SQL.posts_by_ids, {"ids": json.dumps(list(ids))})
    return {row[0]: _post(row) for row in rows}


async def insert(tx: Tx, units: Iterable[Unit]) -> None:
    """Add units, parents before their children."""
    await tx.execute_many(_SQL.insert, [{**_unit_fields(unit), "code": unit.code} for unit in units])


async def update(tx: Tx, units: Iterable[Unit]) -> None:
    """Change everything of units but their ids and codes."""
    await tx.execute_many(_SQL.update, [_unit_fields(unit) for unit in units])


async def insert_posts(tx: Tx, posts: Iterable[Post]) -> None:
    """Add posts."""
    await tx.execute_many(_SQL.insert_post, [{**_post_fields(post), "code": post.code} for post in posts])


async def update_posts(tx: Tx, posts: Iterable[Post]) -> None:
    """Change everything of posts but their ids, codes and dates."""
    await tx.execute_many(_SQL.update_post, [_post_fields(post) for post in posts])


def _post(row: tuple[Any, ...]) -> Post:
    return Post(*(*row[:6], bool(row[6]), *row[7:]))


def _unit_fields(unit: Unit) -> dict[str, object]:
    return {
        "id": unit.id,
        "parent": unit.parent,
        "name_th": unit.name_th,
        "name_en": unit.name_en,
        "kind": unit.kind.value,
        "position": unit.position,
        "valid_from": unit.valid_from,
        "valid_to": unit.valid_to,
        "merged_into": unit.merged_into,
    }


def _post_fields(post: Post) -> dict[str, object]:
    return {
        "id": post.id,
        "unit": post.unit,
        "title_th": post.title_th,
        "title_en": post.title_en,
        "rank": post.rank,
        "head": int(post.head),
        "valid_from": post.valid_from,
        "valid_to": post.valid_to,
    }
