"""Throttles with the default policy (F74): an office is let in, who guesses is slowed, nobody is locked out.

Only the cost of a password's hash is not the product's. Where thousands of guesses are made they go to the `Throttle`
alone, which decides before any password is looked at.
"""

from __future__ import annotations

import asyncio
from itertools import count, repeat
from random import Random
from typing import TYPE_CHECKING, Final

import pyotp
import pytest

from appliance.actions.passwords import change_password
from appliance.actions.second_factors import confirm_totp, start_totp
from appliance.actions.sign_in import FactorGiven, SecondFactorAsked, SignedIn, finish_sign_in, sign_in
from appliance.errors import Invalid, TooMany, Unauthenticated
from appliance.identity import throttle as throttles
from appliance.identity.throttle import Throttle
from appliance.policies import SignInLimits
from appliance.store import accounts
from tests.office import DAY, PASSWORD, Clock, Office, open_office, with_policies
from tests.rereading import reread
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.model import PersonId

WRONG: Final = "ไม่ใช่รหัสผ่านนี้แน่นอน"
STAFF: Final = 400
HOUR: Final = 3_600_000
SECOND: Final = 1_000
ADDRESS: Final = "203.0.113.20"
UNITS: Final = "code,parent,name_th,name_en,kind\nM,,กระทรวงทดสอบ,Ministry,ministry\n"


async def staff(office: Office, number: int = STAFF) -> dict[str, PersonId]:
    """Give an agency of `number` people accounts with one password; return their user names."""
    rows = "".join(f"{n},ก{n},ข{n},M,เจ้าหน้าที่,O1\n" for n in range(1, number + 1))
    await office.import_(units=UNITS, people=f"staff_no,given_name,family_name,unit,post_title,rank\n{rows}")
    people = {f"user{card.staff_no}": card.id for card in office.s.directory.now.ordered}
    hashed = await office.s.hasher.hash(PASSWORD)
    async with office.s.store.write() as tx:
        for user, person in people.items():
            await tx.run(accounts.insert, person, user, office.clock())
            await tx.run(accounts.set_password, person, hashed, office.clock())
    await reread(office.s)
    return people


