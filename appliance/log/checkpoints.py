"""Signed checkpoints of the rooms: at most once a second for a local room.

A checkpoint vouches for every entry up to its size with the agency's log key. A room is created with its first one; one
that agencies share is signed by its hub with every commit (`plan.py`), and others are signed here:
rooms that advanced are signed together and kept in one transaction, and one whose checkpoint cannot be kept is signed
again later. After a crash the newest entries of some rooms have none: they are signed at start where the stored tree is
the signed one and every row after it is what its header says. A room of which that cannot be said, or that cannot be
read, is noted as damaged and left unsigned. The comparison with all that people see is `integrity.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, StorageFull, Unavailable, Unproven
from appliance.evidence.canonical import FIRST_COUNTER
from appliance.log import heads as head_rows
from appliance.log.damage import list_rooms
from appliance.log.notes import home_of, sign_here, sign_room
from appliance.log.rows import header_of
from appliance.store import entries, rooms
from appliance.store.batch import NewCheckpoint

if TYPE_CHECKING:
    from appliance.evidence.note import Signer, Verifier
    from appliance.log.damage import DamagedRooms
    from appliance.log.heads import Head
    from appliance.model import RoomId
    from appliance.store.db import Rows, Store

logger = logging.getLogger(__name__)
EVERY_S: Final = 1.0
ROUNDS_BEFORE_RETRY: Final = 60
PAGE: Final = 1_000


class Unsigned(msgspec.Struct):
    """What had no signature at start: `entries` of `rooms` are signed now; the rooms `unproven` are not."""

    entries: int = 0
    rooms: int = 0
    unproven: list[RoomId] = msgspec.field(default_factory=list)

    def __bool__(self) -> bool:
        """Return whether there was anything."""
        return bool(self.entries or self.unproven)


class Checkpoints:
    """Signs the rooms that advanced. `found` says what had no signature at start."""

    def __init__(self, store: Store, signer: Signer, damaged: DamagedRooms) -> None:
        self._store, self._signer, self._damaged = store, signer, damaged
        self.verifier, self.found = signer.verifier, Unsigned()
        self._advanced: dict[RoomId, Head] = {}
        self._failed: dict[RoomId, Head] = {}
        self._rounds = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Sign what a crash left unsigned, then sign once a second."""
        await self._find_unsigned()
        await self.sign()
        self._task = asyncio.create_task(self._sign_forever(), name="checkpoints")

    async def _find_unsigned(self) -> None:
        """Make due the rooms with entries that no checkpoint covers and that are proved; note the others."""
        try:
            async with self._store.read() as reader:
                found, unreadable = await reader.run(rooms.without_checkpoint), list[int]()
        except StorageFull:
            raise
        except Unavailable:
            found, unreadable = await list_rooms(self._store)
        for key in unreadable:
            logger.error("the room with the number %d is damaged on the disk, and its name cannot be read", key)
        results = await self._store.read_each(self._unsigned_head, found)
        for room, result in zip(found, results, strict=True):
            if isinstance(result, AppError):
                self._damaged.note(room, result)
                if isinstance(result, Unproven):
                    self.found.unproven.append(room)
            elif result is not None:
                self._advanced[room], count = result
                self.found.rooms, self.found.entries = self.found.rooms + 1, self.found.entries + count

    def _unsigned_head(self, rows: Rows, room: RoomId) -> tuple[Head, int] | None:
        """Return a room's head and the number of entries without a checkpoint, or None for none. Raises Unproven."""
        key = entries.room_key(rows, room)
        signed = rooms.checkpoint(rows, key)
        if signed and rooms.size(rows, key) <= signed.size:
            return None
        head = head_rows.load(rows, room, self.verifier)
        return (head, _count_tail(rows, room, head, self.verifier)) if head else None

    async def close(self) -> None:
        """Sign what is left and stop."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(AppError):
            await self.sign()

    def advanced(self, room: RoomId, head: Head) -> None:
        """Note that a room has new entries."""
        self._advanced[room] = head

    async def sign(self) -> None:
        """Sign every room that advanced and keep the notes. Raises StorageFull, Unavailable; then they stay due."""
        due, self._advanced = self._advanced, {}
        if not due:
            return
        rows = [(room, self.row(head)) for room, head in due.items()]
        try:
            async with self._store.exclusive() as writer:
                failed = await writer.commit_each(_put, rows)
        except BaseException:
            self._advanced = due | self._advanced
            raise
        for (room, _), error in failed:
            logger.warning("the checkpoint of room %s could not be kept and will be signed again: %s", room, error)
            self._failed[room] = due[room]

    def row(self, head: Head) -> NewCheckpoint:
        """Return the row that keeps a head's signed note: as the hub, or of a replica."""
        return _row(head, sign_here(self._signer, head.state, head.frontier))

    def row_as_hub(self, head: Head) -> NewCheckpoint:
        """Return the row that keeps a head's note, signed as the hub up to its last entry, also one that hands it over.

        The same head gives the same bytes, as long as the key is the same.
        """
        return _row(head, sign_room(self._signer, head.state, head.frontier))

    async def _sign_forever(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            self._rounds += 1
            if self._rounds % ROUNDS_BEFORE_RETRY == 0:
                self._advanced = self._failed | self._advanced
                self._failed = {}
            try:
                await self.sign()
            except AppError:
                logger.warning("checkpoints could not be kept; they will be signed again")
            except Exception:
                logger.exception("checkpoints could not be kept; they will be signed again")


def _row(head: Head, note: str) -> NewCheckpoint:
    counters = msgspec.json.encode(head.counters).decode()
    return NewCheckpoint(head.key, head.size, head.frontier.to_bytes(), note, counters)


def _put(rows: Rows, found: list[tuple[RoomId, NewCheckpoint]]) -> None:
    rooms.put_checkpoints(rows, [row for _, row in found])


def _count_tail(rows: Rows, room: RoomId, head: Head, verifier: Verifier) -> int:
    """Count the entries after the checkpoint, each of which is what its header says. Raises Unproven.

    None is missing: the head was loaded in the same transaction, and its tree has as many.
    """
    signed = rooms.checkpoint(rows, head.key)
    first = signed.size if signed else 0
    counters = dict(signed.counters) if signed else {}
    for start in range(first, head.size, PAGE):
        for n, row in enumerate(entries.between(rows, head.key, start, min(start + PAGE, head.size) - 1), start):
            header = header_of(room, row, n, home_of(verifier))
            if header is None or header.counter != counters.get(header.origin, FIRST_COUNTER):
                raise Unproven(f"{room} n={n}: the entry was altered", room=room)
            counters[header.origin] = header.counter + 1
    return head.size - first
