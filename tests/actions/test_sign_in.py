from __future__ import annotations

import asyncio
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

import pytest

from appliance.actions.accounts import create_account, lift_suspension, revoke_account, suspend_account
from appliance.actions.passwords import change_password
from appliance.actions.sign_in import delete_old_sign_ins, sign_in
from appliance.errors import Forbidden, Invalid, TooMany, Unauthenticated
from appliance.followers.counts import write_counts
from appliance.policies import Argon2, SessionPolicy
from appliance.store import accounts, sessions
from tests.office import DAY, OPERATOR, PASSWORD, Office, open_office, reopen, with_policies
from tests.sql import one_row

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.model import PersonId

WRONG = "ไม่ใช่รหัสผ่านนี้แน่นอน"


async def fail(office: Office, user: str, address: str = "192.0.2.1") -> str:
    with pytest.raises(Unauthenticated) as refused:
        await sign_in(office.s, user, WRONG, "", address)
    return refused.value.code


async def outcomes(office: Office, person: PersonId) -> list[str]:
    async with office.s.store.read() as reader:
        return [line.outcome for line in await reader.run(sessions.list_sign_ins, person, 100)]


async def test_a_session_by_user_and_password(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    done = await office.sign_in("  ＳＯＭＣＨＡＩ.J ")
    session = office.s.sessions.authenticate(done.token, office.clock())
    assert session is not None
    assert (session.person, session.terms_ok, session.must_change) == (person, True, False)
    assert session.csrf == done.csrf
    assert office.s.sessions.authenticate(done.token + "x", office.clock()) is None
    assert (await outcomes(office, person))[0] == "signed_in"


async def test_the_token_is_not_in_the_database(office: Office) -> None:
    await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    async with office.s.store.read() as reader:
        records = await reader.run(sessions.list_all)
    assert done.token.encode() not in [record.token_hash for record in records]
    assert len(records) == 1


async def test_a_device_is_shown_without_what_moves_a_cursor(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    await sign_in(office.s, "somchai.j", PASSWORD, "\x1b[2Jโทรศัพท์\u202e\n" + "x" * 500, "192.0.2.1")
    shown = office.s.sessions.of_person(person, office.clock())[0].device
    assert shown.isprintable()
    assert shown.startswith("[2Jโทรศัพท์")
    assert len(shown) <= 120


async def test_the_answer_is_the_same_for_no_user_no_password_and_a_wrong_one(office: Office) -> None:
    await office.account("1001", "somchai.j")
    await create_account(office.s, OPERATOR, office.person("1002"), "malee.m")
    assert {await fail(office, user) for user in ("somchai.j", "malee.m", "nobody")} == {"sign_in_failed"}


async def test_five_tries_then_growing_delays(office: Office) -> None:
    await office.account("1001", "somchai.j")
    for expected in (30, 60, 120):
        for _ in range(5 if expected == 30 else 1):
            await fail(office, "somchai.j")
        with pytest.raises(TooMany) as refused:
            await office.sign_in("somchai.j")
        assert refused.value.retry_after == expected
        office.clock.pass_(expected * 1000)
    await office.sign_in("somchai.j")
    await fail(office, "somchai.j")
    await office.sign_in("somchai.j")


async def test_a_user_who_is_not_there_is_delayed_alike(office: Office) -> None:
    for _ in range(5):
        await fail(office, "nobody")
    with pytest.raises(TooMany):
        await sign_in(office.s, "NOBODY", WRONG, "", "192.0.2.1")


async def test_an_address_that_tries_many_users_is_delayed(office: Office) -> None:
    await office.account("1001", "somchai.j", address="2001:db8:0:3::1")
    for number in range(50):
        await fail(office, f"user{number}", f"2001:db8:0:1::{number:x}")
    with pytest.raises(TooMany) as refused:
        await office.sign_in("somchai.j", address="2001:db8:0:1:ffff::1")
    assert refused.value.retry_after == 30
    await office.sign_in("somchai.j", address="2001:db8:0:2::1")
    office.clock.pass_(30_000)
    await office.sign_in("somchai.j", address="2001:db8:0:1:ffff::1")


async def test_many_tries_at_once_gain_nothing(office: Office) -> None:
    await office.account("1001", "somchai.j")
    tries = [sign_in(office.s, "somchai.j", WRONG, "", "192.0.2.1") for _ in range(30)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Unauthenticated) for result in results) == 5
    assert sum(isinstance(result, TooMany) for result in results) == 25


async def test_many_right_passwords_at_once_are_all_let_in(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    for address in ("192.0.2.1", "198.51.100.4"):
        done = await asyncio.gather(*(office.sign_in("somchai.j", address=address) for _ in range(12)))
        assert len({one.session.id for one in done}) == 12
    assert "failed" not in await outcomes(office, person)


async def test_failures_outlive_a_restart(office: Office) -> None:
    await office.account("1001", "somchai.j", address="203.0.113.1")
    for _ in range(5):
        await fail(office, "somchai.j")
    for number in range(47):
        await fail(office, f"user{number}", "192.0.2.1")
    again = await reopen(office)
    for user in ("somchai.j", "nobody"):
        guess = again.throttle.guess("password", user, "192.0.2.1", None)
        with pytest.raises(TooMany):
            async with again.throttle.attempt(guess, office.clock):
                pytest.fail(f"{user} was let in")
    known = again.throttle.guess("password", "somchai.j", "203.0.113.1", None)
    async with again.throttle.attempt(known, office.clock):
        pass


async def test_failures_of_an_hour_are_one_line(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    for _ in range(4):
        await fail(office, "somchai.j", "198.51.100.9")
        await fail(office, "nobody", "198.51.100.9")
        office.clock.pass_(60_000)
    await fail(office, "somchai.j", "192.0.2.200")
    office.clock.pass_(3_600_000)
    await fail(office, "somchai.j", "198.51.100.9")
    async with office.s.store.read() as reader:
        lines = await reader.run(sessions.list_sign_ins, person, 3)
        nobody = await reader.run(one_row, "SELECT count(*), sum(tries) FROM sign_in WHERE person IS NULL")
    assert [(line.address, line.tries) for line in lines] == [
        ("198.51.100.9", 1),
        ("192.0.2.200", 1),
        ("198.51.100.9", 4),
    ]
    assert lines[2].until - lines[2].at == 3 * 60_000
    assert nobody == (1, 4)


async def test_old_lines_of_the_history_are_deleted(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    before = len(await outcomes(office, person))
    office.clock.pass_(364 * DAY)
    await office.sign_in("somchai.j")
    assert await delete_old_sign_ins(office.s) == 0
    office.clock.pass_(2 * DAY)
    assert await delete_old_sign_ins(office.s) == before
    assert await outcomes(office, person) == ["signed_in"]


@pytest.mark.slow
async def test_the_time_does_not_tell_whether_a_user_exists(tmp_path: Path) -> None:
    async with open_office(tmp_path, with_policies(argon2=Argon2(2, 19_456, 1))) as office:
        await create_account(office.s, OPERATOR, office.person("1001"), "somchai.j")

        async def seconds(user: str) -> float:
            start = process_time()
            await fail(office, user)
            office.clock.pass_(2 * DAY)
            return process_time() - start

        await seconds("warm.up")
        there = median([await seconds("somchai.j") for _ in range(7)])
        nowhere = median([await seconds("nobody") for _ in range(7)])
        assert 0.5 < there / nowhere < 2


async def test_a_suspension_ends_by_itself(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    before = await office.sign_in("somchai.j")
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "สอบข้อเท็จจริง")
    assert office.s.sessions.authenticate(before.token, office.clock()) is None
    with pytest.raises(Forbidden) as refused:
        await office.sign_in("somchai.j")
    assert refused.value.code == "account_suspended"
    assert await fail(office, "somchai.j") == "sign_in_failed"
    office.clock.pass_(DAY)
    assert office.s.sessions.authenticate(before.token, office.clock()) is None
    await office.sign_in("somchai.j")


async def test_lifting_a_suspension(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "สอบข้อเท็จจริง")
    await lift_suspension(office.s, OPERATOR, person, "ไม่มีมูล")
    await office.sign_in("somchai.j")


async def test_sessions_end_with_time(office: Office) -> None:
    await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    known, policy = office.s.sessions, office.s.config.policies.sessions
    for _ in range(4):
        office.clock.pass_(policy.idle_ms // 2)
        assert known.authenticate(done.token, office.clock()) is not None
    office.clock.pass_(policy.idle_ms // 2)
    assert known.authenticate(done.token, office.clock()) is None
    done = await office.sign_in("somchai.j")
    office.clock.pass_(policy.idle_ms)
    assert known.authenticate(done.token, office.clock()) is None


async def test_the_oldest_session_gives_way(tmp_path: Path) -> None:
    async with open_office(tmp_path, with_policies(sessions=SessionPolicy(most=2))) as office:
        person = await office.account("1001", "somchai.j")
        tokens = []
        for _ in range(3):
            office.clock.pass_(1000)
            tokens.append((await office.sign_in("somchai.j")).token)
        alive = [office.s.sessions.authenticate(token, office.clock()) is not None for token in tokens]
        assert alive == [False, True, True]
        assert len(office.s.sessions.of_person(person, office.clock())) == 2


async def test_a_restart_keeps_sessions_and_their_last_use(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    office.clock.pass_(5 * 60_000)
    assert office.s.sessions.authenticate(done.token, office.clock()) is not None
    await write_counts(office.s)
    again = (await reopen(office)).sessions
    session = again.authenticate(done.token, office.clock())
    assert session is not None
    assert session.csrf == done.csrf
    assert again.of_person(person, office.clock())[0].last_used == office.clock()


async def test_a_revocation_during_the_password_check_wins(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    started = asyncio.create_task(sign_in(office.s, "somchai.j", PASSWORD, "", "192.0.2.1"))
    await asyncio.sleep(0)
    await revoke_account(office.s, OPERATOR, person, "พ้นจากราชการ")
    with pytest.raises((Forbidden, Unauthenticated)):
        await started
    assert office.s.sessions.of_person(person, office.clock()) == []


async def test_a_hash_of_another_cost_is_made_again(tmp_path: Path) -> None:
    async with open_office(tmp_path) as office:
        person = await office.account("1001", "somchai.j")
        dearer = with_policies(argon2=Argon2(time_cost=2, memory_kib=16))
    async with open_office(tmp_path, dearer, empty=True) as office:
        await office.sign_in("somchai.j")
        async with office.s.store.read() as reader:
            stored = await reader.run(accounts.get_credentials, person)
        assert stored is not None
        assert "m=16,t=2,p=1" in stored.hash
        await office.sign_in("somchai.j")


def in_other_spellings(code: str) -> list[str]:
    bare = code.replace("-", "")
    return [
        f"  {code}\n",
        code.lower(),
        bare,
        f"{bare.lower()} ",
        code.replace("-", " - "),
        code.replace("-", "\u2013"),
    ]


async def test_a_one_time_code_may_be_typed_in_other_spellings(office: Office) -> None:
    code = await create_account(office.s, OPERATOR, office.person("1001"), "somchai.j")
    first = await office.sign_in("somchai.j", code)
    session = office.s.sessions.authenticate(first.token, office.clock())
    assert session is not None
    for typed in in_other_spellings(code):
        await office.sign_in("somchai.j", typed)
        with pytest.raises(Invalid) as same:
            await change_password(office.s, session, code, typed)
        assert same.value.code == "password_unchanged"
    for other in (code[:-1], code[:-1] + ("A" if code[-1] != "A" else "B"), f"{code}A"):
        with pytest.raises(Unauthenticated):
            await office.sign_in("somchai.j", other, "198.51.100.1")
    await change_password(office.s, session, in_other_spellings(code)[3], PASSWORD)
    await office.sign_in("somchai.j")


async def test_a_password_in_the_form_of_a_code_stays_exact(office: Office) -> None:
    password = "quk4-mz2p-ydl7-hvwe"
    await office.account("1001", "somchai.j", password)
    others = {*in_other_spellings(password.upper()), *in_other_spellings(password)} - {password}
    for n, other in enumerate(others):
        with pytest.raises(Unauthenticated):
            await office.sign_in("somchai.j", other, f"198.51.{n}.1")
    await office.sign_in("somchai.j", password)


async def test_a_one_time_code_must_be_changed_and_runs_out(office: Office) -> None:
    code = await create_account(office.s, OPERATOR, office.person("1001"), "somchai.j")
    first = await office.sign_in("somchai.j", code)
    session = office.s.sessions.authenticate(first.token, office.clock())
    assert session is not None
    assert session.must_change
    office.clock.pass_(office.s.config.policies.passwords.code_ms)
    with pytest.raises(Unauthenticated):
        await office.sign_in("somchai.j", code)
    await change_password(office.s, session, code, PASSWORD)
    changed = office.s.sessions.authenticate(first.token, office.clock())
    assert changed is not None
    assert not changed.must_change
    await office.sign_in("somchai.j")
