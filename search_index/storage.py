"""The index's folder of sealed files, decrypted record by record on demand.

- A file lies on disk as `appliance.sealed_file` says, bound to its name and to the index key. Nothing of a record is
  used before it is authenticated.
- A file is written whole: collected in memory, sealed, written beside, synced, renamed, the folder synced. No temporary
  file holds clear text, and there is no half-written file under a name that counts.
- Deleting overwrites the wrapped key first: what remains of the file anywhere cannot be opened any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from appliance import sealed_file
from appliance.sealed_file import HEADER_BYTES, KEY_BYTES, RECORD_BYTES, SEALED_RECORD_BYTES, SealBroken

_STAGED: Final = ".new"
_LOCK: Final = "lock"


class IndexDamaged(Exception):
    """A file is missing, cut, exchanged or sealed with another key. The index is to be rebuilt."""


class Slot:
    """One cached value: None before it is read and after it was evicted."""

    __slots__ = ("recent", "size", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.size = 0
        self.recent = False


class BoundedCache:
    """A cache of decrypted values with a bound in bytes and CLOCK (second-chance) eviction.

    Values live in slots of their owners, so a hit costs one attribute. To make room, slots are visited in the order
    they were filled: one that was used since the last visit gets a second chance, any other is emptied.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.used_bytes = 0
        self._round: deque[Slot] = deque()
        self._forgotten = 0  # slots in the round that were emptied by their owners
        self._lock = threading.Lock()

    def keep(self, slot: Slot, value: Any, size: int) -> None:
        """Keep a value of so many bytes in a slot; one that is too large for the bound is not kept."""
        with self._lock:
            if slot.size or size > self.max_bytes:
                return
            slot.value, slot.size, slot.recent = value, size, False
            self._round.append(slot)
            self.used_bytes += size
            while self.used_bytes > self.max_bytes:
                self._make_room()

    def _make_room(self) -> None:
        oldest = self._round.popleft()
        if not oldest.size:
            self._forgotten -= 1
        elif oldest.recent:
            oldest.recent = False
            self._round.append(oldest)
        else:
            self._empty(oldest)

    def forget(self, slots: Iterable[Slot]) -> None:
        """Empty slots whose owner ends."""
        with self._lock:
            for slot in slots:
                self._forgotten += bool(slot.size)
                self._empty(slot)
            if self._forgotten * 2 > len(self._round):
                self._round = deque(slot for slot in self._round if slot.size)
                self._forgotten = 0

    def _empty(self, slot: Slot) -> None:
        self.used_bytes -= slot.size
        slot.value, slot.size = None, 0


