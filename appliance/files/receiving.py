"""What arrives of an upload, sealed record by record: nothing of it is in clear but in memory, at most 256 KiB at once.

Rules:
- a record is sealed once and from bytes that are kept: a number sealed again with other bytes would use a nonce twice.
  So bytes that are checked by a sum at their end wait sealed elsewhere, under a key that is in memory alone, until the
  sum is right (`receive_checked`);
- the last record is sealed when the body has ended, so that nothing comes after the end;
- when a line breaks, every whole record that had arrived is kept (`keep`).

Does not: read from a connection, know whose upload it is.
"""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

from appliance.errors import AppError, Conflict, TooLarge
from appliance.files.content import AT_ONCE, append_clear, read_clear, records_of, write_sealed
from appliance.files.keys import new_file_key
from appliance.sealed_file import RECORD_BYTES, last_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator
    from typing import Protocol

    from appliance.files.objects import Objects

    class Digest(Protocol):
        """A hash that bytes are added to."""

        def update(self, data: bytes, /) -> None:
            """Add bytes."""

        def digest(self) -> bytes:
            """Return the sum."""
            ...


class Receiver:
    """Takes the bytes of one upload of `size` bytes from offset `at` on, which is at the end of a whole record."""

    def __init__(self, objects: Objects, upload: str, key: bytes, size: int, at: int) -> None:
        self._objects, self._upload, self._size = objects, upload, size
        self._records, self._last = records_of(upload, key), last_record(size)
        self._number, self._failed = at // RECORD_BYTES, False
        # One buffer for all that comes: to let one grow for each turn costs more than to seal what is in it.
        self._buffer, self._waiting = bytearray(min(AT_ONCE * RECORD_BYTES, max(1, size - at))), 0

    @property
    def kept(self) -> int:
        """How many bytes of the upload are sealed."""
        return min(self._number * RECORD_BYTES, self._size)

    @property
    def left(self) -> int:
        """How many bytes of the upload are still to come."""
        return self._size - self.kept

    async def take(self, piece: bytes) -> None:
        """Take the next bytes. Raises TooLarge (`upload_too_long`), StorageFull, Unavailable."""
        fits = self.left - self._waiting
        rest = memoryview(piece)[:fits]
        while rest:
            part = rest[: len(self._buffer) - self._waiting]
            self._buffer[self._waiting : self._waiting + len(part)] = part
            self._waiting += len(part)
            rest = rest[len(part) :]
            if self._waiting == len(self._buffer):
                await self._seal_whole()
        if len(piece) > fits:
            raise TooLarge(code="upload_too_long")

    async def end(self) -> int:
        """Keep everything, as the body has ended; return the offset. Raises StorageFull, Unavailable."""
        await self._seal_whole()
        whole = self._number == self._last and self.kept + self._waiting == self._size
        if whole:
            await self._seal(self._waiting, ended=True)
        await self._objects.run_writing(self._objects.seal_end if whole else self._objects.sync, self._upload)
        return self.kept

    async def keep(self) -> None:
        """Keep what can be kept of a body that did not end; nothing is raised."""
        with suppress(AppError):
            if not self._failed:
                await self._seal_whole()
            await self._objects.run_writing(self._objects.sync, self._upload)

    async def _seal_whole(self) -> None:
        """Seal the whole records that wait, but not the last one of the upload."""
        count = min(self._waiting // RECORD_BYTES, self._last - self._number)
        if count > 0:
            await self._seal(count * RECORD_BYTES)

    async def _seal(self, length: int, *, ended: bool = False) -> None:
        first, view = self._number, memoryview(self._buffer)
        self._number += last_record(length) + 1
        try:
            await self._objects.run_writing(
                append_clear, self._objects, self._upload, self._records, first, view[:length], ended=ended
            )
        except AppError:
            self._failed = True
            raise
        finally:
            # The thread has ended, also where the caller goes away.
            rest = view[length : self._waiting]
            view[: len(rest)], self._waiting = rest, len(rest)


async def receive(receiver: Receiver, pieces: AsyncIterable[bytes]) -> int:
    """Take all pieces; return the offset. What had arrived when `pieces` break off is kept, and their error raised."""
    try:
        async for piece in pieces:
            await receiver.take(piece)
        return await receiver.end()
    except BaseException:
        await receiver.keep()
        raise


async def receive_checked(
    receiver: Receiver, pieces: AsyncIterable[bytes], digest: Digest, expected: bytes, objects: Objects, aside: str
) -> int:
    """Take all pieces if their sum is the expected one, otherwise none; return the offset.

    They wait sealed in the object `aside`, which is gone afterwards. Raises Conflict (`upload_checksum`), and as
    `receive`; TooLarge as soon as there are more than the upload has left.
    """
    key = new_file_key()
    # It could not be deleted last time.
    await objects.run_writing(objects.delete, aside)
    written = await write_sealed(objects, aside, key, _adding(pieces, digest, receiver.left))
    try:
        if digest.digest() != expected:
            raise Conflict(code="upload_checksum")
        async with aclosing(read_clear(objects, aside, key, written.size)) as checked:
            return await receive(receiver, checked)
    finally:
        await objects.run_writing(objects.delete, aside)


async def _adding(pieces: AsyncIterable[bytes], digest: Digest, most: int) -> AsyncIterator[bytes]:
    length = 0
    async for piece in pieces:
        length += len(piece)
        if length > most:
            raise TooLarge(code="upload_too_long")
        digest.update(piece)
        yield piece
