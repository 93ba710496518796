"""What a disk that is full, read-only, failing or corrupting looks like, and what callers are told of it.

SQLite and the operating system say it in many ways; the rest of the appliance knows StorageFull, StorageFailed and
Unavailable (`storage_damaged` for a torn page).
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlcipher3 import dbapi2 as sqlcipher

from appliance.errors import STORAGE_DAMAGED, StorageFailed, StorageFull, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_BYTES = 4_096
# A page that SQLCipher refuses to write shows as a lack of memory.
DATABASE_ERRORS = (sqlcipher.Error, sqlite3.Error, OSError, MemoryError)
# What SQLite says of a page that SQLCipher's checksum refuses.
DAMAGED = "malformed"
FULL = "disk is full"
# What SQLite calls a sector that cannot be read, and SQLCipher a page that it refuses.
OF_ONE_PAGE = frozenset((
    sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_NOMEM,
    sqlite3.SQLITE_IOERR_DATA, sqlite3.SQLITE_IOERR_CORRUPTFS,
))  # fmt: skip
# Errors that another attempt with fewer rows would meet again.
OF_THE_DISK = (StorageFull, StorageFailed)


def is_disk_trouble(error: BaseException) -> bool:
    """Return whether the disk is at fault (full, read-only, failing, corrupting), and not our program."""
    text = str(error)
    return isinstance(error, (OSError, MemoryError)) or any(
        words in text for words in (FULL, "disk I/O error", "readonly database", "unable to open", DAMAGED)
    )


def as_app_error(error: BaseException, path: Path) -> Unavailable:
    """Return the error for the caller when the disk that holds `path` fails."""
    text = str(error)
    if DAMAGED in text:
        return Unavailable(text, code=STORAGE_DAMAGED)
    if FULL in text or getattr(error, "errno", None) == errno.ENOSPC or not has_space(path):
        return StorageFull(text)
    if _is_of_one_page(error):
        return Unavailable(text, code=StorageFailed.code)
    return StorageFailed(text)


def _is_of_one_page(error: BaseException) -> bool:
    """Return whether an error may be of this one page or row: others may still be read and written."""
    return isinstance(error, MemoryError) or getattr(error, "sqlite_errorcode", None) in OF_ONE_PAGE


def has_space(path: Path) -> bool:
    """Return whether a page more would fit: SQLite calls it an I/O error when its shared memory file does not."""
    try:
        seen = os.statvfs(path.parent)
    except OSError:
        return True
    return seen.f_bavail * seen.f_frsize >= PAGE_BYTES


@contextmanager
def translate_disk_errors(path: Path) -> Iterator[None]:
    """Map SQLite and operating system errors of the block to StorageFull and Unavailable."""
    try:
        yield
    except DATABASE_ERRORS as error:
        if not is_disk_trouble(error):
            raise
        raise as_app_error(error, path) from error
