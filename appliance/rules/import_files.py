"""Directory files as agencies export them: bytes in, typed rows or problems with their line numbers out (F14).

A file is CSV with a header line, separated by commas, semicolons or tabs, in UTF-8 (with or without a byte order mark),
UTF-16 with one, or TIS-620/Windows-874. Which table it is follows from its columns, whose names may be English or Thai:

units    code*, name_th*, kind*, parent, name_en, merged_into, from, to
people   staff_no, given_name, family_name, unit*, post_title*, title, title_en, given_name_en, family_name_en, email,
         phone, mobile, birth_date, email_visibility, phone_visibility, mobile_visibility, listing, post_code,
         post_title_en, rank, head, acting, main, from, to

accounts staff_no*, user*, in a file of its own (`read_accounts`)

(* must be filled.) A column that a file does not have leaves what is stored as it is, an empty cell clears it: each row
knows the columns of its file. One line of the people table is one post held; a person with more posts has more lines,
of which the first carries the personal fields and the others repeat or omit them. A line without `staff_no` is a vacant
post. Dates are YYYY-MM-DD or D/M/YYYY, years from 2400 on are Buddhist; `to` is the last day. Flags are yes/no,
ใช่/ไม่ใช่, 1/0.
Every kind of space counts as a space. A staff or telephone number that a spreadsheet has turned into a quantity is
refused: what it was cannot be known.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from appliance.people import UnitKind, Visibility
from appliance.rules.text import code_point, has_visible, one_line, unprintable
from appliance.spelling.stream_safe import MAX_MARKS, is_stream_safe
from appliance.spelling.thai import arabic_digits, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.model import Millis

T = TypeVar("T")

DAY_MS: Final = 86_400_000
_BANGKOK_MS: Final = 7 * 3_600_000
_UNIX_DAY: Final = date(1970, 1, 1).toordinal()
_FIRST_BUDDHIST_YEAR: Final = 2400
_BUDDHIST_OFFSET: Final = 543
_LONGEST: Final = 200
_MAX_LINES: Final = 500_000

UNIT_COLUMNS: Final = ("code", "name_th", "kind", "parent", "name_en", "merged_into", "from", "to")
PERSON_COLUMNS: Final = (
    *("staff_no", "title", "given_name", "family_name", "title_en", "given_name_en", "family_name_en"),
    *("email", "phone", "mobile", "birth_date"),
    *("email_visibility", "phone_visibility", "mobile_visibility", "listing"),
    *("unit", "post_code", "post_title", "post_title_en", "rank", "head", "acting", "main", "from", "to"),
)
ACCOUNT_COLUMNS: Final = ("staff_no", "user")
_UNIT_REQUIRED: Final = ("code", "name_th", "kind")
_PERSON_REQUIRED: Final = ("staff_no", "given_name", "family_name", "unit", "post_title")
_THAI_COLUMNS: Final = {
    "รหัสหน่วยงาน": "code",
    "ชื่อหน่วยงาน": "name_th",
    "ชื่อหน่วยงานภาษาอังกฤษ": "name_en",
    "ระดับหน่วยงาน": "kind",
    "หน่วยงานแม่": "parent",
    "ยุบรวมเข้ากับ": "merged_into",
    "เลขประจำตัว": "staff_no",
    "ชื่อผู้ใช้": "user",
    "คำนำหน้า": "title",
    "ชื่อ": "given_name",
    "นามสกุล": "family_name",
    "คำนำหน้าภาษาอังกฤษ": "title_en",
    "ชื่อภาษาอังกฤษ": "given_name_en",
    "นามสกุลภาษาอังกฤษ": "family_name_en",
    "อีเมล": "email",
    "โทรศัพท์": "phone",
    "มือถือ": "mobile",
    "วันเกิด": "birth_date",
    "หน่วยงาน": "unit",
    "เลขที่ตำแหน่ง": "post_code",
    "ตำแหน่ง": "post_title",
    "ตำแหน่งภาษาอังกฤษ": "post_title_en",
    "ระดับ": "rank",
    "หัวหน้า": "head",
    "รักษาการ": "acting",
    "ตำแหน่งหลัก": "main",
    "ตั้งแต่": "from",
    "ถึง": "to",
}
_THAI_KINDS: Final = {
    "กระทรวง": UnitKind.MINISTRY,
    "กรม": UnitKind.DEPARTMENT,
    "สำนัก": UnitKind.BUREAU,
    "กอง": UnitKind.DIVISION,
    "กลุ่ม": UnitKind.SECTION,
    "ฝ่าย": UnitKind.SECTION,
    "งาน": UnitKind.SECTION,
}
_LISTINGS: Final = tuple(visibility for visibility in Visibility if visibility is not Visibility.NOBODY)
_YES: Final = frozenset(("1", "yes", "y", "true", "ใช่"))
_NO: Final = frozenset(("", "0", "no", "n", "false", "ไม่ใช่", "ไม่"))
# Marks and embeddings that only turn the direction of text (Unicode Standard Annex 9, 2).
# What is a name and not a quantity, though it is made of digits. A post's or unit's code may well be «1.0».
_CODE_COLUMNS: Final = ("staff_no", "phone", "mobile")
# 1.00001E+12 has lost its last digits; 100001.0 has gained some.
_SPREADSHEET_NUMBER: Final = re.compile(r"\d+([.,]\d+)?E[+-]?\d+|\d+[.,]0+", re.ASCII | re.IGNORECASE)
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where: `code` is the locale's key, `value` what was found; line 0 is the file as a whole.

    `other_line` is the line that this one contradicts.
    """

    file: str
    line: int
    code: str
    value: str = ""
    column: str = ""
    other_line: int = 0


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A line of a units table; `columns` are those of its file."""

    file: str
    line: int
    columns: frozenset[str]
    code: str
    parent: str | None
    name_th: str
    name_en: str | None
    kind: UnitKind
    merged_into: str | None
    start: Millis | None
    end: Millis | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of a people table: a post and, unless it is vacant, who holds it. `fields` are the personal ones.

    `columns` are those of its file.
    """

    file: str
    line: int
    columns: frozenset[str]
    staff_no: str | None
    fields: dict[str, str]
    unit: str
    post_code: str
    post_title: str
    post_title_en: str | None
    rank: str | None
    head: bool
    acting: bool
    main: bool
    start: Millis | None
    end: Millis | None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A line of a list of accounts to make."""

    line: int
    staff_no: str
    user: str


@dataclass(frozen=True, slots=True)
class Rows:
    """All that was read; `None` where no file was of that kind, so that absence means nothing."""

    units: list[UnitRow] | None
    people: list[PersonRow] | None
    problems: list[Problem]


class _Fault(Exception):
    """A value of a line cannot be read."""

    def __init__(self, code: str, value: str, column: str = "") -> None:
        super().__init__(code)
        self.code, self.value, self.column = code, value, column


def read_files(files: dict[str, bytes]) -> Rows:
    """Read every file; all problems are found at once."""
    units: list[UnitRow] | None = None
    people: list[PersonRow] | None = None
    problems: list[Problem] = []
    for name, content in files.items():
        lines = _lines(name, content, problems)
        columns = _columns(name, next(lines, (0, []))[1], problems)
        if columns is None:
            continue
        if "given_name" in columns:
            people = people or []
            people.extend(_rows(name, columns, lines, problems, partial(_person_row, frozenset(columns))))
        else:
            units = units or []
            units.extend(_rows(name, columns, lines, problems, partial(_unit_row, frozenset(columns))))
    return Rows(units, people, problems)


def read_accounts(name: str, content: bytes) -> tuple[list[AccountRow], list[Problem]]:
    """Read a list of accounts, with the columns `staff_no` and `user`, as a directory file is read."""
    problems: list[Problem] = []
    lines = _lines(name, content, problems)
    columns = _header(name, next(lines, (0, []))[1], problems)
    if columns is None or not _are_known(name, columns, ACCOUNT_COLUMNS, ACCOUNT_COLUMNS, problems):
        return [], problems
    return list(_rows(name, columns, lines, problems, _account_row)), problems


def decode(content: bytes) -> str | None:
    """Return the text of a file in whichever of the known encodings it is, None when in none."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp874")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    return None


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


