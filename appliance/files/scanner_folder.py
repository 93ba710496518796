"""Where clamd writes the files that it is sent: in clear, so it has to be memory that is never swapped to a disk.

clamd keeps each stream in its `TemporaryDirectory` while it looks at it, and unpacks archives there. This reads its
configuration, the mounts of this machine, and whether there is swap, and says what they show.

Does not: ask clamd itself, which says nothing of it. What is not known stays unknown: a configuration that cannot be
read, a `TMPDIR` in clamd's environment, mounts that clamd alone sees.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

_OF_CLAMD: Final = Path("/tmp")  # noqa: S108 clamd's own default, where nothing is set
_IN_MEMORY: Final = frozenset(("tmpfs", "ramfs"))
_ESCAPES: Final = {r"\040": " ", r"\011": "\t", r"\012": "\n", r"\134": "\\"}
"""How proc(5) writes what would end a field of `mountinfo`."""


class Medium(StrEnum):
    """What a folder lies on. `SWAPPED`: memory of which parts may be written to a disk."""

    MEMORY = "memory"
    SWAPPED = "swapped"
    DISK = "disk"
    UNKNOWN = "unknown"


class ScannerFolder(NamedTuple):
    """clamd's folder for what it looks at, what that lies on, and of memory how many bytes (None: not known)."""

    path: Path
    medium: Medium
    size: int | None = None


class Machine(NamedTuple):
    """Where a machine says what is mounted, what it swaps to, and how much of clamd's memory may be swapped."""

    mounts: Path = Path("/proc/self/mountinfo")
    swaps: Path = Path("/proc/swaps")
    of_unit: Path = Path("/sys/fs/cgroup/system.slice/clamav-daemon.service/memory.swap.max")


_HERE: Final = Machine()


def look(config: Path, machine: Machine = _HERE) -> ScannerFolder:
    """Return where the clamd of this configuration writes; blocking."""
    try:
        path = _folder_of(config.read_text("utf-8", "replace"))
        kind, options = _mount_of(path.resolve(), machine.mounts.read_text("utf-8", "replace"))
    except (OSError, RuntimeError):
        return ScannerFolder(_OF_CLAMD, Medium.UNKNOWN)
    if kind not in _IN_MEMORY:
        return ScannerFolder(path, Medium.DISK)
    is_kept = kind == "ramfs" or "noswap" in options or not _may_swap(machine)
    return ScannerFolder(path, Medium.MEMORY if is_kept else Medium.SWAPPED, _size_of(options))


def _folder_of(config: str) -> Path:
    """Return the `TemporaryDirectory` of clamd.conf(5): the last one that is said counts."""
    words = [line.split(maxsplit=1) for line in config.splitlines()]
    said = [word[1].strip().strip('"') for word in words if len(word) > 1 and word[0] == "TemporaryDirectory"]
    return Path(said[-1]) if said else _OF_CLAMD


def _mount_of(path: Path, mounts: str) -> tuple[str, set[str]]:
    """Return type and options of the file system that a path lies on (proc(5): `mountinfo`), unknown as empty."""
    found, best = ("", set[str]()), -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point, kind = Path(_unescaped(before.split()[4])), after.split()
        if len(kind) > 2 and path.is_relative_to(point) and len(point.parts) >= best:
            found, best = (kind[0], set(kind[2].split(","))), len(point.parts)
    return found


def _size_of(options: set[str]) -> int | None:
    """Return the size of a tmpfs, as the kernel writes it: in KiB; it says nothing of the usual half of all memory."""
    said = next((one.removeprefix("size=").removesuffix("k") for one in options if one.startswith("size=")), "")
    return int(said) * 1024 if said.isdecimal() else None


def _unescaped(field: str) -> str:
    for written, meant in _ESCAPES.items():
        field = field.replace(written, meant)
    return field


def _may_swap(machine: Machine) -> bool:
    """Return whether what clamd holds in memory may be written to swap: there is some, and its unit may use it."""
    if len(machine.swaps.read_text("utf-8").splitlines()) <= 1:
        return False
    return not machine.of_unit.exists() or machine.of_unit.read_text("utf-8").strip() != "0"
