"""Who may do what to accounts, roles, the directory, settings and terms (F77, F95).

Agency administrators may do all of it; a unit administrator may reset passwords and suspend accounts within the unit
and below it. Nobody does any of it to their own account, nor gives themselves a role.

Two people are needed to give somebody a console role, and to reset or reactivate the account of somebody who has one:
one person alone could otherwise read cases under that name. Both must have proved who they are. So the operator at the
command line does not count, nor does an account whose password somebody else has set a short time ago, alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from appliance.model import Deny, StaffRole
from appliance.people import ConsoleRole, Grant

if TYPE_CHECKING:
    from collections.abc import Collection

    from appliance.model import Millis, PersonId, UnitId


class Duty(StrEnum):
    """What can be asked of an administrator."""

    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a duty
    SUSPEND = "suspend"
    LIFT = "lift"
    MODERATE_PHOTO = "moderate_photo"
    CREATE_ACCOUNT = "create_account"
    REVOKE = "revoke"
    REACTIVATE = "reactivate"
    GRANT_ROLE = "grant_role"
    IMPORT_PEOPLE = "import_people"
    CHANGE_SETTING = "change_setting"
    PUBLISH_TERMS = "publish_terms"
    EXPORT_ROOM = "export_room"
    REASSIGN_ROOM = "reassign_room"
    CONFIRM_OWNER = "confirm_owner"
    RELEASE_FILE = "release_file"


UNIT_DUTIES: Final = frozenset((Duty.RESET_PASSWORD, Duty.SUSPEND, Duty.LIFT, Duty.MODERATE_PHOTO))
TWO_PERSON_DUTIES: Final = frozenset((Duty.RESET_PASSWORD, Duty.REACTIVATE))
ALL_ROLES: Final = frozenset((*StaffRole, *ConsoleRole)) - {StaffRole.MEMBER}
_NAMES_OF_CONSOLE_ROLES: Final = frozenset(role.value for role in ConsoleRole)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: a person, or the operator at the appliance's own command line, who has `person` None."""

    name: str
    person: PersonId | None
    grants: tuple[Grant, ...]

    @classmethod
    def operator(cls, name: str) -> Actor:
        """Return the operator under the name of their system account; that proves no person."""
        return cls(f"operator:{name}", None, (Grant(StaffRole.AGENCY_ADMIN),))


def may_call(wanted: Collection[str], roles: Collection[str]) -> Deny | None:
    """Check whether somebody with these roles may call a route that asks for one of those `wanted`.

    Everybody with an account is a member of the staff.
    """
    if StaffRole.MEMBER in wanted or any(role in wanted for role in roles):
        return None
    return Deny.ROLE_REQUIRED


def may_perform(duty: Duty, actor: Actor, target_units: Collection[UnitId] = ()) -> Deny | None:
    """Check whether the actor has this duty; `target_units` are the target's units and all units over them."""
    for grant in actor.grants:
        if grant.role == StaffRole.AGENCY_ADMIN:
            return None
        if grant.role == StaffRole.UNIT_ADMIN and duty in UNIT_DUTIES and grant.unit in target_units:
            return None
    return Deny.ROLE_REQUIRED


def may_act_on(
    duty: Duty,
    actor: Actor,
    target: PersonId,
    target_roles: Collection[str],
    target_units: Collection[UnitId],
    second: Actor | None,
) -> Deny | None:
    """Check whether the actor may do this to a person's account, with `second` agreeing where two are needed."""
    if denied := may_perform(duty, actor, target_units):
        return denied
    if actor.person == target:
        return Deny.SECOND_PERSON_REQUIRED
    if duty in TWO_PERSON_DUTIES and not _NAMES_OF_CONSOLE_ROLES.isdisjoint(target_roles):
        return _check_second(actor, target, second)
    return None


def may_grant(actor: Actor, target: PersonId, grant: Grant, second: Actor | None = None) -> Deny | None:
    """Check whether the actor may give or take this role, `second` agreeing where it is one of the compliance console.

    A unit administrator's role must name a unit.
    """
    if denied := may_perform(Duty.GRANT_ROLE, actor):
        return denied
    if actor.person == target:
        return Deny.SECOND_PERSON_REQUIRED
    if not is_role(grant):
        return Deny.ROLE_REQUIRED
    return _check_second(actor, target, second) if grant.role in _NAMES_OF_CONSOLE_ROLES else None


def may_reassign_room(actor: Actor, new_owner: PersonId, second: Actor | None) -> Deny | None:
    """Check whether the actor may give a room without owner to a member: two people, neither of them that member."""
    return _may_with_second(Duty.REASSIGN_ROOM, actor, new_owner, second)


def may_release_file(actor: Actor, sender: PersonId, second: Actor | None) -> Deny | None:
    """Check whether the actor may decide of a file with a virus that a message carries, to let it be opened again or to
    delete it: two people, neither of them its sender.
    """
    return _may_with_second(Duty.RELEASE_FILE, actor, sender, second)


def is_owner_certain(code_at: Millis | None, now: Millis, wait_ms: Millis) -> bool:
    """Return whether an account proves its owner: nobody else alone has set its password within `wait_ms`.

    Whoever gives a one-time code can use it, and be two people with two codes. Within a day the owners, whom a new code
    signs out everywhere, have noticed.
    """
    return code_at is None or now >= code_at + wait_ms


def may_confirm_owner(actor: Actor, target: PersonId, code_by: str) -> Deny | None:
    """Check whether the actor may confirm that an account is its owner's; `code_by` gave its one-time code."""
    if denied := may_perform(Duty.CONFIRM_OWNER, actor):
        return denied
    return Deny.SECOND_PERSON_REQUIRED if actor.person is None or actor.name in (target, code_by) else None


def is_role(grant: Grant) -> bool:
    """Return whether there is such a role, bound to a unit exactly when it is a unit administrator's."""
    return grant.role in ALL_ROLES and (grant.unit is not None) == (grant.role == StaffRole.UNIT_ADMIN)


def _may_with_second(duty: Duty, actor: Actor, concerned: PersonId, second: Actor | None) -> Deny | None:
    """Check whether the actor has this duty and another agrees, neither of them being the person concerned."""
    if denied := may_perform(duty, actor):
        return denied
    return Deny.SECOND_PERSON_REQUIRED if actor.person == concerned else _check_second(actor, concerned, second)


def _check_second(actor: Actor, target: PersonId, second: Actor | None) -> Deny | None:
    """Two people who proved who they are; the operator's shell proves nobody, whatever account they have besides."""
    if actor.person is None or second is None or second.person is None or second.person in (actor.person, target):
        return Deny.SECOND_PERSON_REQUIRED
    allowed = (StaffRole.AGENCY_ADMIN, ConsoleRole.COMPLIANCE_MANAGER, ConsoleRole.HEAD)
    return None if any(grant.role in allowed for grant in second.grants) else Deny.SECOND_PERSON_REQUIRED
