"""A stored file with the key that opens it now, for what the appliance does with it: variants, scans, quarantine.

Rules: until a message refers to a file its own row keeps the key, under the key of files; from then on its references
keep it, each under the epoch key of its message. Once the last of these is destroyed nothing here opens the file.

Does not: let anybody have a file (`file_access.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.files import keys
from appliance.log.file_access import key_of
from appliance.store import blobs, file_refs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.log.bodies import Bodies
    from appliance.store.blobs import BlobRow
    from appliance.store.db import Rows


class OpenBlob(NamedTuple):
    """A stored file and its key."""

    row: BlobRow
    key: bytes

    def __repr__(self) -> str:
        """Name the file alone: the key must not show in a log."""
        return f"OpenBlob({self.row.id})"


def open_blob(rows: Rows, bodies: Bodies, files_keys: Sequence[bytes], blob: str) -> OpenBlob | None:
    """Return a file, None where it is not there or nothing opens it any more. Raises WrongKey for an altered row."""
    row = blobs.get(rows, blob)
    if row is None:
        return None
    if row.wrapped_key is not None:
        return OpenBlob(row, keys.unwrap(files_keys, blob, row.wrapped_key))
    kept = (key_of(rows, bodies, reference) for reference in file_refs.of_blob(rows, blob))
    key = next((one for one in kept if one is not None), None)
    return None if key is None else OpenBlob(row, key)
