"""Which message lets somebody have a file: the one place that says so, for downloads and for sending it again.

Rules:
- a file is had through a message that carries it, never by its id alone: the person is in the room now, is shown the
  entry (`rules/visibility.py`), and it was not retracted. That the room was cleared on their screen changes nothing
  (F19);
- the message's body still says the file, and the key in its reference still opens;
- what was made of a file is had with the file.

It reads in the caller's transaction, so the answer holds for as long as that lasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.attachments import FileRef
from appliance.errors import KeyDestroyed, WrongKey
from appliance.files import keys
from appliance.log import events
from appliance.log.events import RoomReader
from appliance.store import entries, file_refs

if TYPE_CHECKING:
    from appliance.log.bodies import Bodies
    from appliance.log.events import Viewer
    from appliance.model import PersonId, RoomId
    from appliance.store.db import Rows
    from appliance.store.file_refs import ReferenceRow


class FoundFile(NamedTuple):
    """A file as message `n` of a room says it, with its key."""

    room: RoomId
    n: int
    file: FileRef
    key: bytes

    def __repr__(self) -> str:
        """Name message and file alone: the key must not show in a log."""
        return f"FoundFile({self.room}, {self.n}, {self.file})"


def find_file(rows: Rows, bodies: Bodies, person: PersonId, viewer: Viewer, blob: str) -> FoundFile | None:
    """Return a file through a message that a person may see it in now, or None. `viewer` is the person."""
    found = (_through(rows, bodies, viewer, ref) for ref in file_refs.of_blob_for(rows, blob, person))
    return next((one for one in found if one is not None), None)


def key_of(rows: Rows, bodies: Bodies, ref: ReferenceRow) -> bytes | None:
    """Return the key of a file that a reference keeps, None where it was destroyed or does not open."""
    try:
        cipher = bodies.cipher(rows, ref.room, ref.epoch)
        return keys.unwrap_reference(cipher, ref.blob, ref.room, ref.n, ref.wrapped_key)
    except KeyDestroyed:
        return None
    except WrongKey:
        bodies.note_damaged(ref.room, ref.n, "has a file whose key does not open (gchat room verify)")
        return None


def _through(rows: Rows, bodies: Bodies, viewer: Viewer, ref: ReferenceRow) -> FoundFile | None:
    row = entries.one(rows, ref.key, ref.n)
    at = RoomReader(rows, bodies, ref.room, ref.key)
    if row is None or events.is_hidden(at, row, viewer):
        return None
    file = next((one for one in events.files_of(at, row) if one.id == ref.blob), None)
    key = None if file is None else key_of(rows, bodies, ref)
    return None if file is None or key is None else FoundFile(ref.room, ref.n, file, key)
