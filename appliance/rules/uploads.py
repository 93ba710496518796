"""Who may begin an upload, decided before its first byte (F11).

Pure. The room decides as it will when the file is sent (`files.may_carry`): nobody waits for an upload that no message
could carry. Whether there is space is `file_quota.py`, what kinds are taken `file_types.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.model import Deny
from appliance.rules.file_types import is_blocked_name
from appliance.rules.files import may_carry
from appliance.rules.policy import allowed, policy_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Principal, RoomState

MOST_UPLOADS: Final = 200
"""Uploads of one person that no message refers to yet, in any state: ten messages full of files."""


def may_upload(room: RoomState, person: Principal, label: int) -> Deny | None:
    """Say why somebody may not upload a file of this classification for a room, or None."""
    role = room.role_of(person)
    if role is None:
        return Deny.NOT_A_MEMBER
    if room.closed:
        return Deny.ROOM_CLOSED
    return allowed(policy_of(room.kind).may_post, role) or may_carry(room.kind, role, 1, label)


def may_be_named(name: str, blocked: Iterable[str]) -> Deny | None:
    """Say why no file of this name is taken, or None; `blocked` are ends of names that the agency takes none of."""
    return Deny.FILE_TYPE_BLOCKED if is_blocked_name(name, blocked) else None
