"""File keys that are wrapped under the key of files: read and replaced, a page at a time, when that is switched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.store.db import Rows

SQL = Queries("file_wrapped_keys")


def uploads_after(rows: Rows, after: str, limit: int) -> list[tuple[str, bytes]]:
    """Return (id, wrapped key) of uploads by id after one."""
    return [(name, wrapped) for name, wrapped in rows.all(SQL.uploads_after, {"after": after, "limit": limit})]


def blobs_after(rows: Rows, after: str, limit: int) -> list[tuple[str, bytes]]:
    """Return (id, wrapped key) of blobs that no message refers to, by id after one."""
    return [(name, wrapped) for name, wrapped in rows.all(SQL.blobs_after, {"after": after, "limit": limit})]


def rewrap_uploads(rows: Rows, fresh: Iterable[tuple[str, bytes]]) -> None:
    """Replace the wrapped keys of uploads."""
    rows.many(SQL.rewrap_upload, [{"id": name, "wrapped": wrapped} for name, wrapped in fresh])


def rewrap_blobs(rows: Rows, fresh: Iterable[tuple[str, bytes]]) -> None:
    """Replace the wrapped keys of blobs; one that a message refers to by now keeps none."""
    rows.many(SQL.rewrap_blob, [{"id": name, "wrapped": wrapped} for name, wrapped in fresh])


def has_infected(rows: Rows) -> bool:
    """Return whether there are files in quarantine."""
    return bool(rows.value(SQL.has_infected))
