"""Units and people, as far as the caller may see them (F14, F17).

Names are the register's: Thai, and beside each the English one where the register has it. Which is shown is the
client's choice, so that its language can change without asking again.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from appliance.wire.common import Answer, Id, Limit, Millis, Request
from appliance.wire.cursors import Cursor


class UnitRef(Answer, kw_only=True):
    id: Id
    name: str
    name_en: str | None = None


class PostView(Answer, kw_only=True):
    """A post the person holds. `acting` is รักษาการ; `rank` is the name of the rung on the national ladder."""

    id: Id
    title: str
    title_en: str | None = None
    unit: UnitRef
    rank: str | None = None
    rank_en: str | None = None
    acting: bool = False
    main: bool = False
    until: Millis | None = None


class PersonView(Answer, kw_only=True):
    """A person. Fields outside the caller's view are absent. `name` is what to show: title, given and family name.

    `photo` names their photograph (`GET /people/{id}/photo`): another one has another name.
    `seniority` orders ranks, the higher number the higher position; absent where the ladder does not know the rank.
    """

    id: Id
    name: str
    name_en: str | None = None
    title: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    unit: UnitRef | None = None
    post: str | None = None
    post_en: str | None = None
    rank: str | None = None
    rank_en: str | None = None
    seniority: int | None = None
    posts: list[PostView] = []
    phone: str | None = None
    mobile: str | None = None
    email: str | None = None
    status: str | None = None
    photo: Id | None = None
    active: bool = True
    may_contact: bool | None = None


class Person(Answer, kw_only=True):
    person: PersonView


class UnitView(Answer, kw_only=True):
    id: Id
    parent: Id | None
    name: str
    name_en: str | None = None
    kind: str
    people: int
    people_below: int


class UnitsQuery(Request, kw_only=True):
    cursor: Cursor | None = None


class Units(Answer, kw_only=True):
    """A page of the organisation chart, parents before children. `cursor` asks for what follows."""

    units: list[UnitView]
    cursor: Cursor | None = None


class PeopleQuery(Request, kw_only=True):
    q: Annotated[str, Meta(max_length=120)] = ""
    unit: Id | None = None
    below: bool = False
    cursor: Cursor | None = None
    limit: Limit = 50


class People(Answer, kw_only=True):
    """A page of people. `cursor` asks for what follows.

    `reading` is what the words were taken for, when nobody answered them as they were typed: the same keys under the
    other keyboard layout; what follows is asked for with it. `elsewhere` counts who answers outside the unit asked for.
    """

    people: list[PersonView]
    cursor: Cursor | None = None
    reading: str | None = None
    elsewhere: int = 0


class EnrolledAgency(Answer, kw_only=True):
    """An enrolled agency. `link`: linked, unreachable, suspended or revoked; `last_heard` is absent for never."""

    id: Id
    name_th: str
    name_en: str
    status: str
    link: str
    last_heard: Millis | None = None


class Agencies(Answer, kw_only=True):
    """Every agency that is or was enrolled, the own one first, the others in the order of their names."""

    agencies: list[EnrolledAgency]
