"""What importing directory files would change: a plan, or every problem at once (F14).

Pure: takes the organisation as it is and the rows that were read, returns a `Plan`; nothing is applied here. Rules:
- units are known by code, so a renamed unit stays the same unit. A merged unit ends and points at its successor. A unit
  cannot be under itself;
- people are known by staff number;
- files of one kind describe the whole of it: who is not in the people table leaves the staff, a unit that is not in the
  units table ends;
- a column that no file has leaves stored values as they are. The exception is a stored last day that has passed: who is
  in the table is on the staff;
- a plan that is made again after it was applied has no changes;
- a plan that takes more than the set share of people off the staff needs approval.

Everything is compared by codes; the action looks up the ids.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from appliance.people import Visibility
from appliance.rules.import_files import PERSON_COLUMNS
from appliance.rules.import_rows import Problem
from appliance.rules.import_units import end_ahead, parents_first, unit_ended, wanted_units
from appliance.rules.organisation import HoldingState, PersonState, PostState, differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.model import Millis
    from appliance.rules.import_rows import ImportRows, PersonRow
    from appliance.rules.organisation import Change, Organisation, UnitState

_FIELDS: Final = PERSON_COLUMNS[1:15]
"""The columns that say something of a person and not of a post."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes in the order they have to be made, and all problems; with problems nothing may be applied."""

    units: tuple[Change[UnitState], ...]
    posts: tuple[Change[PostState], ...]
    people: tuple[Change[PersonState], ...]
    holdings: tuple[Change[HoldingState], ...]
    problems: tuple[Problem, ...]
    active_before: int

    @property
    def changes(self) -> int:
        """How many changes there are."""
        return len(self.units) + len(self.posts) + len(self.people) + len(self.holdings)

    @property
    def deactivated(self) -> int:
        """How many people would leave the staff."""
        return sum(change.operation == "ended" for change in self.people)


def needs_approval(deactivated: int, active_before: int, percent: int) -> bool:
    """Return whether so many people would leave the staff that somebody has to approve it."""
    return deactivated * 100 > active_before * percent


def plan_import(now: Organisation, rows: ImportRows, at: Millis) -> Plan:
    """Return what bringing the organisation to what the rows say would change as of `at`."""
    problems = list(rows.problems)
    units = dict(now.units) if rows.units is None else wanted_units(now, rows.units, at, problems)
    posts, people, holdings = dict(now.posts), dict(now.people), dict(now.holdings)
    if rows.people is not None:
        held = _posts_held(now)
        lines = [_with_kept_code(row, held) for row in rows.people]
        posts.update(_posts(now, lines, units, problems))
        people, holdings = _people(now, lines, at, problems)
    problems += _posts_without_unit(units, posts, holdings, at)
    plan = Plan(
        units=tuple(parents_first(differences(now.units, units, unit_ended), units)),
        posts=tuple(differences(now.posts, posts, lambda _: False)),
        people=tuple(differences(now.people, people, lambda person: not person.active)),
        holdings=tuple(differences(now.holdings, holdings, lambda held: held.held_to is not None)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.code))),
        active_before=sum(person.active for person in now.people.values()),
    )
    return replace(plan, units=(), posts=(), people=(), holdings=()) if problems else plan


def _posts_held(now: Organisation) -> dict[str, list[PostState]]:
    """Return the posts that each person holds."""
    held: dict[str, list[PostState]] = defaultdict(list)
    for staff_no, post in now.holdings:
        held[staff_no].append(now.posts[post])
    return held


def _with_kept_code(row: PersonRow, held: Mapping[str, list[PostState]]) -> PersonRow:
    """Return a row with the code of the post that its person holds already, where the file has no codes of posts.

    It is the one post of the same unit and title, and of the same rank where the file has ranks.
    """
    if row.staff_no is None or "post_code" in row.columns:
        return row
    same = [
        post.code
        for post in held.get(row.staff_no, ())
        if (post.unit, post.title_th) == (row.unit, row.post_title)
        and ("rank" not in row.columns or post.rank == row.rank)
    ]
    return replace(row, post_code=same[0]) if len(same) == 1 else row


def _posts(
    now: Organisation, rows: Sequence[PersonRow], units: Mapping[str, UnitState], problems: list[Problem]
) -> dict[str, PostState]:
    fields_of: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.unit not in units:
            problems.append(Problem(row.file, row.line, "import_unit_unknown", row.unit))
            continue
        said = _said_of_post(row)
        known = fields_of.setdefault(row.post_code, said)
        if any(known.setdefault(field, value) != value for field, value in said.items()):
            problems.append(Problem(row.file, row.line, "import_post_differs", row.post_code))
    return {
        code: replace(now.posts.get(code) or PostState(code, "", "", None, None, head=False), **said)
        for code, said in fields_of.items()
    }


def _said_of_post(row: PersonRow) -> dict[str, Any]:
    """Return what a row says of its post, by the names of `PostState`."""
    optional = {
        "post_title_en": ("title_en", row.post_title_en),
        "rank": ("rank", row.rank),
        "head": ("head", row.head),
    }
    said = dict(field for column, field in optional.items() if column in row.columns)
    return {"unit": row.unit, "title_th": row.post_title, **said}


