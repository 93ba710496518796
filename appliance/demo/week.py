"""Times of the demo world: its week ends at the last working day, and its clock stands where it was put."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from appliance.rules.thai_days import midnight

MINUTE: Final = 60_000
DAY: Final = 24 * 60 * MINUTE
BANGKOK: Final = timedelta(hours=7)
OPENS: Final = 7 * 60 + 30
CLOSES: Final = 18 * 60


@dataclass(slots=True)
class Clock:
    """A clock that stands where it was put."""

    now: int

    def __call__(self) -> int:
        """Return the time, milliseconds UTC."""
        return self.now


def when(now: int, day: int, time: str) -> int:
    """Return when a time of day was, `day` working days from the last one, milliseconds UTC.

    The last working day is today once the office has been open for two hours; what the script puts after now is then
    moved before it in proportion, so that a demo started at any hour has a day behind it.
    """
    here = datetime.fromtimestamp(now / 1000, UTC) + BANGKOK
    hours, minutes = time.split(":")
    minute = int(hours) * 60 + int(minutes)
    since_midnight = here.hour * 60 + here.minute
    last = here.date() if since_midnight >= OPENS + 120 else here.date() - timedelta(days=1)
    last = _working(last, 0)
    if day == 0 and last == here.date() and since_midnight < CLOSES:
        minute = OPENS + (minute - OPENS) * (since_midnight - 2 - OPENS) // (CLOSES - OPENS)
    return midnight(_working(last, day)) + minute * MINUTE


def _working(day: date, back: int) -> date:
    """Return the working day `-back` working days before the last one up to `day`."""
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    for _ in range(-back):
        day -= timedelta(days=3 if day.weekday() == 0 else 1)
    return day
