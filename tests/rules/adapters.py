"""From a table's `given` to the rule's arguments: one function for each rule that has a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.attachments import ScanState
from appliance.model import AccountState, ContactMode, PersonId, Principal, UnitId
from appliance.people import Grant, Visibility
from appliance.policies import SignInLimits
from appliance.rules.accounts import may_change_state, may_sign_in
from appliance.rules.contact import may_keep_group, may_start_direct, may_start_group
from appliance.rules.finding import fit
from appliance.rules.imports import needs_approval
from appliance.rules.passwords import check_length, check_password
from appliance.rules.policy import policy_of
from appliance.rules.profiles import may_see
from appliance.rules.receipts import after
from appliance.rules.roles import (
    Actor,
    Duty,
    is_owner_certain,
    may_act_on,
    may_confirm_owner,
    may_grant,
    may_perform,
    may_reassign_room,
    may_release_file,
)
from appliance.rules.scanning import Answer, Listing, ScanLimits, ScanPolicy, Telling, Verdict, may_open, scan_state
from appliance.rules.sign_in import SignInLocation, are_far_apart, wait_before_try
from appliance.rules.terms import in_force, is_accepted
from appliance.rules.text import closed_directions
from appliance.spelling.normalize import fold
from appliance.spelling.thai import canonical
from tests.rules.room_adapters import ROOM_ADAPTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    Given = dict[str, Any]


def _grants(pairs: list[list[str | None]]) -> tuple[Grant, ...]:
    return tuple(Grant(str(role), UnitId(unit) if unit else None) for role, unit in pairs)


def _actor(person: str | None, pairs: list[list[str | None]]) -> Actor:
    return Actor(person or "operator", PersonId(person) if person else None, _grants(pairs))


def _start_direct(given: Given) -> object:
    return may_start_direct(
        given["actor_rank"],
        given["target_rank"],
        ContactMode(given["mode"]),
        own_organisation=given["own_organisation"],
    )


def _act_on(given: Given) -> object:
    return may_act_on(
        Duty(given["duty"]),
        _actor(given["actor"], given["grants"]),
        PersonId(given["target"]),
        given["target_roles"],
        (),
        _second(given),
    )


def _grant(given: Given) -> object:
    grant = _grants([[given["role"], given["unit"]]])[0]
    return may_grant(_actor(given["actor"], given["grants"]), PersonId(given["target"]), grant, _second(given))


def _reading(given: Given) -> object:
    read, gaps = given["read"], [tuple(one) for one in given["skipped"]]
    for shown in given["shown"]:
        read, gaps = after(read, gaps, given["since"], tuple(shown))
    return {"read": read, "skipped": [list(gap) for gap in gaps]}


SCAN_LIMITS = ScanLimits(stream=20, member=25, total=100, members=10, depth=3)


def _scan_state(given: Given) -> object:
    listing = {"members": 1, "largest": 1, "total": 1, "depth": 1, "encrypted": False, "complete": True}
    return scan_state(
        Answer(Verdict(given["said"]), given.get("signature")),
        given["size"],
        SCAN_LIMITS,
        Telling(*given.get("told", (True, True))),
        archive=given.get("archive", False),
        listing=Listing(**listing | given["listing"]) if "listing" in given else None,
    )


def _open_file(given: Given) -> object:
    return may_open(
        ScanState(given["state"]),
        ScanPolicy(given["policy"]),
        given.get("age_ms", 0),
        30_000,
        is_sender=given.get("is_sender", False),
        released=given.get("released", False),
    )


def _second(given: Given) -> Actor | None:
    return _actor(given["second"], given["second_grants"]) if given.get("second") else None


def _reassign(given: Given) -> object:
    return may_reassign_room(_actor(given["actor"], given["grants"]), PersonId(given["new_owner"]), _second(given))


def _terms(given: Given) -> object:
    versions = [(version, effective) for version, effective in given["versions"]]
    return is_accepted(given["accepted"], in_force(versions, given["now"]))


MIN_GROUP_SIZE = policy_of("group").smallest

ADAPTERS: dict[str, Callable[[Given], object]] = {
    "closed_directions": lambda g: closed_directions(g["text"]),
    "canonical": lambda g: canonical(g["text"]),
    "fold": lambda g: fold(g["text"]),
    "may_start_direct": _start_direct,
    "may_start_group": lambda g: may_start_group(
        g["actor_rank"], g["other_ranks"], ContactMode(g["mode"]), MIN_GROUP_SIZE
    ),
    "may_keep_group": lambda g: may_keep_group(
        {Principal(person): rank for person, rank in g["ranks"].items()},
        Principal(g["owner"]),
        ContactMode(g["mode"]),
        MIN_GROUP_SIZE,
    ),
    "may_sign_in": lambda g: may_sign_in(AccountState(g["state"]), g["suspended_until"], g["active"], g["now"]),
    "may_change_state": lambda g: may_change_state(AccountState(g["old"]), AccountState(g["new"])),
    "check_length": lambda g: check_length(g["password"], g["shortest"], g["longest"]),
    "check_password": lambda g: check_password(g["password"], g["names"], 12, 256),
    "may_perform": lambda g: may_perform(Duty(g["duty"]), _actor("p_one", g["grants"]), g["target_units"]),
    "may_act_on": _act_on,
    "is_owner_certain": lambda g: is_owner_certain(g["code_at"], g["now"], 86_400_000),
    "may_confirm_owner": lambda g: may_confirm_owner(
        _actor(g["actor"], g["grants"]), PersonId(g["target"]), g["code_by"]
    ),
    "may_reassign_room": _reassign,
    "may_release_file": lambda g: may_release_file(_actor(g["actor"], g["grants"]), PersonId(g["sender"]), _second(g)),
    "may_grant": _grant,
    "may_see": lambda g: may_see(
        Visibility(g["visibility"]), own_unit=g["own_unit"], own_agency=g["own_agency"], is_self=g["is_self"]
    ),
    "fit": lambda g: fit(g["words"], g["names"], g["text"]),
    "terms_required": _terms,
    "are_far_apart": lambda g: are_far_apart(SignInLocation(*g["new"]), SignInLocation(*g["other"]), known=g["known"]),
    "wait_before_try": lambda g: wait_before_try(g["failures"], g["last_failure"], SignInLimits(), g["now"]),
    "reading": _reading,
    "needs_approval": lambda g: needs_approval(g["deactivated"], g["active_before"], g["percent"]),
    "scan_state": _scan_state,
    "may_open_file": _open_file,
    **ROOM_ADAPTERS,
}
