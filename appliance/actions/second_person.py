"""The second of two people where one is not enough (F77): they prove who they are, there and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.second_factors import check_code
from appliance.errors import Forbidden, Unauthenticated
from appliance.rules.accounts import fold_user, may_sign_in
from appliance.rules.roles import Actor
from appliance.store import accounts

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.people_services import PeopleServices


async def prove_second_person(s: PeopleServices, user: str, password: str, code: str | None = None) -> Actor:
    """Return who agrees, once their password and, where they use one, their TOTP code are right.

    Raises Unauthenticated, TooMany, Forbidden. Whether this person may be the second one is `rules/roles.py`.
    """
    folded = fold_user(user)
    guess = s.identity.throttle.guess_of_second_person(folded)
    async with s.identity.throttle.attempt(guess, s.clock) as tried:
        try:
            person = await _prove(s, folded, password, code)
        except Unauthenticated:
            tried.fail()
            raise
        tried.succeed()
    account, card = s.identity.account(person), s.identity.people.get(person)
    if account is None or card is None:
        raise Unauthenticated(code="sign_in_failed")
    if account.must_change:
        # Whoever gave the one-time code knows it too.
        raise Unauthenticated(code="must_change_password")
    if denied := may_sign_in(account.state, account.suspended_until, card.active, s.clock()):
        raise Forbidden(denied)
    return Actor(person, person, account.grants)


async def _prove(s: PeopleServices, user: str, password: str, code: str | None) -> PersonId:
    now = s.clock()
    async with s.store.read() as reader:
        found = await accounts.find_credentials(reader, user)
        totp = (await accounts.get_totp(reader, found.person))[0] if found else None
    correct = await s.identity.hasher.verify(found.hash if found else None, password)
    if found is None or not correct or (found.expires is not None and now >= found.expires):
        raise Unauthenticated(code="sign_in_failed")
    if totp is not None:
        step = check_code(s, found.person, totp, code or "", now)
        async with s.store.write() as tx:
            if step is None or not await accounts.use_totp_step(tx, found.person, step):
                raise Unauthenticated(code="second_factor_failed")
    return found.person
