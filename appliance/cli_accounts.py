"""`gchat user …`: accounts and roles (F77, F93, F95)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.cli_offline import add_command, parse_time, prove_person, prove_two, safe_csv, shown, shown_end
from appliance.errors import AppError, Forbidden, Invalid, NotFound
from appliance.model import Deny

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.people import Grant
    from appliance.people_services import OfflineServices
    from appliance.rules.roles import Actor


def register(commands: Any) -> None:
    """Add the commands to the command line."""
    user = commands.add_parser("user", help="accounts").add_subparsers(required=True)
    add = add_command(user, "add", "make an account for someone of the directory; prints a one-time code", _add)
    add.add_argument("user", nargs="?")
    add.add_argument("--staff-no")
    add.add_argument(
        "--from-file", type=Path, help="list with staff_no and user, read as people import reads; prints user,code"
    )
    for name, what, run in (
        ("reset-password", "one-time code for someone who cannot change their password (F77)", _reset),
        ("reactivate", "bring a revoked account back with new credentials (F95)", _reactivate),
    ):
        command = add_command(user, name, what, run)
        command.add_argument("user")
        command.add_argument("--identity-check", required=True, help="how you know that it is them; goes on record")
        _with_two(command)
    suspend = add_command(user, "suspend", "stop an account until a time (F93)", _suspend)
    suspend.add_argument("user")
    suspend.add_argument(
        "--until",
        required=True,
        metavar="DAY[THH:MM]",
        help="31/12/2569: to the end of that day; with a time, until then",
    )
    suspend.add_argument("--reason", required=True)
    for name, what, run in (
        ("lift", "let a suspended account work again", _lift),
        ("revoke", "end an account with its sessions, second factors, roles and rooms (F95)", _revoke),
    ):
        command = add_command(user, name, what, run)
        command.add_argument("user")
        command.add_argument("--reason", required=True)
    confirm = add_command(
        user, "confirm", "let an account count as one of two people again after a one-time code (F77)", _confirm
    )
    confirm.add_argument("user")
    confirm.add_argument("--by", required=True, metavar="USER", help="another administrator, who types their password")
    confirm.add_argument("--identity-check", required=True, help="how they know that it is the owner; goes on record")
    role = user.add_parser("role", help="roles of an account").add_subparsers(required=True)
    for name, run in (("add", _role_add), ("remove", _role_remove)):
        command = add_command(role, name, f"{name} a role", run)
        command.add_argument("user")
        command.add_argument("role", help="one of the table in docs/people.md")
        command.add_argument("--unit", metavar="CODE", help="of a unit administrator")
        _with_two(command)
    add_command(user, "list", "show every account", _list)
    sessions = add_command(user, "sessions", "show the living sessions of an account", _sessions)
    sessions.add_argument("user")


def _with_two(command: argparse.ArgumentParser) -> None:
    command.add_argument("--by", metavar="USER", help="who decides, where two people are needed; types their password")
    command.add_argument("--second", metavar="USER", help="who agrees then; types theirs")


async def _acting(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> tuple[Actor, Actor | None]:
    """Return who acts and who agrees: the operator alone, or two people who prove who they are."""
    if arguments.by is None and arguments.second is None:
        return actor, None
    if arguments.by is None or arguments.second is None:
        raise Forbidden(Deny.SECOND_PERSON_REQUIRED)
    return await prove_two(s, arguments.by, arguments.second)


async def _add(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.accounts import create_account  # noqa: PLC0415 - commands import what they need when they run

    if arguments.from_file is None:
        if not arguments.user or not arguments.staff_no:
            raise Invalid("user and --staff-no, or --from-file", field="user")
        print(await create_account(s, actor, _by_staff_no(s, arguments.staff_no), arguments.user))
        return 0
    return await _add_all(s, actor, arguments.from_file.name, arguments.from_file.read_bytes())


async def _add_all(s: OfflineServices, actor: Actor, name: str, content: bytes) -> int:
    """Make the accounts of a list; one that cannot be made is told and the others are made all the same."""
    from appliance.actions.accounts import create_account  # noqa: PLC0415 - commands import what they need when they run
    from appliance.reads.import_preview import describe_problems  # noqa: PLC0415
    from appliance.rules.import_files import read_accounts  # noqa: PLC0415

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


async def _reset(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.passwords import reset_password  # noqa: PLC0415 - commands import what they need when they run

    actor, second = await _acting(s, actor, arguments)
    print(await reset_password(s, actor, by_user(s, arguments.user), arguments.identity_check, second))
    return 0


async def _reactivate(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.accounts import reactivate_account  # noqa: PLC0415 - commands import what they need when they run

    actor, second = await _acting(s, actor, arguments)
    print(await reactivate_account(s, actor, by_user(s, arguments.user), arguments.identity_check, second))
    return 0


async def _suspend(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.accounts import suspend_account  # noqa: PLC0415 - commands import what they need when they run

    await suspend_account(
        s, actor, by_user(s, arguments.user), parse_time(arguments.until, last=True), arguments.reason
    )
    return 0


async def _lift(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.accounts import lift_suspension  # noqa: PLC0415 - commands import what they need when they run

    await lift_suspension(s, actor, by_user(s, arguments.user), arguments.reason)
    return 0


async def _revoke(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.accounts import revoke_account  # noqa: PLC0415 - commands import what they need when they run

    taken = await revoke_account(s, actor, by_user(s, arguments.user), arguments.reason)
    print(f"sessions {taken.sessions} · passkeys {taken.passkeys} · totp {int(taken.totp)} · roles {taken.roles}")
    return 0


async def _confirm(s: OfflineServices, _actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.second_person import confirm_owner  # noqa: PLC0415 - commands import what they need when they run

    by = await prove_person(s, arguments.by)
    await confirm_owner(s, by, by_user(s, arguments.user), arguments.identity_check)
    return 0


async def _role_add(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.roles import add_role  # noqa: PLC0415 - commands import what they need when they run

    actor, second = await _acting(s, actor, arguments)
    await add_role(s, actor, by_user(s, arguments.user), _grant(s, arguments), second)
    print(f"ให้บทบาทแล้ว — role added: {_named(arguments)}")
    return 0


async def _role_remove(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.roles import remove_role  # noqa: PLC0415 - commands import what they need when they run

    actor, second = await _acting(s, actor, arguments)
    await remove_role(s, actor, by_user(s, arguments.user), _grant(s, arguments), second)
    print(f"ถอนบทบาทแล้ว — role removed: {_named(arguments)}")
    return 0


async def _list(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    for account in sorted(s.identity.accounts(), key=lambda account: account.user):
        card = s.identity.people[account.person]
        roles = ", ".join(grant.role + (f"({grant.unit})" if grant.unit else "") for grant in account.grants)
        until = f" → {shown_end(account.suspended_until)}" if account.suspended_until else ""
        print(f"{account.user}\t{card.staff_no}\t{card.name}\t{account.state.value}{until}\t{roles}\t{account.person}")
    return 0


async def _sessions(s: OfflineServices, _actor: Actor, arguments: argparse.Namespace) -> int:
    for session in s.identity.sessions_of(by_user(s, arguments.user), s.clock()):
        print(f"{session.id}\t{session.device}\t{session.address}\t{shown(session.last_used)}")
    return 0


def by_user(s: OfflineServices, user: str) -> PersonId:
    """Return whose account has this user name. Raises NotFound (`account_not_found`)."""
    from appliance.rules.accounts import fold_user  # noqa: PLC0415 - commands import what they need when they run

    folded = fold_user(user)
    found = next((account.person for account in s.identity.accounts() if account.user == folded), None)
    if found is None:
        raise NotFound(user, code="account_not_found")
    return found


def _by_staff_no(s: OfflineServices, staff_no: str) -> PersonId:
    from appliance.rules.thai import arabic_digits  # noqa: PLC0415 - commands import what they need when they run

    wanted = arabic_digits(staff_no.strip())
    found = next((card.id for card in s.identity.directory.ordered if card.staff_no == wanted), None)
    if found is None:
        raise NotFound(staff_no, code="person_not_found")
    return found


def _grant(s: OfflineServices, arguments: argparse.Namespace) -> Grant:
    from appliance.people import Grant  # noqa: PLC0415 - commands import what they need when they run

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
    from appliance.locale import text  # noqa: PLC0415 - commands import what they need when they run

    return f"{text(code, 'th', **error.detail)} — {text(code, 'en', **error.detail)}"
