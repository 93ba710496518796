"""Processes under measurement: on which core they run, the CPU time they used, the memory they hold.

The server has one core, the load generator another, so neither takes time from the other. On a machine with one core
they share it, which every result says.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_ALLOWED = sorted(os.sched_getaffinity(0))
SERVER_CORE = _ALLOWED[0]
DRIVER_CORE = _ALLOWED[-1]
_FIRST = -15


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of some processes together, in KiB. `pss` counts a page that several share only once."""

    rss: int
    pss: int


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run the block on one core; what it starts stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, core: int) -> None:
    """Keep a process and all its threads on one core."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


def before_others(pid: int) -> bool:
    """Have a process's session run before those of the machine's other users; say whether that may be done.

    Linux shares cores between sessions first and within each by niceness (sched(7), «the autogroup feature»).
    """
    place = Path(f"/proc/{pid}/autogroup")
    try:
        now = int(place.read_text().split()[-1])
        place.write_text(str(max(_FIRST, now + _FIRST)))
    except (OSError, ValueError, IndexError):
        return False
    return True


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds, user and system, that processes have used with all their threads."""
    ticks = 0
    for pid in pids:
        # The name in parentheses may hold spaces; utime and stime are fields 14 and 15 (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_A_SECOND


def main_thread_s(pid: int) -> tuple[float, float]:
    """Return the seconds that a process's main thread ran, and those that it was ready to run but another had the core.

    From the scheduler's own account (`/proc/PID/schedstat`, in nanoseconds).
    """
    ran, waited, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
    return int(ran) / 1e9, int(waited) / 1e9


def memory(pids: Iterable[int]) -> Memory:
    """Return what processes hold at this moment."""
    rss = pss = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "Rss":
                rss += int(value.split()[0])
            elif name == "Pss":
                pss += int(value.split()[0])
    return Memory(rss, pss)
