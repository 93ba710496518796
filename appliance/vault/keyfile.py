"""Small secret files: read only if nobody else can, replaced whole or not at all.

Rules: mode 0600; a symbolic link is never followed; a replacement is written beside the file, flushed to the disk,
renamed over it, and the folder is flushed, so that power loss leaves the old or the new content.

Does not: know what the files hold.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.vault.refusals import Reason, locked

PRIVATE = 0o600
OTHERS = 0o077
"""Permission bits nobody but the owner may have on a key file."""
_LONGEST = 1 << 20


def read_private(path: Path, forbidden: int = OTHERS) -> bytes:
    """The content of a secret file of at most 1 MiB.

    Raises VaultLocked (`open_to_others`) if a bit of `forbidden` is set, if it is no ordinary file, or if its owner is
    neither this process's user nor root; FileNotFoundError if there is none.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EACCES):
            raise locked(Reason.OPEN_TO_OTHERS, file=path.name) from None
        raise
    with os.fdopen(fd, "rb") as file:
        seen = os.fstat(fd)
        owned = seen.st_uid in (0, os.geteuid())
        if not stat.S_ISREG(seen.st_mode) or seen.st_mode & forbidden or not owned:
            raise locked(Reason.OPEN_TO_OTHERS, file=path.name, mode=f"{stat.S_IMODE(seen.st_mode):04o}")
        return file.read(_LONGEST)


def replace_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, atomically and durably, with mode 0600. Raises OSError as `replace_file`."""
    replace_file(path, content, PRIVATE)


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Put `content` at `path`, atomically and durably, with this mode.

    Raises OSError: with the old file in place, unless it was the folder that could not be flushed; then the new one is
    in place, and a power failure decides which of the two stays.
    """
    staged = staging(path)
    fd = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, mode)
            file.write(content)
            file.flush()
            os.fsync(fd)
        staged.replace(path)
    except OSError:
        staged.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def remove_private(path: Path) -> None:
    """Remove a secret file, if it is there, durably."""
    if os.path.lexists(path):
        path.unlink()
        _flush_folder(path.parent)


def staging(path: Path) -> Path:
    """Where a replacement of `path` is written first; a crash may leave it behind."""
    return path.with_name(f".{path.name}.tmp")


@contextmanager
def only_writer(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock, so that two processes never change its keys at once. Waits; not reentrant."""
    fd = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _flush_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
