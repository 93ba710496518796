"""What follows from changes of people: rooms of those who have ended, the directory of a new day, sessions' last use.

Looks once a second at what memory says, and at once when an account changed its state or the directory changed. What
could not be settled, in a damaged room say, is tried again a minute later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from appliance.actions.room_settling import settle_rooms
from appliance.errors import AppError
from appliance.services import Services
from appliance.store import directory_shown, sessions

log = logging.getLogger(__name__)
LOOK_S: Final = 1.0
SETTLE_AGAIN_S: Final = 60.0


class PeopleFollower:
    """Runs from `start` to `close`; at the start everything is settled once."""

    def __init__(self, s: Services) -> None:
        self._s = s
        self._changed = asyncio.Event()
        self._changed.set()
        self._again_at: float | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._s.accounts.on_state_change(self._changed.set)
        self._s.directory.on_change(self._changed.set)
        self._task = asyncio.create_task(self._follow_forever(), name="people-follower")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow_forever(self) -> None:
        while True:
            try:
                await self._follow()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), LOOK_S)
            except AppError as error:
                log.warning("what follows from changes of people could not be done; trying again: %s", error)
                await asyncio.sleep(LOOK_S)
            except Exception:
                log.exception("what follows from changes of people failed")
                await asyncio.sleep(LOOK_S)

    async def _follow(self) -> None:
        s = self._s
        if s.directory.is_due(s.clock()):
            await s.directory.reload(s.clock())
        await write_counts(s)
        seconds = asyncio.get_running_loop().time()
        if self._changed.is_set() or (self._again_at is not None and seconds >= self._again_at):
            self._changed.clear()
            # Whatever happens meanwhile, it is tried again unless everything was done.
            self._again_at = seconds + SETTLE_AGAIN_S
            if await settle_rooms(s):
                self._again_at = None


async def write_counts(s: Services) -> None:
    """Write when sessions were last used and how many people were shown to whom."""
    used, shown = s.sessions.take_unwritten(), s.directory_quota.take_unwritten()
    if not used and not shown:
        return
    try:
        async with s.store.write() as tx:
            await tx.run(sessions.touch, used.items())
            await tx.run(directory_shown.put, shown)
    except BaseException:
        s.sessions.give_back(used)
        s.directory_quota.give_back(shown)
        raise
