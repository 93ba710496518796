"""Who may judge the photograph of a card: administrators of the agency and of the person's units (F17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.model import StaffRole
from appliance.rules.roles import Actor, Duty, may_act_on

if TYPE_CHECKING:
    from appliance.identity.accounts import Accounts
    from appliance.identity.directory import Directory
    from appliance.model import Deny, Millis, PersonId

_ROLES: Final = frozenset((StaffRole.UNIT_ADMIN, StaffRole.AGENCY_ADMIN))


def may_moderate(directory: Directory, accounts: Accounts, actor: Actor, person: PersonId) -> Deny | None:
    """Say why somebody may not judge the photograph of a person, or None. Nobody judges their own."""
    account = accounts.get(person)
    roles = account.roles if account else frozenset[str]()
    return may_act_on(Duty.MODERATE_PHOTO, actor, person, roles, directory.units_over(person), None)


def as_actor(accounts: Accounts, person: PersonId) -> Actor:
    """Return a person with the roles they have."""
    account = accounts.get(person)
    return Actor(person, person, account.grants if account else ())


def is_moderator(accounts: Accounts, person: PersonId) -> bool:
    """Return whether a person is an administrator at all, so that everybody else is spared the look at what waits."""
    account = accounts.get(person)
    return account is not None and any(grant.role in _ROLES for grant in account.grants)


def moderators_of(directory: Directory, accounts: Accounts, person: PersonId, now: Millis) -> list[PersonId]:
    """Return the active administrators who may judge the photograph of a person."""
    # A copy: riders ask on the thread of the database while the event loop may put an account in.
    administrators = [one.person for one in list(accounts.all()) if is_moderator(accounts, one.person)]
    return sorted(
        one
        for one in administrators
        if accounts.is_active(one, now) and may_moderate(directory, accounts, as_actor(accounts, one), person) is None
    )
