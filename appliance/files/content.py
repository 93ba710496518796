"""The content of objects: clear bytes in and out, in constant memory.

Rules:
- bytes are sealed before they are written and opened after they were read, in the threads of the files;
- of an object only the records that a range touches are read. A record that does not open ends the reading before any
  byte of it was given (`SealBroken`); so does an object that is shorter or longer than its content should make it;
- the root of a content is that of the RFC 6962 tree over leaves of 1 MiB, 16 records each.

Does not: know who reads, hold keys.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.evidence.tree import Frontier
from appliance.sealed_file import (
    RECORD_BYTES,
    SEALED_RECORD_BYTES,
    TAG_BYTES,
    Records,
    SealBroken,
    last_record,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable

    from appliance.files.objects import BlobStore, Objects

LEAF_BYTES: Final = 1 << 20
AT_ONCE: Final = 4
"""Records that one turn of a thread seals or opens: 256 KiB."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: bytes of content, and the root over its leaves."""

    size: int
    root: bytes


def always() -> bool:
    """Say that who reads keeps up: a part of the appliance."""
    return True


class Part(NamedTuple):
    """The bytes `start` to `stop` (not included) of a content; `keeps_up()` says whether their reader is not behind."""

    start: int = 0
    stop: int | None = None
    keeps_up: Callable[[], bool] = always


WHOLE: Final = Part()


