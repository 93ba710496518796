"""Notices that this database was restored from an older copy, and has the rooms of this hub wait then.

A hub that went on from an old copy would give other entries for places that its followers hold already, and every one
of them would close the room. Rules:
- beside the database lies a mark of it: the file's identity, and the newest position of the feed, written soon after
  each commit. A database that is another file, or is behind the mark, was restored, and so was one without a mark;
- then nothing is written to the rooms that other agencies share until all of them have said what they have and what is
  missing has come back (`log/recovering.py`, `comparing.py`);
- a machine whose whole disk was set back has an old mark too: that is not noticed here, and has to be said by hand.

Does not: ask the other agencies (`comparing.py`), decide what is done next (`rules/recovery.py`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.vault.keyfile import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.services import Services
    from federation.exchange.exchange import Exchange

logger = logging.getLogger(__name__)
FILE: Final = "restored.json"
MARK_EVERY_S: Final = 2.0
_MODE: Final = 0o600


class Mark(msgspec.Struct, frozen=True):
    """Which file the database is (device and inode), and up to where the feed had come."""

    device: int
    inode: int
    pos: int


def mark_of(s: Services) -> Mark:
    """Return what the database of these services is now."""
    found = s.config.database.stat()
    return Mark(found.st_dev, found.st_ino, s.log.feed.pos)


def keep(s: Services, mark: Mark) -> None:
    """Write the mark beside the database."""
    try:
        replace_file(s.config.data / FILE, msgspec.json.encode(mark), _MODE)
    except OSError as error:
        logger.warning("the mark of the database cannot be written: %s", error)


class Recovering:
    """Looks at the mark at start, and keeps it."""

    def __init__(self, x: Exchange, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._x, self._monotonic = x, monotonic
        self._file = x.s.config.data / FILE
        self._marked_at = float("-inf")
        self._marking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Hold the shared rooms where the database was restored; then mark what it is from now on."""
        known = self._known()
        now = mark_of(self._x.s)
        if known is None or (known.device, known.inode) != (now.device, now.inode) or now.pos < known.pos:
            await self._x.s.log.recover()
            held = len(list(self._x.s.log.recovering))
            if held:
                logger.warning("the database is another one than before: %d rooms wait for their agencies", held)
        keep(self._x.s, now)

    def committed(self) -> None:
        """Note that there was a commit: the mark follows it."""
        if self._marking is None or self._marking.done():
            self._marking = asyncio.create_task(self._mark_soon(), name="mark")

    async def close(self) -> None:
        """Write the last mark."""
        if self._marking is not None:
            self._marking.cancel()
        keep(self._x.s, mark_of(self._x.s))

    def _known(self) -> Mark | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Mark)
        except (OSError, msgspec.MsgspecError):
            return None

    async def _mark_soon(self) -> None:
        await asyncio.sleep(max(0.0, self._marked_at + MARK_EVERY_S - self._monotonic()))
        self._marked_at = self._monotonic()
        await asyncio.to_thread(keep, self._x.s, mark_of(self._x.s))
