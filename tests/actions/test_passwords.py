from __future__ import annotations

import pytest

from appliance.actions.accounts import create_account, reactivate_account, revoke_account
from appliance.actions.passwords import change_password, reset_password
from appliance.actions.roles import add_role, remove_role
from appliance.actions.second_person import confirm_owner, prove_second_person
from appliance.errors import Conflict, Forbidden, Invalid, TooMany, Unauthenticated
from appliance.model import PersonId
from appliance.people import Grant, Session
from appliance.rules.roles import Actor
from appliance.store import audit, sessions
from tests.office import DAY, OPERATOR, PASSWORD, Office
from tests.rereading import reread

NEW = "ต้นจามจุรีหน้าโรงเรียนเก่า"


async def session_of(office: Office, user: str, password: str = PASSWORD) -> Session:
    done = await office.sign_in(user, password)
    session = office.s.sessions.authenticate(done.token, office.clock())
    assert session is not None
    return session


async def test_a_change_ends_all_other_sessions(office: Office) -> None:
    await office.account("1001", "somchai.j")
    other, mine = await office.sign_in("somchai.j"), await office.sign_in("somchai.j")
    session = office.s.sessions.authenticate(mine.token, office.clock())
    assert session is not None
    ended: list[str] = []
    office.s.sessions.on_end(ended.append)
    await change_password(office.s, session, PASSWORD, NEW)
    assert office.s.sessions.authenticate(other.token, office.clock()) is None
    assert office.s.sessions.authenticate(mine.token, office.clock()) is not None
    assert ended == [other.session.id]
    await reread(office.s)
    assert office.s.sessions.authenticate(mine.token, office.clock()) is not None
    with pytest.raises(Unauthenticated):
        await office.sign_in("somchai.j", PASSWORD)
    await office.sign_in("somchai.j", NEW)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (PASSWORD, "password_unchanged"),
        ("สั้นไป", "password_too_short"),
        ("ก" * 300, "password_too_long"),
        ("รหัสผ่าน123456", "password_too_common"),
        ("somchai.j2569", "password_is_name"),
        ("สมชาย ใจดี 2569", "password_is_name"),
        ("กรมทดสอบ2569", "password_is_name"),
    ],
)
async def test_what_a_password_cannot_be(office: Office, new: str, code: str) -> None:
    await office.account("1001", "somchai.j")
    session = await session_of(office, "somchai.j")
    with pytest.raises(Invalid) as refused:
        await change_password(office.s, session, PASSWORD, new)
    assert (refused.value.code, refused.value.field) == (code, "new")
    await office.sign_in("somchai.j")


async def test_sara_am_typed_in_two_marks_is_the_same_password(office: Office) -> None:
    await office.account("1001", "somchai.j", "ตักน้ำใส่ตุ่มให้เต็ม")
    await office.sign_in("somchai.j", "ตักนํ้าใส่ตุ่มให้เต็ม")


async def test_the_old_password_is_asked_for_and_guessing_it_is_slowed(office: Office) -> None:
    await office.account("1001", "somchai.j")
    session = await session_of(office, "somchai.j")
    for _ in range(5):
        with pytest.raises(Invalid) as refused:
            await change_password(office.s, session, NEW, NEW + "!")
        assert (refused.value.code, refused.value.field) == ("password_wrong", "old")
    with pytest.raises(TooMany):
        await change_password(office.s, session, PASSWORD, NEW)


