"""How many people each person was shown from the directory, to notice and stop copying it (F86)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId
    from appliance.policies import DirectoryPolicy


class Spent(Enum):
    """What taking from the budget came to; `ALARM` is said once in a window."""

    FINE = "fine"
    ALARM = "alarm"
    REFUSED = "refused"


class DirectoryBudget:
    """Counts by person in windows that begin with the first look."""

    def __init__(self, policy: DirectoryPolicy) -> None:
        self._policy = policy
        self._spent: dict[PersonId, tuple[Millis, int]] = {}

    def take(self, person: PersonId, people: int, now: Millis) -> Spent:
        """Count that `person` is shown `people` people."""
        since, before = self._spent.get(person, (now, 0))
        if now - since >= self._policy.window_ms:
            since, before = now, 0
        if before >= self._policy.most:
            return Spent.REFUSED
        self._spent[person] = (since, before + people)
        alarmed = before < self._policy.alarm <= before + people
        return Spent.ALARM if alarmed else Spent.FINE

    def seconds_left(self, person: PersonId, now: Millis) -> float:
        """Return how long until the person's window ends."""
        since, _ = self._spent.get(person, (now, 0))
        return max(0.0, (since + self._policy.window_ms - now) / 1000)