class Leaves:
    """The RFC 6962 tree over the leaves of a content, given piece by piece."""

    def __init__(self) -> None:
        self._frontier = Frontier()
        self._leaf = _leaf()
        self._in_leaf = 0

    def add(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        rest = memoryview(piece)
        while rest:
            part = rest[: LEAF_BYTES - self._in_leaf]
            self._leaf.update(part)
            self._in_leaf += len(part)
            rest = rest[len(part) :]
            if self._in_leaf == LEAF_BYTES:
                self._end_leaf()

    def root(self) -> bytes:
        """Return the root over all that was given; the last leaf is what is left over."""
        return self._frontier.append(self._leaf.digest()).root() if self._in_leaf else self._frontier.root()

    def _end_leaf(self) -> None:
        self._frontier = self._frontier.append(self._leaf.digest())
        self._leaf, self._in_leaf = _leaf(), 0


def _leaf() -> hashlib._Hash:
    return hashlib.sha256(b"\0")


def sealed_length(size: int) -> int:
    """Return the bytes that a content of `size` bytes takes as an object."""
    return size + (last_record(size) + 1) * TAG_BYTES


def records_of(object_id: str, key: bytes) -> Records:
    """Return what seals and opens the records of an object."""
    return Records(key, object_id.encode())


async def read_clear(
    objects: BlobStore,
    object_id: str,
    key: bytes,
    size: int,
    start: int = 0,
    stop: int | None = None,
    *,
    keeps_up: Callable[[], bool] = always,
) -> AsyncGenerator[bytes, None]:
    """Give the bytes `start` to `stop` (not included) of a content of `size` bytes, at most one record at a time.

    The first record is read alone, and so is each next one while `keeps_up()` says that who takes them is behind: a
    slow reader costs the memory of one record. Raises SealBroken, ObjectMissing, Unavailable; what was given before
    that is right.
    """
    stop = size if stop is None else stop
    if not 0 <= start <= stop <= size:
        raise ValueError(f"{start} to {stop} of {size} bytes")
    if await objects.run(objects.size, object_id) != sealed_length(size):
        raise SealBroken(last_record(size))
    records, last = records_of(object_id, key), last_record(size)
    if size == 0:
        await objects.run(_open_some, objects, object_id, records, range(1), last)
        return
    ends = range(start // RECORD_BYTES, last_record(stop) + 1) if start < stop else range(0)
    first, ahead = ends.start, 1
    while first < ends.stop:
        numbers = range(first, min(first + ahead, ends.stop))
        pieces, broken = await objects.run(_open_some, objects, object_id, records, numbers, last)
        for number, piece in zip(numbers, pieces, strict=False):
            base = number * RECORD_BYTES
            yield piece[max(0, start - base) : stop - base]
        if broken is not None:
            raise broken
        first, ahead = numbers.stop, AT_ONCE if keeps_up() else 1


async def taken_together(
    objects: BlobStore, content: AsyncIterable[bytes], take: Callable[[bytes], object]
) -> AsyncGenerator[bytes, None]:
    """Give each piece on once a thread of the store has called `take` with it.

    One turn of the thread takes `AT_ONCE` pieces: every turn has to ask the event loop for the interpreter, and keeps
    it from the messages of the chat meanwhile.
    """
    waiting: list[bytes] = []

    async def taken() -> list[bytes]:
        pieces, waiting[:] = list(waiting), []
        await objects.run(lambda: [take(piece) for piece in pieces])
        return pieces

    async for piece in content:
        waiting.append(piece)
        if len(waiting) == AT_ONCE:
            for one in await taken():
                yield one
    if waiting:
        for one in await taken():
            yield one


def _open_some(
    objects: BlobStore, object_id: str, records: Records, numbers: range, last: int
) -> tuple[list[bytes], SealBroken | None]:
    """Return the content of these records up to the first that does not open, and why that one does not."""
    length = len(numbers) * SEALED_RECORD_BYTES
    sealed = objects.read(object_id, numbers.start * SEALED_RECORD_BYTES, length)
    pieces: list[bytes] = []
    for number in numbers:
        at = (number - numbers.start) * SEALED_RECORD_BYTES
        try:
            opened = records.open(number, sealed[at : at + SEALED_RECORD_BYTES], last=number == last)
        except SealBroken as broken:
            return pieces, broken
        pieces.append(opened)
    return pieces, None


async def write_sealed(
    objects: BlobStore, object_id: str, key: bytes, chunks: AsyncIterable[bytes], *, as_id: str | None = None
) -> Written:
    """Seal all that `chunks` give into a new object; it is on the disk when this returns.

    `as_id` is the id it is bound to, where it will take another object's place.

    Whatever goes wrong, the object is deleted. Raises what `chunks` raise, StorageFull, Unavailable.
    """
    await objects.run_writing(objects.create, object_id)
    try:
        records, leaves, number, waiting = records_of(as_id or object_id, key), Leaves(), 0, bytearray()
        async for chunk in chunks:
            waiting += chunk
            # One byte more than a record: only then is it known not to be the last.
            whole = max(0, len(waiting) - 1) // RECORD_BYTES
            if whole >= AT_ONCE:
                taken, waiting = waiting, waiting[whole * RECORD_BYTES :]
                clear = memoryview(taken)[: whole * RECORD_BYTES]
                await objects.run_writing(_seal_some, objects, object_id, records, number, clear, leaves)
                number += whole
        clear = memoryview(waiting)
        await objects.run_writing(_seal_some, objects, object_id, records, number, clear, leaves, ended=True)
        await objects.run_writing(objects.seal_end, object_id)
    except BaseException:
        await objects.run_writing(objects.delete, object_id)
        raise
    return Written(number * RECORD_BYTES + len(clear), leaves.root())


def _seal_some(
    objects: BlobStore,
    object_id: str,
    records: Records,
    first: int,
    clear: bytes | memoryview,
    leaves: Leaves,
    *,
    ended: bool = False,
) -> None:
    append_clear(objects, object_id, records, first, clear, ended=ended)
    leaves.add(clear)


def append_clear(
    objects: BlobStore, object_id: str, records: Records, first: int, clear: bytes | memoryview, *, ended: bool = False
) -> None:
    """Seal clear bytes as the records from number `first` on and append them; blocking.

    Only where the content has `ended` may they be no whole number of records; the last is then sealed as the last.
    Raises StorageFull, Unavailable, ObjectMissing.
    """
    view, last = memoryview(clear), last_record(len(clear))
    count = last + 1 if ended else len(clear) // RECORD_BYTES
    objects.append(
        object_id,
        b"".join(
            records.seal(first + at, view[at * RECORD_BYTES : (at + 1) * RECORD_BYTES], last=ended and at == last)
            for at in range(count)
        ),
    )


def acknowledged(objects: Objects, object_id: str, key: bytes, size: int) -> int:
    """Return how many bytes of a growing content of `size` are safe, after cutting off what a crash tore; blocking.

    What a crash of the machine may leave is a record cut short, or space that was never written: the end is cut back to
    the last record that opens. Raises Unavailable, ObjectMissing.
    """
    records, last, length = records_of(object_id, key), last_record(size), objects.size(object_id)
    if length == sealed_length(size) and _opens(objects, object_id, records, last, last):
        objects.seal_end(object_id)
        return size
    count = min(length // SEALED_RECORD_BYTES, last)
    while count and not _opens(objects, object_id, records, count - 1, last):
        count -= 1
    if length != count * SEALED_RECORD_BYTES:
        objects.truncate(object_id, count * SEALED_RECORD_BYTES)
    objects.sync(object_id)
    return count * RECORD_BYTES


def _opens(objects: BlobStore, object_id: str, records: Records, number: int, last: int) -> bool:
    return _open_some(objects, object_id, records, range(number, number + 1), last)[1] is None
