"""An import's plan in words: every change and every problem as a line a person checks before approving (F14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.locale import text
from appliance.rules.organisation import HoldingState, PersonState, PostState, UnitState
from appliance.rules.profiles import thai_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.locale import Language
    from appliance.rules.import_rows import Problem
    from appliance.rules.imports import Plan
    from appliance.rules.organisation import Change


def describe_changes(plan: Plan, language: Language) -> Iterator[str]:
    """Give a line for each change, units first, then posts, people and who holds what."""
    for unit in plan.units:
        yield _line(unit, language)
    for post in plan.posts:
        yield _line(post, language)
    for person in plan.people:
        yield _line(person, language)
    for holding in plan.holdings:
        yield _line(holding, language)


def describe_problems(problems: Iterable[Problem], *languages: Language) -> Iterator[str]:
    """Give a line for each problem in each of the languages, with its file and line where it has one."""
    for problem in problems:
        facts: dict[str, str | int] = {"value": problem.value, "column": problem.column, "other": problem.other_line}
        said = " — ".join(text(problem.code, language, **facts) for language in languages)
        yield f"{problem.file}:{problem.line}: {said}" if problem.file else said


def describe_totals(plan: Plan, language: Language) -> str:
    """Return one line with how much would change."""
    return text(
        "import_totals",
        language,
        changes=plan.changes,
        units=len(plan.units),
        posts=len(plan.posts),
        people=len(plan.people),
        deactivated=plan.deactivated,
        active=plan.active_before,
    )


def _line(
    change: Change[UnitState] | Change[PostState] | Change[PersonState] | Change[HoldingState], language: Language
) -> str:
    state = change.after
    subject, name = _subject(state)
    head = f"{text(f'change_{change.operation}', language)} {text(f'change_{subject}', language)} {name}"
    before = change.before
    if before is None or change.operation == "ended":
        return head
    differences = (
        f"{field}: {_shown(getattr(before, field))} → {_shown(getattr(state, field))}" for field in change.differing()
    )
    return f"{head} ({', '.join(differences)})"


def _subject(state: UnitState | PostState | PersonState | HoldingState) -> tuple[str, str]:
    if isinstance(state, PersonState):
        return "person", f"{state.staff_no} {thai_name(state.title, state.given_name, state.family_name)}"
    if isinstance(state, HoldingState):
        return "holding", f"{state.staff_no} → {state.post}"
    return "unit" if isinstance(state, UnitState) else "post", f"{state.code} {_name(state)}"


def _name(state: UnitState | PostState) -> str:
    return state.name_th if isinstance(state, UnitState) else state.title_th


def _shown(value: object) -> str:
    return "–" if value in (None, "") else str(value)
