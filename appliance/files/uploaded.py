"""What came of an upload that is ready: the file as a message would say it, and its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.attachments import FileRef
from appliance.files import keys, said
from appliance.store import blobs, uploads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.store.db import Rows
    from appliance.store.uploads import UploadRow


class ReadyFile(NamedTuple):
    """A file that no message carries yet, and its key."""

    file: FileRef
    key: bytes

    def __repr__(self) -> str:
        """Name the file alone: the key must not show in a log."""
        return f"ReadyFile({self.file})"


def ready_file(rows: Rows, files_keys: Sequence[bytes], upload: UploadRow) -> ReadyFile | None:
    """Return what came of an upload, None while nothing has. Raises WrongKey."""
    blob = blobs.get(rows, upload.blob) if upload.state == uploads.READY and upload.blob else None
    if blob is None or blob.wrapped_key is None:
        return None
    words = said.opened(keys.unwrap(files_keys, upload.id, upload.wrapped_key), upload.id, upload.said)
    file = FileRef(
        id=blob.id,
        name=words.name,
        type=blob.type,
        size=blob.size,
        root=blob.root.hex(),
        form=words.form,
        original=words.original,
        label=upload.label,
    )
    return ReadyFile(file, keys.unwrap(files_keys, blob.id, blob.wrapped_key))
