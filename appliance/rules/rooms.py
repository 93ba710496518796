"""Who may do what in a room: `authorize` is the one place that decides, for people, peers, imports and tests alike.

Pure: values in, verdict out; rules version 1 (F32 to F41). Here is what holds for all types of entry; who may append
one type, and how it changes the room, is in its row of the registry (`entry_types.py`). `apply` returns the room after
an allowed state entry. Order matters: membership is checked before anything that would reveal the room's state to an
outsider. The full tables are `tests/rules/tables/authorize.json` and those of the rules it calls, shared with the web
client where they say so. Whether two people may start a private chat at all is in `contact.py`.
"""

from __future__ import annotations

from typing import Final

from appliance.model import (
    Ability,
    Deny,
    Member,
    Principal,
    Proposed,
    Role,
    RoomId,
    RoomState,
    Target,
    agency_of,
    program_of,
)
from appliance.rules import files, messages
from appliance.rules.entry_states import OwnerReassigned, RoomCreated
from appliance.rules.entry_types import row_of
from appliance.rules.policy import POLICIES, allowed, owners_right, policy_of
from appliance.rules.visibility import is_shown_target

MAX_APART_MS: Final = 7 * 24 * 3_600_000
"""How far the time of writing of another agency's entry may lie from hub time.

A body is sealed under the key of the week it was written in, and goes when that key is destroyed (decision 4): it may
go a week too early or too late, not years. The hub and the hub's own people have one clock; where that was wrong, the
two times of their entries differ without limit (decision 15).
"""


def authorize(room: RoomState | None, entry: Proposed, target: Target | None = None) -> Deny | None:
    """Say why the entry may not be appended, or None. `room` is None for a room that does not exist yet.

    `target` is the entry that it points at, None where there is none. An agency speaks for its own people alone, and
    for the room itself the program of the agency that is its hub.
    """
    if agency_of(entry.sender) != entry.origin:
        return Deny.ORIGIN_MISMATCH
    if room is None:
        return _may_create(entry)
    if entry.origin != room.hub and abs(entry.at - entry.hub_time) > MAX_APART_MS:
        return Deny.TIMES_APART
    if not policy_of(room.kind).federates and _is_from_abroad(room, entry):
        return Deny.ORIGIN_MISMATCH
    if row_of(entry).by_system:
        return _may_as_system(room, entry, target)
    return _may_as_member(room, entry, target)


def _is_from_abroad(room: RoomState, entry: Proposed) -> bool:
    """Return whether an entry comes from another agency than the room's, or makes a person of one member or owner."""
    brings = row_of(entry).brings
    people = (entry.sender, *(brings(entry.state) if brings else ()))
    return any(agency_of(person) != room.hub for person in people)


def _may_as_system(room: RoomState, entry: Proposed, target: Target | None) -> Deny | None:
    if entry.sender != program_of(_who_orders(room, entry)):
        return Deny.HUB_ONLY
    return row_of(entry).may(room, None, entry, entry.state, target)


def _who_orders(room: RoomState, entry: Proposed) -> str:
    """Return the agency whose program writes an entry of the system: the hub, or the one that an order makes the hub.

    Whether the order is a true one is asked in `stated.py`.
    """
    state = entry.state
    return agency_of(state.to) if isinstance(state, OwnerReassigned) and state.order is not None else room.hub


def _may_as_member(room: RoomState, entry: Proposed, target: Target | None) -> Deny | None:
    row, role = row_of(entry), room.role_of(entry.sender)
    if role is None:
        return Deny.NOT_A_MEMBER
    if room.closed:
        return Deny.ROOM_CLOSED
    if row.needs is not None and entry.state.points_at is not None and (denied := _takes(target, row.needs, entry)):
        return denied
    return row.may(room, role, entry, entry.state, target)


def _may_create(entry: Proposed) -> Deny | None:
    """A person makes a room of their own, of a kind that there is; its hub is their agency."""
    made = entry.state
    if not isinstance(made, RoomCreated) or made.kind not in POLICIES:
        return Deny.WRONG_TYPE
    if made.card is not None and made.card.p != made.owner:
        return Deny.TARGET_NOT_MEMBER
    return None if made.owner == entry.sender else Deny.WRONG_TYPE


def _takes(target: Target | None, ability: Ability, entry: Proposed) -> Deny | None:
    """Say why an entry may not be edited, retracted, reacted to or answered; a retracted message is only answered.

    What the sender is not shown is not there for them.
    """
    if target is None or not is_shown_target(target, entry.sender, entry.at):
        return Deny.NOT_A_MESSAGE
    if ability not in row_of(target).takes:
        return Deny.NOT_A_MESSAGE
    return Deny.MESSAGE_RETRACTED if target.redacted and ability is not Ability.ANSWER else None


def may_ask_removal(state: RoomState, role: Role | None) -> Deny | None:
    """F41: a member who is not the owner, in a group."""
    return _may_ask_owner(state, role, Deny.OWNER_MUST_TRANSFER)


def may_suggest(state: RoomState, role: Role | None) -> Deny | None:
    """F34: a member who is not the owner suggests people to the owner, in a group."""
    return _may_ask_owner(state, role, Deny.OWNER_ADDS_DIRECTLY)


ACTIONS: Final = (
    "post", "attach", "rename", "close", "add", "remove", "transfer", "ask_removal", "suggest", "mention_everyone",
)  # fmt: skip
"""What a member may or may not do in a room, by the names that clients know."""


def all_denied(code: str) -> dict[str, str]:
    """Return every action with one reason: of a room that takes nothing new."""
    return dict.fromkeys(ACTIONS, code)


def denied_actions(state: RoomState, person: Principal) -> dict[str, str]:
    """Return, for every action the person may not take here, the reason's code: what a client greys out."""
    role = state.role_of(person)
    if role is None:
        return {}
    closed = Deny.ROOM_CLOSED if state.closed else None
    owner, policy = closed or owners_right(state, role), policy_of(state.kind)
    post = closed or allowed(policy.may_post, role)
    reasons = {
        "post": post,
        "attach": post or files.may_attach(state.kind, role),
        "rename": owner,
        "close": owner,
        "add": owner,
        "remove": owner,
        "transfer": owner,
        "ask_removal": may_ask_removal(state, role),
        "suggest": may_suggest(state, role),
        "mention_everyone": post or messages.may_mention_everyone(state, role),
    }
    return {action: reason.value for action, reason in reasons.items() if reason}


def apply(room: RoomState | None, entry: Proposed, room_id: RoomId, n: int) -> RoomState:
    """Return the room as the allowed entry `n` leaves it; message entries change nothing."""
    if room is None:
        created = entry.state
        if not isinstance(created, RoomCreated):
            raise TypeError(created)
        return RoomState(
            room=room_id,
            kind=created.kind,
            name=created.name,
            owner=created.owner,
            members={created.owner: Member(created.owner, Role.OWNER, n)},
            hub=entry.origin,
            owner_post=created.owner_post,
        )
    change = row_of(entry).apply
    return change(room, entry.state, n) if change else room


def _may_ask_owner(state: RoomState, role: Role | None, instead: Deny) -> Deny | None:
    if role is None:
        return Deny.NOT_A_MEMBER
    if state.closed:
        return Deny.ROOM_CLOSED
    denied = owners_right(state, role)
    return instead if denied is None else None if denied is Deny.NOT_OWNER else denied