def _lines(name: str, content: bytes, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    text = decode(content)
    if text is None:
        problems.append(Problem(name, 0, "import_encoding"))
        return
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if reader.line_num > _MAX_LINES:
                problems.append(Problem(name, reader.line_num, "import_too_long", str(_MAX_LINES)))
                return
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [_cell(text) for text in cells]
    except csv.Error as error:
        problems.append(Problem(name, reader.line_num, "import_csv", str(error)))


def _columns(name: str, header: list[str], problems: list[Problem]) -> list[str] | None:
    columns = _header(name, header, problems)
    if columns is None:
        return None
    is_people = "staff_no" in columns or "given_name" in columns
    known, required = (PERSON_COLUMNS, _PERSON_REQUIRED) if is_people else (UNIT_COLUMNS, _UNIT_REQUIRED)
    return columns if _are_known(name, columns, known, required, problems) else None


def _header(name: str, header: list[str], problems: list[Problem]) -> list[str] | None:
    """Return the English names of the columns, None where the file has no line."""
    if not header:
        if not any(problem.file == name for problem in problems):
            problems.append(Problem(name, 0, "import_empty"))
        return None
    return [_THAI_COLUMNS.get(cell, cell.lower()) for cell in header]


def _are_known(
    name: str, columns: list[str], known: tuple[str, ...], required: tuple[str, ...], problems: list[Problem]
) -> bool:
    found = [Problem(name, 1, "import_column_unknown", column) for column in columns if column not in known]
    found += [Problem(name, 1, "import_column_missing", column) for column in required if column not in columns]
    found += [Problem(name, 1, "import_column_twice", c) for c in dict.fromkeys(columns) if columns.count(c) > 1]
    problems += found
    return not found


def _rows(
    name: str,
    columns: list[str],
    lines: Iterator[tuple[int, list[str]]],
    problems: list[Problem],
    make: Callable[[str, int, dict[str, str]], T],
) -> Iterator[T]:
    for line, cells in lines:
        if len(cells) > len(columns):
            problems.append(Problem(name, line, "import_cells", str(len(cells))))
            continue
        values = dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False))
        try:
            _refuse_unreadable(values)
            _refuse_numbers_of_spreadsheets(values)
            yield make(name, line, values)
        except _Fault as fault:
            problems.append(Problem(name, line, fault.code, fault.value, fault.column))


