"""Entries that change a room itself: who may append them, and how each changes the room (F32 to F41, Q6, Q8).

Pure; called through the registry (`entry_types.py`) by `rooms.authorize` and `rooms.apply`. A function `may_…` returns
the reason for a refusal, or None; `role` is the sender's role in the room. Entries of the system have functions of
their own: `authorize` has checked before that the sender is the system.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from appliance.model import Deny, Member, Principal, Role, RoomState, agency_of
from appliance.rules.contact import may_start_direct
from appliance.rules.policy import Members, owners_right, policy_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Proposed, Target
    from appliance.rules.entry_states import (
        BodiesDestroyed,
        MembersAdded,
        MembersRemoved,
        OwnerReassigned,
        OwnerTransferred,
        RemovedBySystem,
        RoomRenamed,
    )

MAX_MEMBERS: Final = 5_000
MAX_DESTROYED: Final = 5_000
"""Positions whose bodies one entry says were destroyed: all of it is one transaction of the writer."""


def may_create(*_: object) -> Deny | None:
    """A room is created by its first entry, and there it is already."""
    return Deny.WRONG_TYPE


def may_rename(
    room: RoomState, role: Role, _entry: Proposed, state: RoomRenamed, _target: Target | None
) -> Deny | None:
    """F36: only the owner, another name; what it says of the old one is true. A private chat has no name."""
    if denied := owners_right(room, role):
        return denied
    untrue = state.old and state.old != room.name
    return Deny.WRONG_SHAPE if untrue or state.name == room.name else None


def may_close(room: RoomState, role: Role, *_: object) -> Deny | None:
    """F37, Q6: deleting closes; a private chat belongs to both and stays."""
    return owners_right(room, role)


def may_add(room: RoomState, role: Role, entry: Proposed, state: MembersAdded, _target: Target | None) -> Deny | None:
    """F32: only the owner, at once; nobody twice. The creator of a private chat adds the one other person."""
    added = [card.p for card in state.members]
    if policy_of(room.kind).members is Members.PAIR and len(room.members) == 1 and len(added) == 1:
        return Deny.ALREADY_MEMBER if added[0] in room.members else _may_begin(entry, state)
    if denied := owners_right(room, role):
        return denied
    if any(person in room.members for person in added) or len(set(added)) != len(added):
        return Deny.ALREADY_MEMBER
    if len(room.members) + len(added) > MAX_MEMBERS:
        return Deny.ROOM_FULL
    return None


def _may_begin(entry: Proposed, state: MembersAdded) -> Deny | None:
    """F38, F39: a private chat, judged by what the entry says of both people and of that time."""
    [other] = state.members
    own = agency_of(other.p) == entry.origin
    return may_start_direct(state.rank, other.rank, state.contact, own_organisation=own)


def may_remove(
    room: RoomState, role: Role, _entry: Proposed, state: MembersRemoved, _target: Target | None
) -> Deny | None:
    """F33, F34, F40: only the owner; members cannot take themselves off; the owner hands over first."""
    if denied := owners_right(room, role):
        asks_to_leave = denied is Deny.NOT_OWNER and len(state.members) == 1 and state.oneself
        return Deny.CANNOT_LEAVE if asks_to_leave else denied
    return _removable(room, state.members)


def may_transfer(
    room: RoomState, role: Role, _entry: Proposed, state: OwnerTransferred, _target: Target | None
) -> Deny | None:
    """F37: the owner, to another member; one owner at any time."""
    if denied := owners_right(room, role):
        return denied
    if state.to == room.owner or state.to not in room.members:
        return Deny.TARGET_NOT_MEMBER
    return None


def system_may_close(room: RoomState, *_: object) -> Deny | None:
    """End a group, once."""
    if denied := _of_a_pair(room):
        return denied
    return Deny.ROOM_CLOSED if room.closed else None


def system_may_remove(
    room: RoomState, _role: Role | None, _entry: Proposed, state: RemovedBySystem, _target: Target | None
) -> Deny | None:
    """Take members off; a room is never without its owner: another one is put in first."""
    return _of_a_pair(room) or _removable(room, state.members)


def system_may_reassign(
    room: RoomState, _role: Role | None, _entry: Proposed, state: OwnerReassigned, _target: Target | None
) -> Deny | None:
    """Give the room to a member, or to the post's new holder, who comes in as the owner (Q8).

    An order of the registry moves the room to the agency of a member; it adds nobody.
    """
    if denied := _of_a_pair(room):
        return denied
    if state.order is not None:
        return None if state.to in room.members else Deny.TARGET_NOT_MEMBER
    if state.card is not None:
        return None if state.card.p == state.to else Deny.TARGET_NOT_MEMBER
    return None if state.to in room.members else Deny.TARGET_NOT_MEMBER


def system_may_destroy(
    _room: RoomState, _role: Role | None, entry: Proposed, state: BodiesDestroyed, _target: Target | None
) -> Deny | None:
    """Say that bodies of earlier entries were destroyed, not many at once and not in the future."""
    before = state.first <= state.last < entry.n and state.last - state.first < MAX_DESTROYED
    return None if before and state.at <= entry.hub_time else Deny.WRONG_SHAPE


def _of_a_pair(room: RoomState) -> Deny | None:
    """A private chat belongs to both for good: who would be put into it could read what was said before (F18)."""
    return Deny.DIRECT_ROOM_FIXED if policy_of(room.kind).members is Members.PAIR else None


def _removable(room: RoomState, people: Iterable[Principal]) -> Deny | None:
    if any(person not in room.members for person in people):
        return Deny.TARGET_NOT_MEMBER
    return Deny.OWNER_MUST_TRANSFER if room.owner in people else None


def renamed(room: RoomState, state: RoomRenamed, _n: int) -> RoomState:
    """Return the room under its new name."""
    return replace(room, name=state.name)


def closed(room: RoomState, _state: object, _n: int) -> RoomState:
    """Return the room as it takes nothing new."""
    return replace(room, closed=True)


def added(room: RoomState, state: MembersAdded, n: int) -> RoomState:
    """Return the room with new members."""
    new = {card.p: Member(card.p, Role.MEMBER, n) for card in state.members}
    return replace(room, members={**room.members, **new})


def removed(room: RoomState, state: MembersRemoved | RemovedBySystem, _n: int) -> RoomState:
    """Return the room without some of its members."""
    gone = set(state.members)
    return replace(room, members={person: m for person, m in room.members.items() if person not in gone})


def handed_over(room: RoomState, state: OwnerTransferred | OwnerReassigned, n: int) -> RoomState:
    """Return the room under its new owner, whose agency is the hub from then on; the one before stays as a member.

    The hub before orders and signs the entry by which it hands the room over. Where the registry ordered it, that hub
    may be gone, so the new one orders and signs this entry.
    """
    members = dict(room.members)
    if room.owner in members:
        members[room.owner] = replace(members[room.owner], role=Role.MEMBER)
    since = members[state.to].since if state.to in members else n
    members[state.to] = Member(state.to, Role.OWNER, since)
    hub = agency_of(state.to)
    if hub != room.hub:
        since_entry = n if getattr(state, "order", None) is not None else n + 1
        room = replace(room, hub=hub, hub_epoch=room.hub_epoch + 1, hub_since=since_entry)
    return replace(room, owner=state.to, members=members, owner_post=state.post or None)
