"""Uploads as rows: from the first byte until a message refers to what came of them, or they expire.

Rules: an upload goes from `receiving` to `preparing` to `ready` or `refused`, and never back; who sets a state says
from which one, so that of two who do so at once one changes nothing.
The database itself reserves their sizes in the quota.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from appliance.model import Millis, PersonId, RoomId
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.store.db import Rows

_SQL = Queries("uploads")
RECEIVING = "receiving"
PREPARING = "preparing"
READY = "ready"
REFUSED = "refused"
State = Literal["receiving", "preparing", "ready", "refused"]


class UploadRow(NamedTuple):
    """An upload as kept. `said` is sealed under its file key, which `wrapped_key` is under the key of files.

    `room` is None for a picture of the person's own card; `blob` is what a message will refer to, once it is ready.
    """

    id: str
    person: PersonId
    room: RoomId | None
    size: int
    label: int
    said: bytes
    wrapped_key: bytes
    state: State
    refused: str | None
    blob: str | None
    made_at: Millis
    expires_at: Millis

    def __repr__(self) -> str:
        """Name its id and state alone."""
        return f"UploadRow({self.id}, {self.state})"


class NewUpload(NamedTuple):
    """An upload whose first byte is awaited; `room` is the key of the room's row."""

    id: str
    person: PersonId
    room: int | None
    size: int
    label: int
    said: bytes
    wrapped_key: bytes
    made_at: Millis
    expires_at: Millis

    def __repr__(self) -> str:
        """Name its id alone."""
        return f"NewUpload({self.id})"


def insert(rows: Rows, upload: NewUpload) -> None:
    """Begin an upload."""
    rows.run(_SQL.insert, upload._asdict())


def get(rows: Rows, upload: str) -> UploadRow | None:
    """Return an upload, or None."""
    row = rows.one(_SQL.get, {"id": upload})
    return None if row is None else UploadRow(*row)


def set_preparing(rows: Rows, upload: str, expires_at: Millis) -> bool:
    """Note that the last byte is there; return whether it was awaited."""
    return rows.run(_SQL.set_preparing, {"id": upload, "expires_at": expires_at}) == 1


def set_ready(rows: Rows, upload: str, blob: str) -> bool:
    """Note which blob came of an upload; return whether it was being prepared."""
    return rows.run(_SQL.set_ready, {"id": upload, "blob": blob}) == 1


def set_refused(rows: Rows, upload: str, code: str) -> bool:
    """Note why nothing comes of an upload; return whether anything could have."""
    return rows.run(_SQL.set_refused, {"id": upload, "code": code}) == 1


def of_blob(rows: Rows, blob: str) -> UploadRow | None:
    """Return the upload that a stored file came of, or None once a message refers to it."""
    row = rows.one(_SQL.of_blob, {"blob": blob})
    return None if row is None else UploadRow(*row)


def take(rows: Rows, upload: str, person: PersonId, blob: str) -> bool:
    """End an upload whose file a message refers to now; return whether the person had it, ready and with this blob."""
    return rows.run(_SQL.take, {"id": upload, "person": person, "blob": blob}) == 1


def count_of(rows: Rows, person: PersonId) -> int:
    """Return how many uploads of a person there are, in any state."""
    count: int = rows.value(_SQL.count_of, {"person": person})
    return count
