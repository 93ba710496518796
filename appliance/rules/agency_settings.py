"""The settings that an agency changes while the server runs, as one table.

A value of a setting takes effect at a time. In force is the newest value whose time has come, else the default. A new
setting is a new row of `SETTINGS`, and of the table in docs/settings.md, which a test compares with this one. Settings
of `gchat.toml`, which need a restart, are in `appliance.policies` and `appliance.config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from appliance.locale import both
from appliance.model import ContactMode
from appliance.rules.helpdesk import Helpdesk
from appliance.rules.roles import Duty

T = TypeVar("T")
RankMap = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting: its key in the database and in the audit log, the type of its values, and what holds without any.

    `unit` is of numbers, else empty; `duty` is whose business a change is; `command` is what sets it.
    """

    key: str
    kind: Any
    default: T
    unit: str
    duty: Duty
    command: str

    @property
    def about(self) -> str:
        """Its documentation, Thai and English."""
        return both(f"setting.{self.key}")

    def encode(self, value: T) -> str:
        """Return a value as it is stored: JSON, the same text for equal values."""
        return msgspec.json.encode(value, order="sorted").decode()

    def decode(self, stored: str) -> T:
        """Return a stored value. Raises msgspec.ValidationError for one that is none of this setting's."""
        value: T = msgspec.json.decode(stored, type=self.kind)
        return value


CONTACT_MODE: Final[Setting[ContactMode]] = Setting(
    key="contact_mode",
    kind=ContactMode,
    default=ContactMode.NORMAL,
    unit="",
    duty=Duty.CHANGE_SETTING,
    command="gchat setting contact-mode",
)
RANK_MAP: Final[Setting[RankMap]] = Setting(
    key="rank_map",
    kind=RankMap,
    default={},
    unit="",
    duty=Duty.CHANGE_SETTING,
    command="gchat setting rank-map",
)
HELPDESK: Final[Setting[Helpdesk]] = Setting(
    key="helpdesk",
    kind=Helpdesk,
    default=Helpdesk(),
    unit="",
    duty=Duty.CHANGE_SETTING,
    command="gchat setting helpdesk",
)
SETTINGS: Final[dict[str, Setting[Any]]] = {item.key: item for item in (CONTACT_MODE, RANK_MAP, HELPDESK)}