def _people(
    now: Organisation, rows: Sequence[PersonRow], at: Millis, problems: list[Problem]
) -> tuple[dict[str, PersonState], dict[tuple[str, str], HoldingState]]:
    by_person: dict[str, list[PersonRow]] = defaultdict(list)
    for row in rows:
        if row.staff_no is not None:
            by_person[row.staff_no].append(row)
    people = {
        staff_no: replace(person, active=False) for staff_no, person in now.people.items() if staff_no not in by_person
    }
    holdings = {key: _ended(held, at) for key, held in now.holdings.items()}
    for staff_no, lines in by_person.items():
        person = _person(now.people.get(staff_no), staff_no, lines, problems)
        if person is not None:
            people[staff_no] = person
            holdings.update(_holdings(staff_no, lines, now, at, problems))
    return people, holdings


def _person(
    before: PersonState | None, staff_no: str, rows: Sequence[PersonRow], problems: list[Problem]
) -> PersonState | None:
    values: dict[str, str] = {}
    first_rows: dict[str, PersonRow] = {}
    for row in rows:
        for column, value in row.fields.items():
            first = first_rows.setdefault(column, row)
            if values.setdefault(column, value) != value:
                problems.append(Problem(row.file, row.line, "import_person_differs", staff_no, column, first.line))
    for column in ("given_name", "family_name"):
        if not values.get(column):
            problems.append(Problem(rows[0].file, rows[0].line, "import_missing", column))
            return None
    person = PersonState(
        staff_no=staff_no,
        title=values.get("title", ""),
        given_name=values["given_name"],
        family_name=values["family_name"],
        title_en=values.get("title_en"),
        given_name_en=values.get("given_name_en"),
        family_name_en=values.get("family_name_en"),
        email=values.get("email"),
        phone=values.get("phone"),
        mobile=values.get("mobile"),
        birth_date=values.get("birth_date"),
        email_visibility=Visibility(values.get("email_visibility", Visibility.AGENCY)),
        # Telephone numbers are hidden unless the agency says otherwise (F13).
        phone_visibility=Visibility(values.get("phone_visibility", Visibility.NOBODY)),
        mobile_visibility=Visibility(values.get("mobile_visibility", Visibility.NOBODY)),
        listing=Visibility(values.get("listing", Visibility.AGENCY)),
    )
    if before is None:
        return person
    said = frozenset[str]().union(*(row.columns for row in rows))
    kept = {name: getattr(before, name) for name in _FIELDS if name not in said}
    return replace(person, **kept) if kept else person


def _holdings(
    staff_no: str, rows: Sequence[PersonRow], now: Organisation, at: Millis, problems: list[Problem]
) -> dict[tuple[str, str], HoldingState]:
    held: dict[tuple[str, str], HoldingState] = {}
    for row in rows:
        key = (staff_no, row.post_code)
        before = now.holdings.get(key)
        if key in held:
            problems.append(Problem(row.file, row.line, "import_post_twice", row.post_code))
            continue
        start = row.start if row.start is not None else before.held_from if before else at
        end = row.end if before is None or "to" in row.columns else end_ahead(before.held_to, at)
        acting = row.acting if before is None or "acting" in row.columns else before.acting
        main = row.main if before is None or "main" in row.columns else before.main
        if row.start is not None and row.end is not None and row.end <= row.start:
            problems.append(Problem(row.file, row.line, "import_dates", row.post_code))
        elif row.end is None or row.end > at:
            held[key] = HoldingState(staff_no, row.post_code, start, end, acting, main)
        elif before is not None:
            held[key] = replace(before, held_to=max(row.end, before.held_from))
    lines = [(staff_no, row.post_code) for row in rows]
    if sum(holding.main for holding in held.values() if _goes_on(holding, at)) > 1:
        problems.append(Problem(rows[0].file, rows[0].line, "import_main_twice", staff_no))
    elif not any(row.main for row in rows) and not any(
        _goes_on(holding, at) and holding.main for holding in held.values()
    ):
        # Nothing is marked: the first post that is not an acting one is shown. The lines alone decide, not the day.
        acting_ones = {key for key in held if held[key].acting}
        first = next((key for key in lines if key not in acting_ones), lines[0])
        if first in held:
            held[first] = replace(held[first], main=True)
    return held


def _goes_on(held: HoldingState, at: Millis) -> bool:
    return held.held_to is None or held.held_to > at


def _ended(held: HoldingState, at: Millis) -> HoldingState:
    """Return the holding as over from `at` on; one that has not begun ends as it begins."""
    end = max(at, held.held_from)
    return held if held.held_to is not None and held.held_to <= end else replace(held, held_to=end)


def _posts_without_unit(
    units: Mapping[str, UnitState],
    posts: Mapping[str, PostState],
    holdings: Mapping[tuple[str, str], HoldingState],
    at: Millis,
) -> list[Problem]:
    """Name units that would end, with no successor, while somebody serves in them."""
    ending = {code for code, unit in units.items() if unit.valid_to is not None and unit.valid_to <= at}
    going_on = (held.post for held in holdings.values() if _goes_on(held, at))
    serving = {posts[post].unit for post in going_on if post in posts}
    return [
        Problem("", 0, "import_unit_in_use", code)
        for code in sorted(ending & serving)
        if units[code].merged_into is None
    ]
