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
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from appliance.people import Visibility
from appliance.rules.import_cells import (
    Fault,
    cell,
    day,
    end,
    flag,
    kind,
    refuse_numbers_of_spreadsheets,
    refuse_unreadable,
    require,
    start,
)
from appliance.rules.import_rows import AccountRow, ImportRows, PersonRow, Problem, UnitRow
from appliance.spelling.thai import arabic_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

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
_LISTINGS: Final = tuple(visibility for visibility in Visibility if visibility is not Visibility.NOBODY)


def read_files(files: dict[str, bytes]) -> ImportRows:
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
    return ImportRows(units, people, problems)


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
                yield reader.line_num, [cell(text) for text in cells]
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
            refuse_unreadable(values)
            refuse_numbers_of_spreadsheets(values)
            yield make(name, line, values)
        except Fault as fault:
            problems.append(Problem(name, line, fault.code, fault.value, fault.column))


def _account_row(_file: str, line: int, values: dict[str, str]) -> AccountRow:
    require(values, ACCOUNT_COLUMNS)
    return AccountRow(line, arabic_digits(values["staff_no"]), values["user"])


def _unit_row(columns: frozenset[str], file: str, line: int, values: dict[str, str]) -> UnitRow:
    require(values, _UNIT_REQUIRED)
    return UnitRow(
        file=file,
        line=line,
        columns=columns,
        code=values["code"],
        parent=values.get("parent") or None,
        name_th=values["name_th"],
        name_en=values.get("name_en") or None,
        kind=kind(values["kind"]),
        merged_into=values.get("merged_into") or None,
        start=start(values),
        end=end(values),
    )


def _person_row(columns: frozenset[str], file: str, line: int, values: dict[str, str]) -> PersonRow:
    require(values, ("unit", "post_title"))
    fields = {column: values[column] for column in PERSON_COLUMNS[1:15] if values.get(column)}
    if birth := fields.get("birth_date"):
        fields["birth_date"] = day(birth).isoformat()
    for column in ("email_visibility", "phone_visibility", "mobile_visibility", "listing"):
        known = _LISTINGS if column == "listing" else tuple(Visibility)
        if column in fields and fields[column] not in known:
            raise Fault("import_visibility", fields[column])
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
        head=flag(values, "head"),
        acting=flag(values, "acting"),
        main=flag(values, "main"),
        start=start(values),
        end=end(values),
    )
