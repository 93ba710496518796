"""What of files is to be done next, and how often it was begun: uploads to prepare, variants to make, files to scan.

Rules:
- people take turns: whoever has sent a thousand files has one of them done, then the next person. Of one person the
  oldest or the smallest comes first, as the caller wants;
- the count of tries is in the row and is written before the work begins, so that what ends the process counts too;
- what waits is in partial indexes by person, so it is found at once among millions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import json

from appliance.store.file_work import NEVER_SCANNED
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Collection

    from appliance.model import PersonId
    from appliance.store.db import Rows

SQL = Queries("file_turns")
SCAN_AGAIN: Final = 2


class Turn(NamedTuple):
    """Whose turn is asked for: by id after the person `after`, and after the last person the first again.

    `taken` items are left out. People in `served` have something running already and come after all others; those in
    `full` may have no more.
    """

    by_age: bool
    after: PersonId | str
    taken: Collection[str]
    served: Collection[PersonId]
    full: Collection[PersonId]


class Next(NamedTuple):
    """An item and whose it is."""

    id: str
    person: PersonId


def next_upload(rows: Rows, turn: Turn) -> Next | None:
    """Return an upload whose last byte is there."""
    return _next(rows, SQL.oldest_upload if turn.by_age else SQL.smallest_upload, turn)


def next_to_prepare(rows: Rows, turn: Turn) -> Next | None:
    """Return a file whose variants are to be made."""
    return _next(rows, SQL.oldest_to_prepare if turn.by_age else SQL.smallest_to_prepare, turn)


def next_to_scan(rows: Rows, turn: Turn) -> Next | None:
    """Return a file to be scanned: those that were never scanned before all others."""
    statement = SQL.oldest_to_scan if turn.by_age else SQL.smallest_to_scan
    return _next(rows, statement, turn, due=NEVER_SCANNED) or _next(rows, statement, turn, due=SCAN_AGAIN)


def begin_upload(rows: Rows, upload: str) -> int:
    """Count one more try to prepare an upload; return how many there are, 0 where it waits no more."""
    return _count(rows, SQL.begin_upload, upload)


def begin_preparing(rows: Rows, blob: str) -> int:
    """Count one more try to make a file's variants; return how many there are, 0 where it waits no more."""
    return _count(rows, SQL.begin_preparing, blob)


def begin_scan(rows: Rows, blob: str) -> int:
    """Count one more try to scan a file; return how many there are, 0 where it waits no more."""
    return _count(rows, SQL.begin_scan, blob)


def forgive_upload(rows: Rows, upload: str) -> None:
    """Take back one try that was no fault of the upload."""
    rows.run(SQL.forgive_upload, {"id": upload})


def forgive_preparing(rows: Rows, blob: str) -> None:
    """Take back one try that was no fault of the file."""
    rows.run(SQL.forgive_preparing, {"id": blob})


def forgive_scan(rows: Rows, blob: str) -> None:
    """Take back one try that was no fault of the file."""
    rows.run(SQL.forgive_scan, {"id": blob})


def interrupted_uploads(rows: Rows) -> list[str]:
    """Return uploads that were begun before, those that were begun most often first."""
    return [row[0] for row in rows.all(SQL.interrupted_upload)]


def interrupted_preparing(rows: Rows) -> list[str]:
    """Return files whose variants were begun before, those that were begun most often first."""
    return [row[0] for row in rows.all(SQL.interrupted_preparing)]


def interrupted_scans(rows: Rows) -> list[str]:
    """Return files whose scan was begun before, those that were begun most often first."""
    return [row[0] for row in rows.all(SQL.interrupted_scan)]


def _next(rows: Rows, statement: str, turn: Turn, *, due: int | None = None) -> Next | None:
    asked = {"taken": json.encode(list(turn.taken)).decode()} | ({} if due is None else {"due": due})
    for without in ({*turn.served, *turn.full}, turn.full):
        people = json.encode(list(without)).decode()
        for after in (turn.after, ""):
            found = rows.one(statement, {**asked, "people": people, "after": after})
            if found is not None:
                return Next._make(found)
    return None


def _count(rows: Rows, statement: str, item: str) -> int:
    counted = rows.one(statement, {"id": item})
    return 0 if counted is None else int(counted[0])
