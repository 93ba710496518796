"""Cells of a directory file as values (F14); one that cannot be read is a `Fault`, which names its column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from appliance.people import UnitKind
from appliance.rules.text import code_point, has_visible, one_line, unprintable
from appliance.rules.thai_days import DAY_MS, midnight, parse_date
from appliance.spelling.stream_safe import MAX_MARKS, is_stream_safe
from appliance.spelling.thai import arabic_digits, canonical

if TYPE_CHECKING:
    from datetime import date

    from appliance.model import Millis

_LONGEST: Final = 200
_THAI_KINDS: Final = {
    "กระทรวง": UnitKind.MINISTRY,
    "กรม": UnitKind.DEPARTMENT,
    "สำนัก": UnitKind.BUREAU,
    "กอง": UnitKind.DIVISION,
    "กลุ่ม": UnitKind.SECTION,
    "ฝ่าย": UnitKind.SECTION,
    "งาน": UnitKind.SECTION,
}
_YES: Final = frozenset(("1", "yes", "y", "true", "ใช่"))
_NO: Final = frozenset(("", "0", "no", "n", "false", "ไม่ใช่", "ไม่"))
# What is a name and not a quantity, though it is made of digits. A post's or unit's code may well be «1.0».
_CODE_COLUMNS: Final = ("staff_no", "phone", "mobile")
# 1.00001E+12 has lost its last digits; 100001.0 has gained some.
_SPREADSHEET_NUMBER: Final = re.compile(r"\d+([.,]\d+)?E[+-]?\d+|\d+[.,]0+", re.ASCII | re.IGNORECASE)


class Fault(Exception):
    """A value of a line cannot be read."""

    def __init__(self, code: str, value: str, column: str = "") -> None:
        super().__init__(code)
        self.code, self.value, self.column = code, value, column


def cell(text: str) -> str:
    """Return a cell as it is meant: every kind of space as a space, without what is drawn as nothing.

    One with too many marks in a row, which `canonical` would cut, stays as it is and is refused with its row.
    """
    plain = one_line(text)
    return canonical(plain) if is_stream_safe(plain) else plain


def refuse_unreadable(values: dict[str, str]) -> None:
    """Refuse cells that are too long, or hold what cannot be printed or seen. Raises Fault."""
    for column, value in values.items():
        if len(value) > _LONGEST:
            raise Fault("import_value_long", str(_LONGEST), column)
        if not is_stream_safe(value):
            raise Fault("import_marks", str(MAX_MARKS), column)
        if fault := unprintable(value):
            raise Fault("import_character", fault.character, column)
        if value and not has_visible(value):
            raise Fault("import_invisible", code_point(value[0]), column)


def refuse_numbers_of_spreadsheets(values: dict[str, str]) -> None:
    """Refuse codes that a spreadsheet has taken for numbers: digits of them are lost, or would make another code."""
    for column in _CODE_COLUMNS:
        value = values.get(column, "")
        if value.startswith("'") or _SPREADSHEET_NUMBER.fullmatch(arabic_digits(value)):
            raise Fault("import_spreadsheet_number", value, column)


def require(values: dict[str, str], columns: tuple[str, ...]) -> None:
    """Refuse a line in which one of the columns is empty. Raises Fault."""
    for column in columns:
        if not values[column]:
            raise Fault("import_missing", column)


def kind(text: str) -> UnitKind:
    """Return the kind of unit, named in Thai or English. Raises Fault."""
    if text in _THAI_KINDS:
        return _THAI_KINDS[text]
    try:
        return UnitKind(text.lower())
    except ValueError:
        raise Fault("import_kind", text) from None


def flag(values: dict[str, str], column: str) -> bool:
    """Return whether a cell says yes; an empty one says no. Raises Fault."""
    text = values.get(column, "").lower()
    if text not in _YES | _NO:
        raise Fault("import_flag", text)
    return text in _YES


def day(text: str) -> date:
    """Return the day that a date means. Raises Fault."""
    found = parse_date(text)
    if found is None:
        raise Fault("import_date", text)
    return found


def start(values: dict[str, str]) -> Millis | None:
    """Return when what the line says begins: as its first day begins. Raises Fault."""
    return midnight(day(values["from"])) if values.get("from") else None


def end(values: dict[str, str]) -> Millis | None:
    """Return when what the line says ends: as its last day ends. Raises Fault."""
    return midnight(day(values["to"])) + DAY_MS if values.get("to") else None
