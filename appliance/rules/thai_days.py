"""Days of the calendar in Thailand: when one begins, which one it is, and dates as people write them.

Thailand has one time zone, UTC+7, and no summer time. Dates are YYYY-MM-DD or D/M/YYYY; years from 2400 on are
Buddhist.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from appliance.spelling.thai import arabic_digits

if TYPE_CHECKING:
    from appliance.model import Millis

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
_BANGKOK_MS: Final = 7 * HOUR_MS
_UNIX_DAY: Final = date(1970, 1, 1).toordinal()
_FIRST_BUDDHIST_YEAR: Final = 2400
_BUDDHIST_OFFSET: Final = 543
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


def midnight(day: date) -> Millis:
    """Return when a day begins in Thailand, which has one time zone and no summer time."""
    return (day.toordinal() - _UNIX_DAY) * DAY_MS - _BANGKOK_MS


def thai_day(at: Millis) -> date:
    """Return which day it is in Thailand; the inverse of `midnight`."""
    return date.fromordinal((at + _BANGKOK_MS) // DAY_MS + _UNIX_DAY)


def parse_date(text: str) -> date | None:
    """Return the day a date means, None when it means none; Thai digits and Buddhist years are understood."""
    plain = arabic_digits(text.strip())
    if found := _ISO.fullmatch(plain):
        year, month, day = (int(part) for part in found.groups())
    elif found := _SLASHED.fullmatch(plain):
        day, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year - _BUDDHIST_OFFSET if year >= _FIRST_BUDDHIST_YEAR else year, month, day)
    except ValueError:
        return None
