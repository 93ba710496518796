"""Changing one's password, and an administrator setting it back (F74, F77).

A change ends all other sessions. An administrator never chooses a password: a reset gives a one-time code that has to
be changed at once, ends every session and is recorded with how the person's identity was checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.account_changes import changing_account, get_account, units_over
from appliance.actions.audit_records import record
from appliance.errors import Forbidden, Invalid, NotFound, Unauthenticated
from appliance.identity.outcomes import PASSWORD_RESET
from appliance.people import SessionEnd
from appliance.rules.passwords import PasswordFault, as_one_time_code, check_password, one_time_code
from appliance.rules.roles import Duty, may_act_on
from appliance.rules.text import has_visible
from appliance.spelling.thai import canonical
from appliance.store import accounts, people, sessions

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.people import Account, Session
    from appliance.rules.roles import Actor
    from appliance.services import Services
    from appliance.store.accounts import Credentials
    from appliance.store.db import Tx


async def change_password(s: Services, session: Session, old: str, new: str, cookie: str = "") -> str:
    """Replace the caller's password and end all their other sessions. Raises Invalid, Unauthenticated, TooMany.

    No device is known any more but the caller's own: returns what its cookie is from now on, `cookie` is what it was.
    Of several changes at once one is made: the old password, a one-time code too, is good for one.
    """
    proved = await prove_password(s, session, old, field="old")
    account = s.accounts.get(session.person)
    if account is None:
        raise NotFound
    if fault := await _password_fault(s, account, old, new):
        policy = s.config.policies.passwords
        raise Invalid(field="new", code=fault.value, shortest=policy.shortest, longest=policy.longest)
    hashed = await s.hasher.hash(new)
    async with changing_account(s, session.person) as tx:
        if (await get_account(tx, session.person)).epoch != proved.epoch:
            raise Invalid(field="old", code="password_wrong")
        await tx.run(accounts.set_password, session.person, hashed, s.clock())
        await tx.run(accounts.bump_epoch, session.person)
        epoch = (await get_account(tx, session.person)).epoch
        if not await tx.run(sessions.set_epoch, session.id, epoch):
            raise Unauthenticated
        ended = await tx.run(
            sessions.delete_of, session.person, SessionEnd.PASSWORD_CHANGED, s.clock(), keep=session.id
        )
        await record(s, tx, session.person, "password.change", session.person, sessions_ended=ended)
        tx.after_commit(lambda: s.sessions.renew_epoch(session.id, epoch))
    return s.devices.renew(cookie, account.user, account.epoch, epoch, s.new_token())


async def prove_password(s: Services, session: Session, password: str, field: str) -> Credentials:
    """Make sure it is the owner who is asking, before an account is changed; return what proved it.

    Raises Invalid, TooMany.
    Wrong passwords count for this session alone, so whoever guesses at signing in keeps no owner from it.
    """
    guess = s.throttle.guess_in_session(session.id)
    async with s.throttle.attempt(guess, s.clock) as tried:
        async with s.store.read() as reader:
            stored = await reader.run(accounts.get_credentials, session.person)
        typed = stored.as_given(password) if stored else password
        correct = await s.hasher.verify(stored.hash if stored else None, typed)
        if stored is None or not correct:
            tried.fail()
            raise Invalid(field=field, code="password_wrong")
        tried.succeed()
        return stored


async def reset_password(
    s: Services, actor: Actor, person: PersonId, identity_check: str, second: Actor | None = None
) -> str:
    """Return a one-time code for someone who cannot change their own password. Raises Forbidden, Invalid, NotFound.

    `identity_check` says how the administrator knows that it is them; it is recorded.
    """
    if not has_visible(identity_check):
        raise Invalid(field="identity_check", code="identity_check_missing")
    account = s.accounts.get(person)
    if account is None:
        raise NotFound(code="account_not_found")
    if denied := may_act_on(Duty.RESET_PASSWORD, actor, person, account.roles, units_over(s, person), second):
        raise Forbidden(denied)
    code = one_time_code(s.new_token())
    hashed = await s.hasher.hash(code)
    async with changing_account(s, person) as tx:
        ended = await put_code(s, tx, person, hashed, actor, second)
        await record(
            s,
            tx,
            actor.name,
            "password.reset",
            person,
            identity_check=identity_check,
            second=second.name if second else None,
            sessions_ended=ended,
        )
    return code


async def put_code(
    s: Services,
    tx: Tx,
    person: PersonId,
    hashed: str,
    actor: Actor,
    second: Actor | None = None,
    *,
    outcome: str = PASSWORD_RESET,
) -> int:
    """Make a hashed one-time code the password; end every session and say so in the history the owner reads.

    The history names no administrator: who it was is in the audit log.
    """
    now = s.clock()
    expires = now + s.config.policies.passwords.code_ms
    await tx.run(accounts.set_password, person, hashed, now, expires=expires, must_change=True)
    by, at = (actor.name, now) if second is None else (None, None)
    await tx.run(accounts.set_code_giver, person, by, at)
    await tx.run(accounts.bump_epoch, person)
    await tx.run(sessions.append_sign_in, person, now, device="", address="", network="", outcome=outcome, apart=False)
    return await tx.run(sessions.delete_of, person, SessionEnd.RESET, now)


async def _password_fault(s: Services, account: Account, old: str, new: str) -> PasswordFault | None:
    # A one-time code in another spelling is the same code.
    same = as_one_time_code if account.must_change else canonical
    if same(old) == same(new):
        return PasswordFault.UNCHANGED
    policy, agency = s.config.policies.passwords, s.config.agency
    async with s.store.read() as reader:
        profile = (await reader.run(people.list_by_id, [account.person])).get(account.person)
    names = [account.user, *account.user.split("@"), *policy.banned, agency.slug, agency.name_th, agency.name_en]
    if profile is not None:
        english = (profile.given_name_en or "", profile.family_name_en or "")
        names += (profile.given_name, profile.family_name, *english, profile.staff_no)
    return check_password(new, names, policy.shortest, policy.longest)
