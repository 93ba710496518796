"""A folder as its disk has it: what nobody waited for (`fsync`) is lost when the power is cut.

A file's bytes are on the disk as they were at the last `fsync` of the file; names of a folder, as they were at the last
`fsync` of the folder. Of what was written later a part may have got there, and zeros where space was given and nothing
was written. The program under test runs on the real file system, and `os.fsync` is what tells the disk.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from stat import S_ISDIR
from unittest.mock import patch


class CachedDisk:
    """What is safe of the files of a folder, by what was waited for. `on_fsync` is called before each wait."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self._folder, self._rng = folder, rng
        self._bytes: dict[int, bytes] = {}
        self._held: dict[int, int] = {}
        self._names: dict[Path, dict[str, int]] = {}
        self.on_fsync: Callable[[Path], object] = lambda _path: None
        self.lost = 0
        """Names and bytes that cuts of the power have taken."""

    def fsync(self, handle: int) -> None:
        """Have what a handle is of be safe from now on."""
        path, seen = Path(f"/proc/self/fd/{handle}").readlink(), os.fstat(handle)
        if path.is_relative_to(self._folder):
            self.on_fsync(path)
            if S_ISDIR(seen.st_mode):
                self._names[path] = {entry.name: entry.inode() for entry in os.scandir(path)}
            else:
                self._keep(seen.st_ino, path)

    def cut_power(self) -> None:
        """Leave in the folder what a machine finds that starts again."""
        for path in sorted((one for one in self._folder.rglob("*") if one.is_file()), reverse=True):
            if path.name not in self._names.get(path.parent, {}):
                path.unlink()
                self.lost += 1
                continue
            now, safe = path.read_bytes(), self._bytes.get(path.stat().st_ino, b"")
            # Bytes behind what is safe may be there in part; a file that was cut back may still be long.
            rest = now[len(safe) :] if now.startswith(safe) else b""
            kept = rest[: self._rng.randint(0, len(rest))]
            zeros = bytes(self._rng.randint(0, len(rest) - len(kept)))
            self.lost += len(rest) - len(kept)
            path.write_bytes(safe + kept + zeros)
        for folder, names in self._names.items():
            gone = {name for name in names if not (folder / name).exists() and names[name] in self._bytes}
            for name in gone:
                (folder / name).write_bytes(self._bytes[names[name]])
                names[name] = (folder / name).stat().st_ino
                self._keep(names[name], folder / name)

    def close(self) -> None:
        """Let go of the files."""
        for handle in self._held.values():
            os.close(handle)

    def _keep(self, inode: int, path: Path) -> None:
        self._bytes[inode] = path.read_bytes()
        if inode not in self._held:
            # As long as it is held, its number is given to no other file.
            self._held[inode] = os.open(path, os.O_RDONLY)


@contextmanager
def cached_disk(folder: Path, rng: random.Random) -> Iterator[CachedDisk]:
    """Have a folder lie on such a disk for as long as the block runs."""
    disk = CachedDisk(folder.resolve(), rng)
    with closing(disk), patch("os.fsync", disk.fsync):
        yield disk
