"""What is recorded once within a time, however often it is noticed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.model import Millis


class Recorded:
    """Remembers what was recorded and when."""

    def __init__(self) -> None:
        self._at: dict[Hashable, Millis] = {}

    def is_news(self, what: Hashable, now: Millis, forget_ms: Millis) -> bool:
        """Return whether something was not recorded within `forget_ms`, and remember that it is now."""
        self._at = {known: at for known, at in self._at.items() if now - at < forget_ms}
        if what in self._at:
            return False
        self._at[what] = now
        return True
