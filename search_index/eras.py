"""The years of dates in the other calendar: Buddhist and Christian.

Owns `other_era`: a second reading of a normalised text, so that 12/3/2567 is found by 12/3/2024 and the other way
round. It is as long as the first, so offsets hold. Pure.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

VERSION: Final = 1
"""Changes with the rules: an index made under others is rebuilt."""

_MONTHS: Final = (
    "มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม"
    r"|มกรา|กุมภา|มีนา|เมษา|พฤษภา|มิถุนา|กรกฎา|สิงหา|กันยา|ตุลา|พฤศจิกา|ธันวา"
    r"|ม\.?ค\.?|ก\.?พ\.?|มี\.?ค\.?|เม\.?ย\.?|พ\.?ค\.?|มิ\.?ย\.?|ก\.?ค\.?|ส\.?ค\.?|ก\.?ย\.?|ต\.?ค\.?|พ\.?ย\.?|ธ\.?ค\.?"
    r"|jan(?:uary)?\.?|feb(?:ruary)?\.?|mar(?:ch)?\.?|apr(?:il)?\.?|may|june?\.?|july?\.?|aug(?:ust)?\.?"
    r"|sep(?:t|tember)?\.?|oct(?:ober)?\.?|nov(?:ember)?\.?|dec(?:ember)?\.?"
)
_ERA: Final = r"(?P<{}>[พค])(?=\.?ศ)\.?ศ\.?"
_YEAR: Final = "(?P<{}>1[89][0-9]{{2}}|20[0-5][0-9]|2[45][0-9]{{2}})(?![0-9])"
_DATE: Final = (
    rf"(?<![0-9])[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-]{_YEAR.format('y1')}"
    rf"|(?<![0-9]){_YEAR.format('y2')}[/.-][0-9]{{1,2}}[/.-][0-9]{{1,2}}(?![0-9])"
    rf"|(?:{_MONTHS})(?: ?[0-9]{{1,2}},)? ?(?:{_ERA.format('e3')})? ?{_YEAR.format('y3')}"
    rf"|{_ERA.format('e4')} ?{_YEAR.format('y4')}"
    rf"|(?:ปี|ปีงบประมาณ|ปีงบ|งบประมาณ|ปีการศึกษา) ?{_YEAR.format('y5')}"
)
_MAY_HOLD_A_YEAR: Final = re.compile("(?:1[89]|20[0-5]|2[45][0-9])[0-9]")
_ERAS_APART: Final = 543
_FIRST_BUDDHIST: Final = 2400
_LAST_CHRISTIAN: Final = 2599 - _ERAS_APART


def other_era(normalized: str) -> str | None:
    """Return a normalised text with the years of its dates in the other calendar; None where it holds no date.

    A year is one of 2400 to 2599 (Buddhist) or 1857 to 2056 (Christian) beside a day and month, the name of a month,
    «พ.ศ.», «ค.ศ.» or «ปี»: a bare number is a number.
    """
    if not _MAY_HOLD_A_YEAR.search(normalized):
        return None
    changed = _date().sub(_in_the_other_era, normalized)
    return None if changed == normalized else changed


@cache
def _date() -> re.Pattern[str]:
    """Return `_DATE`, compiled when the first year is met: it takes too long for a start."""
    return re.compile(_DATE)


def _in_the_other_era(found: re.Match[str]) -> str:
    name, digits = next((name, value) for name, value in found.groupdict().items() if value and name.startswith("y"))
    year = int(digits)
    if year >= _FIRST_BUDDHIST:
        other = year - _ERAS_APART
    elif _FIRST_BUDDHIST - _ERAS_APART <= year <= _LAST_CHRISTIAN:
        other = year + _ERAS_APART
    else:
        return found.group()
    whole = list(found.group())
    at = found.start(name) - found.start()
    whole[at : at + 4] = str(other)
    era = f"e{name[1:]}"
    if found.groupdict().get(era):
        whole[found.start(era) - found.start()] = "ค" if year >= _FIRST_BUDDHIST else "พ"
    return "".join(whole)
