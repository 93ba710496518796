"""What of a tar belongs to its members: a scanner and a program that unpacks have to see the same ones.

`tarfile` finds the members. Programs differ in whether a link, a folder or a member of an unknown type has bytes of its
own, and in how they read sizes that are said twice, so nothing of that kind is plain. GNU tar and others write such
only where a file has holes or more than 8 GiB.
"""

from __future__ import annotations

import tarfile
from typing import IO, Final

from appliance.preview.signs import finds_archive
from appliance.preview.zips import read_at

_BLOCK: Final = tarfile.BLOCKSIZE
_SIZE: Final = slice(124, 136)
"""Where the size stands in a header, in octal digits (POSIX.1-1988 ustar)."""
_MOST_BETWEEN: Final = 64 * 1024


def ends_at(info: tarfile.TarInfo) -> int:
    """Return where the blocks of a member end; it is a regular one or has no bytes."""
    return info.offset_data + -(-info.size // _BLOCK) * _BLOCK


def is_plain(file: IO[bytes], info: tarfile.TarInfo, before: int) -> bool:
    """Return whether all programs read a member alike that follows on what ended at `before`. Raises Crooked."""
    between = info.offset_data - before
    if info.issparse() or (info.size and not info.isreg()) or not _BLOCK <= between <= _MOST_BETWEEN:
        return False
    headers = read_at(file, before, between)
    return _said(headers[-_BLOCK:]) == info.size and not finds_archive(headers)


def _said(header: bytes) -> int | None:
    try:
        return int(header[_SIZE].rstrip(b"\0 ") or b"0", 8)
    except ValueError:
        return None
