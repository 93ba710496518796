"""How much memory a process and all that it started take, as Linux tells it (proc_pid_status(5), proc_tid_children(5)).

Counted is what a process keeps to itself and what it shares in memory, in large pages and swapped out too; programs and
libraries that it maps from files are not, nor what it holds without having it mapped (`files/system_calls.py` refuses
the ways to that). What a fork has not written to counts for both. A process that leaves its group or session is still
counted: within a namespace of its own all descend from the first one. The kernel keeps a kilobyte for each file in a
file system in memory, so those are counted too. Knows nothing of the files of people, nor of how a fence is set up.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_S: Final = 0.1
_PROC: Final = Path("/proc")
_COUNTED: Final = ("RssAnon:", "RssShmem:", "VmSwap:", "VmPTE:", "HugetlbPages:")


def can_be_told() -> bool:
    """Return whether this kernel says which processes one has started (`CONFIG_PROC_CHILDREN`)."""
    return (_PROC / "self" / "task" / str(os.getpid()) / "children").exists()


def used_by(process: int) -> int:
    """Return the bytes that a process and its descendants take; 0 for one that has ended."""
    return sum(_own(one) for one in _family(process))


def names_in(process: int, folder: Path, size: int) -> int:
    """Return how many files and folders are in the file system of `size` bytes that a fence has at `folder`.

    0 where none of its processes has one of just that size: while a fence is set up, they see this machine's own.
    """
    for one in _family(process):
        with suppress(OSError):
            found = os.statvfs(_PROC / str(one) / "root" / folder.relative_to("/"))
            if found.f_blocks * found.f_frsize == size:
                return found.f_files - found.f_ffree
    return 0


def _family(process: int) -> Iterator[int]:
    waiting = [process]
    while waiting:
        one = waiting.pop()
        yield one
        with suppress(OSError):
            for task in (_PROC / str(one) / "task").iterdir():
                with suppress(OSError):
                    waiting += map(int, (task / "children").read_text(encoding="ascii").split())


def _own(process: int) -> int:
    """Return what one process takes. Its threads share it, but the first one tells nothing of it once it has ended."""
    with suppress(OSError):
        return max((_told(task) for task in (_PROC / str(process) / "task").iterdir()), default=0)
    return 0


def _told(task: Path) -> int:
    try:
        lines = (task / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_COUNTED))
