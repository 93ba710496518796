"""What follows when people change: it settles the rooms of those who have left, and loads the directory of a new day.

Runs when an account changed its state, when the directory changed, and at the directory's next date. What cannot be
settled (in a damaged room, say) is tried again a minute later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.actions.room_settling import settle_rooms
from appliance.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.services import Services

logger = logging.getLogger(__name__)
RETRY_S: Final = 1.0
SETTLE_AGAIN_S: Final = 60.0
MAX_SLEEP_S: Final = 60.0
"""A date is looked for again after so long: the clock may have been set, or the machine have slept."""


async def woken_within(woken: asyncio.Event, pause_s: float) -> None:
    """Wait until `woken` is set, but not for longer than `pause_s`."""
    with contextlib.suppress(TimeoutError):
        # Not `wait_for`, which in Python 3.11 loses a cancellation that comes together with the event.
        async with asyncio.timeout(pause_s):
            await woken.wait()


class PeopleFollower:
    """Runs from `start` to `close`; at the start everything is settled once. `sleep` waits for an event or so long."""

    def __init__(self, s: Services, sleep: Callable[[asyncio.Event, float], Awaitable[None]] = woken_within) -> None:
        self._s, self._sleep = s, sleep
        self._woken = asyncio.Event()
        self._changed = True
        self._again_at: float | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._s.accounts.on_state_change(self._note_change)
        self._s.directory.on_change(self._note_change)
        self._s.directory.on_stale(self._woken.set)
        self._task = asyncio.create_task(self._follow_forever(), name="people-follower")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _note_change(self) -> None:
        self._changed = True
        self._woken.set()

    async def _follow_forever(self) -> None:
        while True:
            try:
                await self._follow()
            except AppError as error:
                logger.warning("what follows from changes of people could not be done; trying again: %s", error)
                await asyncio.sleep(RETRY_S)
            except Exception:
                logger.exception("what follows from changes of people failed")
                await asyncio.sleep(RETRY_S)
            else:
                await self._sleep(self._woken, self._pause_s())

    async def _follow(self) -> None:
        self._woken.clear()
        await self._s.directory.reload_due(self._s.clock())
        seconds = asyncio.get_running_loop().time()
        if self._changed or (self._again_at is not None and seconds >= self._again_at):
            self._changed = False
            # Whatever happens meanwhile, it is tried again unless everything was done.
            self._again_at = seconds + SETTLE_AGAIN_S
            if await settle_rooms(self._s):
                self._again_at = None

    def _pause_s(self) -> float:
        """Return how long nothing is due, unless something changes."""
        date, pause = self._s.directory.now.next_change, MAX_SLEEP_S
        if date is not None:
            pause = min(pause, (date - self._s.clock()) / 1000)
        if self._again_at is not None:
            pause = min(pause, self._again_at - asyncio.get_running_loop().time())
        return max(0.0, pause)
