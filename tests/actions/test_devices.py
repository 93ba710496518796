"""Device cookies, sign-ins far apart (F91), and «this was not me» (F76)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from appliance.actions.accounts import revoke_account
from appliance.actions.far_apart import note_sessions_apart
from appliance.actions.passwords import change_password, reset_password
from appliance.actions.sessions import disown_sign_in
from appliance.actions.sign_in import SignedIn, sign_in
from appliance.errors import NotFound, TooMany
from appliance.identity.devices import MAX_ACCOUNTS, Devices
from appliance.policies import SignInLimits
from appliance.reads.sessions import load_sign_ins
from appliance.store import audit
from tests.hostile import INVISIBLE
from tests.office import DAY, OPERATOR, PASSWORD, Office, open_office, reopen, with_policies

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.model import PersonId
    from appliance.people import Session

NEW = "ถ้วยชามสังคโลกสีน้ำเงิน"
OFFICE, HOME, FAR = "203.0.113.1", "192.0.2.1", "198.51.100.1"
MINUTE = 60_000


def session(office: Office, done: SignedIn) -> Session:
    found = office.s.sessions.authenticate(done.token, office.clock())
    assert found is not None
    return found


async def lines(office: Office, done: SignedIn) -> list[Any]:
    return (await load_sign_ins(office.s, session(office, done))).sign_ins


async def recorded(office: Office, person: PersonId, action: str) -> list[dict[str, Any]]:
    async with office.s.store.read() as reader:
        found = await reader.run(audit.list_newest, 50, target=person)
    return [json.loads(item.detail or "{}") for item in found if item.action == action]


@pytest.mark.parametrize("name", INVISIBLE, ids=ascii)
async def test_a_device_name_that_cannot_be_seen_is_none(office: Office, name: str) -> None:
    await office.account("1001", "somchai.j")
    done = await sign_in(office.s, "somchai.j", PASSWORD, name, "192.0.2.1")
    assert isinstance(done, SignedIn)
    assert [line.device for line in await lines(office, done)][:1] == [""]


# Device cookies


def test_an_entry_is_good_for_its_account_its_epoch_and_its_key() -> None:
    devices = Devices(bytes(32), lambda _: 0)
    cookie = devices.renew("", "somchai.j", 3, 3, "random")
    ident = devices.find(cookie, "somchai.j", 3)
    assert ident is not None
    assert devices.find(cookie, "malee.m", 3) is None
    assert devices.find(cookie, "somchai.j", 4) is None
    assert Devices(bytes([1]) * 32, lambda _: 0).find(cookie, "somchai.j", 3) is None
    for forged in (cookie[:-1], cookie + "A", ident, f"{ident}." + "A" * 22, "é" * 39, "~" * 300, cookie * 20):
        assert devices.find(forged, "somchai.j", 3) is None


def test_one_browser_serves_several_people_and_keeps_its_ids() -> None:
    devices = Devices(bytes(32), lambda _: 0)
    cookie = ""
    for number in range(MAX_ACCOUNTS):
        cookie = devices.renew(cookie, f"user{number}", 0, 0, f"random{number}")
    ids = {number: devices.find(cookie, f"user{number}", 0) for number in range(MAX_ACCOUNTS)}
    assert len(set(ids.values())) == MAX_ACCOUNTS
    again = devices.renew(cookie, "user0", 0, 1, "other")
    assert devices.find(again, "user0", 1) == ids[0]
    assert devices.find(again, "user0", 0) is None
    assert devices.find(again, "user1", 0) == ids[1]
    assert devices.find(devices.renew(again, "new", 0, 0, "x"), "user1", 0) is None
    assert len(devices.renew(again, "new", 0, 0, "x")) == len(again)


@pytest.mark.parametrize("how", ["changed", "reset", "revoked"])
async def test_a_changed_password_ends_device_cookies(office: Office, how: str) -> None:
    person = await office.account("1001", "somchai.j")
    mine = await office.sign_in("somchai.j")
    other = (await office.sign_in("somchai.j")).device_cookie
    assert office.s.devices.known("somchai.j", other) is not None
    if how == "changed":
        kept = await change_password(office.s, session(office, mine), PASSWORD, NEW, mine.device_cookie)
        assert office.s.devices.known("somchai.j", kept) is not None
    elif how == "reset":
        await reset_password(office.s, OPERATOR, person, "แสดงบัตร")
    else:
        await revoke_account(office.s, OPERATOR, person, "พ้นจากราชการ")
    assert office.s.devices.known("somchai.j", other) is None
    assert (await reopen(office)).devices.known("somchai.j", other) is None


# Far apart


async def test_sessions_that_come_into_use_far_apart_later_are_noticed_once(office: Office) -> None:
    """F91: not only at the moment of a sign-in, and wherever the token of a session is used from."""
    person = await office.account("1001", "somchai.j")
    first = await office.sign_in("somchai.j", PASSWORD, OFFICE)
    second = await office.sign_in("somchai.j", PASSWORD, OFFICE)
    authenticate = office.s.sessions.authenticate
    for _ in range(3):
        office.clock.pass_(MINUTE)
        authenticate(first.token, office.clock(), OFFICE)
        authenticate(second.token, office.clock(), OFFICE)
        assert await note_sessions_apart(office.s) == 0
    authenticate(second.token, office.clock(), FAR)
    assert await note_sessions_apart(office.s) == 1
    assert await note_sessions_apart(office.s) == 0, "told once"
    [found] = await recorded(office, person, "session.apart")
    assert {found["address"], found["other_address"]} == {OFFICE, FAR}
    newest = (await lines(office, first))[0]
    assert (newest.outcome, newest.apart) == ("used_apart", True)
    office.clock.pass_(DAY)
    authenticate(first.token, office.clock(), OFFICE)
    authenticate(second.token, office.clock(), FAR)
    assert await note_sessions_apart(office.s) == 1, "and again on another day"


async def test_two_named_sites_are_apart_whoever_signed_in_there(tmp_path: Path) -> None:
    limits = SignInLimits(sites=(f"กรุงเทพ {OFFICE}/32", f"เชียงใหม่ {HOME}/32"))
    async with open_office(tmp_path, with_policies(sign_in=limits)) as office:
        person = await office.account("1001", "somchai.j")
        first = await office.sign_in("somchai.j", PASSWORD, OFFICE)
        office.clock.pass_(limits.apart_ms + MINUTE)
        second = await office.sign_in("somchai.j", PASSWORD, HOME)
        assert await recorded(office, person, "sign_in.apart") == [], "the other was not in use"
        office.s.sessions.authenticate(first.token, office.clock(), OFFICE)
        office.s.sessions.authenticate(second.token, office.clock(), HOME)
        assert await note_sessions_apart(office.s) == 1


async def test_a_sign_in_from_nowhere_known_while_another_session_is_in_use_is_flagged(office: Office) -> None:
    person = await office.account("1001", "somchai.j", address=OFFICE)
    first = await office.sign_in("somchai.j", address=OFFICE)
    office.clock.pass_(10 * MINUTE)
    second = await office.sign_in("somchai.j", address=FAR)
    assert [line.apart for line in (await lines(office, second))[:2]] == [True, False]
    [found] = await recorded(office, person, "sign_in.apart")
    assert (found["address"], found["other_address"]) == (FAR, OFFICE)
    assert (found["session"], found["other_session"]) == (second.session.id, first.session.id)
    # From now on the account knows that network.
    await office.sign_in("somchai.j", address=FAR)
    assert len(await recorded(office, person, "sign_in.apart")) == 1


async def test_a_known_browser_a_known_network_and_an_idle_session_are_not_flagged(office: Office) -> None:
    person = await office.account("1001", "somchai.j", address=OFFICE)
    first = await office.sign_in("somchai.j", address=OFFICE)
    await office.sign_in("somchai.j", address=HOME, cookie=first.device_cookie)
    await office.sign_in("somchai.j", address=OFFICE)
    office.clock.pass_(31 * MINUTE)
    await office.sign_in("somchai.j", address=FAR)
    assert await recorded(office, person, "sign_in.apart") == []


async def test_a_session_is_where_it_was_used_last(office: Office) -> None:
    person = await office.account("1001", "somchai.j", address=OFFICE)
    first = await office.sign_in("somchai.j", address=OFFICE)
    assert office.s.sessions.authenticate(first.token, office.clock(), FAR) is not None
    assert [one.address for one in office.s.sessions.of_person(person, office.clock())] == [FAR]
    await office.sign_in("somchai.j", address=FAR)
    assert await recorded(office, person, "sign_in.apart") == []


async def test_two_sites_of_the_agency_at_once_are_flagged_whoever_comes(tmp_path: Path) -> None:
    limits = SignInLimits(sites=("กรุงเทพ 203.0.113.0/24", "ภูเก็ต 198.51.100.0/25 2001:db8:2::/48"))
    async with open_office(tmp_path, with_policies(sign_in=limits)) as office:
        person = await office.account("1001", "somchai.j", address=OFFICE)
        cookie = (await office.sign_in("somchai.j", address=OFFICE)).device_cookie
        await office.sign_in("somchai.j", address="203.0.113.77")
        assert await recorded(office, person, "sign_in.apart") == []
        await office.sign_in("somchai.j", address="2001:db8:2::5", cookie=cookie)
        assert len(await recorded(office, person, "sign_in.apart")) == 1


# «This was not me»


async def test_not_me_marks_the_line_ends_other_sessions_and_asks_for_a_password(office: Office) -> None:
    person = await office.account("1001", "somchai.j", address=OFFICE)
    mine = await office.sign_in("somchai.j", address=OFFICE)
    thief = await office.sign_in("somchai.j", address=FAR)
    caller = session(office, mine)
    line = (await lines(office, mine))[0]
    assert line.address == FAR
    kept = await disown_sign_in(office.s, caller, line.id, mine.device_cookie)
    assert office.s.sessions.authenticate(thief.token, office.clock()) is None
    assert session(office, mine).must_change
    assert (await lines(office, mine))[0].disowned == office.clock()
    assert office.s.devices.known("somchai.j", thief.device_cookie) is None
    assert office.s.devices.known("somchai.j", kept) is not None
    for known in (office.s, await reopen(office)):
        assert not known.throttle.knows("somchai.j", FAR)
        assert known.throttle.knows("somchai.j", OFFICE)
    [found] = await recorded(office, person, "sign_in.disown")
    assert (found["address"], found["was"], found["sessions_ended"]) == (FAR, "signed_in", 1)
    marked = office.clock()
    office.clock.pass_(DAY)
    await disown_sign_in(office.s, session(office, mine), line.id, kept)
    assert [one.disowned for one in await lines(office, mine) if one.id == line.id] == [marked]
    await change_password(office.s, session(office, mine), PASSWORD, NEW)
    assert not session(office, mine).must_change


async def test_not_me_works_while_the_account_is_under_attack(office: Office) -> None:
    await office.account("1001", "somchai.j", address=OFFICE)
    mine = await office.sign_in("somchai.j", address=OFFICE)
    throttle = office.s.throttle
    for number in range(300):
        guess = throttle.guess("password", "somchai.j", f"198.51.{number % 100}.1", None)
        try:
            async with throttle.attempt(guess, office.clock) as tried:
                tried.fail()
        except TooMany:
            continue
    line = (await lines(office, mine))[0]
    await disown_sign_in(office.s, session(office, mine), line.id, mine.device_cookie)
    await change_password(office.s, session(office, mine), PASSWORD, NEW)


async def test_nobody_disowns_the_line_of_another(office: Office) -> None:
    await office.account("1001", "somchai.j")
    await office.account("1002", "malee.m")
    mine, other = await office.sign_in("somchai.j"), await office.sign_in("malee.m")
    line = (await lines(office, mine))[0]
    for number in (line.id, 10**9):
        with pytest.raises(NotFound):
            await disown_sign_in(office.s, session(office, other), number)
    assert (await lines(office, mine))[0].disowned is None
