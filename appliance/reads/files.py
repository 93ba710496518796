"""Files that somebody may read: one by its id for a download, and the list of those in a room (F11).

Rules:
- a file is read through a message that shows it (`log/file_access.py`), or as an upload of one's own that is ready;
- what was made of a file is read with it, by an id of its own;
- what the scan says decides whether it is handed out now (`rules/scanning.py`). That it is there is no secret to who is
  shown the message;
- a list shows what pages of the room show: an entry that is hidden, or whose body is gone, has no files there.

Does not: read bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.errors import Forbidden, NotFound
from appliance.files import keys
from appliance.files.uploaded import ready_file
from appliance.log import events, file_facts
from appliance.log.events import RoomReader
from appliance.log.file_access import find_file
from appliance.log.views import file_view
from appliance.reads.bounds import Bytes, size_of
from appliance.reads.damaged import readable, viewer_of
from appliance.store import blobs, entries, file_refs, uploads
from appliance.wire import cursors
from appliance.wire.files import RoomFile, RoomFiles

if TYPE_CHECKING:
    from appliance.attachments import FileRef
    from appliance.files.uploaded import ReadyFile
    from appliance.model import Deny, Millis, PersonId, RoomId
    from appliance.reads.damaged import Readable
    from appliance.services import Services
    from appliance.store.blobs import BlobRow
    from appliance.store.db import Rows
    from appliance.store.file_refs import KeptReference
    from appliance.wire.files import RoomFilesQuery

WALKED: Final = 1_000
"""References that one page looks at: those of retracted messages are in the way of the others."""
_BEFORE_ALL: Final = (entries.END, 0)


class OpenedFile(NamedTuple):
    """A stored object that somebody may read: a file, or a variant of it; `key` opens it.

    `said` is what the message or the upload says of the file. `denied` is why its bytes are not handed out now.
    """

    stored: BlobRow
    said: FileRef
    key: bytes
    denied: Deny | None

    def __repr__(self) -> str:
        """Name the object alone: the key must not show in a log."""
        return f"OpenedFile({self.stored.id})"


async def open_file(s: Services, person: PersonId, file_id: str) -> OpenedFile:
    """Return a file or variant that somebody may read now. Raises NotFound, Forbidden by the scan."""
    async with s.store.read() as reader:
        found = await reader.run(_opened, s, person, file_id)
    if found is None:
        raise NotFound(field="file")
    if found.denied:
        raise Forbidden(found.denied)
    return found


def _opened(rows: Rows, s: Services, person: PersonId, file_id: str) -> OpenedFile | None:
    """Return a file or variant that somebody is shown in some room, or has uploaded and not sent yet; else None.

    Its sender knows it by the id of the upload until it is sent: what came of that, once cleaned, is another file.
    """
    stored = blobs.get(rows, file_id) or _of_own_upload(rows, person, file_id)
    file = blobs.get(rows, stored.parent) if stored and stored.parent else stored
    if stored is None or file is None:
        return None
    viewer = viewer_of(s, person)
    had = find_file(rows, s.log.bodies, person, viewer, file.id) or _own_upload(rows, s, person, file.id)
    if had is None:
        return None
    key = keys.variant_key(had.key, stored.id) if stored.parent else had.key
    denied = file_facts.denied_of(file, viewer.scanning, viewer.now, is_sender=file.owner == person)
    return OpenedFile(stored, had.file, key, denied)


def _of_own_upload(rows: Rows, person: PersonId, upload_id: str) -> BlobRow | None:
    upload = uploads.get(rows, upload_id)
    is_own = upload is not None and upload.person == person
    return blobs.get(rows, upload.blob) if upload is not None and is_own and upload.blob is not None else None


def _own_upload(rows: Rows, s: Services, person: PersonId, blob: str) -> ReadyFile | None:
    upload = uploads.of_blob(rows, blob)
    return ready_file(rows, s.keys.files_keys, upload) if upload and upload.person == person else None


async def load_room_files(s: Services, person: PersonId, room: RoomId, query: RoomFilesQuery) -> RoomFiles:
    """Return a page of the files of a room, the newest first. Raises NotFound, Forbidden, Invalid."""
    before = _BEFORE_ALL if query.cursor is None else cursors.read(cursors.ROOM_FILES, query.cursor)
    place = await readable(s, person, room)
    async with s.store.read() as reader:
        return await reader.run(_page, s, place, before, query)


def _page(rows: Rows, s: Services, place: Readable, before: tuple[int, int], query: RoomFilesQuery) -> RoomFiles:
    """Return the files that fit an answer; it ends too after `WALKED` references, of which few may be shown."""
    at, entry, shown = RoomReader(rows, s.log.bodies, place.room, place.key), _NO_ENTRY, list[RoomFile]()
    left, last = Bytes(), before
    for walked, ref in enumerate(file_refs.before(rows, place.key, before, query.form)):
        full = len(shown) == query.limit or walked == WALKED
        if ref.n != entry.n and not full:
            entry = _entry(at, place, ref.n)
        found = None if full else entry.view_of(at, place, ref)
        if full or (found is not None and not left.take(size_of(found))):
            return RoomFiles(files=shown, cursor=cursors.written(cursors.ROOM_FILES, *last))
        if found is not None:
            shown.append(found)
        last = (ref.n, ref.place)
    return RoomFiles(files=shown)


class _Entry(NamedTuple):
    """An entry with the files that it says, none where it is not shown or cannot be read."""

    n: int
    at: Millis
    sender: str
    files: tuple[FileRef, ...]

    def view_of(self, at: RoomReader, place: Readable, ref: KeptReference) -> RoomFile | None:
        """Return the file that a reference of this entry is for, or None."""
        said = next((one for one in self.files if one.id == ref.blob), None)
        viewer = place.viewer
        facts = None if said is None else file_facts.facts_of(at.rows, ref.blob, viewer.scanning, viewer.now)
        if said is None or facts is None:
            return None
        return RoomFile(n=self.n, at=self.at, sender=self.sender, file=file_view(said, facts))


_NO_ENTRY: Final = _Entry(-1, 0, "", ())


def _entry(at: RoomReader, place: Readable, n: int) -> _Entry:
    row = entries.one(at.rows, at.key, n)
    if row is None or events.is_hidden(at, row, place.viewer):
        return _NO_ENTRY._replace(n=n)
    return _Entry(n, row.at, row.sender, events.files_of(at, row))
