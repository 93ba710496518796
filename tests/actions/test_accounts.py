from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from appliance.actions.accounts import (
    create_account,
    lift_suspension,
    reactivate_account,
    revoke_account,
    suspend_account,
)
from appliance.actions.audit_checkpoints import verify_audit
from appliance.actions.people_import import apply_import, preview_import
from appliance.actions.roles import add_role, remove_role
from appliance.actions.sessions import end_session
from appliance.actions.settings import set_contact_mode, set_rank_map
from appliance.actions.terms import accept_terms, publish_terms
from appliance.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from appliance.locale import both
from appliance.model import AccountState, ContactMode, PersonId, SessionId, UnitId
from appliance.people import Grant, Session
from appliance.rules.agency_settings import CONTACT_MODE
from appliance.rules.roles import Actor
from appliance.rules.thai_days import midnight
from appliance.store import accounts, audit, terms
from tests.hostile import INVISIBLE
from tests.office import DAY, OPERATOR, PEOPLE, UNITS, Office, reopen
from tests.sql import one_row, run_sql

if TYPE_CHECKING:
    from collections.abc import Awaitable

NOBODY = Actor("p_nobody", PersonId("p_nobody"), ())


async def session_of(office: Office, user: str) -> Session:
    session = office.s.sessions.authenticate((await office.sign_in(user)).token, office.clock())
    assert session is not None
    return session


async def refused(action: Awaitable[object]) -> str:
    with pytest.raises(AppError) as error:
        await action
    return error.value.code


async def test_one_account_a_person_one_person_a_name(office: Office) -> None:
    await create_account(office.s, OPERATOR, office.person("1001"), "Somchai.J")
    assert await refused(create_account(office.s, OPERATOR, office.person("1001"), "another")) == "account_exists"
    assert await refused(create_account(office.s, OPERATOR, office.person("1002"), "ｓomchai.j")) == "user_taken"
    assert await refused(create_account(office.s, OPERATOR, PersonId("p_none"), "x")) == "person_not_found"
    assert await refused(create_account(office.s, OPERATOR, office.person("1002"), "a b")) == "user_name"
    assert await refused(create_account(office.s, OPERATOR, office.person("1002"), "=1+1")) == "user_name"
    assert await refused(create_account(office.s, NOBODY, office.person("1002"), "x")) == "role_required"


@pytest.mark.parametrize("name", INVISIBLE, ids=ascii)
async def test_a_user_name_is_seen(office: Office, name: str) -> None:
    person = office.person("1001")
    assert await refused(create_account(office.s, OPERATOR, person, name)) == "user_name"
    if name != "\u0301":
        # On a letter this one makes another letter, which is seen.
        assert await refused(create_account(office.s, OPERATOR, person, f"somchai{name}\u3164")) == "user_name"


async def test_minors_get_no_account(office: Office) -> None:
    header, *lines = PEOPLE.splitlines()
    lines[0] += ",2550-05-29"
    lines[1] += ",28/5/2549"
    await office.import_(units=UNITS, people="\n".join([header + ",birth_date", *lines]))
    assert await refused(create_account(office.s, OPERATOR, office.person("1001"), "young")) == "person_under_age"
    await create_account(office.s, OPERATOR, office.person("1002"), "twenty.today")


