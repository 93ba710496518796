"""Giving and taking roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.account_changes import changing_account
from appliance.actions.audit_records import record
from appliance.errors import Conflict, Forbidden, Invalid, NotFound
from appliance.rules.roles import is_role, may_grant
from appliance.store import accounts

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.people import Grant
    from appliance.rules.roles import Actor
    from appliance.services import Services


async def add_role(s: Services, actor: Actor, person: PersonId, grant: Grant, second: Actor | None = None) -> None:
    """Give someone a role, `second` agreeing where two are needed. Raises Forbidden, Invalid, NotFound, Conflict."""
    _check(s, actor, person, grant, second)
    async with changing_account(s, person) as tx:
        if not await tx.run(accounts.add_role, person, grant, actor.name, s.clock()):
            raise Conflict(code="role_held")
        await record(
            s, tx, actor.name, "role.add", person, role=grant.role, unit=grant.unit, second=_name(second)
        )  # fmt: skip


async def remove_role(s: Services, actor: Actor, person: PersonId, grant: Grant, second: Actor | None = None) -> None:
    """Take a role from someone, with `second` agreeing where two are needed. Raises Forbidden, Invalid, NotFound."""
    _check(s, actor, person, grant, second)
    async with changing_account(s, person) as tx:
        if not await tx.run(accounts.remove_role, person, grant):
            raise NotFound(code="role_not_held")
        await record(
            s, tx, actor.name, "role.remove", person, role=grant.role, unit=grant.unit, second=_name(second)
        )  # fmt: skip


def _name(second: Actor | None) -> str | None:
    return second.name if second else None


def _check(s: Services, actor: Actor, person: PersonId, grant: Grant, second: Actor | None) -> None:
    if not is_role(grant):
        raise Invalid(field="role", code="unknown_role")
    if denied := may_grant(actor, person, grant, second):
        raise Forbidden(denied)
    if grant.unit is not None and grant.unit not in s.directory.now.units:
        raise Invalid(field="unit", code="unknown_unit")
