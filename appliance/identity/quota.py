"""How many people each person was shown from the directory, to notice and stop copying it (F86).

Counted in two windows, the policy's (an hour) and a day, each of which begins with the first look after the last one
ended. The counts are written soon after they changed (`followers/counts.py`) and read at start, so that they outlive a
restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from appliance.people import DirectoryCounts
from appliance.policies import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.model import Millis, PersonId
    from appliance.policies import DirectoryPolicy


class QuotaResult(msgspec.Struct, frozen=True):
    """The result of taking from a quota: `refused_for` seconds, 0 when it was granted.

    `reached` names the limit that was reached just now, once in a window: a field of the policy.
    """

    refused_for: float = 0.0
    reached: str | None = None


class DirectoryQuota:
    """Counts by person."""

    def __init__(self, policy: DirectoryPolicy) -> None:
        self._policy = policy
        self._shown: dict[PersonId, DirectoryCounts] = {}
        self._refused: set[PersonId] = set()
        self._unwritten: dict[PersonId, DirectoryCounts] = {}
        self._on_unwritten: list[Callable[[], object]] = []

    def take(self, person: PersonId, people: int, now: Millis) -> QuotaResult:
        """Count that `person` is shown `people` people."""
        before, policy = self._current(person, now), self._policy
        over = [
            (left, name)
            for left, name, reached in (
                (before.hour_since + policy.window_ms - now, "most", before.hour >= policy.most),
                (before.day_since + DAY - now, "day_most", before.day >= policy.day_most),
            )
            if reached
        ]
        if over:
            left, name = max(over)
            again = person in self._refused
            self._refused.add(person)
            return QuotaResult(max(left, 1) / 1000, None if again else name)
        self._refused.discard(person)
        after = DirectoryCounts(before.hour_since, before.hour + people, before.day_since, before.day + people)
        self._shown[person] = after
        self._note_unwritten({person: after})
        if before.day < policy.day_alarm <= after.day:
            return QuotaResult(reached="day_alarm")
        return QuotaResult(reached="alarm" if before.hour < policy.alarm <= after.hour else None)

    def load(self, shown: Mapping[PersonId, DirectoryCounts]) -> None:
        """Take over what was counted before a restart."""
        self._shown.update(shown)

    def take_unwritten(self) -> dict[PersonId, DirectoryCounts]:
        """Return the counts that changed since this was last called."""
        changed, self._unwritten = self._unwritten, {}
        return changed

    def give_back(self, unwritten: Mapping[PersonId, DirectoryCounts]) -> None:
        """Take back what could not be written; newer counts stand."""
        self._note_unwritten({**unwritten, **self._unwritten})

    def on_unwritten(self, listener: Callable[[], object]) -> None:
        """Have `listener` called whenever there is something that `take_unwritten` would return."""
        self._on_unwritten.append(listener)

    def _note_unwritten(self, shown: Mapping[PersonId, DirectoryCounts]) -> None:
        self._unwritten.update(shown)
        for listener in self._on_unwritten:
            listener()

    def _current(self, person: PersonId, now: Millis) -> DirectoryCounts:
        found = self._shown.get(person, DirectoryCounts(now, 0, now, 0))
        if not 0 <= now - found.day_since < DAY:
            return DirectoryCounts(now, 0, now, 0)
        if not 0 <= now - found.hour_since < self._policy.window_ms:
            return DirectoryCounts(now, 0, found.day_since, found.day)
        return found
