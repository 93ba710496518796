"""The units that a table of units asks for, and what is wrong with it: the unit part of an import's plan (F14)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.rules.import_rows import Problem
from appliance.rules.organisation import UnitState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.model import Millis
    from appliance.rules.import_rows import UnitRow
    from appliance.rules.organisation import Change, Organisation


def wanted_units(
    now: Organisation, rows: Sequence[UnitRow], at: Millis, problems: list[Problem]
) -> dict[str, UnitState]:
    """Return every unit as it would be after the import; those that no row names end."""
    wanted: dict[str, UnitState] = {}
    lines: dict[str, UnitRow] = {}
    places: dict[str | None, int] = defaultdict(int)
    for row in rows:
        if row.code in lines:
            problems.append(Problem(row.file, row.line, "import_unit_twice", row.code))
            continue
        lines[row.code] = row
        unit = _wanted_unit(now.units.get(row.code), row, at)
        wanted[row.code] = replace(unit, position=places[unit.parent])
        places[unit.parent] += 1
    for row in lines.values():
        problems += _check_unit(row, wanted)
    problems += _cycles(lines, wanted)
    gone = {
        code: replace(unit, valid_to=unit.valid_to if unit.valid_to is not None else at)
        for code, unit in now.units.items()
        if code not in wanted
    }
    return {**gone, **wanted}


def _wanted_unit(before: UnitState | None, row: UnitRow, at: Millis) -> UnitState:
    """Return a unit as its row says, the first among its siblings; what the file has no column for stays."""
    started = row.start if row.start is not None else before.valid_from if before else at
    merged_into = row.merged_into if before is None or "merged_into" in row.columns else before.merged_into
    ended = row.end if before is None or "to" in row.columns else end_ahead(before.valid_to, at)
    if ended is None and merged_into:
        ended = before.valid_to if before and before.valid_to is not None else at
    return UnitState(
        code=row.code,
        parent=row.parent if before is None or "parent" in row.columns else before.parent,
        name_th=row.name_th,
        name_en=row.name_en if before is None or "name_en" in row.columns else before.name_en,
        kind=row.kind,
        position=0,
        valid_from=min(started, ended) if ended is not None else started,
        valid_to=ended,
        merged_into=merged_into,
    )


def end_ahead(end: Millis | None, at: Millis) -> Millis | None:
    """Return an end that was set and is not reached yet."""
    return end if end is not None and end > at else None


def _check_unit(row: UnitRow, wanted: Mapping[str, UnitState]) -> list[Problem]:
    found = []
    parent = wanted[row.code].parent
    if parent is not None and parent not in wanted:
        found.append(Problem(row.file, row.line, "import_parent_unknown", parent))
    if row.merged_into is not None and (row.merged_into not in wanted or row.merged_into == row.code):
        found.append(Problem(row.file, row.line, "import_merge_unknown", row.merged_into))
    if row.start is not None and row.end is not None and row.end <= row.start:
        found.append(Problem(row.file, row.line, "import_dates", row.code))
    return found


def _cycles(lines: Mapping[str, UnitRow], wanted: Mapping[str, UnitState]) -> list[Problem]:
    """Name each unit that is under itself, or merged into itself in the end, once."""
    links = {
        "import_cycle": {code: unit.parent for code, unit in wanted.items()},
        "import_merge_cycle": {code: unit.merged_into for code, unit in wanted.items()},
    }
    return [
        Problem(row.file, row.line, problem, code)
        for problem, link in links.items()
        for code, row in lines.items()
        if link[code] != code and _leads_to(link, code)
    ] + [
        Problem(row.file, row.line, "import_cycle", code) for code, row in lines.items() if wanted[code].parent == code
    ]


def _leads_to(link: Mapping[str, str | None], start: str) -> bool:
    seen, at = set(), link.get(start)
    while at is not None and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = link.get(at)
    return False


def unit_ended(unit: UnitState) -> bool:
    """Return whether a unit has an end."""
    return unit.valid_to is not None


def parents_first(changes: list[Change[UnitState]], units: Mapping[str, UnitState]) -> list[Change[UnitState]]:
    """Return the changes in an order in which each unit comes after the one it is under."""

    def depth(unit: UnitState) -> int:
        steps, parent = 0, unit.parent
        while parent is not None and steps <= len(units):
            steps, parent = steps + 1, units[parent].parent if parent in units else None
        return steps

    return sorted(changes, key=lambda change: (depth(change.after), change.after.position))