class SealedFile:
    """An open sealed file; reads any part of it. Raises IndexDamaged where it is not what was written."""

    def __init__(self, path: Path, index_key: bytes, cache: BoundedCache) -> None:
        self.name = path.name
        self._cache = cache
        self._kept_records: dict[int, Slot] = {}
        self._arrays: list[Slot] = []
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as reason:
            raise IndexDamaged(f"{self.name}: {reason.strerror}") from reason
        try:
            header = os.pread(self._fd, HEADER_BYTES, 0)
            self._records = sealed_file.read_header(header, self.name.encode(), index_key)
            self.length = sealed_file.content_length(os.fstat(self._fd).st_size - HEADER_BYTES)
        except SealBroken as reason:
            self.close()
            raise IndexDamaged(f"{self.name}: {reason}") from reason
        self._last = sealed_file.last_record(self.length)

    def close(self) -> None:
        """Close the file and forget what was read of it."""
        os.close(self._fd)
        self._cache.forget([*self._kept_records.values(), *self._arrays])

    def array(self, position: int, count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Return an array of the file from byte `position`; the records it lies in are kept."""
        length = count * dtype.itemsize
        if not length:
            return np.empty(0, dtype)
        if position + length > self.length:
            raise IndexDamaged(f"{self.name}: read behind its end")
        first, start = divmod(position, RECORD_BYTES)
        last = (position + length - 1) // RECORD_BYTES
        if first == last:
            return np.frombuffer(self._record(first), dtype, count, start)
        whole = b"".join([self._record(number) for number in range(first, last + 1)])
        return np.frombuffer(whole, dtype, count, start)

    def kept_array(self, position: int, count: int, dtype: np.dtype[Any]) -> KeptArray:
        """Return an array of the file that is kept as a whole once it was asked for."""
        return self.kept(count * dtype.itemsize, lambda: self.uncached_array(position, count, dtype))

    def kept(self, size: int, make: Callable[[], npt.NDArray[Any]]) -> KeptArray:
        """Return an array of `size` bytes, made of the file, that is kept once it was asked for."""
        slot = Slot()
        self._arrays.append(slot)
        return KeptArray(self._cache, slot, size, make)

    def uncached_array(self, position: int, count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Return an array of the file of which nothing is kept."""
        return np.frombuffer(self.read_uncached(position, count * dtype.itemsize), dtype)

    def read_uncached(self, position: int, length: int) -> bytes:
        """Return `length` bytes from `position` without keeping them: for arrays kept as such, and for merges."""
        if length <= 0:
            return b""
        if position + length > self.length:
            raise IndexDamaged(f"{self.name}: read behind its end")
        first, last = position // RECORD_BYTES, (position + length - 1) // RECORD_BYTES
        sealed = self._sealed(first, last - first + 1)
        step = SEALED_RECORD_BYTES
        whole = b"".join(
            self._opened(first + place, sealed[place * step : (place + 1) * step]) for place in range(last - first + 1)
        )
        start = position - first * RECORD_BYTES
        return whole[start : start + length]

    def _record(self, number: int) -> bytes:
        slot = self._kept_records.get(number)
        if slot is None:
            slot = self._kept_records.setdefault(number, Slot())
        kept: bytes | None = slot.value
        if kept is not None:
            slot.recent = True
            return kept
        opened = self._opened(number, self._sealed(number, 1))
        self._cache.keep(slot, opened, len(opened))
        return opened

    def _sealed(self, first: int, count: int) -> bytes:
        return os.pread(self._fd, count * SEALED_RECORD_BYTES, HEADER_BYTES + first * SEALED_RECORD_BYTES)

    def _opened(self, number: int, sealed: bytes) -> bytes:
        try:
            return self._records.open(number, sealed, last=number == self._last)
        except SealBroken as reason:
            raise IndexDamaged(f"{self.name}: {reason}") from reason


class KeptArray:
    """An array that is decrypted when it is asked for, and kept as long as there is room."""

    __slots__ = ("_cache", "_make", "_size", "_slot")

    def __init__(self, cache: BoundedCache, slot: Slot, size: int, make: Callable[[], npt.NDArray[Any]]) -> None:
        self._cache = cache
        self._slot = slot
        self._size = size
        self._make = make

    def get(self) -> npt.NDArray[Any]:
        """Return the array. Raises IndexDamaged."""
        kept: npt.NDArray[Any] | None = self._slot.value
        if kept is not None:
            self._slot.recent = True
            return kept
        made = self._make()
        self._cache.keep(self._slot, made, self._size)
        return made


class SealedStorage:
    """A folder of sealed files, held by one process. The index key is 32 bytes; `cache_bytes` bounds what is kept."""

    def __init__(self, folder: Path, index_key: bytes, cache_bytes: int) -> None:
        if len(index_key) != KEY_BYTES:
            raise ValueError("the index key is 32 bytes")
        self.folder = folder
        self.cache = BoundedCache(cache_bytes)
        self._index_key = index_key
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._held)
            raise
        for staged in folder.glob(f"*{_STAGED}"):
            staged.unlink()

    def close(self) -> None:
        """Let another process have the folder. Files that are open stay so."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def open_sealed(self, name: str) -> SealedFile:
        """Open a file for reading any part of it. Raises IndexDamaged."""
        return SealedFile(self.folder / name, self._index_key, self.cache)

    def write(self, name: str, content: bytes | memoryview) -> None:
        """Write a file whole; durable, and the one under that name, when it returns."""
        staged = self.folder / f"{name}{_STAGED}"
        fd = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(sealed_file.seal(content, name.encode(), self._index_key))
                file.flush()
                os.fsync(file.fileno())
            if (self.folder / name).exists():
                _destroy_key(self.folder / name, staged)
            else:
                staged.rename(self.folder / name)
        except OSError:  # a full disk, say: the name stays free for another try
            staged.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def delete_file(self, name: str) -> None:
        """Destroy a file's key, then the file."""
        with contextlib.suppress(FileNotFoundError):
            _destroy_key(self.folder / name)
            self._sync_folder()

    def list(self) -> list[str]:
        """Return the names of the files."""
        return sorted(path.name for path in self.folder.iterdir() if path.name != _LOCK and path.suffix != _STAGED)

    def file_exists(self, name: str) -> bool:
        """Return whether there is such a file."""
        return (self.folder / name).is_file()

    def bytes_on_disk(self) -> int:
        """Return what all files take."""
        return sum((self.folder / name).stat().st_size for name in self.list())

    def _sync_folder(self) -> None:
        fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _destroy_key(path: Path, replacement: Path | None = None) -> None:
    """Overwrite the wrapped key of a file that goes; what replaces it takes its name first."""
    with path.open("r+b") as old:
        if replacement is not None:
            replacement.rename(path)
        old.write(bytes(HEADER_BYTES))
        old.flush()
        os.fsync(old.fileno())
    if replacement is None:
        path.unlink()
