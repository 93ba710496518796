"""Notices that this database was restored from an older copy, and gets back what the followers of its rooms have.

A hub that went on from an old copy would give other entries for places that its followers hold already, and every one
of them would close the room. Rules:
- beside the database lies a mark of it: the file's identity, and the newest position of the feed, written soon after
  each commit. A database that is another file, or is behind the mark, was restored, and so was one without a mark;
- then nothing is written to the rooms that other agencies share until all of them have said what they have; what is
  missing is fetched from the one that has most, and judged as ever (`log/recovering.py`);
- a machine whose whole disk was set back has an old mark too: that is not noticed here, and has to be said by hand.

Does not: decide what is done next (`rules/recovery.py`), fetch (`fetching.py`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, NotFound
from appliance.vault.keyfile import replace_file
from federation.exchange.fetching import OK
from federation.gateway.messages import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.model import RoomId
    from federation.exchange.exchange import Exchange

logger = logging.getLogger(__name__)
FILE: Final = "restored.json"
MARK_EVERY_S: Final = 2.0
NOT_THERE: Final = 404
_MODE: Final = 0o600


class Mark(msgspec.Struct, frozen=True):
    """Which file the database is (device and inode), and up to where the feed had come."""

    device: int
    inode: int
    pos: int


class Head(msgspec.Struct, frozen=True):
    """What a follower says of a room: how many entries it has, with the hub's note over them."""

    size: int
    note: str


class Recovering:
    """Looks at the mark at start, and asks each follower once its link is open."""

    def __init__(self, x: Exchange, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._x, self._monotonic = x, monotonic
        self._file = x.s.config.data / FILE
        self._marked_at = float("-inf")
        self._marking: asyncio.Task[None] | None = None
        self._asking = asyncio.Lock()

    async def start(self) -> None:
        """Hold the shared rooms where the database was restored; then mark what it is from now on."""
        known = self._known()
        now = self._mark()
        if known is None or (known.device, known.inode) != (now.device, now.inode) or now.pos < known.pos:
            await self._x.s.log.recover()
            held = len(list(self._x.s.log.recovering))
            if held:
                logger.warning("the database is another one than before: %d rooms wait for their agencies", held)
        self._write(now)

    def committed(self) -> None:
        """Note that there was a commit: the mark follows it."""
        if self._marking is None or self._marking.done():
            self._marking = asyncio.create_task(self._mark_soon(), name="mark")

    async def close(self) -> None:
        """Write the last mark."""
        if self._marking is not None:
            self._marking.cancel()
        self._write(self._mark())

    async def linked(self, peer: str) -> None:
        """Ask a peer what it has of the rooms that wait, and get back what is missing."""
        async with self._asking:
            for room in list(self._x.s.log.recovering):
                try:
                    await self._ask(peer, room)
                except AppError as error:
                    logger.warning("%s says nothing of room %s, which waits on: %s", peer, room, error)

    async def _ask(self, peer: str, room: RoomId) -> None:
        log, own = self._x.s.log, (await self._x.s.log.head(room)).size
        if peer not in (await log.head(room)).agencies:
            return
        found = log.recovering.heard(room, peer, await self._size_at(peer, room), own)
        while found.ask is not None:
            await self._x.fetching.fetch_missing(found.ask, room, found.upto - 1)
            found = log.recovering.next_for(room, (await log.head(room)).size)
        if found.done:
            logger.warning("room %s is whole again, with %d entries", room, found.upto)
            self._x.peers.wake()

    async def _size_at(self, peer: str, room: RoomId) -> int:
        answer = await self._x.jobs.fetch(peer, Kind.HEAD, {"room": room})
        if answer.status == NOT_THERE:
            return 0
        if answer.status != OK:
            raise NotFound(f"{peer} answers {answer.status}", field="room")
        try:
            return msgspec.json.decode(answer.body, type=Head).size
        except msgspec.MsgspecError as error:
            raise NotFound(f"{peer}: {error}", field="room") from error

    def _known(self) -> Mark | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Mark)
        except (OSError, msgspec.MsgspecError):
            return None

    def _mark(self) -> Mark:
        found = self._x.s.config.database.stat()
        return Mark(found.st_dev, found.st_ino, self._x.s.log.feed.pos)

    async def _mark_soon(self) -> None:
        await asyncio.sleep(max(0.0, self._marked_at + MARK_EVERY_S - self._monotonic()))
        self._marked_at = self._monotonic()
        await asyncio.to_thread(self._write, self._mark())

    def _write(self, mark: Mark) -> None:
        try:
            replace_file(self._file, msgspec.json.encode(mark), _MODE)
        except OSError as error:
            logger.warning("the mark of the database cannot be written: %s", error)
