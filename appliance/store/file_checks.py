"""What the check of files compares: the rows beside their objects, and the counts beside their rows.

It reads whole tables, a page at a time where that is possible; the nightly check and operators ask.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import json

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from appliance.model import Millis, PersonId
    from appliance.store.db import Rows

SQL = Queries("file_checks")
AGENCY = "agency"
PERSON = "person"


class Kept(NamedTuple):
    """A row whose object must be there: a blob of so many bytes, or an upload that becomes as long as that.

    `root` is None for an upload. `damaged`: its object is known not to open.
    """

    id: str
    size: int
    growing: bool
    root: bytes | None = None
    damaged: bool = False


class Owner(NamedTuple):
    """Whose bytes a row of `file_use` counts."""

    scope: str
    owner: str
    year: int


class Used(NamedTuple):
    """The bytes of one owner."""

    bytes: int
    reserved: int


class Large(NamedTuple):
    """A large file that `refs` messages refer to, and the bytes of what was made of it (`variants`)."""

    id: str
    owner: PersonId
    type: str
    size: int
    variants: int
    refs: int
    made_at: Millis


def unknown_objects(rows: Rows, ids: Iterable[str]) -> list[str]:
    """Return those of these objects that no row knows."""
    return [row[0] for row in rows.all(SQL.unknown_objects, {"ids": json.encode(list(ids)).decode()})]


def blobs_after(rows: Rows, after: str, limit: int) -> list[Kept]:
    """Return blobs and variants by id after one."""
    return _blobs(rows, SQL.blobs_after, {"after": after, "limit": limit})


def damaged(rows: Rows, limit: int) -> list[Kept]:
    """Return blobs and variants that are known not to open, the longest first."""
    return _blobs(rows, SQL.damaged, {"limit": limit})


def checked_before(rows: Rows, before: Millis, limit: int) -> list[Kept]:
    """Return blobs and variants whose records were last opened before then, the longest first."""
    return _blobs(rows, SQL.checked_before, {"before": before, "limit": limit})


def put_checked(rows: Rows, blob: str, at: Millis) -> None:
    """Keep when every record of a blob or variant was opened last."""
    rows.run(SQL.put_checked, {"id": blob, "at": at})


def put_damaged(rows: Rows, blob: str, at: Millis | None) -> bool:
    """Keep since when a blob or variant does not open, None for one that does; return whether that is new."""
    return rows.run(SQL.put_damaged, {"id": blob, "at": at}) == 1


def all_bytes(rows: Rows) -> int:
    """Return the bytes of all blobs and variants."""
    count: int = rows.value(SQL.all_bytes)
    return count


def uploads_after(rows: Rows, after: str, limit: int) -> list[Kept]:
    """Return by id after one the uploads that have an object of their own."""
    found = rows.all(SQL.uploads_after, {"after": after, "limit": limit})
    return [Kept(name, size, growing=state == "receiving") for name, size, state in found]


def is_kept(rows: Rows, kept: Kept) -> bool:
    """Return whether the row is still there."""
    statement = SQL.upload_is_there if kept.root is None else SQL.blob_is_there
    return bool(rows.value(statement, {"id": kept.id}))


def wrong_refs(rows: Rows, limit: int) -> list[str]:
    """Return blobs whose count of references is not how many there are."""
    return [row[0] for row in rows.all(SQL.wrong_refs, {"limit": limit})]


def lost_variants(rows: Rows, limit: int) -> list[str]:
    """Return variants of files that are not there."""
    return [row[0] for row in rows.all(SQL.lost_variants, {"limit": limit})]


def wrong_use(rows: Rows) -> dict[Owner, Used]:
    """Return what is counted wrongly, with what it should be; all of it as of one time."""
    true: Counter[Owner] = Counter()
    reserved: Counter[Owner] = Counter()
    for statement, found in ((SQL.use_of_blobs, true), (SQL.use_of_uploads, reserved)):
        for owner, year, size in rows.all(statement):
            found[Owner(PERSON, owner, year)] += size
            found[Owner(AGENCY, "", 0)] += size
    counted = {Owner(*row[:3]): Used(*row[3:]) for row in rows.all(SQL.counted_use)}
    right = {owner: Used(true[owner], reserved[owner]) for owner in {*true, *reserved, *counted}}
    return {owner: used for owner, used in right.items() if counted.get(owner, Used(0, 0)) != used}


def overdue_uploads(rows: Rows, before: Millis, limit: int) -> list[str]:
    """Return uploads that should have been deleted by then."""
    return [row[0] for row in rows.all(SQL.overdue_uploads, {"before": before, "limit": limit})]


def overdue_deletions(rows: Rows, before: Millis, limit: int) -> list[str]:
    """Return objects that were marked before then and are not deleted yet."""
    return [row[0] for row in rows.all(SQL.overdue_deletions, {"before": before, "limit": limit})]


def waiting_index(rows: Rows) -> int:
    """Return how many erased names the search index has not confirmed yet."""
    count: int = rows.value(SQL.waiting_index)
    return count


def count_refs(rows: Rows, blobs: Iterable[str]) -> None:
    """Count the references of blobs again."""
    rows.many(SQL.count_refs, [{"id": blob} for blob in blobs])


def put_use(rows: Rows, right: Mapping[Owner, Used]) -> None:
    """Set what is counted."""
    rows.many(SQL.put_use, [{**owner._asdict(), **used._asdict()} for owner, used in right.items()])


def variants_size(rows: Rows) -> int:
    """Return the bytes of all that was made of files and photographs."""
    return int(rows.value(SQL.variants_size))


def largest(rows: Rows, limit: int) -> list[Large]:
    """Return the largest files that messages refer to."""
    return [Large._make(row) for row in rows.all(SQL.largest, {"limit": limit})]


def _blobs(rows: Rows, statement: str, values: Mapping[str, object]) -> list[Kept]:
    return [
        Kept(name, size, growing=False, root=root, damaged=damaged_at is not None)
        for name, size, root, damaged_at in rows.all(statement, values)
    ]
