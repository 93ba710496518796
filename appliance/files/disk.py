"""How full the disk is that files lie on, asked of the operating system at most once in `FRESH_S`.

Owns the watch; what is too full is a rule (`rules/file_quota.py`). A disk that cannot be asked counts as it was last
seen, at first as one with room: writing to it will say what is wrong.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.rules.file_quota import Scope, Use, check_quota, disk_use

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRESH_S: Final = 1.0


class Space(NamedTuple):
    """Bytes of a disk that its user may fill, and those that are free of them."""

    total: int
    free: int


def space_of(folder: Path) -> Space:
    """Return the space of the disk that a folder lies on; blocks kept for root count as no space. Raises OSError."""
    seen = os.statvfs(folder)
    free = seen.f_bavail * seen.f_frsize
    return Space((seen.f_blocks - seen.f_bfree) * seen.f_frsize + free, free)


class Disk:
    """The disk of the data folder. `monotonic()` is seconds; `ask` returns its space or raises OSError."""

    def __init__(self, folder: Path, monotonic: Callable[[], float], ask: Callable[[Path], Space] = space_of) -> None:
        self._folder, self._monotonic, self._ask = folder, monotonic, ask
        self._until = float("-inf")
        self._seen: Space | None = None

    def space(self) -> Space | None:
        """Return the space as of now, at most `FRESH_S` old; None where it never could be asked."""
        now = self._monotonic()
        if now >= self._until:
            self._until = now + FRESH_S
            try:
                self._seen = self._ask(self._folder)
            except OSError:
                return self._seen
        return self._seen

    def use(self) -> Use:
        """Return what is used of the disk and up to where it takes files."""
        seen = self.space()
        return Use(0) if seen is None else disk_use(seen.total, seen.free)

    def is_nearly_full(self) -> bool:
        """Return whether any byte more would use what is kept free for messages."""
        return check_quota(1, {Scope.DISK: self.use()}) is not None
