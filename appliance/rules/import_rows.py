"""The rows of directory files as typed values, each with its line number, and the problems found in them (F14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.people import UnitKind


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
class ImportRows:
    """All that was read from the files; `None` where no file was of that kind, so that absence means nothing."""

    units: list[UnitRow] | None
    people: list[PersonRow] | None
    problems: list[Problem]
