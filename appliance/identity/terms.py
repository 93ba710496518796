"""Versions of the terms of use as the running server knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from appliance.rules.terms import in_force

if TYPE_CHECKING:
    from appliance.model import Millis


class Terms:
    """Which version is in force when. `versions` are (number, effective)."""

    def __init__(self, versions: Iterable[tuple[int, Millis]]) -> None:
        self._versions = [*versions]
        self._on_put: list[Callable[[], object]] = []

    def in_force(self, now: Millis) -> int:
        """Return the version of the terms in force, 0 when none was published."""
        return in_force(self._versions, now)

    def on_put(self, listener: Callable[[], object]) -> None:
        """Have `listener` called when a version was published."""
        self._on_put.append(listener)

    def put(self, version: int, effective: Millis) -> None:
        """Take over a version as committed."""
        self._versions = [*self._versions, (version, effective)]
        for listener in self._on_put:
            listener()
