"""What a sender says of a file before its first byte, as an upload keeps it: sealed under a key of the file's own.

It becomes the words of the message about the file. Until then nobody but the sender, who has the upload, reads it.
"""

from __future__ import annotations

import msgspec

from appliance.attachments import FileForm
from appliance.files.keys import open_said, seal_said


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Name, type and form of a file; `width`, `height` (pixels) and `seconds` are what the sender's device measured.

    `original`: the bytes are to stay as they are, with whatever they say of place and device.
    """

    name: str
    type: str
    form: FileForm = FileForm.DOCUMENT
    original: bool = False
    width: int | None = None
    height: int | None = None
    seconds: float | None = None

    def __repr__(self) -> str:
        """Name the type alone: the name of a file must not show in a log."""
        return "Said(…)"


def sealed(said: Said, key: bytes, upload: str) -> bytes:
    """Return it as the row of the upload keeps it; `key` is that of the file."""
    return seal_said(key, upload, msgspec.json.encode(said))


def opened(key: bytes, upload: str, data: bytes) -> Said:
    """Return what `sealed` sealed. Raises WrongKey."""
    return msgspec.json.decode(open_said(key, upload, data), type=Said)
