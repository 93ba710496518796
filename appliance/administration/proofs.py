"""People at the operator's terminal who prove who they are. Passwords are asked for, never taken as arguments."""

from __future__ import annotations

from dataclasses import replace

from appliance.actions.second_person import prove_second_person
from appliance.administration.terminal import Terminal
from appliance.locale import both
from appliance.rules.roles import Actor
from appliance.services import Services


async def prove_person(s: Services, terminal: Terminal, user: str) -> Actor:
    """Ask someone to prove who they are, by password and, where they use one, TOTP code. Raises Unauthenticated."""
    password = await terminal.ask_secret(both("admin.password", user=user))
    account = s.accounts.of_user(user)
    code = None
    if account is not None and account.totp:
        code = await terminal.ask_secret(both("admin.code", user=user))
    return await prove_second_person(s, user, password, code)


async def prove_two(s: Services, terminal: Terminal, by: str, second: str) -> tuple[Actor, Actor]:
    """Ask two people to prove who they are; the first acts, at the operator's shell, and both names are recorded."""
    decides, agrees = await prove_person(s, terminal, by), await prove_person(s, terminal, second)
    return replace(decides, name=f"{decides.name} {terminal.operator.name}"), agrees
