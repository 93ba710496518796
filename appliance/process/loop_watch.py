"""Logs when the event loop was blocked: all requests wait for it meanwhile.

A timer that is due every `BEAT_S` sees how late it is called. With it the log says how much CPU time the loop's own
thread took: one that is late without using any waited for other threads, for other processes or for the machine. Runs
only where the log takes INFO.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("gchat.loop")
BEAT_S: Final = 0.02
LATE_S: Final = 0.005
"""Shorter delays are not logged: every machine has them."""


class LoopWatch:
    """Watches the running event loop from `start` to `close`; `monotonic` and `thread_time` are in seconds."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        thread_time: Callable[[], float] = time.thread_time,
    ) -> None:
        self._monotonic, self._thread_time = monotonic, thread_time
        self._due, self._used = 0.0, 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, where the level of the logger asks for it."""
        if logger.isEnabledFor(logging.INFO):
            self._next()

    def close(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()

    def _next(self) -> None:
        self._due, self._used = self._monotonic() + BEAT_S, self._thread_time()
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _beat(self) -> None:
        now = self._monotonic()
        late, used = now - self._due, self._thread_time() - self._used
        if late >= LATE_S:
            logger.info("late %.1f ms, own CPU %.1f ms, at %.3f", late * 1000, used * 1000, now)
        self._next()
