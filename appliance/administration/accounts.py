"""`gchat user …`: accounts and roles (F77, F93, F95)."""

from __future__ import annotations

import msgspec

from appliance.actions.accounts import (
    create_account,
    lift_suspension,
    reactivate_account,
    revoke_account,
    suspend_account,
)
from appliance.actions.passwords import reset_password
from appliance.actions.roles import add_role, remove_role
from appliance.actions.second_person import confirm_owner
from appliance.administration.formats import csv_line, parse_time, shown, shown_end
from appliance.administration.proofs import prove_person, prove_two
from appliance.administration.terminal import File, Nothing, Terminal
from appliance.errors import AppError, Forbidden, Invalid, NotFound
from appliance.locale import both, text
from appliance.model import Deny, PersonId
from appliance.people import Grant
from appliance.reads.import_preview import describe_problems
from appliance.rules.import_files import read_accounts
from appliance.rules.roles import Actor
from appliance.services import Services
from appliance.spelling.thai import arabic_digits


class NewAccount(msgspec.Struct, kw_only=True):
    """`user add`: one account, or those of a list."""

    user: str | None
    staff_no: str | None
    from_file: File | None


class Checked(msgspec.Struct, kw_only=True):
    """An account whose owner somebody has checked; two people where that is needed."""

    user: str
    identity_check: str
    by: str | None
    second: str | None


class Suspension(msgspec.Struct, kw_only=True):
    """`user suspend`."""

    user: str
    until: str
    reason: str


class Reasoned(msgspec.Struct, kw_only=True):
    """An account and why."""

    user: str
    reason: str


class Confirmation(msgspec.Struct, kw_only=True):
    """`user confirm`."""

    user: str
    by: str
    identity_check: str


class GrantedRole(msgspec.Struct, kw_only=True):
    """A role of an account, in a unit where the role has one; two people where that is needed."""

    user: str
    role: str
    unit: str | None
    by: str | None
    second: str | None


class OfUser(msgspec.Struct, kw_only=True):
    """An account."""

    user: str


async def _acting(s: Services, terminal: Terminal, given: Checked | GrantedRole) -> tuple[Actor, Actor | None]:
    """Return who acts and who agrees: the operator alone, or two people who prove who they are."""
    if given.by is None and given.second is None:
        return terminal.operator, None
    if given.by is None or given.second is None:
        raise Forbidden(Deny.SECOND_PERSON_REQUIRED)
    return await prove_two(s, terminal, given.by, given.second)


async def add(s: Services, terminal: Terminal, given: NewAccount) -> int:
    """Make an account, or one for each line of a list."""
    if given.from_file is None:
        if not given.user or not given.staff_no:
            raise Invalid("user and --staff-no, or --from-file", field="user")
        await terminal.out(await create_account(s, terminal.operator, _by_staff_no(s, given.staff_no), given.user))
        return 0
    return await _add_all(s, terminal, given.from_file)


async def _add_all(s: Services, terminal: Terminal, file: File) -> int:
    """Make the accounts of a list; one that cannot be made is reported and the others are made all the same."""
    rows, problems = read_accounts(file.name, file.content)
    for line in describe_problems(problems, "th", "en"):
        await terminal.err(line)
    if problems:
        raise Invalid(code="import_problems", count=len(problems))
    failed = 0
    for row in rows:
        try:
            code = await create_account(s, terminal.operator, _by_staff_no(s, row.staff_no), row.user)
            await terminal.out(csv_line((row.user, code)))
        except AppError as error:
            failed += 1
            await terminal.err(f"{file.name}:{row.line}: {row.user}: {_both(error.code, error)}")
    return 1 if failed else 0


async def reset(s: Services, terminal: Terminal, given: Checked) -> int:
    """Give a one-time code for a forgotten password."""
    actor, second = await _acting(s, terminal, given)
    await terminal.out(await reset_password(s, actor, by_user(s, given.user), given.identity_check, second))
    return 0


async def reactivate(s: Services, terminal: Terminal, given: Checked) -> int:
    """Bring a revoked account back."""
    actor, second = await _acting(s, terminal, given)
    await terminal.out(await reactivate_account(s, actor, by_user(s, given.user), given.identity_check, second))
    return 0


