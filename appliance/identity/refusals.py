"""What the rules refused each person lately, so that the audit log has every refusal but not a record for each (F32).

The first refusal of a kind in an hour is recorded at once, for at most `MAX_KINDS` kinds; what comes after is counted
here and recorded as one number when the hour is over. A kind is action, target and reason. So one person causes at most
`2 * MAX_KINDS + 1` records an hour, however fast they try. The counts of the hour that runs are lost with a crash; its
first refusals are in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from appliance.model import Millis

WINDOW_MS: Final = 3_600_000
MAX_KINDS: Final = 20


class Refusal(NamedTuple):
    """What somebody tried, with what, and why it was refused."""

    action: str
    target: str
    outcome: str


class _Window(msgspec.Struct):
    """One person's hour. `again` counts by kind what came after the first, `others` what is of a kind too many."""

    since: Millis
    again: dict[Refusal, int] = msgspec.field(default_factory=dict)
    others: int = 0


class Refusals:
    """Counts by person."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def note(self, actor: str, refusal: Refusal, now: Millis) -> bool:
        """Count a refusal; say whether it is to be recorded now."""
        window = self._windows.setdefault(actor, _Window(now))
        if refusal in window.again:
            window.again[refusal] += 1
        elif len(window.again) < MAX_KINDS:
            window.again[refusal] = 0
            return True
        else:
            window.others += 1
        return False

    def take_due(self, now: Millis) -> list[tuple[str, Refusal, int]]:
        """Return and forget, by person, how often each kind came again in hours that are over.

        Those of a kind too many are reported together, as refusals of `any` action on the person.
        """
        due: list[tuple[str, Refusal, int]] = []
        for actor, window in [*self._windows.items()]:
            # A clock that stepped back ends the hour too.
            if 0 <= now - window.since < WINDOW_MS:
                continue
            del self._windows[actor]
            due += [(actor, refusal, again) for refusal, again in window.again.items() if again]
            if window.others:
                due.append((actor, Refusal("any", actor, "refused"), window.others))
        return due
