"""What is deleted of files for good: the marks by which a deletion survives a crash, and the receipts that outlive it.

Rules:
- the rows of an upload or a blob go in the transaction that marks its objects (`file_deletion`): from then on nothing
  finds or opens them, and the objects are deleted afterwards, as often as it takes;
- a blob with references does not go; nor do its variants;
- a reference goes with the body of its message or with either of the keys that sealed the two, and leaves a receipt.
  The statements for a body are in `batch.py: WRITES`, those for a key run in `epoch_keys.destroy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis, PersonId
    from appliance.store.db import Rows

SQL = Queries("file_deletions")
BLOB: Final = "blob"
STAGING: Final = "staging"


class Marked(NamedTuple):
    """An object to be deleted: of which file (`blob`) and what it was of it (`store`), why, since when.

    With store `index` it is no object: what the search index has of a message's files, which goes once the index has
    taken the feed up to `pos`.
    """

    id: str
    blob: str
    store: str
    why: str
    at: Millis
    pos: int


class Receipt(NamedTuple):
    """Something of a file was deleted for good: where, why, when, and how many bytes that were.

    `n` is the message whose reference it was, for store `reference`.
    """

    blob: str
    store: str
    why: str
    at: Millis
    bytes: int
    n: int | None = None


def mark_uploads(rows: Rows, uploads: Iterable[str], why: str, at: Millis) -> None:
    """Delete the rows of uploads and of what was made of them, and mark their objects."""
    for upload in uploads:
        blob = rows.one(SQL.blob_of_upload, {"id": upload})
        rows.run(SQL.mark_upload_objects, {"id": upload, "why": why, "at": at})
        rows.run(SQL.delete_upload, {"id": upload})
        if blob is not None and blob[0] is not None:
            mark_blobs(rows, blob, why, at)


def mark_blobs(rows: Rows, blobs: Iterable[str], why: str, at: Millis) -> None:
    """Delete the rows of blobs without references and of their variants, and mark their objects."""
    for blob in blobs:
        rows.run(SQL.mark_blob_objects, {"id": blob, "why": why, "at": at})
        rows.run(SQL.delete_variants, {"id": blob})
        rows.run(SQL.delete_blob, {"id": blob})


def mark_variants(rows: Rows, blob: str, why: str, at: Millis) -> None:
    """Delete the rows of what was made of a blob, and mark the objects; the blob itself stays."""
    rows.run(SQL.mark_variant_objects, {"id": blob, "why": why, "at": at})
    rows.run(SQL.delete_all_variants, {"id": blob})


def mark_object(rows: Rows, object_id: str, blob: str, store: str, why: str, at: Millis) -> None:
    """Mark an object that has no row of its own, such as an upload that a cleaned file replaces."""
    rows.run(SQL.mark_object, {"id": object_id, "blob": blob, "store": store, "why": why, "at": at})


def delete_infected_references(rows: Rows, blob: str, at: Millis) -> None:
    """Delete every reference to a file in which a virus was found, with a receipt for each of its messages."""
    rows.run(SQL.receipt_infected, {"blob": blob, "at": at})
    rows.run(SQL.delete_refs_of_blob, {"blob": blob})


def infected_of_message(rows: Rows, room: int, n: int) -> list[str]:
    """Return the files of a message that were deleted out of it, since a virus was found in them."""
    return [row[0] for row in rows.all(SQL.infected_of_message, {"room": room, "n": n})]


def deleted_on_record(rows: Rows, room: int) -> set[tuple[int, str]]:
    """Return (message, file) of references of a room that are gone while their messages stay, as the audit log has it.

    A receipt alone proves nothing: who can write tables writes one too, and no record that the audit log's signed
    tree has.
    """
    return {(n, blob) for n, blob in rows.all(SQL.deleted_on_record, {"room": room})}


def destroy_references(rows: Rows, key: int, at: Millis) -> None:
    """Delete the references under an epoch key, and those of messages whose bodies it sealed."""
    of = {"key": key}
    rows.run(SQL.receipt_key, {**of, "at": at})
    rows.run(SQL.delete_refs_of_key, of)
    rows.run(SQL.receipt_body_key, {**of, "at": at})
    rows.run(SQL.delete_refs_of_body_key, of)


def references_under(rows: Rows, key: int) -> list[tuple[int, str]]:
    """Return (message, file) of the references under an epoch key, in order."""
    return [(n, blob) for n, blob in rows.all(SQL.references_under, {"key": key})]


def idle_keys_of_all(rows: Rows, week: str, limit: int) -> list[int]:
    """Return keys of files of weeks before this one, of all rooms, that no reference is under any more."""
    return [row[0] for row in rows.all(SQL.idle_keys_of_all, {"week": week, "limit": limit})]


def idle_file_keys(rows: Rows, room: int, week: str) -> list[int]:
    """Return the keys of files of a room, of weeks before this one, that no reference is under any more."""
    return [row[0] for row in rows.all(SQL.idle_file_keys, {"room": room, "week": week})]


def list_marked(rows: Rows, after: str, limit: int) -> list[Marked]:
    """Return the objects that are to be deleted, by id after one."""
    return [Marked._make(row) for row in rows.all(SQL.list_marked, {"after": after, "limit": limit})]


def list_marked_of_index(rows: Rows, upto: int, after: str, limit: int) -> list[Marked]:
    """Return what the index has forgotten once it has taken the feed up to a position."""
    found = rows.all(SQL.list_marked_of_index, {"upto": upto, "after": after, "limit": limit})
    return [Marked._make(row) for row in found]


def finish(rows: Rows, deleted: Iterable[tuple[Marked, int]], at: Millis) -> list[Receipt]:
    """Take away the marks of what is deleted now, with the bytes of each, and write the receipts."""
    receipts = []
    for mark, size in deleted:
        if rows.run(SQL.done, {"id": mark.id}):
            receipt = Receipt(mark.blob, mark.store, mark.why, at, size)
            rows.run(SQL.insert_receipt, receipt._asdict())
            receipts.append(receipt)
    return receipts


def receipts_of(rows: Rows, blob: str) -> list[Receipt]:
    """Return what was deleted of a file, in order."""
    return [Receipt._make(row) for row in rows.all(SQL.receipts_of, {"blob": blob})]


def receipts_of_room(rows: Rows, room: str) -> list[Receipt]:
    """Return what was deleted of the files of a room's messages, by message."""
    return [Receipt._make(row) for row in rows.all(SQL.receipts_of_room, {"room": room})]


def expired_uploads(rows: Rows, now: Millis, limit: int) -> list[str]:
    """Return uploads whose time is over, the oldest first."""
    return [row[0] for row in rows.all(SQL.expired_uploads, {"now": now, "limit": limit})]


def uploads_of(rows: Rows, person: PersonId) -> list[str]:
    """Return a person's uploads."""
    return [row[0] for row in rows.all(SQL.uploads_of, {"person": person})]


def people_with_uploads(rows: Rows) -> list[PersonId]:
    """Return everybody who has an upload on its way."""
    return [row[0] for row in rows.all(SQL.people_with_uploads)]


def uploads_to_closed_rooms(rows: Rows) -> list[str]:
    """Return uploads that no message can refer to, since their room was closed."""
    return [row[0] for row in rows.all(SQL.uploads_to_closed_rooms)]


def unreferenced(rows: Rows, before: Millis, limit: int) -> list[str]:
    """Return blobs that messages referred to and none does any more, and those that no upload of before leads to."""
    return [row[0] for row in rows.all(SQL.unreferenced, {"before": before, "limit": limit})]
