"""Writes to the database when sessions were last used, and how many people of the directory each person was shown.

Requests that write nothing else change both in memory. Changes are collected for a short time and written in one
transaction; without changes nothing runs. A server that is killed loses the changes that were not written yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.store import directory_shown, sessions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.services import Services

logger = logging.getLogger(__name__)
GATHER_S: Final = 1.0


class CountWriter:
    """Runs from `start` to `close`, which writes nothing more; `rest(seconds)` lets changes gather."""

    def __init__(self, s: Services, rest: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._s, self._rest = s, rest
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._s.sessions.on_unwritten(self._changed.set)
        self._s.directory_quota.on_unwritten(self._changed.set)
        self._task = asyncio.create_task(self._write_forever(), name="count-writer")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _write_forever(self) -> None:
        while True:
            await self._changed.wait()
            await self._rest(GATHER_S)
            self._changed.clear()
            try:
                await write_counts(self._s)
            except AppError as error:
                logger.warning("counts could not be written; trying again: %s", error)
            except Exception:
                logger.exception("counts could not be written; trying again")


async def write_counts(s: Services) -> None:
    """Write what changed since the last time. Raises AppError; what could not be written is kept for the next time."""
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
