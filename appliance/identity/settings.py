"""Values of the agency's settings as the running server knows them.

Which settings there are is `rules/agency_settings.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.rules.agency_settings import Setting
    from appliance.store.settings import SettingValue

T = TypeVar("T")


class Settings:
    """Every value ever set, by the time it takes effect."""

    def __init__(self, values: Iterable[SettingValue]) -> None:
        self._values = [*values]

    def get(self, setting: Setting[T], now: Millis) -> T:
        """Return the value in force."""
        found = [item for item in self._values if item.key == setting.key and item.effective <= now]
        newest = max(found, key=lambda item: (item.effective, item.n), default=None)
        return setting.default if newest is None else setting.decode(newest.value)

    def put(self, value: SettingValue) -> None:
        """Take over a value as committed."""
        self._values = [*self._values, value]
