"""Who may write, edit, retract and react (F16 to F19, C10, C11, C17).

Pure; called by `rooms.authorize` once membership is settled. An edit, a retraction, a reaction or a reply points at a
message; its facts come as `Target`. The windows are part of rules version 1, so every replica decides alike. They count
from writing to writing (`ts`), in either direction: a message written while the clock was days ahead is not open to
edits until its time comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from appliance.model import Deny, EntryType, PersonId, Role, RoomKind, RoomState, Target

if TYPE_CHECKING:

    class Header(Protocol):
        """What these rules need of a header."""

        @property
        def type(self) -> str:
            """Type of the entry."""

        @property
        def state(self) -> dict[str, object] | None:
            """State fields."""

        @property
        def written_at(self) -> int:
            """Time, milliseconds UTC."""


EDIT_WINDOW_MS: Final = 24 * 3_600_000
RETRACT_WINDOW_MS: Final = 24 * 3_600_000
# Above this many members only the owner may call everyone (C11).
EVERYONE_MEMBERS: Final = 50


def check(state: RoomState, role: Role, sender: PersonId, header: Header, target: Target | None) -> Deny | None:
    """Say why this message entry may not be appended by this member of an open room, or None."""
    if header.type == EntryType.MESSAGE_TEXT:
        return may_write(state, role, header, target)
    if header.type == EntryType.MESSAGE_EDIT:
        return may_edit(sender, target, header.written_at)
    if header.type == EntryType.MESSAGE_REDACT:
        return may_redact(state, role, sender, target, header.written_at)
    if header.type == EntryType.MESSAGE_REACTION:
        return may_react(target)
    return Deny.WRONG_TYPE


def may_write(state: RoomState, role: Role, header: Header, target: Target | None) -> Deny | None:
    """Any member; a reply answers a message, standing or not, and never another kind of entry."""
    fields = header.state or {}
    if "reply_to" in fields and (target is None or target.type is not EntryType.MESSAGE_TEXT):
        return Deny.NOT_A_MESSAGE
    return may_mention_everyone(state, role) if fields.get("everyone") else None


def may_mention_everyone(state: RoomState, role: Role) -> Deny | None:
    """In a large room only the owner may call everyone."""
    if role is Role.OWNER or state.kind is RoomKind.DIRECT or len(state.members) <= EVERYONE_MEMBERS:
        return None
    return Deny.MASS_MENTION_LIMIT


def may_edit(sender: PersonId, target: Target | None, now: int) -> Deny | None:
    """Only the author, only a standing message, within the window."""
    if denied := _standing(target):
        return denied
    assert target is not None  # noqa: S101 - _standing has refused None
    if target.sender != sender:
        return Deny.NOT_AUTHOR
    return Deny.EDIT_WINDOW_OVER if abs(now - target.at) > EDIT_WINDOW_MS else None


def may_redact(state: RoomState, role: Role, sender: PersonId, target: Target | None, now: int) -> Deny | None:
    """The author within the window; the owner of a group at any time (a private chat belongs to both)."""
    if denied := _standing(target):
        return denied
    assert target is not None  # noqa: S101 - _standing has refused None
    if role is Role.OWNER and state.kind is not RoomKind.DIRECT:
        return None
    if target.sender != sender:
        return Deny.NOT_AUTHOR
    return Deny.RETRACT_WINDOW_OVER if abs(now - target.at) > RETRACT_WINDOW_MS else None


def may_react(target: Target | None) -> Deny | None:
    """Any member, to a standing message."""
    return _standing(target)


def _standing(target: Target | None) -> Deny | None:
    if target is None or target.type is not EntryType.MESSAGE_TEXT:
        return Deny.NOT_A_MESSAGE
    return Deny.MESSAGE_RETRACTED if target.redacted else None
