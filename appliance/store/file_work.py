"""What was found out by preparing, looking at and scanning files. Whose turn it is there: `file_turns.py`.

Rules: who writes a result says for which state it was made: of a file that was deleted or changed meanwhile nothing is
written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.attachments import ScanState
    from appliance.model import Millis
    from appliance.store.db import Rows

_SQL = Queries("file_work")
NEVER_SCANNED: Final = 1


class NewBlob(NamedTuple):
    """A stored object. A variant has a `parent`, whose key its own follows from; a file has a `wrapped_key`."""

    id: str
    kind: str
    owner: str
    type: str
    size: int
    root: bytes
    made_at: Millis
    parent: str | None = None
    wrapped_key: bytes | None = None
    page: int | None = None
    width: int | None = None
    height: int | None = None
    ms: int | None = None
    scan: str = "pending"
    scan_due: int = 0
    preparing: bool = False

    def __repr__(self) -> str:
        """Name its id and kind alone: a wrapped key is not for a log."""
        return f"NewBlob({self.id}, {self.kind})"


class FoundOut(NamedTuple):
    """What looking at a file has shown; None leaves what is known already."""

    width: int | None = None
    height: int | None = None
    ms: int | None = None
    pages: int | None = None
    waveform: bytes | None = None


class Infected(NamedTuple):
    """A file in quarantine; `sealed` once its bytes are under a key that no message has."""

    id: str
    owner: str
    size: int
    found: str
    scanned_at: Millis
    sealed: bool


def pending_after(rows: Rows, at: Millis, blob: str, limit: int) -> list[tuple[Millis, str]]:
    """Return files that were not scanned yet, made after a time (and after a file of the same time), oldest first."""
    found = rows.all(_SQL.pending_after, {"at": at, "id": blob, "limit": limit})
    return [(made_at, one) for made_at, one in found]


def insert(rows: Rows, blobs: Iterable[NewBlob]) -> None:
    """Add stored objects."""
    rows.many(_SQL.insert, [blob._asdict() for blob in blobs])


def put_said(rows: Rows, upload: str, said: bytes) -> None:
    """Keep what a message will say of the file of an upload, sealed."""
    rows.run(_SQL.put_said, {"id": upload, "said": said})


def put_found_out(rows: Rows, blob: str, known: FoundOut) -> None:
    """Keep what looking at a file has shown."""
    rows.run(_SQL.put_found_out, {"id": blob, **known._asdict()})


def end_preparing(rows: Rows, blob: str) -> bool:
    """Note that there is nothing more to prepare; return whether there was."""
    return rows.run(_SQL.end_preparing, {"id": blob}) == 1


def put_scan(rows: Rows, blob: str, state: ScanState, found: str | None, at: Millis) -> bool:
    """Keep what a scan that was due says; return whether one was."""
    return rows.run(_SQL.put_scan, {"id": blob, "scan": state.value, "found": found, "at": at}) == 1


def put_infected(rows: Rows, blob: str, found: str, at: Millis) -> bool:
    """Put a file whose scan was due into quarantine: nobody opens it, its bytes are to be sealed anew."""
    return rows.run(_SQL.put_infected, {"id": blob, "found": found, "at": at}) == 1


def seal_damaged_again(rows: Rows) -> None:
    """Have the infected files whose objects are known not to open sealed away once more."""
    rows.run(_SQL.seal_damaged_again)


def put_released(rows: Rows, blob: str) -> bool:
    """Let a file of the quarantine be opened, as one that could not be scanned; return whether it was there."""
    return rows.run(_SQL.put_released, {"id": blob}) == 1


def uploads_of(rows: Rows, blob: str) -> list[str]:
    """Return the uploads that a file came of, in any state."""
    return [row[0] for row in rows.all(_SQL.all_uploads_of_blob, {"blob": blob})]


def refuse_uploads_of(rows: Rows, blob: str, code: str) -> list[tuple[str, str]]:
    """Refuse uploads that this file came of and that no message refers to; return (upload, person) of each."""
    found = [(upload, person) for upload, person in rows.all(_SQL.uploads_of_blob, {"blob": blob})]
    rows.run(_SQL.refuse_uploads_of, {"blob": blob, "code": code})
    return found


def scan_again(rows: Rows, state: ScanState, after: str, limit: int) -> list[str]:
    """Have files of a state scanned again, by id after one; return their ids. Their state stays until then."""
    found = [row[0] for row in rows.all(_SQL.ids_by_scan, {"scan": state.value, "after": after, "limit": limit})]
    rows.many(_SQL.scan_again, [{"id": one} for one in found])
    return found


def list_infected(rows: Rows) -> list[Infected]:
    """Return what is in quarantine, the oldest files first."""
    return [Infected._make(row) for row in rows.all(_SQL.list_infected)]


def count_by_scan(rows: Rows, state: ScanState, *, released: bool = False) -> int:
    """Return how many files have a state, and were `released` from the quarantine or not."""
    count: int = rows.value(_SQL.count_by_scan, {"scan": state.value, "released": released})
    return count
