"""How tests wait: for what must come about, never for time to pass.

A wait ends as soon as its condition holds, so a long deadline costs a passing test nothing on any machine. Where a
promise is about time, `quiet_clock` counts the seconds in which nothing had to wait for the machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 120.0  # less than the limit of pytest, so that a failure names the condition
_LOOK_AGAIN_S: Final = 0.005
_MAX_PAUSE_S: Final = 0.2
_PRESSURE: Final = tuple(Path("/proc/pressure") / kind for kind in ("cpu", "io"))


async def until(condition: Callable[[], bool | Awaitable[bool]], what: str = "", timeout_s: float = PATIENCE_S) -> None:
    """Wait until `condition()` holds; it may be asynchronous. Raises AssertionError that names `what`."""
    deadline, pause = time.monotonic() + timeout_s, _LOOK_AGAIN_S
    while True:
        held = condition()
        if await held if isawaitable(held) else held:
            return
        assert time.monotonic() < deadline, f"it did not come about: {what or condition}"
        await asyncio.sleep(pause)
        pause = min(_MAX_PAUSE_S, pause * 1.1)


def wait_until(
    condition: Callable[[], bool], what: Callable[[], str] | str = "", timeout_s: float = PATIENCE_S
) -> None:
    """Wait like `until`, in a test without an event loop; `what` may be a function that says why at the end."""
    deadline, pause = time.monotonic() + timeout_s, _LOOK_AGAIN_S
    while not condition():
        assert time.monotonic() < deadline, f"it did not come about: {what() if callable(what) else what or condition}"
        time.sleep(pause)
        pause = min(_MAX_PAUSE_S, pause * 1.1)


def quiet_clock() -> float:
    """Return the seconds of a clock that stands still while anything waits for a processor or a disk.

    A difference of two readings is at most the time that passed on an idle machine, so what is promised «within 5 s»
    is held to it there, and a busy machine fails no test. Where the kernel does not count pressure: `time.monotonic`.
    """
    return time.monotonic() - sum(map(_waited_s, _PRESSURE))


def _waited_s(file: Path) -> float:
    try:
        some = file.read_text(encoding="ascii").partition("\n")[0]
    except OSError:  # built without it, or switched off
        return 0.0
    return int(some.rpartition("total=")[2]) / 1_000_000