async def test_a_date_of_birth_that_comes_later_suspends_until_the_day(office: Office) -> None:
    """F93: age is looked at when an import brings it, too."""
    person, other = await office.account("1001", "somchai.j"), await office.account("1002", "malee.m")
    done = await office.sign_in("somchai.j")
    header, *lines = PEOPLE.splitlines()
    born = [line + (",29/2/2551" if n == 0 else ",2549-05-28" if n == 1 else "") for n, line in enumerate(lines)]
    files = {"people.csv": "\n".join([header + ",birth_date", *born]).encode()}
    preview = await preview_import(office.s, files)
    assert [state.staff_no for state in preview.under_age] == ["1001"]
    await apply_import(office.s, OPERATOR, preview)
    account = office.s.accounts.get(person)
    assert account is not None
    assert account.state is AccountState.SUSPENDED
    # Born on 29 February 2008: twenty on 29 February 2028.
    day = midnight(date(2028, 2, 29))
    assert account.suspended_until == day
    assert office.s.sessions.authenticate(done.token, office.clock()) is None
    assert office.s.accounts.is_active(other, office.clock())
    assert await refused(lift_suspension(office.s, OPERATOR, person, "ขอร้อง")) == "person_under_age"
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "สอบข้อเท็จจริง")
    account = office.s.accounts.get(person)
    assert account is not None
    assert account.suspended_until == day
    await revoke_account(office.s, OPERATOR, person, "ลาออก")
    assert await refused(reactivate_account(office.s, OPERATOR, person, "พบตัว")) == "person_under_age"
    async with office.s.store.read() as reader:
        records = await reader.run(audit.list_newest, 20, target=person)
    assert [item.actor for item in records if item.action == "account.suspend"] == [OPERATOR.name, OPERATOR.name]
    office.clock.now = day
    await reactivate_account(office.s, OPERATOR, person, "พบตัว")
    assert office.s.accounts.is_active(person, office.clock())


