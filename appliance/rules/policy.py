"""Room policies: one row says everything in which a kind of room differs from others, and a new kind is a new row.

Rules, actions and reads use the policy of a room, never its kind. Whatever is unknown is denied: a kind without a row
has the policy in which nobody may do anything, and an unknown value allows nobody. The table is exported to the web
client (`packaging/rule_tables.py`), which uses it in the same way. Pure; the standard library alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from appliance.model import Deny, Role, RoomKind

if TYPE_CHECKING:
    from appliance.model import RoomState


KeyKind: TypeAlias = Literal["text", "file", "location", "secret"]


class Who(StrEnum):
    """Which members may do something."""

    MEMBERS = "members"
    OWNER = "owner"
    NOBODY = "nobody"


class Members(StrEnum):
    """How people come into a room and leave it. A room whose members are fixed has no owner's rights either.

    A pair are the one who begins and the one other person, for good. In a room of its owner the owner adds, removes,
    renames, closes and hands over, and members ask the owner.
    """

    PAIR = "pair"
    OWNER_ADDS = "owner_adds"
    FIXED = "fixed"


class Title(StrEnum):
    """What a room is called by: the other person in it, or the name it has."""

    OTHER = "other"
    NAME = "name"


class Icon(StrEnum):
    """What a room's icon shows where it has no picture."""

    PERSON = "person"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPolicy:
    """What holds in one kind of room.

    `may_post` and `may_react` say who writes and who reacts, `may_send_files` whose messages carry files, if they may
    write at all. `label_ceiling` is the highest classification of a message and its files, 0 for none.
    `owner_retracts`: the owner takes back anybody's message, at any time. `calls_everyone`: whoever may write may
    mention everyone, however many they are (C11). `smallest`: with fewer people it is a private chat by another name
    and judged as one (F38). `tells_changes`: new members, names and owners are unread for those concerned, like a
    message. `body_key` is the kind of key that seals what is written there, so that it can be destroyed apart from the
    rest. `searchable`: the search index has its words. `federates`: people of other agencies than the room's own come
    in and write.
    """

    members: Members
    may_post: Who
    may_react: Who
    may_send_files: Who
    label_ceiling: int
    owner_retracts: bool
    calls_everyone: bool
    smallest: int
    tells_changes: bool
    body_key: KeyKind
    searchable: bool
    federates: bool
    title: Title
    icon: Icon


POLICIES: Final[dict[str, RoomPolicy]] = {
    RoomKind.DIRECT: RoomPolicy(
        members=Members.PAIR,
        may_post=Who.MEMBERS,
        may_react=Who.MEMBERS,
        may_send_files=Who.MEMBERS,
        label_ceiling=0,
        owner_retracts=False,
        calls_everyone=True,
        smallest=0,
        tells_changes=False,
        body_key="text",
        searchable=True,
        federates=True,
        title=Title.OTHER,
        icon=Icon.PERSON,
    ),
    RoomKind.GROUP: RoomPolicy(
        members=Members.OWNER_ADDS,
        may_post=Who.MEMBERS,
        may_react=Who.MEMBERS,
        may_send_files=Who.MEMBERS,
        label_ceiling=0,
        owner_retracts=True,
        calls_everyone=False,
        smallest=3,
        tells_changes=True,
        body_key="text",
        searchable=True,
        federates=True,
        title=Title.NAME,
        icon=Icon.PEOPLE,
    ),
}
NOTHING_ALLOWED: Final = RoomPolicy(
    members=Members.FIXED,
    may_post=Who.NOBODY,
    may_react=Who.NOBODY,
    may_send_files=Who.NOBODY,
    label_ceiling=0,
    owner_retracts=False,
    calls_everyone=False,
    smallest=0,
    tells_changes=False,
    body_key="text",
    searchable=False,
    federates=False,
    title=Title.NAME,
    icon=Icon.PEOPLE,
)
"""The policy of a kind that has no row."""
UNKNOWN_KIND: Final = ""
"""What is said of a room whose kind cannot be read: it has no row."""
CHAT_KIND: Final = RoomKind.DIRECT
"""The kind of private chat that begins from a person's card, with the first message."""
NEW_ROOM_KIND: Final = RoomKind.GROUP
"""The kind of room that a name and members make where no other is asked for."""
_ALLOWS: Final[dict[Who, frozenset[Role]]] = {
    Who.MEMBERS: frozenset((Role.OWNER, Role.MEMBER)),
    Who.OWNER: frozenset((Role.OWNER,)),
}


def policy_of(kind: str) -> RoomPolicy:
    """Return the policy of a kind of room."""
    return POLICIES.get(kind, NOTHING_ALLOWED)


def key_kind(kind: str, of_type: KeyKind) -> KeyKind:
    """Return the kind of key that seals a body in a room: words under the room's, files and places under their own."""
    return policy_of(kind).body_key if of_type == "text" else of_type


def allowed(who: Who, role: Role) -> Deny | None:
    """Say why a member with this part in the room is not among them, or None."""
    return None if role in _ALLOWS.get(who, frozenset()) else Deny.NOT_OWNER


def owners_right(room: RoomState, role: Role) -> Deny | None:
    """Say why a member may not do what is the owner's alone: members, name, end and handing over of the room."""
    if policy_of(room.kind).members is not Members.OWNER_ADDS:
        return Deny.DIRECT_ROOM_FIXED
    return None if role is Role.OWNER else Deny.NOT_OWNER
