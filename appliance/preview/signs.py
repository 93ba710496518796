"""How files that hold other files are known by their bytes: the one list, for the worker and for the rules.

Pure, and linear in the bytes given. Rules:
- `archive_kind` says what a file begins as, or that a ZIP ends it: a ZIP may have anything before it, such as the
  program of a self-extracting one;
- `Search` finds archives that begin anywhere. What is shorter than four bytes, or too common, is not searched for: no
  program looks for it inside other files;
- documents, mails and pages hold archives as parts (`MAY_HOLD`), and that is ordinary: a scanner opens those. What
  ends as a ZIP is one all the same, and so is what holds a ZIP with a member that the scanner passes over.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Archive(StrEnum):
    """What a file of files is. `OTHER`: nothing here unpacks it."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    OTHER = "other"


_ZIP_END: Final = b"PK\x05\x06"
_LOCAL: Final = b"PK\x03\x04"
_SIGNS: Final = (
    (0, _LOCAL, Archive.ZIP),
    (0, _ZIP_END, Archive.ZIP),
    (0, b"PK\x07\x08", Archive.OTHER),  # one of several volumes
    (0, b"PK00", Archive.OTHER),
    (257, b"ustar", Archive.TAR),
    (0, b"\x1f\x8b", Archive.GZIP),
    (0, b"BZh", Archive.BZIP2),
    (0, b"\xfd7zXZ\0", Archive.XZ),
    (0, b"7z\xbc\xaf\x27\x1c", Archive.OTHER),
    (0, b"Rar!", Archive.OTHER),
    (0, b"MSCF", Archive.OTHER),  # cab
    (0, b"ISc(", Archive.OTHER),  # InstallShield
    (0, b"\x1f\x9d", Archive.OTHER),  # compress
    (0, b"\x1f\xa0", Archive.OTHER),
    (0, b"\x5d\0\0", Archive.OTHER),  # lzma
    (0, b"LZIP", Archive.OTHER),
    (0, b"\x28\xb5\x2f\xfd", Archive.OTHER),  # zstd
    (0, b"\x04\x22\x4d\x18", Archive.OTHER),  # lz4
    (0, b"\x60\xea", Archive.OTHER),  # arj
    (2, b"-lh", Archive.OTHER),
    (2, b"-lz", Archive.OTHER),
    (0, b"ALZ\x01", Archive.OTHER),
    (0, b"EGGA", Archive.OTHER),
    (0, b"xar!", Archive.OTHER),
    (0, b"!<arch>", Archive.OTHER),
    (0, b"070701", Archive.OTHER),  # cpio
    (0, b"070702", Archive.OTHER),
    (0, b"070707", Archive.OTHER),
)
HEAD_BYTES: Final = max(at + len(sign) for at, sign, _ in _SIGNS)
"""How many bytes from the beginning of a file the signs are in."""
TAIL_BYTES: Final = 66 * 1024
"""From the end of a file: a ZIP has its list there (APPNOTE 4.3.16: 22 bytes and a comment of at most 64 KiB)."""
MAY_HOLD: Final = (b"%PDF-", b"{\\rtf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How documents begin that hold other files as parts: PDF, RTF, and OLE (Office before 2007, Outlook's messages)."""

_SEARCHED: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"MSCF\0\0\0\0")
"""Archives that unpack themselves begin with a program; then one of these follows, or a ZIP."""
# The end of a ZIP on one disk, or a member of one. Four bytes alone occur by chance in long videos, so of a member are
# asked too: version (APPNOTE 4.4.3, at most 6.3), system (4.4.2), and one of the ways of packing (4.4.5).
_ZIP_ANYWHERE: Final = re.compile(
    rb"(?s)PK(?:\x03\x04[\x00-\x3f][\x00-\x14]..[\x00-\x06\x08-\x0a\x0c\x0e\x12-\x14\x5d-\x63]\x00|\x05\x06\x00{4})"
)
# Of members anywhere those that ClamAV passes over in silence: encrypted (4.4.4, bit 0), or packed in another way.
_UNOPENED: Final = re.compile(
    rb"(?s)PK\x03\x04[\x00-\x3f][\x00-\x14](?:[%s].[\x00-\x06\x08-\x0a\x0c\x0e\x12-\x14\x5d-\x63]"
    rb"|..[\x01-\x05\x0a\x0e\x12-\x14\x5d-\x63])\x00" % re.escape(bytes(range(1, 256, 2)))
)
_ZIP_END_BYTES: Final = 22
_KEPT: Final = 9
"""Bytes of a piece that the longest of these signs may begin in."""


def archive_kind(head: bytes, tail: bytes = b"") -> Archive | None:
    """Return as what archive a file that begins and ends so is read, None if it is none.

    What has the signs of several is OTHER: a scanner would open it as one of them, and a person as another.
    """
    kinds = {kind for at, sign, kind in _SIGNS if head[at : at + len(sign)] == sign}
    if len(kinds) > 1:
        return Archive.OTHER
    return next(iter(kinds)) if kinds else Archive.ZIP if _ZIP_END in tail else None


def finds_archive(content: bytes) -> bool:
    """Return whether an archive begins, or a ZIP ends, anywhere in a content."""
    return any(sign in content for sign in _SEARCHED) or _ZIP_ANYWHERE.search(content) is not None


def _ends_as_zip(tail: bytes) -> bool:
    """Return whether the last bytes of a content are the end of a ZIP and its comment."""
    at = tail.find(_ZIP_END)
    while at >= 0:
        behind = at + _ZIP_END_BYTES
        if behind <= len(tail) and behind + int.from_bytes(tail[behind - 2 : behind], "little") == len(tail):
            return True
        at = tail.find(_ZIP_END, at + 1)
    return False


class Search:
    """Looks through a content, given piece by piece, for archives: what it is, ends as, and what begins inside it."""

    def __init__(self) -> None:
        self._head = self._tail = self._before = b""
        self._found = self._unopened = False

    @property
    def is_archive(self) -> bool:
        """Whether the content is an archive, or has one in it that is no ordinary part of a document."""
        if self._head.startswith(MAY_HOLD):
            return self._unopened or _ends_as_zip(self._tail)
        return self._found or archive_kind(self._head, self._tail) is not None

    def take(self, piece: bytes) -> None:
        """Take the next bytes; blocking, for about a millisecond where they are 64 KiB."""
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
        self._tail = piece[-TAIL_BYTES:] if len(piece) >= TAIL_BYTES else (self._tail + piece)[-TAIL_BYTES:]
        window = self._before + piece
        self._before = window[-_KEPT:]
        self._found = self._found or finds_archive(window)
        self._unopened = self._unopened or _UNOPENED.search(window) is not None
