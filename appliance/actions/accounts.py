"""Accounts: made for a person of the directory, suspended, lifted, revoked, brought back (F03, F93, F95).

Nobody registers themselves: an account is made by an administrator for someone the directory knows. A suspension ends
by itself; a revocation takes every credential, session and role, and coming back means new credentials. What a revoked
person leaves behind in rooms is `actions/room_settling.py`, which the server does when it notices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from appliance.actions.account_changes import changing_account, units_over
from appliance.actions.audit_records import record, record_at
from appliance.actions.passwords import put_code
from appliance.errors import Conflict, Forbidden, Invalid, NotFound
from appliance.identity.outcomes import ACCOUNT_CREATED
from appliance.model import AccountState
from appliance.people import SessionEnd
from appliance.policies import MAX_USER_LENGTH
from appliance.rules.accounts import comes_of_age, fold_user, is_of_age, is_user_name, may_change_state
from appliance.rules.passwords import one_time_code
from appliance.rules.roles import Duty, may_act_on, may_perform
from appliance.rules.text import has_visible
from appliance.rules.thai_days import midnight, thai_day
from appliance.store import accounts, people, sessions

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId
    from appliance.people import Account, Profile
    from appliance.rules.roles import Actor
    from appliance.services import Services


class Revocation(msgspec.Struct, frozen=True):
    """What a revocation took (F95)."""

    sessions: int
    passkeys: int
    totp: bool
    roles: int


async def create_account(s: Services, actor: Actor, person: PersonId, user: str) -> str:
    """Make an account and return its one-time code. Raises Forbidden, NotFound, Invalid, Conflict."""
    if denied := may_perform(Duty.CREATE_ACCOUNT, actor):
        raise Forbidden(denied)
    folded, now = fold_user(user), s.clock()
    if not is_user_name(folded):
        raise Invalid(field="user", code="user_name", value=user[:MAX_USER_LENGTH])
    code = one_time_code(s.new_token())
    hashed = await s.hasher.hash(code)
    async with changing_account(s, person) as tx:
        profile = (await tx.run(people.list_by_id, [person])).get(person)
        if profile is None or not profile.active:
            raise NotFound(code="person_not_found")
        _require_age(s, profile)
        if await tx.run(accounts.get, person) is not None:
            raise Conflict(code="account_exists")
        if await tx.run(accounts.find, folded) is not None:
            raise Conflict(field="user", code="user_taken")
        await tx.run(accounts.insert, person, folded, now)
        await put_code(s, tx, person, hashed, actor, outcome=ACCOUNT_CREATED)
        await record_at(tx, now, actor.name, "account.create", person, user=folded)
    return code


async def suspend_account(s: Services, actor: Actor, person: PersonId, until: Millis, reason: str) -> None:
    """Stop an account until a time, at which it works again by itself; who is too young waits until old enough.

    Raises Forbidden, Invalid, NotFound.
    """
    if until <= s.clock():
        raise Invalid(field="until", code="time_past")
    _require_reason(reason)
    async with s.store.read() as reader:
        profile = (await reader.run(people.list_by_id, [person])).get(person)
    if profile is not None and profile.birth_date is not None:
        until = max(until, midnight(comes_of_age(profile.birth_date, s.config.policies.accounts.youngest)))
    await _set_state(s, actor, Duty.SUSPEND, person, AccountState.SUSPENDED, until=until, reason=reason)


async def lift_suspension(s: Services, actor: Actor, person: PersonId, reason: str) -> None:
    """Let a suspended account work again before its time. Raises Forbidden, Conflict, NotFound."""
    _require_reason(reason)
    if _account(s, person).state is not AccountState.SUSPENDED:
        raise Conflict(code="account_not_suspended")
    async with s.store.read() as reader:
        _require_age(s, (await reader.run(people.list_by_id, [person]))[person])
    await _set_state(s, actor, Duty.LIFT, person, AccountState.ACTIVE, until=None, reason=reason)


async def revoke_account(s: Services, actor: Actor, person: PersonId, reason: str) -> Revocation:
    """End an account with all its sessions, second factors and roles; return what was taken (F95)."""
    _require_reason(reason)
    account = _account(s, person)
    _allow(s, Duty.REVOKE, actor, account, None)
    if account.state is AccountState.REVOKED:
        raise Conflict(code="account_revoked")
    async with changing_account(s, person) as tx:
        await tx.run(accounts.set_state, person, AccountState.REVOKED)
        await tx.run(accounts.bump_epoch, person)
        taken = Revocation(
            sessions=await tx.run(sessions.delete_of, person, SessionEnd.REVOKED, s.clock()),
            passkeys=await tx.run(accounts.remove_credentials, person),
            totp=account.totp,
            roles=await tx.run(accounts.remove_roles, person),
        )
        await record(
            s,
            tx,
            actor.name,
            "account.revoke",
            person,
            reason=reason,
            sessions=taken.sessions,
            passkeys=taken.passkeys,
            totp=taken.totp,
            roles=taken.roles,
        )
    return taken


async def reactivate_account(
    s: Services, actor: Actor, person: PersonId, identity_check: str, second: Actor | None = None
) -> str:
    """Bring a revoked account back with new credentials; return its one-time code. Raises Forbidden, Conflict."""
    if not has_visible(identity_check):
        raise Invalid(field="identity_check", code="identity_check_missing")
    account = _account(s, person)
    _allow(s, Duty.REACTIVATE, actor, account, second)
    if account.state is not AccountState.REVOKED:
        raise Conflict(code="account_not_revoked")
    card = s.directory.people.get(person)
    if card is None or not card.active:
        raise NotFound(code="person_not_found")
    code = one_time_code(s.new_token())
    hashed = await s.hasher.hash(code)
    async with changing_account(s, person) as tx:
        _require_age(s, (await tx.run(people.list_by_id, [person]))[person])
        await tx.run(accounts.remove_credentials, person)
        await tx.run(accounts.set_state, person, AccountState.ACTIVE)
        await put_code(s, tx, person, hashed, actor, second)
        await record(
            s,
            tx,
            actor.name,
            "account.reactivate",
            person,
            identity_check=identity_check,
            second=second.name if second else None,
        )
    return code


async def _set_state(
    s: Services,
    actor: Actor,
    duty: Duty,
    person: PersonId,
    state: AccountState,
    *,
    until: Millis | None,
    reason: str,
) -> None:
    account = _account(s, person)
    _allow(s, duty, actor, account, None)
    if denied := may_change_state(account.state, state):
        raise Forbidden(denied)
    async with changing_account(s, person) as tx:
        await tx.run(accounts.set_state, person, state, until)
        await tx.run(accounts.bump_epoch, person)
        ended = await tx.run(sessions.delete_of, person, SessionEnd.SUSPENDED, s.clock())
        await record(
            s, tx, actor.name, f"account.{duty.value}", person, reason=reason, until=until, sessions_ended=ended
        )


def _account(s: Services, person: PersonId) -> Account:
    account = s.accounts.get(person)
    if account is None:
        raise NotFound(code="account_not_found")
    return account


def _allow(s: Services, duty: Duty, actor: Actor, account: Account, second: Actor | None) -> None:
    denied = may_act_on(duty, actor, account.person, account.roles, units_over(s, account.person), second)
    if denied:
        raise Forbidden(denied)


def _require_age(s: Services, profile: Profile) -> None:
    youngest = s.config.policies.accounts.youngest
    if not is_of_age(profile.birth_date, thai_day(s.clock()), youngest):
        raise Invalid(code="person_under_age", age=youngest)


def _require_reason(reason: str) -> None:
    if not has_visible(reason):
        raise Invalid(field="reason", code="reason_missing")
