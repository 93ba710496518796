"""`gchat user …`: accounts and roles (F77, F93, F95)."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_command


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    _define_add(add_command(group, "user add", "make an account for someone of the directory; prints a one-time code"))
    for name, what in (
        ("user reset-password", "one-time code for someone who cannot change their password (F77)"),
        ("user reactivate", "bring a revoked account back with new credentials (F95)"),
    ):
        renewed = add_command(group, name, what)
        renewed.add_argument("user")
        renewed.add_argument("--identity-check", required=True, help="how you know that it is them; goes on record")
        _with_two(renewed)
    suspend = add_command(group, "user suspend", "stop an account until a time (F93)")
    suspend.add_argument("user")
    suspend.add_argument(
        "--until",
        required=True,
        metavar="DAY[THH:MM]",
        help="31/12/2569: to the end of that day; with a time, until then",
    )
    suspend.add_argument("--reason", required=True)
    for name, what in (
        ("user lift", "let a suspended account work again"),
        ("user revoke", "end an account with its sessions, second factors, roles and rooms (F95)"),
    ):
        ended = add_command(group, name, what)
        ended.add_argument("user")
        ended.add_argument("--reason", required=True)
    confirm = add_command(
        group, "user confirm", "let an account count as one of two people again after a one-time code (F77)"
    )
    confirm.add_argument("user")
    confirm.add_argument("--by", required=True, metavar="USER", help="another administrator, who types their password")
    confirm.add_argument("--identity-check", required=True, help="how they know that it is the owner; goes on record")
    _register_roles(group.add_parser("role", help="roles of an account"))
    _register_photos(group.add_parser("photo", help="photographs of people's cards (F17)"))
    add_command(group, "user list", "show every account")
    add_command(group, "user sessions", "show the living sessions of an account").add_argument("user")


def _define_add(command: argparse.ArgumentParser) -> None:
    command.add_argument("user", nargs="?")
    command.add_argument("--staff-no")
    command.add_argument(
        "--from-file", type=Path, help="list with staff_no and user, read as people import reads; prints user,code"
    )


def _register_roles(command: argparse.ArgumentParser) -> None:
    group = command.add_subparsers(required=True)
    for name in ("add", "remove"):
        role = add_command(group, f"user role {name}", f"{name} a role")
        role.add_argument("user")
        role.add_argument("role", help="one of the table in docs/people.md")
        role.add_argument("--unit", metavar="CODE", help="of a unit administrator")
        _with_two(role)


def _register_photos(command: argparse.ArgumentParser) -> None:
    group = command.add_subparsers(required=True)
    add_command(group, "user photo list", "show the photographs that wait for a moderator: user, name, since, photo")
    shown = add_command(group, "user photo show", "write the one that waits, a WebP file, to standard output")
    shown.add_argument("user")
    shown.add_argument("--current", action="store_true", help="the one that everybody is shown")
    approved = add_command(group, "user photo approve", "show everybody the one that waits")
    refused = add_command(group, "user photo refuse", "delete the one that waits and tell the person why")
    for judged in (approved, refused):
        judged.add_argument("user")
        judged.add_argument("photo", help="which one, as `gchat user photo list` names it")
    removed = add_command(group, "user photo remove", "delete the one that is shown, and one that waits")
    removed.add_argument("user")
    for reasoned in (refused, removed):
        reasoned.add_argument("--reason", required=True, help="the person is told")


def _with_two(command: argparse.ArgumentParser) -> None:
    command.add_argument("--by", metavar="USER", help="who decides, where two people are needed; types their password")
    command.add_argument("--second", metavar="USER", help="who agrees then; types theirs")
