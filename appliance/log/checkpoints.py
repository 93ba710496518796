"""Signed checkpoints of the rooms: at most once a second for a local room (architecture.md §3).

A checkpoint vouches for every entry up to its size with the agency's log key. Rooms that advanced are signed together
and kept in one transaction; after a crash the rooms whose newest entries no checkpoint covers are signed at start, from
the tree that was committed with those entries. A room that cannot be read is noted as damaged and the others are
signed; one whose checkpoint cannot be kept is signed again later. Whether the entries still make that tree is
`audit.py`'s question.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Unavailable
from appliance.evidence.note import Checkpoint, sign_checkpoint
from appliance.evidence.room_id import checkpoint_origin, domain_of
from appliance.log import heads as head_rows
from appliance.log.damage import DAMAGED, list_rooms
from appliance.store import entries, rooms

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.evidence.note import Signer
    from appliance.log.damage import DamagedRooms
    from appliance.log.heads import Head
    from appliance.model import RoomId
    from appliance.store.db import Store

log = logging.getLogger(__name__)
EVERY_S: Final = 1.0
ROUNDS_BEFORE_RETRY: Final = 60
HUB_EPOCH: Final = 1


class Checkpoints:
    """Signs the rooms that advanced."""

    def __init__(self, store: Store, signer: Signer, damaged: DamagedRooms) -> None:
        self._store, self._signer, self._damaged = store, signer, damaged
        self._advanced: dict[RoomId, Head] = {}
        self._failed: dict[RoomId, Head] = {}
        self._rounds = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Sign what a crash left unsigned, then go on once a second."""
        for room, head in await self._find_unsigned():
            self._advanced[room] = head
        await self.sign()
        self._task = asyncio.create_task(self._sign_forever(), name="checkpoints")

    async def _find_unsigned(self) -> list[tuple[RoomId, Head]]:
        """Return the rooms with entries that no checkpoint covers: in one go, or where the disk fails one by one."""
        try:
            async with self._store.read() as reader:
                return await reader.run(self._unsigned)
        except Unavailable as error:
            if error.code != DAMAGED:
                raise
        found, unreadable = await list_rooms(self._store)
        for key in unreadable:
            log.error("the room with the number %d is damaged on the disk, and its name cannot be read", key)
        heads = await self._store.read_each(_unsigned_head, found)
        for room, head in zip(found, heads, strict=True):
            if isinstance(head, AppError):
                self._damaged.note(room, head)
        return [
            (room, head) for room, head in zip(found, heads, strict=True) if head and not isinstance(head, AppError)
        ]

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
        rows = [
            (room, (head.key, head.size, head.frontier.to_bytes(), self.note(room, head))) for room, head in due.items()
        ]
        try:
            async with self._store.exclusive() as writer:
                failed = await writer.commit_each(_put, rows)
        except BaseException:
            self._advanced = due | self._advanced
            raise
        for (room, _), error in failed:
            log.warning("the checkpoint of room %s could not be kept and will be signed again: %s", room, error)
            self._failed[room] = due[room]

    def note(self, room: RoomId, head: Head) -> str:
        """Return the signed note over a head."""
        return sign_checkpoint(Checkpoint(self.origin(room), head.size, head.frontier.root()), self._signer)

    def origin(self, room: RoomId) -> str:
        """Return the origin line of a room's checkpoints."""
        return origin_of(self._signer.name, room)

    @property
    def vkey(self) -> str:
        """The key that verifies the notes."""
        return self._signer.verifier.vkey

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
                log.warning("checkpoints could not be kept; they will be signed again")
            except Exception:
                log.exception("checkpoints could not be kept; they will be signed again")

    @staticmethod
    def _unsigned(raw: sqlcipher.Connection) -> list[tuple[RoomId, Head]]:
        loaded = ((room, head_rows.load(raw, room)) for room in rooms.without_checkpoint(raw))
        return [(room, head) for room, head in loaded if head is not None]


def _unsigned_head(raw: sqlcipher.Connection, room: RoomId) -> Head | None:
    """Return the head of a room whose newest entries no checkpoint covers, None where one does."""
    key = entries.room_key(raw, room)
    signed = rooms.checkpoint(raw, key)
    if signed and entries.one(raw, key, signed[0]) is None:
        return None
    return head_rows.load(raw, room)


def _put(raw: sqlcipher.Connection, rows: list[tuple[RoomId, tuple[int, int, bytes, str]]]) -> None:
    rooms.put_checkpoints(raw, [row for _, row in rows])


def origin_of(signer: str, room: RoomId) -> str:
    """Return the origin line of a room's checkpoints from the name of the agency's log key (`DOMAIN/a/SLUG/log`)."""
    return checkpoint_origin(domain_of(signer), room, HUB_EPOCH)
