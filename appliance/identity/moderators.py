"""Who may judge the photograph of a card: administrators of the agency and of the person's units (F17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.rules.roles import Actor, Duty, may_act_on

if TYPE_CHECKING:
    from appliance.identity.accounts import Accounts
    from appliance.identity.directory import Directory
    from appliance.model import Deny, PersonId


def may_moderate(directory: Directory, accounts: Accounts, actor: Actor, person: PersonId) -> Deny | None:
    """Say why somebody may not judge the photograph of a person, or None. Nobody judges their own."""
    account = accounts.get(person)
    roles = account.roles if account else frozenset[str]()
    return may_act_on(Duty.MODERATE_PHOTO, actor, person, roles, directory.units_over(person), None)


def as_actor(accounts: Accounts, person: PersonId) -> Actor:
    """Return a person with the roles they have."""
    account = accounts.get(person)
    return Actor(person, person, account.grants if account else ())