async def test_who_is_too_young_comes_back_by_the_day_itself(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    header, *lines = PEOPLE.splitlines()
    lines[0] += ",2550-05-30"
    await office.import_(people="\n".join([header + ",birth_date", *lines]))
    assert not office.s.accounts.is_active(person, midnight(date(2027, 5, 30)) - 1)
    assert office.s.accounts.is_active(person, midnight(date(2027, 5, 30)))
    again = await preview_import(office.s, {"people.csv": "\n".join([header + ",birth_date", *lines]).encode()})
    assert (again.plan.changes, again.under_age) == (0, ())


async def test_a_revocation_takes_everything(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    await add_role(office.s, OPERATOR, person, Grant("broadcaster"))
    done = await office.sign_in("somchai.j")
    await office.sign_in("somchai.j")
    ended: list[str] = []
    office.s.sessions.on_end(ended.append)
    taken = await revoke_account(office.s, OPERATOR, person, "พ้นจากราชการ")
    assert (taken.sessions, taken.passkeys, taken.totp, taken.roles) == (2, 0, False, 1)
    assert len(ended) == 2
    assert office.s.sessions.authenticate(done.token, office.clock()) is None
    assert office.s.accounts.ended() == {person}
    assert not office.s.accounts.is_active(person, office.clock())
    assert await refused(revoke_account(office.s, OPERATOR, person, "อีกครั้ง")) == "account_revoked"
    assert await refused(suspend_account(office.s, OPERATOR, person, office.clock() + 1, "x")) == "account_revoked"
    assert await refused(lift_suspension(office.s, OPERATOR, person, "x")) == "account_not_suspended"
    async with office.s.store.read() as reader:
        assert await reader.run(accounts.get_credentials, person) is None


async def test_measures_need_a_reason_and_a_time_ahead(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    assert await refused(revoke_account(office.s, OPERATOR, person, " ")) == "reason_missing"
    assert await refused(suspend_account(office.s, OPERATOR, person, office.clock(), "x")) == "time_past"
    assert await refused(suspend_account(office.s, NOBODY, person, office.clock() + 1, "x")) == "role_required"
    assert await refused(lift_suspension(office.s, OPERATOR, office.person("1002"), "x")) == "account_not_found"


async def test_roles(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    unit = Grant("unit_admin", office.unit("D1A"))
    await add_role(office.s, OPERATOR, person, unit)
    await add_role(office.s, OPERATOR, person, Grant("unit_admin", office.unit("D1B")))
    assert (await session_of(office, "somchai.j")).roles == {"unit_admin"}
    with pytest.raises(Conflict):
        await add_role(office.s, OPERATOR, person, unit)
    await remove_role(office.s, OPERATOR, person, unit)
    with pytest.raises(NotFound):
        await remove_role(office.s, OPERATOR, person, unit)
    for wrong in (Grant("king"), Grant("unit_admin"), Grant("broadcaster", office.unit("D1"))):
        with pytest.raises(Invalid):
            await add_role(office.s, OPERATOR, person, wrong)
    with pytest.raises(Invalid):
        await add_role(office.s, OPERATOR, person, Grant("unit_admin", UnitId("u_none")))
    assert office.s.accounts.get(person) == (await reopen(office)).accounts.get(person)


async def test_the_nearest_administrators_of_a_unit(office: Office) -> None:
    somchai, malee = await office.account("1001", "somchai.j"), await office.account("1002", "malee.m")
    accounts, now = office.s.accounts, office.clock
    assert accounts.administrators_of(office.unit("D1A"), now()) == []
    await add_role(office.s, OPERATOR, somchai, Grant("agency_admin"))
    assert accounts.administrators_of(office.unit("D1A"), now()) == [somchai]
    await add_role(office.s, OPERATOR, malee, Grant("unit_admin", office.unit("D1")))
    assert accounts.administrators_of(office.unit("D1A"), now()) == [malee]
    assert accounts.administrators_of(office.unit("D2"), now()) == [somchai]
    await suspend_account(office.s, OPERATOR, malee, now() + DAY, "ลา")
    assert accounts.administrators_of(office.unit("D1A"), now()) == [somchai]


async def test_ending_a_session(office: Office) -> None:
    await office.account("1001", "somchai.j")
    await office.account("1002", "malee.m")
    first, second, other = [await session_of(office, user) for user in ("somchai.j", "somchai.j", "malee.m")]
    for foreign in (other.id, SessionId("s_none")):
        with pytest.raises(NotFound):
            await end_session(office.s, first, foreign)
    await end_session(office.s, first, second.id)
    assert office.s.sessions.get(second.id, office.clock()) is None
    assert office.s.sessions.get(first.id, office.clock()) is not None
    assert (await reopen(office)).sessions.get(second.id, office.clock()) is None


async def test_what_changes_about_a_session_is_known_at_once(office: Office) -> None:
    """Though it was found good a moment ago, at the very same time."""
    person = await office.account("1001", "somchai.j")
    session = await session_of(office, "somchai.j")

    def now() -> Session | None:
        return office.s.sessions.get(session.id, office.clock())

    assert now() == session
    await publish_terms(office.s, OPERATOR, ("ข้อกำหนด", "Terms"), ("หนึ่ง", "One"))
    assert now() == replace(session, terms_ok=False)
    await accept_terms(office.s, session, 1)
    assert now() == session
    await add_role(office.s, OPERATOR, person, Grant("agency_admin"))
    assert now() == replace(session, roles=frozenset(("agency_admin",)))
    office.clock.pass_(session.expires - office.clock() - 1)
    again = await session_of(office, "somchai.j")
    assert office.s.sessions.get(again.id, office.clock()) is not None
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "ลา")
    assert office.s.sessions.get(again.id, office.clock()) is None


async def test_a_session_found_good_ends_at_its_time(office: Office) -> None:
    await office.account("1001", "somchai.j")
    session = await session_of(office, "somchai.j")
    ends = min(session.expires, office.clock() + office.s.config.policies.sessions.idle_ms)
    office.clock.pass_(ends - office.clock() - 1)
    assert office.s.sessions.get(session.id, office.clock()) is not None
    office.clock.pass_(1)
    assert office.s.sessions.get(session.id, office.clock()) is None


async def test_terms_are_asked_for_from_their_time_on(office: Office) -> None:
    await office.account("1001", "somchai.j")
    session = await session_of(office, "somchai.j")
    assert session.terms_ok
    await publish_terms(office.s, OPERATOR, ("ข้อกำหนด", "Terms"), ("หนึ่ง", "One"))
    later = office.clock() + DAY
    await publish_terms(office.s, OPERATOR, ("ข้อกำหนด", "Terms"), ("สอง", "Two"), later)

    def accepted() -> bool:
        now = office.s.sessions.get(session.id, office.clock())
        assert now is not None
        return now.terms_ok

    assert not accepted()
    assert await refused(accept_terms(office.s, session, 2)) == "terms_changed"
    await accept_terms(office.s, session, 1)
    await accept_terms(office.s, session, 1)
    assert accepted()
    office.clock.pass_(DAY)
    assert not accepted()
    await accept_terms(office.s, session, 2)
    assert accepted()
    async with office.s.store.read() as reader:
        kept = [(item.staff_no, item.version, item.session) for item in await reader.run(terms.list_acceptances)]
    assert kept == [("1001", 1, session.id), ("1001", 2, session.id)]
    with pytest.raises(Forbidden):
        await publish_terms(office.s, NOBODY, ("ก", "a"), ("ข", "b"))


@pytest.mark.parametrize(
    "forgery",
    [
        "INSERT INTO terms_acceptance SELECT person, 2, at, session FROM terms_acceptance",
        "UPDATE terms_acceptance SET at = at - 1",
        "UPDATE terms_acceptance SET session = 'another'",
        "UPDATE terms_acceptance SET version = 2",
        "DELETE FROM terms_acceptance",
    ],
)
async def test_a_forged_acceptance_of_the_terms_is_found(office: Office, forgery: str) -> None:
    person = await office.account("1001", "somchai.j")
    office.clock.step = 1
    for text in ("หนึ่ง", "สอง"):
        await publish_terms(office.s, OPERATOR, ("ข้อกำหนด", "Terms"), (text, "Terms"))
        if text == "หนึ่ง":
            await accept_terms(office.s, await session_of(office, "somchai.j"), 1)
    assert (await verify_audit(office.s)).faults == ()
    async with office.s.store.write() as tx:
        await tx.run(run_sql, forgery)
    faults = (await verify_audit(office.s)).faults
    forged = {1, 2} if "version = 2" in forgery else {2} if "INSERT" in forgery else {1}
    assert faults == tuple(
        both("verify.audit_acceptance", version=version, person=person) for version in sorted(forged)
    )


async def test_a_change_and_its_record_have_one_time(office: Office) -> None:
    """Though the clock moves on at each reading."""
    person = await office.account("1001", "somchai.j")
    office.clock.step = 1
    await publish_terms(office.s, OPERATOR, ("ข้อกำหนด", "Terms"), ("หนึ่ง", "One"))
    await accept_terms(office.s, await session_of(office, "somchai.j"), 1)
    await set_contact_mode(office.s, OPERATOR, ContactMode.PUBLIC)
    async with office.s.store.read() as reader:
        rows = [
            await reader.run(one_row, f"SELECT max({column}) FROM {table}")  # noqa: S608 - ours
            for column, table in (("published", "terms"), ("at", "terms_acceptance"), ("set_at", "setting"))
        ]
        records = [
            await reader.run(audit.find_last, action, target)
            for action, target in (
                ("terms.publish", "1"),
                ("terms.accept", person),
                ("setting.change", CONTACT_MODE.key),
            )
        ]
    assert [(item.at,) for item in records if item] == rows


async def test_the_contact_mode_takes_effect_at_its_time(office: Office) -> None:
    await set_contact_mode(office.s, OPERATOR, ContactMode.PUBLIC, office.clock() + DAY)
    assert office.s.settings.get(CONTACT_MODE, office.clock()) is ContactMode.NORMAL
    office.clock.pass_(DAY)
    assert office.s.settings.get(CONTACT_MODE, office.clock()) is ContactMode.PUBLIC
    await set_contact_mode(office.s, OPERATOR, ContactMode.NORMAL)
    assert office.s.settings.get(CONTACT_MODE, office.clock()) is ContactMode.NORMAL
    assert await refused(set_contact_mode(office.s, OPERATOR, ContactMode.PUBLIC, office.clock() - 1)) == "time_past"
    assert await refused(set_contact_mode(office.s, NOBODY, ContactMode.PUBLIC)) == "role_required"


async def test_an_agency_maps_its_ranks(office: Office) -> None:
    header, *lines = PEOPLE.splitlines()
    lines[-1] = lines[-1].replace("ที่ปรึกษา,", "ที่ปรึกษา,ที่ปรึกษาพิเศษ")
    await office.import_(people="\n".join([header, *lines]))
    person = office.person("1005")
    assert office.s.directory.people[person].rank is None
    await set_rank_map(office.s, OPERATOR, {"ที่ปรึกษาพิเศษ": "K5"})
    assert office.s.directory.people[person].rank == 100
    assert await refused(set_rank_map(office.s, OPERATOR, {"ก": "ไม่มีระดับนี้"})) == "unknown_rank"
