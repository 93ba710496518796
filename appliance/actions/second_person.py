"""Two people where one is not enough (F77): each proves who they are, there and then.

An account of which one person alone has set the password proves nobody for a while, unless another administrator
confirms that its owner uses it (`rules/roles.py: is_owner_certain`, `may_confirm_owner`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.account_changes import changing_account
from appliance.actions.audit_records import record
from appliance.actions.second_factors import check_code
from appliance.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from appliance.rules.accounts import fold_user, may_sign_in
from appliance.rules.roles import Actor, is_owner_certain, may_confirm_owner
from appliance.rules.text import has_visible
from appliance.store import accounts

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.services import Services


async def prove_second_person(s: Services, user: str, password: str, code: str | None = None) -> Actor:
    """Return who agrees, once their password and, where they use one, their TOTP code are right.

    Raises Unauthenticated, TooMany, Forbidden, Conflict. Whether this person may be the second one is `rules/roles.py`.
    """
    folded = fold_user(user)
    guess = s.throttle.guess_of_second_person(folded)
    async with s.throttle.attempt(guess, s.clock) as tried:
        try:
            stored = await _prove(s, folded, password, code)
        except Unauthenticated:
            tried.fail()
            raise
        tried.succeed()
    person = stored.person
    account, card = s.accounts.get(person), s.directory.people.get(person)
    if account is None or card is None:
        raise Unauthenticated(code="sign_in_failed")
    if account.must_change:
        # Whoever gave the one-time code knows it too.
        raise Unauthenticated(code="must_change_password")
    if not is_owner_certain(stored.code_at, s.clock(), _wait_ms(s)):
        raise Conflict(code="owner_uncertain")
    if denied := may_sign_in(account.state, account.suspended_until, card.active, s.clock()):
        raise Forbidden(denied)
    return Actor(person, person, account.grants)


async def confirm_owner(s: Services, actor: Actor, person: PersonId, identity_check: str) -> None:
    """Let an account prove its owner although one person alone set its password a short time ago.

    `actor` has proved who they are; `identity_check`, how they know that it is the owner, goes on record. Raises
    Conflict where there is nothing to confirm, Forbidden, Invalid, NotFound.
    """
    if not has_visible(identity_check):
        raise Invalid(field="identity_check", code="identity_check_missing")
    async with changing_account(s, person) as tx:
        stored = await tx.run(accounts.get_credentials, person)
        if stored is None:
            raise NotFound(code="account_not_found")
        if stored.code_by is None or is_owner_certain(stored.code_at, s.clock(), _wait_ms(s)):
            raise Conflict(code="owner_is_certain")
        if denied := may_confirm_owner(actor, person, stored.code_by):
            raise Forbidden(denied)
        await tx.run(accounts.set_code_giver, person, None, None)
        await record(s, tx, actor.name, "account.confirm", person, identity_check=identity_check)


def _wait_ms(s: Services) -> int:
    return s.config.policies.passwords.two_person_wait_ms


async def _prove(s: Services, user: str, password: str, code: str | None) -> accounts.Credentials:
    now = s.clock()
    async with s.store.read() as reader:
        found = await reader.run(accounts.find_credentials, user)
        totp = (await reader.run(accounts.get_totp, found.person))[0] if found else None
    typed = found.as_given(password) if found else password
    correct = await s.hasher.verify(found.hash if found else None, typed)
    if found is None or not correct or (found.expires is not None and now >= found.expires):
        raise Unauthenticated(code="sign_in_failed")
    if totp is not None:
        step = check_code(s, found.person, totp, code or "", now)
        async with s.store.write() as tx:
            if step is None or not await tx.run(accounts.use_totp_step, found.person, step):
                raise Unauthenticated(code="second_factor_failed")
    return found
