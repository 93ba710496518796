"""Objects on disk: the sealed bytes of one file each, in the folder `files` of the data folder.

Owns where an object lies (`files/<last two characters of its id>/<id>`) and when its bytes are safe. `BlobStore` is
what any store of objects offers: `content.py` writes and reads through it. What else this folder can do is for this
machine alone: uploads on their way (`sync`, `truncate`), the quarantine (`replace`), the checks (`look`, `foreign`),
its start and end (`delete_aside`, `close`). What belongs to work that nobody goes on with after a crash lies
aside (`files/aside/`, by `aside_of`), and goes as a whole at the next start.

Rules:
- what `append` wrote is safe once `sync` has returned; the object's name is safe once `create` has;
- an append that fails leaves the object as long as it was, and on a full disk writes nothing at all;
- the methods block: they run in threads of their own, what reads (`run`) apart from what writes or deletes
  (`run_writing`), so that a slow disk delays neither the event loop nor, while it takes an upload, a download;
- what writes runs in one thread. Several of them, each with a sealing and a wait for the disk, would take the
  interpreter and the disk's journal from the messages of the chat in turns (`tests/bench/files.py` shows it).

Does not: know what is in an object, hold keys, decide what is deleted.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, Protocol, TypeVar

from appliance.attachments import is_file_id
from appliance.errors import STORAGE_DAMAGED, Unavailable
from appliance.store.disk_errors import translate_disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")

FOLDER: Final = "files"
ASIDE: Final = "aside"
_ASIDE_ID: Final = "a_"
_SPREAD: Final = 2
_OF_THE_DISK: Final = "lost+found"
"""What a disk of its own has in its first folder."""
READING_THREADS: Final = 2
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_KEEP_SIZE: Final = 1  # FALLOC_FL_KEEP_SIZE of fallocate(2): the length says what was written
_OPEN: Final = os.O_CLOEXEC | os.O_NOFOLLOW


class ObjectMissing(Unavailable):
    """There is no object of this id, where there must be one."""

    code = STORAGE_DAMAGED


class Seen(NamedTuple):
    """An object as it lies on disk: its bytes, and when they were last written, in milliseconds UTC."""

    size: int
    written_at: int


class BlobStore(Protocol):
    """Sealed bytes by id, in a folder of this machine or wherever else (files.md §2).

    An object is made by `create` and grows by `append` until `seal_end`; from then on it is whole and safe, and does
    not change. These calls block: `run` has one that reads done in a thread, `run_writing` one that changes something.
    A caller of either who is cancelled waits until it has ended.
    """

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function that reads, or works on what was read, in a thread of the store."""
        ...

    async def run_writing(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function that writes or deletes in a thread of the store."""
        ...

    def create(self, object_id: str) -> None:
        """Make an empty object. Raises ValueError for an id that is taken."""

    def append(self, object_id: str, sealed: bytes) -> int:
        """Add bytes at the end; return the new length."""

    def seal_end(self, object_id: str) -> None:
        """Return once every byte is safe; none is added any more."""

    def read(self, object_id: str, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`: fewer at the end."""

    def size(self, object_id: str) -> int:
        """Return the length of an object in bytes."""

    def delete(self, object_id: str) -> int:
        """Delete an object; return the bytes that are free now, 0 where there was none."""

    def list(self) -> Iterator[str]:
        """Give the id of every object, in no order."""


class Objects(BlobStore):
    """The objects of one folder, which is made with the first of them. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reading = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="files-reading")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="files-writing")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function that reads, or works on what was read, in a thread of the files."""
        return await _ended(self._reading.submit(function, *args, **kwargs))

    async def run_writing(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function that writes or deletes in the one thread of the files that does."""
        return await _ended(self._writing.submit(function, *args, **kwargs))

    def close(self) -> None:
        """Wait for what is under way and take nothing more."""
        self._writing.shutdown()
        self._reading.shutdown()

    def create(self, object_id: str) -> None:
        """Make an empty object. Raises StorageFull, Unavailable; ValueError for an id that is taken."""
        path = self._path(object_id)
        with self._disk():
            self._make_folder(path.parent)
            try:
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _OPEN, 0o600)
            except FileExistsError as error:
                raise ValueError(f"object {object_id} is there already") from error
            os.close(handle)
            _sync_folder(path.parent)

    def append(self, object_id: str, sealed: bytes) -> int:
        """Add bytes at the end; return the new length. Raises StorageFull, Unavailable, ObjectMissing."""
        with self._opened(object_id, os.O_WRONLY | os.O_APPEND) as handle:
            before = os.fstat(handle).st_size
            _take_space(handle, before, len(sealed))
            try:
                rest = memoryview(sealed)
                while rest:
                    rest = rest[os.write(handle, rest) :]
            except OSError:
                os.ftruncate(handle, before)
                raise
            return before + len(sealed)

    def sync(self, object_id: str) -> None:
        """Return once every byte of the object is on the disk. Raises Unavailable, ObjectMissing."""
        with self._opened(object_id, os.O_WRONLY) as handle:
            os.fsync(handle)

    def seal_end(self, object_id: str) -> None:
        """Return once the whole object is on the disk. Raises Unavailable, ObjectMissing."""
        self.sync(object_id)

    def size(self, object_id: str) -> int:
        """Return the length of an object in bytes. Raises ObjectMissing."""
        with self._opened(object_id, os.O_RDONLY) as handle:
            return os.fstat(handle).st_size

    def look(self, object_id: str) -> Seen | None:
        """Return how long an object is and when it was last written; None where there is none. Raises Unavailable."""
        with self._disk():
            try:
                seen = self._path(object_id).lstat()
            except FileNotFoundError:
                return None
            return Seen(seen.st_size, seen.st_mtime_ns // 1_000_000)

    def truncate(self, object_id: str, length: int) -> None:
        """Cut an object back to a length, and wait until it is so on the disk. Raises Unavailable, ObjectMissing."""
        with self._opened(object_id, os.O_WRONLY) as handle:
            os.ftruncate(handle, length)
            os.fsync(handle)

    def read(self, object_id: str, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`: fewer at the end. Raises Unavailable, ObjectMissing."""
        with self._opened(object_id, os.O_RDONLY) as handle:
            parts, at = [], offset
            while (wanted := offset + length - at) > 0 and (part := os.pread(handle, wanted, at)):
                parts.append(part)
                at += len(part)
            return b"".join(parts)

    def delete(self, object_id: str) -> int:
        """Delete an object; return the bytes that are free now, 0 where there was none. Raises Unavailable."""
        path = self._path(object_id)
        with self._disk():
            try:
                length = path.lstat().st_size
                path.unlink()
            except FileNotFoundError:
                return 0
            _sync_folder(path.parent)
            return length

    def replace(self, object_id: str, by: str) -> None:
        """Put the object `by` in the place of another, whole or not at all. Raises Unavailable, ObjectMissing."""
        old, new = self._path(object_id), self._path(by)
        with self._disk():
            try:
                new.replace(old)
            except FileNotFoundError:
                raise ObjectMissing(f"object {by} is missing") from None
            _sync_folder(old.parent)
            _sync_folder(new.parent)

    def delete_aside(self) -> int:
        """Delete what lies aside, before anybody writes; return how many objects that were. Raises Unavailable."""
        with self._disk():
            names = [name for name in self._scan(self.folder / ASIDE) if is_aside(name)]
            for name in names:
                self._path(name).unlink(missing_ok=True)
            return len(names)

    def foreign(self) -> Iterator[str]:
        """Give what lies in the folder and is no object, as a path in it: somebody else put it there."""
        with self._disk():
            for folder in self._scan(self.folder):
                if not _is_of_objects(folder) or not (self.folder / folder).is_dir():
                    if folder != _OF_THE_DISK:
                        yield folder
                    continue
                for name in self._scan(self.folder / folder):
                    if not is_file_id(name) or self._path(name).parent.name != folder:
                        yield f"{folder}/{name}"

    def list(self) -> Iterator[str]:
        """Give the id of every object, in no order; one made or deleted meanwhile may be missing or there."""
        with self._disk():
            for folder in filter(_is_of_objects, self._scan(self.folder)):
                yield from (name for name in self._scan(self.folder / folder) if is_file_id(name))

    def _scan(self, folder: Path) -> Sequence[str]:
        with suppress(FileNotFoundError, NotADirectoryError):
            return os.listdir(folder)  # noqa: PTH208 - names alone are wanted
        return []

    def _path(self, object_id: str) -> Path:
        if not is_file_id(object_id):
            raise ValueError(f"no id of an object: {object_id!r}")
        # Ids begin with the time, so their ends spread better.
        return self.folder / (ASIDE if is_aside(object_id) else object_id[-_SPREAD:]) / object_id

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        for one in (self.folder, folder):
            one.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(one.parent)

    @contextmanager
    def _opened(self, object_id: str, flags: int) -> Iterator[int]:
        path = self._path(object_id)
        with self._disk():
            try:
                handle = os.open(path, flags | _OPEN)
            except FileNotFoundError:
                raise ObjectMissing(f"object {object_id} is missing") from None
            try:
                yield handle
            finally:
                os.close(handle)

    def _disk(self) -> AbstractContextManager[None]:
        return translate_disk_errors(self.folder)


async def _ended(submitted: Future[T]) -> T:
    """Return what a thread does; a caller who is cancelled waits until it has ended."""
    work = asyncio.wrap_future(submitted)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((work,))
        if not work.cancelled():
            work.exception()
        raise


def _take_space(handle: int, at: int, length: int) -> None:
    """Have space for bytes before any of them is written, where the file system can. Raises OSError when it is full.

    A full disk is found before a sealed byte leaves the memory: so no record lies there that is sealed again, from
    other bytes, under the same key.
    """
    if _LIBC.fallocate64(handle, _KEEP_SIZE, ctypes.c_int64(at), ctypes.c_int64(length)):
        error = ctypes.get_errno()
        if error in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(error, os.strerror(error))


def _is_of_objects(folder: str) -> bool:
    return len(folder) == _SPREAD or folder == ASIDE


def aside_of(object_id: str) -> str:
    """Return the id of what is put aside while somebody works on an object: one at a time."""
    return _ASIDE_ID + object_id


def is_aside(object_id: str) -> bool:
    """Return whether an object of this id lies aside."""
    return object_id.startswith(_ASIDE_ID)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
