"""The first day of an agency: terms of use in force, and one administrator who can sign in.

Owns what stands between an empty database and the first sign-in. The administrator comes into the directory by an
import, as everybody later does, in the agency's own unit or one under it; the first import of the agency's files
therefore has to have the same staff number. Everything is checked by `check_administrator` before anything is made.

Does not: make keys or the database (`setup.py`), ask anybody anything (`cli/local/setup.py`).
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.actions.accounts import create_account
from appliance.actions.people_import import apply_import, preview_import
from appliance.actions.roles import add_role
from appliance.actions.terms import publish_terms
from appliance.errors import Invalid
from appliance.model import StaffRole
from appliance.people import Grant, UnitKind
from appliance.rules.accounts import fold_user, is_user_name
from appliance.rules.import_files import read_files
from appliance.rules.imports import plan_import
from appliance.rules.organisation import Organisation

if TYPE_CHECKING:
    from appliance.actions.terms import TermsDraft
    from appliance.config import Agency
    from appliance.rules.roles import Actor
    from appliance.services import Services

_NOBODY_YET: Final = Organisation({}, {}, {}, {})
_POST: Final = "ผู้ดูแลระบบ"


class FirstAdministrator(msgspec.Struct, frozen=True):
    """Who will administer a new agency; `unit` is the name of a unit under the agency, whose code is `unit_code`."""

    name: str
    user: str
    staff_no: str
    unit: str | None = None
    unit_code: str = "ADMIN"


def check_administrator(agency: Agency, administrator: FirstAdministrator) -> None:
    """Raise Invalid with the first thing that cannot be used, under the code that an import would give it."""
    if not is_user_name(fold_user(administrator.user)):
        raise Invalid(code="user_name", value=administrator.user)
    if not all(_parts(administrator.name)):
        raise Invalid(code="administrator_name", value=administrator.name)
    if not administrator.staff_no.strip():
        raise Invalid(code="import_missing", value="staff_no")
    rows = read_files(_directory_files(agency, administrator))
    for problem in plan_import(_NOBODY_YET, rows, at=0).problems:
        raise Invalid(code=problem.code, value=problem.value, column=problem.column)


async def begin(
    s: Services, actor: Actor, terms: TermsDraft | None, administrator: FirstAdministrator | None
) -> str | None:
    """Publish the terms and make the administrator's account, where given; return its one-time code.

    Raises Invalid as `check_administrator` does.
    """
    if terms is not None:
        await publish_terms(s, actor, terms.titles, terms.texts)
    if administrator is None:
        return None
    check_administrator(s.config.agency, administrator)
    await apply_import(s, actor, await preview_import(s, _directory_files(s.config.agency, administrator)))
    (person,) = (card.id for card in s.directory.now.ordered)
    code = await create_account(s, actor, person, administrator.user)
    await add_role(s, actor, person, Grant(StaffRole.AGENCY_ADMIN.value))
    return code


def _directory_files(agency: Agency, administrator: FirstAdministrator) -> dict[str, bytes]:
    """Return the units and the one person as the files that an agency would import."""
    given, family = _parts(administrator.name)
    units: list[tuple[str, ...]] = [
        ("code", "name_th", "name_en", "kind", "parent"),
        (agency.slug, agency.name_th, agency.name_en, UnitKind.DEPARTMENT.value, ""),
    ]
    code = agency.slug
    if administrator.unit is not None:
        code = administrator.unit_code
        units.append((code, administrator.unit, "", UnitKind.DIVISION.value, agency.slug))
    people: list[tuple[str, ...]] = [
        ("staff_no", "given_name", "family_name", "unit", "post_title"),
        (administrator.staff_no, given, family, code, _POST),
    ]
    return {"units.csv": _csv(units), "people.csv": _csv(people)}


def _parts(name: str) -> tuple[str, str]:
    """Return given and family name: what is before and after the first space."""
    given, _, family = name.strip().partition(" ")
    return given, family.strip()


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