async def suspend(s: Services, terminal: Terminal, given: Suspension) -> int:
    """Stop an account until a time."""
    until = parse_time(given.until, last=True)
    await suspend_account(s, terminal.operator, by_user(s, given.user), until, given.reason)
    await terminal.out(both("admin.suspended", user=given.user, until=shown_end(until)))
    return 0


async def lift(s: Services, terminal: Terminal, given: Reasoned) -> int:
    """Let a suspended account work again."""
    await lift_suspension(s, terminal.operator, by_user(s, given.user), given.reason)
    await terminal.out(both("admin.suspension_lifted", user=given.user))
    return 0


async def revoke(s: Services, terminal: Terminal, given: Reasoned) -> int:
    """End an account."""
    taken = await revoke_account(s, terminal.operator, by_user(s, given.user), given.reason)
    await terminal.out(
        f"sessions {taken.sessions} · passkeys {taken.passkeys} · totp {int(taken.totp)} · roles {taken.roles}"
    )
    return 0


async def confirm(s: Services, terminal: Terminal, given: Confirmation) -> int:
    """Let an account count as one of two people again."""
    by = await prove_person(s, terminal, given.by)
    await confirm_owner(s, by, by_user(s, given.user), given.identity_check)
    await terminal.out(both("admin.owner_confirmed", user=given.user))
    return 0


async def add_role_to(s: Services, terminal: Terminal, given: GrantedRole) -> int:
    """Give a role."""
    actor, second = await _acting(s, terminal, given)
    await add_role(s, actor, by_user(s, given.user), _grant(s, given), second)
    await terminal.out(both("admin.role_added", given=_named(given)))
    return 0


async def remove_role_from(s: Services, terminal: Terminal, given: GrantedRole) -> int:
    """Take a role away."""
    actor, second = await _acting(s, terminal, given)
    await remove_role(s, actor, by_user(s, given.user), _grant(s, given), second)
    await terminal.out(both("admin.role_removed", given=_named(given)))
    return 0


async def list_all(s: Services, terminal: Terminal, _given: Nothing) -> int:
    """Print every account."""
    for account in sorted(s.accounts.all(), key=lambda account: account.user):
        card = s.directory.people[account.person]
        roles = ", ".join(grant.role + (f"({grant.unit})" if grant.unit else "") for grant in account.grants)
        until = f" → {shown_end(account.suspended_until)}" if account.suspended_until else ""
        await terminal.out(
            f"{account.user}\t{card.staff_no}\t{card.name}\t{account.state.value}{until}\t{roles}\t{account.person}"
        )
    return 0


async def sessions(s: Services, terminal: Terminal, given: OfUser) -> int:
    """Print the living sessions of an account."""
    for session in s.sessions.of_person(by_user(s, given.user), s.clock()):
        await terminal.out(f"{session.id}\t{session.device}\t{session.address}\t{shown(session.last_used)}")
    return 0


def by_user(s: Services, user: str) -> PersonId:
    """Return whose account has this user name. Raises NotFound (`account_not_found`)."""
    account = s.accounts.of_user(user)
    if account is None:
        raise NotFound(user, code="account_not_found")
    return account.person


def _by_staff_no(s: Services, staff_no: str) -> PersonId:

    wanted = arabic_digits(staff_no.strip())
    found = next((card.id for card in s.directory.now.ordered if card.staff_no == wanted), None)
    if found is None:
        raise NotFound(staff_no, code="person_not_found")
    return found


def _grant(s: Services, given: GrantedRole) -> Grant:

    if given.unit is None:
        return Grant(given.role)
    unit = next((unit.id for unit in s.directory.now.units.values() if unit.code == given.unit), None)
    if unit is None:
        raise Invalid(given.unit, field="unit", code="unknown_unit")
    return Grant(given.role, unit)


def _named(given: GrantedRole) -> str:
    unit = f"({given.unit})" if given.unit else ""
    return f"{given.user} · {given.role}{unit}"


def _both(code: str, error: AppError) -> str:

    return f"{text(code, 'th', **error.detail)} — {text(code, 'en', **error.detail)}"