def _account_row(_file: str, line: int, values: dict[str, str]) -> AccountRow:
    _require(values, ACCOUNT_COLUMNS)
    return AccountRow(line, arabic_digits(values["staff_no"]), values["user"])


def _unit_row(columns: frozenset[str], file: str, line: int, values: dict[str, str]) -> UnitRow:
    _require(values, _UNIT_REQUIRED)
    return UnitRow(
        file=file,
        line=line,
        columns=columns,
        code=values["code"],
        parent=values.get("parent") or None,
        name_th=values["name_th"],
        name_en=values.get("name_en") or None,
        kind=_kind(values["kind"]),
        merged_into=values.get("merged_into") or None,
        start=_start(values),
        end=_end(values),
    )


def _person_row(columns: frozenset[str], file: str, line: int, values: dict[str, str]) -> PersonRow:
    _require(values, ("unit", "post_title"))
    fields = {column: values[column] for column in PERSON_COLUMNS[1:15] if values.get(column)}
    if birth := fields.get("birth_date"):
        fields["birth_date"] = _day(birth).isoformat()
    for column in ("email_visibility", "phone_visibility", "mobile_visibility", "listing"):
        known = _LISTINGS if column == "listing" else tuple(Visibility)
        if column in fields and fields[column] not in known:
            raise _Fault("import_visibility", fields[column])
    post_code = values.get("post_code") or "/".join(
        part for part in (values["unit"], values["post_title"], values.get("rank", "")) if part
    )
    return PersonRow(
        file=file,
        line=line,
        columns=columns,
        staff_no=arabic_digits(values["staff_no"]) or None,
        fields=fields,
        unit=values["unit"],
        post_code=post_code,
        post_title=values["post_title"],
        post_title_en=values.get("post_title_en") or None,
        rank=values.get("rank") or None,
        head=_flag(values, "head"),
        acting=_flag(values, "acting"),
        main=_flag(values, "main"),
        start=_start(values),
        end=_end(values),
    )


def _cell(text: str) -> str:
    """Return a cell as it is meant: every kind of space as a space, without what is drawn as nothing.

    One with too many marks in a row, which `canonical` would cut, stays as it is and is refused with its row.
    """
    plain = one_line(text)
    return canonical(plain) if is_stream_safe(plain) else plain


def _refuse_unreadable(values: dict[str, str]) -> None:
    for column, value in values.items():
        if len(value) > _LONGEST:
            raise _Fault("import_value_long", str(_LONGEST), column)
        if not is_stream_safe(value):
            raise _Fault("import_marks", str(MAX_MARKS), column)
        if fault := unprintable(value):
            raise _Fault("import_character", fault.character, column)
        if value and not has_visible(value):
            raise _Fault("import_invisible", code_point(value[0]), column)


def _refuse_numbers_of_spreadsheets(values: dict[str, str]) -> None:
    """Refuse codes that a spreadsheet has taken for numbers: digits of them are lost, or would make another code."""
    for column in _CODE_COLUMNS:
        value = values.get(column, "")
        if value.startswith("'") or _SPREADSHEET_NUMBER.fullmatch(arabic_digits(value)):
            raise _Fault("import_spreadsheet_number", value, column)


def _require(values: dict[str, str], columns: tuple[str, ...]) -> None:
    for column in columns:
        if not values[column]:
            raise _Fault("import_missing", column)


def _kind(text: str) -> UnitKind:
    if text in _THAI_KINDS:
        return _THAI_KINDS[text]
    try:
        return UnitKind(text.lower())
    except ValueError:
        raise _Fault("import_kind", text) from None


def _flag(values: dict[str, str], column: str) -> bool:
    text = values.get(column, "").lower()
    if text not in _YES | _NO:
        raise _Fault("import_flag", text)
    return text in _YES


def _day(text: str) -> date:
    day = parse_date(text)
    if day is None:
        raise _Fault("import_date", text)
    return day


def _start(values: dict[str, str]) -> Millis | None:
    return midnight(_day(values["from"])) if values.get("from") else None


def _end(values: dict[str, str]) -> Millis | None:
    return midnight(_day(values["to"])) + DAY_MS if values.get("to") else None
