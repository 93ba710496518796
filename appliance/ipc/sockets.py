"""Unix sockets: where they lie, who may connect, who has connected.

Rules: a socket is its owner's only (mode 0600 from the start), in a folder that nobody else may change; who
connects, and who listens where one connects, is asked of the kernel, never of the peer. It imports little: a supervisor
must start at once.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final, NamedTuple

_CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid: SO_PEERCRED, unix(7)
_ROOT: Final = 0
_OPEN_TO_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_MODE: Final = 0o177
MAX_PATH_BYTES: Final = 100
"""Addresses of Unix sockets hold 108 bytes (unix(7))."""


class Unsafe(PermissionError):
    """A socket would lie where others can replace it or where a file is, or another user's process listens at it."""


class Peer(NamedTuple):
    """The process at the other end of a connection, as the kernel names it when it connected or began to listen."""

    pid: int
    uid: int
    gid: int


def address(folder: Path, name: str) -> Path:
    """Return the address of the socket `name` in a folder, short enough for the kernel however deep the folder lies.

    A long one is reached through a descriptor of the folder, which stays open as long as the process.
    """
    path = folder / name
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        return path
    return Path(f"/proc/self/fd/{os.open(folder, os.O_PATH | os.O_CLOEXEC)}") / name


def require_private_folder(folder: Path) -> None:
    """Make the folder where there is none. Raises Unsafe if others may exchange what lies in it.

    Root works for whoever owns the folder: that user has all that the process reads and writes there anyway.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found, own = folder.stat(), os.getuid()
    if own != _ROOT and found.st_uid not in (own, _ROOT):
        raise Unsafe(f"{folder} is another user's")
    if found.st_mode & _OPEN_TO_OTHERS and not found.st_mode & stat.S_ISVTX:
        raise Unsafe(f"{folder} is open to others")


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, for its owner alone. A socket left by a predecessor is replaced.

    Raises Unsafe when others may exchange it, and when something else lies there.
    """
    require_private_folder(path.parent)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Unsafe(f"{path} is no socket")
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(_OTHERS_MODE)
    try:
        bound.bind(str(path))
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(before)
    bound.listen()
    return bound


def peer_of(connection: socket.socket) -> Peer:
    """Return who connected to a server's end, and for a client's end who listens."""
    return Peer(*_CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)))


def require_owner(path: Path, connection: socket.socket) -> None:
    """Check that who listens at `path` is this process's user, the folder's owner or root: it gets secrets.

    Raises Unsafe.
    """
    if peer_of(connection).uid not in (os.getuid(), path.parent.stat().st_uid, _ROOT):
        raise Unsafe(f"another user listens at {path}")