async def test_a_reset_gives_a_code_ends_sessions_and_goes_on_record(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    before = await office.sign_in("somchai.j")
    code = await reset_password(office.s, OPERATOR, person, "มาแสดงบัตรที่ห้อง 301")
    assert len(code.replace("-", "")) == 16
    assert office.s.sessions.authenticate(before.token, office.clock()) is None
    with pytest.raises(Unauthenticated):
        await office.sign_in("somchai.j")
    session = await session_of(office, "somchai.j", code)
    assert session.must_change
    async with office.s.store.read() as reader:
        record = (await reader.run(audit.list_newest, 1, target=person))[0]
        history = [line.outcome for line in await reader.run(sessions.list_sign_ins, person, 3)]
    assert (record.action, record.actor, record.outcome) == ("password.reset", "operator:test", "done")
    assert "มาแสดงบัตรที่ห้อง 301" in (record.detail or "")
    assert code not in (record.detail or "")
    assert history == ["signed_in", "failed", "password_reset"]


async def test_the_history_names_no_operator_and_says_that_the_account_is_new(office: Office) -> None:
    """`operator:demo` is nobody the owner knows."""
    await create_account(office.s, OPERATOR, office.person("1001"), "somchai.j")
    async with office.s.store.read() as reader:
        lines = await reader.run(sessions.list_sign_ins, office.person("1001"), 3)
    assert [(line.outcome, line.device) for line in lines] == [("account_created", "")]


async def test_how_the_person_was_identified_has_to_be_said(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    with pytest.raises(Invalid) as refused:
        await reset_password(office.s, OPERATOR, person, "  ")
    assert refused.value.code == "identity_check_missing"


async def test_a_compliance_officer_is_reset_by_two(office: Office) -> None:
    officer, admin = await office.account("1001", "officer"), await office.account("1002", "admin")
    chief = await office.account("1003", "chief")
    office.clock.pass_(DAY)
    role = Grant("compliance_officer")
    await add_role(office.s, OPERATOR, chief, Grant("agency_admin"))
    by, second = [await prove_second_person(office.s, user, PASSWORD) for user in ("chief", "admin")]
    for actor, agrees in ((OPERATOR, None), (OPERATOR, by), (by, None), (by, by), (by, second)):
        # The second has no part in administration yet; the operator is nobody who proved who they are.
        with pytest.raises(Forbidden) as refused:
            await add_role(office.s, actor, officer, role, agrees)
        assert refused.value.code == "second_person_required"
    await add_role(office.s, OPERATOR, admin, Grant("agency_admin"))
    second = await prove_second_person(office.s, "admin", PASSWORD)
    await add_role(office.s, by, officer, role, second)
    for actor, agrees in ((OPERATOR, None), (OPERATOR, second), (by, None), (by, by)):
        with pytest.raises(Forbidden) as refused:
            await reset_password(office.s, actor, officer, "เห็นหน้า", agrees)
        assert refused.value.code == "second_person_required"
        with pytest.raises(Forbidden):
            await remove_role(office.s, actor, officer, role, agrees)
    await reset_password(office.s, by, officer, "เห็นหน้า", second)
    with pytest.raises(Unauthenticated):
        await prove_second_person(office.s, "admin", "ผิดแน่นอน")
    async with office.s.store.read() as reader:
        record = (await reader.run(audit.list_newest, 1, target=officer))[0]
    assert f'"second":"{admin}"' in (record.detail or "")
    await remove_role(office.s, by, officer, role, second)


async def test_who_has_not_changed_the_one_time_code_proves_nothing(office: Office) -> None:
    await office.account("1002", "admin")
    code = await reset_password(office.s, OPERATOR, office.person("1002"), "เห็นหน้า")
    with pytest.raises(Unauthenticated, match="must_change_password"):
        await prove_second_person(office.s, "admin", code)


async def test_two_codes_do_not_make_one_person_two(office: Office) -> None:
    """F77: who gives codes to two administrators one after the other is still one person."""
    officer = await office.account("1001", "officer")
    users = {"chief": "1002", "admin": "1003", "third": "1004"}
    people = {user: await office.account(number, user) for user, number in users.items()}
    for person in people.values():
        await add_role(office.s, OPERATOR, person, Grant("agency_admin"))

    async def take_over(user: str) -> None:
        code = await reset_password(office.s, OPERATOR, people[user], "เห็นหน้า")
        await change_password(office.s, await session_of(office, user, code), code, NEW)

    async def refused(user: str, password: str = NEW) -> str:
        with pytest.raises(Conflict) as raised:
            await prove_second_person(office.s, user, password)
        return raised.value.code

    # New accounts are no exception.
    assert await refused("third", PASSWORD) == "owner_uncertain"
    office.clock.pass_(DAY)
    await take_over("chief")
    await take_over("admin")
    assert [await refused(user) for user in ("chief", "admin")] == ["owner_uncertain"] * 2
    third = await prove_second_person(office.s, "third", PASSWORD)
    with pytest.raises(Forbidden):
        await confirm_owner(office.s, OPERATOR, people["chief"], "เห็นหน้า")
    with pytest.raises(Invalid):
        await confirm_owner(office.s, third, people["chief"], " ")
    await confirm_owner(office.s, third, people["chief"], "พบตัวที่ห้อง 301")
    with pytest.raises(Conflict, match="owner_is_certain"):
        await confirm_owner(office.s, third, people["chief"], "พบตัวที่ห้อง 301")
    chief = await prove_second_person(office.s, "chief", NEW)
    assert await refused("admin") == "owner_uncertain"
    async with office.s.store.read() as reader:
        record = (await reader.run(audit.list_newest, 1, target=people["chief"]))[0]
    assert (record.action, record.actor) == ("account.confirm", people["third"])
    # Two people who prove who they are give a code that needs no waiting.
    await add_role(office.s, chief, officer, Grant("compliance_officer"), third)
    code = await reset_password(office.s, chief, officer, "เห็นหน้า", third)
    await change_password(office.s, await session_of(office, "officer", code), code, NEW)
    assert (await prove_second_person(office.s, "officer", NEW)).person == officer
    office.clock.pass_(DAY)
    assert (await prove_second_person(office.s, "admin", NEW)).person == people["admin"]


async def test_coming_back_after_a_revocation_means_new_credentials(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    await revoke_account(office.s, OPERATOR, person, "ลาออก")
    with pytest.raises(Unauthenticated):
        await office.sign_in("somchai.j")
    code = await reactivate_account(office.s, OPERATOR, person, "มาแสดงบัตร")
    with pytest.raises(Unauthenticated):
        await office.sign_in("somchai.j")
    assert (await session_of(office, "somchai.j", code)).must_change


async def test_a_unit_administrator_resets_within_the_unit(office: Office) -> None:
    inside, outside = await office.account("1001", "inside"), await office.account("1005", "outside")
    actor = Actor("p_admin", PersonId("p_admin"), (Grant("unit_admin", office.unit("D1")),))
    await reset_password(office.s, actor, inside, "รู้จักกัน")
    with pytest.raises(Forbidden) as refused:
        await reset_password(office.s, actor, outside, "รู้จักกัน")
    assert refused.value.code == "role_required"
    with pytest.raises(Forbidden):
        await create_account(office.s, actor, office.person("1004"), "boss")
