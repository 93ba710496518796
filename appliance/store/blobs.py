"""Stored files and what was made of them: one row for each object of the folder `files`.

A variant has a `parent` and dies with it. `refs` is counted by the database (triggers of migration 27). Does not: write
them (`file_work.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.store.db import Rows

SQL = Queries("blobs")


class BlobRow(NamedTuple):
    """A stored object. `kind` is `file` or the kind of variant; `wrapped_key` is None once a message refers to it.

    `scan` is a `ScanState`, `found` what the scan has found. `released`: an operator let it be opened all the same.
    `ms` is the length of sound and video, `waveform` 100 bytes from 0 to 100. `damaged_at` is None for a sound object.
    """

    id: str
    kind: str
    parent: str | None
    page: int | None
    owner: str
    type: str
    size: int
    root: bytes
    refs: int
    wrapped_key: bytes | None
    scan: str
    scanned_at: Millis | None
    found: str | None
    released: bool
    preparing: bool
    width: int | None
    height: int | None
    ms: int | None
    pages: int | None
    waveform: bytes | None
    made_at: Millis
    damaged_at: Millis | None


def get(rows: Rows, blob: str) -> BlobRow | None:
    """Return a stored object."""
    row = rows.one(SQL.get, {"id": blob})
    return BlobRow._make(row) if row else None


def variants_of(rows: Rows, blob: str) -> list[BlobRow]:
    """Return what was made of a file, by kind and page."""
    return [BlobRow._make(row) for row in rows.all(SQL.variants_of, {"parent": blob})]
