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
    from appliance.store.db import Rows

_SQL = Queries("units")


def list_units(rows: Rows) -> list[Unit]:
    """Return every unit there ever was, siblings in their order."""
    return [Unit(*(*row[:5], UnitKind(row[5]), *row[6:])) for row in rows.all(_SQL.list_all)]


def list_posts(rows: Rows) -> list[Post]:
    """Return every post there ever was."""
    return [_post(row) for row in rows.all(_SQL.list_posts)]


def list_posts_by_id(rows: Rows, ids: Iterable[PostId]) -> dict[PostId, Post]:
    """Return the posts of these ids that exist."""
    found = rows.all(_SQL.posts_by_ids, {"ids": json.dumps(list(ids))})
    return {row[0]: _post(row) for row in found}


def insert(rows: Rows, units: Iterable[Unit]) -> None:
    """Add units, parents before their children."""
    rows.many(_SQL.insert, [{**_unit_fields(unit), "code": unit.code} for unit in units])


def update(rows: Rows, units: Iterable[Unit]) -> None:
    """Change everything of units but their ids and codes."""
    rows.many(_SQL.update, [_unit_fields(unit) for unit in units])


def insert_posts(rows: Rows, posts: Iterable[Post]) -> None:
    """Add posts."""
    rows.many(_SQL.insert_post, [{**_post_fields(post), "code": post.code} for post in posts])


def update_posts(rows: Rows, posts: Iterable[Post]) -> None:
    """Change everything of posts but their ids, codes and dates."""
    rows.many(_SQL.update_post, [_post_fields(post) for post in posts])


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
