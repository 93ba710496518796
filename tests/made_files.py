"""Uploads that are ready, made in the tables as those that came over the network and were prepared."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from appliance.attachments import FileForm, ScanState
from appliance.files import keys, said
from appliance.files.said import Said
from appliance.log.file_events import announce
from appliance.log.file_facts import scanning_of
from appliance.model import PersonId, RoomId
from appliance.services import Services
from appliance.store import entries, file_work, uploads
from appliance.store.file_work import NewBlob
from appliance.store.uploads import NewUpload

if TYPE_CHECKING:
    from appliance.log.riders import RiderTx
    from appliance.store.db import Rows

DAY_MS = 86_400_000
PDF, JPEG = "application/pdf", "image/jpeg"


async def an_upload(
    s: Services,
    person: PersonId,
    name: str = "รายงาน.pdf",
    *,
    kind: str = PDF,
    size: int = 1_000,
    label: int = 0,
    form: FileForm = FileForm.DOCUMENT,
    state: str = uploads.READY,
) -> str:
    """Make an upload of a person; return its id, which is also that of its file where it is ready."""
    made = s.new_id("f")
    words = Said(name=name, type=kind, form=form)
    async with s.store.write() as tx:
        await tx.run(_make, s, person, made, words, size, label, state)
    return made


class Uploaded(NamedTuple):
    """An upload to be put into the tables: its id, the key of its bytes, what its sender says, and how long it is."""

    id: str
    key: bytes
    said: Said
    size: int
    room: RoomId | None = None
    label: int = 0


def put_upload(rows: Rows, s: Services, person: PersonId, new: Uploaded, *, whole: bool = True) -> bytes:
    """Put an upload into the tables, on its way or `whole`; return its key as it is kept.

    The one place of the tests that knows how the row of an upload is made.
    """
    now, wrapped = s.clock(), keys.wrap(s.keys.files_key, new.id, new.key)
    place = None if new.room is None else entries.room_key(rows, new.room)
    words, until = said.sealed(new.said, new.key, new.id), now + DAY_MS
    uploads.insert(rows, NewUpload(new.id, person, place, new.size, new.label, words, wrapped, now, until))
    if whole:
        uploads.set_preparing(rows, new.id, until)
    return wrapped


def _make(  # noqa: PLR0917 - handed on to the writer's thread
    rows: Rows, s: Services, person: PersonId, made: str, words: Said, size: int, label: int, state: str
) -> None:
    now, whole = s.clock(), state != uploads.RECEIVING
    new = Uploaded(made, keys.new_file_key(), words, size, label=label)
    wrapped = put_upload(rows, s, person, new, whole=whole)
    if state == uploads.REFUSED:
        uploads.set_refused(rows, made, "file_type_blocked")
    elif state == uploads.READY:
        root = sha256(made.encode()).digest()
        file_work.insert(rows, [a_blob(made, person, words.type, size, root, wrapped, now)])
        uploads.set_ready(rows, made, made)


def a_blob(  # noqa: PLR0917 - in the order of the row
    made: str, owner: PersonId, kind: str, size: int, root: bytes, wrapped: bytes | None, now: int
) -> NewBlob:
    """Return the row of a file that waits for its scan and its variants."""
    return NewBlob(made, "file", owner, kind, size, root, now, wrapped_key=wrapped, preparing=True)


async def found_out(s: Services, blob: str, pages: int) -> None:
    """Have the preparing of a file end with so many pages, and tell of it."""

    def change(tx: RiderTx) -> None:
        tx.rows.run("UPDATE blob SET preparing = 0, pages = ? WHERE id = ?", (pages, blob))
        announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob)

    await s.log.change(change)


async def clean(s: Services, blob: str) -> None:
    """Have the scan find nothing in a file."""
    async with s.store.write() as tx:
        await tx.run(_set_scan, blob, ScanState.CLEAN.value)


def _set_scan(rows: Rows, blob: str, scan: str) -> None:
    rows.run("UPDATE blob SET scan = ?, preparing = 0 WHERE id = ?", (scan, blob))