async def add_totp(office: Office, person: PersonId, address: str) -> pyotp.TOTP:
    """Turn TOTP on for someone, through a session of theirs."""
    account = office.s.accounts.get(person)
    assert account is not None
    done = await office.sign_in(account.user, address=address)
    session = office.s.sessions.authenticate(done.token, office.clock())
    assert session is not None
    secret, _ = await start_totp(office.s, person)
    totp = pyotp.TOTP(secret)
    await confirm_totp(office.s, session, totp.at(office.clock() // 1000))
    return totp


async def persistent(office: Office, user: str, totp: pyotp.TOTP | None, random: Random) -> SignedIn:
    """Sign in as people do: mistype password or code now and then, and try again at once."""
    while True:
        typed = WRONG if random.random() < 0.06 else PASSWORD
        try:
            result = await sign_in(office.s, user, typed, "", ADDRESS)
        except Unauthenticated:
            assert typed == WRONG
            continue
        if isinstance(result, SignedIn):
            return result
        while True:
            assert totp is not None
            code = "00000x" if random.random() < 0.06 else totp.at(office.clock() // 1000)
            try:
                return await finish_sign_in(office.s, result.ticket, ADDRESS, FactorGiven(code=code))
            except Unauthenticated:
                assert code == "00000x"


async def guess(throttle: Throttle, clock: Clock, user: str, address: str, device: str | None = None) -> bool:
    """Make a wrong guess; say whether it was let in."""
    try:
        async with throttle.attempt(throttle.guess("password", user, address, device), clock) as tried:
            tried.fail()
    except TooMany:
        return False
    return True


async def may_try(throttle: Throttle, clock: Clock, user: str, address: str, device: str | None = None) -> bool:
    """Say whether a right password would be let in."""
    try:
        async with throttle.attempt(throttle.guess("password", user, address, device), clock) as tried:
            tried.succeed()
    except TooMany:
        return False
    return True


# The innocent


@pytest.mark.slow
async def test_an_office_of_400_behind_one_address_for_a_week(tmp_path: Path) -> None:
    """Everybody at 8:30 in the same moment, one in eight with a second factor, the first day on devices never seen."""
    random = Random(2569)  # noqa: S311 - mistakes of people
    async with open_office(tmp_path, empty=True) as office:
        people = await staff(office)
        totps = {user: await add_totp(office, people[user], "192.0.2.99") for user in list(people)[::8]}
        for _ in range(5):
            office.clock.pass_(DAY)
            done = await asyncio.gather(*(persistent(office, user, totps.get(user), random) for user in people))
            assert len(done) == STAFF


async def test_perfect_sign_ins_leave_no_count(office: Office) -> None:
    person = await office.account("1001", "somchai.j", address="192.0.2.99")
    totp = await add_totp(office, person, "192.0.2.99")
    for _ in range(60):
        office.clock.pass_(30 * SECOND)
        asked = await sign_in(office.s, "somchai.j", PASSWORD, "", ADDRESS)
        assert isinstance(asked, SecondFactorAsked)
        code = totp.at(office.clock() // 1000)
        await finish_sign_in(office.s, asked.ticket, ADDRESS, FactorGiven(code=code))
    # As many names as the address bucket holds are still to be had, all at once.
    told = [await guess(office.s.throttle, office.clock, f"nobody{n}", ADDRESS) for n in range(51)]
    assert told == [True] * 50 + [False]


async def test_56_people_at_once_from_one_address(tmp_path: Path) -> None:
    async with open_office(tmp_path, empty=True) as office:
        people = await staff(office, 56)
        done = await asyncio.gather(*(office.sign_in(user, address=ADDRESS) for user in people))
        assert len(done) == 56


async def test_a_full_address_lets_in_whom_it_knows(office: Office) -> None:
    await office.account("1001", "somchai.j", address=ADDRESS)
    await office.account("1002", "malee.m", address="192.0.2.99")
    for number in range(50):
        assert await guess(office.s.throttle, office.clock, f"nobody{number}", ADDRESS)
    await office.sign_in("somchai.j", address=ADDRESS)
    with pytest.raises(TooMany) as refused:
        await office.sign_in("malee.m", address=ADDRESS)
    assert refused.value.retry_after <= 30


async def test_a_mistake_put_right_costs_the_address_nothing() -> None:
    throttle, clock = Throttle(SignInLimits()), Clock()
    for number in range(500):
        assert await guess(throttle, clock, f"user{number}", ADDRESS)
        assert await may_try(throttle, clock, f"user{number}", ADDRESS)


async def test_a_mistake_put_right_costs_the_account_nothing() -> None:
    """Somebody who travels mistypes once in each of more networks than an account has tries."""
    throttle, clock = Throttle(SignInLimits()), Clock()
    for number in range(2 * SignInLimits().account_tries):
        assert await guess(throttle, clock, "somchai.j", f"198.51.{number}.1")
        assert await may_try(throttle, clock, "somchai.j", f"198.51.{number}.1")


async def test_a_named_account_under_attack_is_open_to_its_owner(office: Office) -> None:
    await office.account("1001", "somchai.j", address="192.0.2.1")
    cookie = (await office.sign_in("somchai.j", address="192.0.2.2")).device_cookie
    throttle = office.s.throttle
    for number in range(200):
        await guess(throttle, office.clock, "somchai.j", f"198.51.{number}.1")
    with pytest.raises(TooMany):
        await office.sign_in("somchai.j", address="198.51.100.77")
    await office.sign_in("somchai.j", address="192.0.2.1")
    done = await office.sign_in("somchai.j", address="198.51.100.77", cookie=cookie)
    # Even where the attacker sits in the owner's own network, the owner's browser has its own count.
    while await guess(throttle, office.clock, "somchai.j", "192.0.2.1"):
        pass
    with pytest.raises(TooMany):
        await office.sign_in("somchai.j", address="192.0.2.1")
    await office.sign_in("somchai.j", address="192.0.2.1", cookie=cookie)
    session = office.s.sessions.authenticate(done.token, office.clock())
    assert session is not None
    await change_password(office.s, session, PASSWORD, "ถ้วยชามสังคโลกสีน้ำเงิน")


async def test_a_session_proves_its_password_under_a_count_of_its_own(office: Office) -> None:
    await office.account("1001", "somchai.j")
    one, two = [await office.sign_in("somchai.j") for _ in range(2)]
    first, second = [office.s.sessions.authenticate(done.token, office.clock()) for done in (one, two)]
    assert first is not None
    assert second is not None
    for _ in range(5):
        with pytest.raises(Invalid):
            await change_password(office.s, first, WRONG, "ถ้วยชามสังคโลกสีน้ำเงิน")
    with pytest.raises(TooMany):
        await change_password(office.s, first, PASSWORD, "ถ้วยชามสังคโลกสีน้ำเงิน")
    await office.sign_in("somchai.j")
    await change_password(office.s, second, PASSWORD, "ถ้วยชามสังคโลกสีน้ำเงิน")


async def test_what_fails_in_the_appliance_is_no_failure_of_the_caller() -> None:
    throttle, clock = Throttle(SignInLimits()), Clock()
    for _ in range(20):
        with pytest.raises(TooMany, match="busy"):
            async with throttle.attempt(throttle.guess("password", "somchai.j", ADDRESS, None), clock):
                raise TooMany(1, code="busy")
    assert await may_try(throttle, clock, "somchai.j", ADDRESS)


async def test_who_gives_up_waiting_leaves_the_place_to_the_next() -> None:
    throttle, clock = Throttle(SignInLimits(tries=1)), Clock()
    tried = throttle.guess("password", "somchai.j", ADDRESS, None)
    checking, checked = asyncio.Event(), asyncio.Event()

    async def one() -> None:
        async with throttle.attempt(tried, clock):
            checking.set()
            await checked.wait()

    first = asyncio.create_task(one())
    await checking.wait()
    others = [asyncio.create_task(one()) for _ in range(3)]
    await asyncio.sleep(0)
    others[0].cancel()
    checked.set()
    await asyncio.sleep(0)
    others[1].cancel()
    await asyncio.wait([first, *others], timeout=PATIENCE_S)
    assert [task.cancelled() for task in others] == [True, True, False]
    assert first.done()
    assert others[2].done()
    assert await may_try(throttle, clock, "somchai.j", ADDRESS)


# Who guesses


async def guesses_of_a_day(
    throttle: Throttle, clock: Clock, names: Iterator[str], addresses: list[str], step: int
) -> int:
    """Guess at one name after the other, as often as one may every `step` for a day; return how many were let in."""
    made, end = 0, clock() + DAY
    while clock() < end:
        for address in addresses:
            while await guess(throttle, clock, next(names), address):
                made += 1
        clock.pass_(step)
    return made


async def test_one_guess_at_each_of_10_000_names_from_one_address() -> None:
    throttle, clock = Throttle(SignInLimits()), Clock()
    names = (f"user{n % 10_000}" for n in count())
    made = await guesses_of_a_day(throttle, clock, names, [ADDRESS], 30 * SECOND)
    assert 2_000 < made <= 50 + DAY // (30 * SECOND)


async def test_many_guesses_at_one_name_from_one_address() -> None:
    throttle, clock = Throttle(SignInLimits()), Clock()
    made = await guesses_of_a_day(throttle, clock, repeat("somchai.j"), [ADDRESS], 30 * SECOND)
    assert 30 <= made <= 36


async def test_many_guesses_at_one_name_from_everywhere() -> None:
    throttle, clock = Throttle(SignInLimits()), Clock()
    addresses = [f"198.51.{n}.1" for n in range(50)]
    assert await guesses_of_a_day(throttle, clock, repeat("somchai.j"), addresses, HOUR // 4) <= 54
    assert await guesses_of_a_day(throttle, clock, repeat("somchai.j"), addresses, HOUR // 4) <= 25


async def test_another_name_costs_an_address_more_than_the_same_again() -> None:
    throttle, clock = Throttle(SignInLimits()), Clock()
    same = sum([await guess(throttle, clock, f"user{n // 5}", ADDRESS) for n in range(500)])
    throttle = Throttle(SignInLimits())
    others = sum([await guess(throttle, clock, f"user{n}", ADDRESS) for n in range(500)])
    assert (others, same) == (50, 82)


async def test_codes_have_a_count_of_their_own_wherever_they_are_guessed(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    await add_totp(office, person, "192.0.2.1")
    made = 0
    for number in range(60):
        asked = await sign_in(office.s, "somchai.j", PASSWORD, "", f"198.51.{number}.1")
        assert isinstance(asked, SecondFactorAsked)
        try:
            await finish_sign_in(office.s, asked.ticket, f"198.51.{number}.1", FactorGiven(code="00000x"))
        except Unauthenticated:
            made += 1
        except TooMany:
            continue
    assert made == 30


async def test_nobody_pushes_out_a_count_that_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles, "MAX_KEYS", 200)
    throttle, clock = Throttle(SignInLimits()), Clock()
    for _ in range(5):
        assert await guess(throttle, clock, "somchai.j", ADDRESS)
    for number in range(2_000):
        await guess(throttle, clock, f"nobody{number}", f"198.18.{number // 250}.{number % 250}")
    assert not await guess(throttle, clock, "somchai.j", ADDRESS)
    sizes = [len(counts) for counts in (throttle._failures, throttle._accounts, throttle._addresses)]  # noqa: SLF001
    assert max(sizes) <= 200


async def test_a_site_of_the_agency_is_known_to_every_account() -> None:
    throttle, clock = Throttle(SignInLimits(sites=("สำนักงาน 203.0.113.0/24",))), Clock()
    for number in range(100):
        await guess(throttle, clock, "new.comer", f"198.51.{number}.1")
    assert not await may_try(throttle, clock, "new.comer", "192.0.2.7")
    assert await may_try(throttle, clock, "new.comer", ADDRESS)


async def test_guessing_at_all_colleagues_of_an_office_is_slowed_too() -> None:
    throttle, clock = Throttle(SignInLimits()), Clock()
    for number in range(STAFF):
        throttle.learn(f"user{number}", ADDRESS, clock())
    names = (f"user{n % STAFF}" for n in count())
    made = await guesses_of_a_day(throttle, clock, names, [ADDRESS], 30 * SECOND)
    assert STAFF < made <= 2 * (STAFF + DAY // (30 * SECOND))
    assert await may_try(throttle, clock, "user7", ADDRESS, "a known browser")


async def test_many_offices_at_once_wait_in_line(tmp_path: Path) -> None:
    """More at once than the hashing threads take in are not refused as `busy`."""
    async with open_office(tmp_path, with_policies(sign_in=SignInLimits(waiting=10)), empty=True) as office:
        people = await staff(office, 60)
        done = await asyncio.gather(
            *(office.sign_in(user, address=f"203.0.{n % 6}.1") for n, user in enumerate(people))
        )
        assert len(done) == 60
