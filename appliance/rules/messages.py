"""Who may write, edit, retract and react (F16 to F19, C10, C11, C17).

Pure; called by `rooms.authorize`, after it has checked membership, and that the message which the entry points at
allows it. The time limits for editing and retracting are part of rules version 1, so every replica decides alike. They
are compared with the distance between the two times of writing, in either direction: a message that was written while
the clock was days ahead cannot be edited until its time has come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.model import EVERYONE, Deny, Member, Principal, Role, RoomState, TextBody
from appliance.rules.files import may_carry
from appliance.rules.policy import allowed, policy_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.model import Proposed, Target
    from appliance.rules.entry_states import TextSaid

EDIT_WINDOW_MS: Final = 24 * 3_600_000
RETRACT_WINDOW_MS: Final = 24 * 3_600_000
# Above this many members only the owner may call everyone (C11).
EVERYONE_MEMBERS: Final = 50


def may_write(state: RoomState, role: Role, _entry: Proposed, said: TextSaid, _target: Target | None) -> Deny | None:
    """Whoever posts in this kind of room, with the files that may be sent there (`files.py`)."""
    if denied := allowed(policy_of(state.kind).may_post, role) or may_carry(state.kind, role, said.files, said.label):
        return denied
    return may_mention_everyone(state, role) if said.everyone else None


def may_mention_everyone(state: RoomState, role: Role) -> Deny | None:
    """In a large room only the owner may call everyone."""
    if role is Role.OWNER or policy_of(state.kind).calls_everyone or len(state.members) <= EVERYONE_MEMBERS:
        return None
    return Deny.MASS_MENTION_LIMIT


def may_edit(_room: RoomState, _role: Role, entry: Proposed, _state: object, target: Target) -> Deny | None:
    """Only the author, within the window."""
    if target.sender != entry.sender:
        return Deny.NOT_AUTHOR
    return Deny.EDIT_WINDOW_OVER if abs(entry.at - target.at) > EDIT_WINDOW_MS else None


def may_redact(room: RoomState, role: Role, entry: Proposed, _state: object, target: Target) -> Deny | None:
    """The author within the window; the owner of a group at any time (a private chat belongs to both)."""
    if role is Role.OWNER and policy_of(room.kind).owner_retracts:
        return None
    if target.sender != entry.sender:
        return Deny.NOT_AUTHOR
    return Deny.RETRACT_WINDOW_OVER if abs(entry.at - target.at) > RETRACT_WINDOW_MS else None


def may_react(room: RoomState, role: Role, _entry: Proposed, _state: object, _target: Target) -> Deny | None:
    """Whoever reacts in this kind of room."""
    return allowed(policy_of(room.kind).may_react, role)


def mentioned(said: TextSaid, body: TextBody | None, members: Mapping[Principal, Member]) -> tuple[Principal, ...]:
    """Return whom a message mentions: members at that time, and `*` for everyone.

    That it calls everyone is in its header, where `may_write` has judged it; so it is known without the body too. Who
    is not in the room, or not any more, is not mentioned: the words stay as they were written.
    """
    everyone = (EVERYONE,) if said.everyone else ()
    if body is None or not body.mentions:
        return everyone
    return (*dict.fromkeys(person for person in body.mentions if person in members), *everyone)
