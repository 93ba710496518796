"""`gchat user …`: accounts and roles (F77, F93, F95)."""

from __future__ import annotations

import argparse
import sys

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
from appliance.cli.local.formats import parse_time, safe_csv, shown, shown_end
from appliance.cli.local.proofs import prove_person, prove_two
from appliance.errors import AppError, Forbidden, Invalid, NotFound
from appliance.locale import text
from appliance.model import Deny, PersonId
from appliance.people import Grant
from appliance.people_services import OfflineServices
from appliance.reads.import_preview import describe_problems
from appliance.rules.accounts import fold_user
from appliance.rules.import_files import read_accounts
from appliance.rules.roles import Actor
from appliance.spelling.thai import arabic_digits


async def _acting(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> tuple[Actor, Actor | None]:
    """Return who acts and who agrees: the operator alone, or two people who prove who they are."""
    if arguments.by is None and arguments.second is None:
        return actor, None
    if arguments.by is None or arguments.second is None:
        raise Forbidden(Deny.SECOND_PERSON_REQUIRED)
    return await prove_two(s, arguments.by, arguments.second)


async def add(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Make an account, or one for each line of a list."""
    if arguments.from_file is None:
        if not arguments.user or not arguments.staff_no:
            raise Invalid("user and --staff-no, or --from-file", field="user")
        print(await create_account(s, actor, _by_staff_no(s, arguments.staff_no), arguments.user))
        return 0
    return await _add_all(s, actor, arguments.from_file.name, arguments.from_file.read_bytes())


async def _add_all(s: OfflineServices, actor: Actor, name: str, content: bytes) -> int:
    """Make the accounts of a list; one that cannot be made is told and the others are made all the same."""
    rows, problems = read_accounts(name, content)
    for line in describe_problems(problems, "th", "en"):
        print(line, file=sys.stderr)
    if problems:
        raise Invalid(code="import_problems", count=len(problems))
    out, failed = safe_csv(sys.stdout), 0
    for row in rows:
        try:
            out.writerow((row.user, await create_account(s, actor, _by_staff_no(s, row.staff_no), row.user)))
            sys.stdout.flush()
        except AppError as error:
            failed += 1
            print(f"{name}:{row.line}: {row.user}: {_both(error.code, error)}", file=sys.stderr)
    return 1 if failed else 0


async def reset(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Give a one-time code for a forgotten password."""
    actor, second = await _acting(s, actor, arguments)
    print(await reset_password(s, actor, by_user(s, arguments.user), arguments.identity_check, second))
    return 0


async def reactivate(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Bring a revoked account back."""
    actor, second = await _acting(s, actor, arguments)
    print(await reactivate_account(s, actor, by_user(s, arguments.user), arguments.identity_check, second))
    return 0


async def suspend(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Stop an account until a time."""
    await suspend_account(
        s, actor, by_user(s, arguments.user), parse_time(arguments.until, last=True), arguments.reason
    )
    return 0


async def lift(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Let a suspended account work again."""
    await lift_suspension(s, actor, by_user(s, arguments.user), arguments.reason)
    return 0


async def revoke(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """End an account."""
    taken = await revoke_account(s, actor, by_user(s, arguments.user), arguments.reason)
    print(f"sessions {taken.sessions} · passkeys {taken.passkeys} · totp {int(taken.totp)} · roles {taken.roles}")
    return 0


async def confirm(s: OfflineServices, _actor: Actor, arguments: argparse.Namespace) -> int:
    """Let an account count as one of two people again."""
    by = await prove_person(s, arguments.by)
    await confirm_owner(s, by, by_user(s, arguments.user), arguments.identity_check)
    return 0


async def add_role_to(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Give a role."""
    actor, second = await _acting(s, actor, arguments)
    await add_role(s, actor, by_user(s, arguments.user), _grant(s, arguments), second)
    print(f"ให้บทบาทแล้ว — role added: {_named(arguments)}")
    return 0


async def remove_role_from(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Take a role away."""
    actor, second = await _acting(s, actor, arguments)
    await remove_role(s, actor, by_user(s, arguments.user), _grant(s, arguments), second)
    print(f"ถอนบทบาทแล้ว — role removed: {_named(arguments)}")
    return 0


async def list_all(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    """Print every account."""
    for account in sorted(s.identity.accounts(), key=lambda account: account.user):
        card = s.identity.people[account.person]
        roles = ", ".join(grant.role + (f"({grant.unit})" if grant.unit else "") for grant in account.grants)
        until = f" → {shown_end(account.suspended_until)}" if account.suspended_until else ""
        print(f"{account.user}\t{card.staff_no}\t{card.name}\t{account.state.value}{until}\t{roles}\t{account.person}")
    return 0


async def sessions(s: OfflineServices, _actor: Actor, arguments: argparse.Namespace) -> int:
    """Print the living sessions of an account."""
    for session in s.identity.sessions_of(by_user(s, arguments.user), s.clock()):
        print(f"{session.id}\t{session.device}\t{session.address}\t{shown(session.last_used)}")
    return 0


def by_user(s: OfflineServices, user: str) -> PersonId:
    """Return whose account has this user name. Raises NotFound (`account_not_found`)."""
    folded = fold_user(user)
    found = next((account.person for account in s.identity.accounts() if account.user == folded), None)
    if found is None:
        raise NotFound(user, code="account_not_found")
    return found


def _by_staff_no(s: OfflineServices, staff_no: str) -> PersonId:

    wanted = arabic_digits(staff_no.strip())
    found = next((card.id for card in s.identity.directory.ordered if card.staff_no == wanted), None)
    if found is None:
        raise NotFound(staff_no, code="person_not_found")
    return found


def _grant(s: OfflineServices, arguments: argparse.Namespace) -> Grant:

    if arguments.unit is None:
        return Grant(arguments.role)
    unit = next((unit.id for unit in s.identity.directory.units.values() if unit.code == arguments.unit), None)
    if unit is None:
        raise Invalid(arguments.unit, field="unit", code="unknown_unit")
    return Grant(arguments.role, unit)


def _named(arguments: argparse.Namespace) -> str:
    unit = f"({arguments.unit})" if arguments.unit else ""
    return f"{arguments.user} · {arguments.role}{unit}"


def _both(code: str, error: AppError) -> str:

    return f"{text(code, 'th', **error.detail)} — {text(code, 'en', **error.detail)}"
