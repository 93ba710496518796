"""The nouns of files: what a message says of a file it carries, and what this appliance has found out about one.

Values only. What a message says (`FileRef`) is part of its body: sealed, committed to, the same for every agency that
has the room. What was found out (scan, size of a picture, variants) is this appliance's own and stands in its tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from appliance.spelling.ignorable import hides_something

MAX_FILES: Final = 20
"""Files of one message."""
MAX_FILE_NAME: Final = 255
"""Characters of a file's name."""
MOST_DISK_PERCENT: Final = 97
"""How full files may make the disk, in percent: the rest of it is for messages."""
_ID: Final = re.compile("[A-Za-z0-9_-]{1,64}")
_ROOT: Final = re.compile("[0-9a-f]{64}")
_TYPE: Final = re.compile("[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,127}")
# What parts folders, and what no name may hold: control characters, ends of lines, halves of characters.
_NOT_IN_NAMES: Final = re.compile("[/\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class FileForm(StrEnum):
    """How a file is shown. A `voice` is a recording made in the composer, played where it stands."""

    PICTURE = "picture"
    VIDEO = "video"
    SOUND = "sound"
    VOICE = "voice"
    DOCUMENT = "document"


class ScanState(StrEnum):
    """What the virus scan says of a file. Only `clean` says that nothing was found in all of it."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNABLE = "unscannable"
    TOO_BIG = "too_big"


def is_file_id(text: str) -> bool:
    """Return whether this has the shape of a file's id."""
    return _ID.fullmatch(text) is not None


def is_file_name(text: str) -> bool:
    """Return whether this may be the name of a file: one line, no folders, nothing hidden, nothing that turns it."""
    return (
        0 < len(text) <= MAX_FILE_NAME
        and text.strip(" .") != ""
        and _NOT_IN_NAMES.search(text) is None
        and not hides_something(text)
    )


def is_media_type(text: str) -> bool:
    """Return whether this is a media type without parameters, in lower case (RFC 6838 §4.2)."""
    return _TYPE.fullmatch(text) is not None


def is_root(text: str) -> bool:
    """Return whether this is an RFC 6962 root in hexadecimal."""
    return _ROOT.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file as a message says it. `root` is the RFC 6962 root over its leaves of 1 MiB, `size` its bytes.

    `original`: the bytes are as the sender's device wrote them, with whatever they say of place and device. `label` is
    the classification of the file, 0 for none.
    """

    id: str = field(metadata={"holds": is_file_id})
    name: str = field(metadata={"holds": is_file_name})
    type: str = field(metadata={"holds": is_media_type})
    size: int
    root: str = field(metadata={"holds": is_root})
    form: FileForm = FileForm.DOCUMENT
    original: bool = False
    label: int = 0

    def __repr__(self) -> str:
        """Name its id alone: the name of a file must not show in a log."""
        return f"FileRef({self.id})"
