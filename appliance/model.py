"""The nouns of G-Chat as frozen values.

Owns ids, closed sets and the records that rules, log and reads pass to each other. No I/O, no clock, no HTTP.
Times are integer milliseconds since the epoch, UTC; a Buddhist year exists only where something is displayed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, NewType, TypeAlias

from appliance.attachments import FileRef

if TYPE_CHECKING:
    from collections.abc import Mapping

PersonId = NewType("PersonId", str)
"""A person by the name that this appliance gives them: the bare id of one of its own, `id@agency` of any other."""
Principal = NewType("Principal", str)
"""A person, or the program of an agency, by the one name that every agency gives them: `id@agency` (`Home`)."""
UnitId = NewType("UnitId", str)
PostId = NewType("PostId", str)
RoomId = NewType("RoomId", str)
SessionId = NewType("SessionId", str)
Millis = int
SYSTEM: Final = PersonId("system")
"""What the appliance writes for itself (an account was revoked) carries this sender; no person can have it."""
MAX_LISTED: Final = 100
"""How many people, or cards of people, one list in an entry names."""
MAX_MESSAGE_LENGTH: Final = 20_000
"""Characters of a message, as it is typed."""

RULES_VERSION: Final = 1
"""The version of the rules by which this release writes entries (`rules/versions.py`)."""
EVERYONE: Final = Principal("*")
"""In what a message names, and in whom an entry concerns: everyone in the room."""


class RoomKind(StrEnum):
    """What sort of room it is; fixed at creation (F20)."""

    DIRECT = "direct"
    GROUP = "group"


class EntryType(StrEnum):
    """What an entry of a room log says. State types carry their fields in the header, messages in the sealed body."""

    ROOM_CREATE = "room.create"
    ROOM_RENAME = "room.rename"
    ROOM_CLOSE = "room.close"
    MEMBER_ADD = "member.add"
    MEMBER_REMOVE = "member.remove"
    SYSTEM_REMOVE = "sys.remove"
    SYSTEM_CLOSE = "sys.close"
    OWNER_TRANSFER = "owner.transfer"
    OWNER_REASSIGN = "owner.reassign"
    MESSAGE_TEXT = "message.text"
    MESSAGE_EDIT = "message.edit"
    MESSAGE_REDACT = "message.redact"
    MESSAGE_REACTION = "message.reaction"
    SHRED = "shred"


class Role(StrEnum):
    """A person's part in one room."""

    OWNER = "owner"
    MEMBER = "member"


class StaffRole(StrEnum):
    """A person's part in the agency. None of them reads rooms the person is not a member of."""

    MEMBER = "member"
    BROADCASTER = "broadcaster"
    ALERT_SENDER = "alert_sender"
    STICKER_EDITOR = "sticker_editor"
    UNIT_ADMIN = "unit_admin"
    AGENCY_ADMIN = "agency_admin"


class AccountState(StrEnum):
    """Whether an account may be used (F93). A suspension ends by itself at its stated time."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class ContactMode(StrEnum):
    """Who may start a private chat with whom: by rank (F38), or everyone in the organisation (F39)."""

    NORMAL = "normal"
    PUBLIC = "public"


class Deny(StrEnum):
    """Why not. One value feeds the HTTP error, the audit record and the greyed-out button."""

    NOT_A_MEMBER = "not_a_member"
    NOT_OWNER = "not_owner"
    ROOM_CLOSED = "room_closed"
    DIRECT_ROOM_FIXED = "direct_room_fixed"
    ALREADY_MEMBER = "already_member"
    TARGET_NOT_MEMBER = "target_not_member"
    OWNER_MUST_TRANSFER = "owner_must_transfer"
    CANNOT_LEAVE = "cannot_leave"
    PERSON_NOT_ACTIVE = "person_not_active"
    PEOPLE_NOT_ACTIVE = "people_not_active"
    CONTACT_NOT_ALLOWED = "contact_not_allowed"
    NOT_AUTHOR = "not_author"
    NOT_A_MESSAGE = "not_a_message"
    MESSAGE_RETRACTED = "message_retracted"
    EDIT_WINDOW_OVER = "edit_window_over"
    RETRACT_WINDOW_OVER = "retract_window_over"
    MASS_MENTION_LIMIT = "mass_mention_limit"
    FILE_TYPE_BLOCKED = "file_type_blocked"
    FILES_NOT_ALLOWED = "files_not_allowed"
    TOO_MANY_FILES = "too_many_files"
    LABEL_TOO_HIGH = "label_too_high"
    FILE_NOT_YOURS = "file_not_yours"
    PHOTOS_OFF = "photos_off"
    TOO_MANY_EDITS = "too_many_edits"
    TOO_MANY_REACTIONS = "too_many_reactions"
    ROOM_FULL = "room_full"
    OWNER_ADDS_DIRECTLY = "owner_adds_directly"
    REQUEST_PENDING = "request_pending"
    REQUEST_TOO_SOON = "request_too_soon"
    REQUEST_WITHDRAWN = "request_withdrawn"
    ROLE_REQUIRED = "role_required"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_REVOKED = "account_revoked"
    SECOND_PERSON_REQUIRED = "second_person_required"
    HUB_ONLY = "hub_only"
    NOT_ENROLLED = "not_enrolled"
    TIMES_APART = "times_apart"
    ORIGIN_MISMATCH = "origin_mismatch"
    WRONG_TYPE = "wrong_type"
    WRONG_SHAPE = "wrong_shape"
    CARD_UNSIGNED = "card_unsigned"
    CARD_DIFFERS = "card_differs"
    CARD_EXPIRED = "card_expired"
    CARD_REVOKED = "card_revoked"
    NOT_ACCEPTED = "not_accepted"
    ACCEPTANCE_MISSING = "acceptance_missing"
    ACCEPTANCE_DIFFERS = "acceptance_differs"
    REVOCATION_MISSING = "revocation_missing"
    ORDER_MISSING = "order_missing"
    ORDER_DIFFERS = "order_differs"
    FILE_HELD = "file_held"
    FILE_INFECTED = "file_infected"
    ROOM_QUARANTINED = "room_quarantined"


@dataclass(frozen=True, slots=True)
class Member:
    """One person's membership of one room. `since` is the position of the entry that added them."""

    person: Principal
    role: Role
    since: int


@dataclass(frozen=True, slots=True)
class RoomState:
    """What decides about a room: the projection of its state entries, never of messages.

    `owner_post` is set when the room belongs to a post and so to whoever fills it (Q8). `hub` is the agency that orders
    the room's entries; `hub_epoch` counts the hubs from 1, and `hub_since` is the first position that is this one's.
    """

    room: RoomId
    kind: RoomKind
    name: str | None
    owner: Principal
    members: Mapping[Principal, Member]
    hub: str
    hub_epoch: int = 1
    hub_since: int = 0
    closed: bool = False
    owner_post: PostId | None = None

    def role_of(self, person: Principal) -> Role | None:
        """Return the person's role here, or None for an outsider."""
        member = self.members.get(person)
        return member.role if member else None

    def hub_epoch_at(self, size: int) -> int:
        """Return which hub signs the log at its present size: each signs up to the entry that hands the room over."""
        return self.hub_epoch if self.hub_epoch == 1 or size > self.hub_since else self.hub_epoch - 1


@dataclass(frozen=True, slots=True)
class Marks:
    """What a message already carries: how many edits, which different emoji, and which of them each person gave."""

    edits: int = 0
    emoji: frozenset[str] = frozenset()
    given: Mapping[Principal, frozenset[str]] = field(default_factory=dict)


class TextBody(NamedTuple):
    """The words of a message, whom they mention, and its files; that it calls everyone (C11) is in its header."""

    text: str
    mentions: tuple[Principal, ...] = ()
    files: tuple[FileRef, ...] = ()

    def __repr__(self) -> str:
        """Name the type alone: the words must not show in a log."""
        return "TextBody(…)"


Body: TypeAlias = tuple[object, ...]
"""What the body of an entry holds: a named tuple, whose fields only the rows of its own type know."""


@dataclass(frozen=True, slots=True)
class State:
    """What an entry says in its header. Each type of entry has a struct of its own (`rules/entry_states.py`)."""

    @property
    def points_at(self) -> int | None:
        """The position of the entry that this one changes or answers."""
        target: int | None = getattr(self, "target", None)
        return getattr(self, "reply_to", None) if target is None else target


@dataclass(frozen=True, slots=True)
class Target:
    """The facts of an entry that another entry points at (edit, retraction, reaction, reply). `state`: its header's."""

    n: int
    type: EntryType
    sender: Principal
    at: Millis
    state: State
    redacted: bool
    rules: int = RULES_VERSION


class Proposed(NamedTuple):
    """An entry that somebody wants in a room, as the rules see it. `state` is what its header says.

    `origin` is the slug of the sender's agency. `at` is when it was written by that agency's clock; `n` is the position
    that it would have, and `hub_time` the hub's time there. `rules` is the version of the rules that it was written by.
    """

    type: EntryType
    origin: str
    sender: Principal
    at: Millis
    state: State
    n: int
    hub_time: Millis
    rules: int = RULES_VERSION


class Ability(StrEnum):
    """What a later entry may do to a message."""

    ANSWER = "answer"
    EDIT = "edit"
    RETRACT = "retract"
    REACT = "react"


class Draft(NamedTuple):
    """What someone wants to append to a room: the command that goes to the log's writer.

    Without `state` its header says nothing beyond its type. `must`: a removal that has to be possible, though the room
    closes with it (F38). `reason` is for those it takes off alone, `facts` is what is known of the files in its
    body, by id, in the shape that clients see: both are in no entry.
    """

    room: RoomId
    actor: Principal
    type: EntryType
    txn_id: str | None = None
    body: Body | None = None
    state: State | None = None
    must: bool = False
    reason: str = ""
    facts: Mapping[str, object] = MappingProxyType({})

    def __repr__(self) -> str:
        """Name the room and the type alone: what it says must not show in a log."""
        return f"Draft({self.room}, {self.type})"

    @property
    def target(self) -> int | None:
        """The position of the entry that this one changes."""
        return getattr(self.state, "target", None)

    @property
    def points_at(self) -> int | None:
        """The position of the entry that this one changes or answers."""
        return self.state.points_at if self.state else None


WAITING: Final = -1
"""In place of a position: it waits for the agency that orders the room."""


class Appended(NamedTuple):
    """Where a draft came to stand: room, position, entry id and the log's time, after the durable commit.

    `n` is `WAITING` for a room that another agency orders: it is kept, and its entry comes back from there with this
    id. `waiting_for` is that agency.
    """

    room: RoomId
    n: int
    id: str
    at: Millis
    pos: int
    waiting_for: str | None = None


PERSON: Final = "[A-Za-z0-9_-]{1,64}"
AGENCY: Final = "[A-Za-z0-9-]{1,63}"
DOMAIN: Final = r"[^/+\s\x00-\x1f]{1,253}"
"""What the names of keys and logs may hold (`docs/evidence.md` §6): the slug of an agency, and its domain."""


_PRINCIPAL: Final = re.compile(f"{PERSON}@{AGENCY}")
_PERSON: Final = re.compile(f"(?!{SYSTEM}@){PERSON}@{AGENCY}")


def is_principal(text: str) -> bool:
    """Return whether this names a person, or the program, of some agency."""
    return _PRINCIPAL.fullmatch(text) is not None


def is_person(text: str) -> bool:
    """Return whether this names a person of some agency, and not its program."""
    return _PERSON.fullmatch(text) is not None


def agency_of(principal: Principal) -> str:
    """Return the slug of the agency whose person, or program, this is."""
    return principal.rpartition("@")[2]


def program_of(agency: str) -> Principal:
    """Return the program of an agency: who writes what happens by itself. No person can have this name."""
    return Principal(f"{SYSTEM}@{agency}")


@dataclass(frozen=True, slots=True)
class Home:
    """The agency whose appliance this is: the one place where the ids of its own people gain and lose its name.

    Rules, rooms and entries know principals alone. What belongs to this appliance (its API, its tables, its directory)
    knows people by `PersonId`. `system` is the appliance itself.
    """

    agency: str
    system: Principal = field(init=False)
    _suffix: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the names that every entry asks for."""
        object.__setattr__(self, "system", program_of(self.agency))
        object.__setattr__(self, "_suffix", f"@{self.agency}")

    def principal(self, person: PersonId) -> Principal:
        """Return the name by which every agency knows a person."""
        return Principal(person if "@" in person else person + self._suffix)

    def person(self, principal: Principal) -> PersonId:
        """Return the name by which this appliance knows a person; `EVERYONE` stays what it is."""
        return PersonId(principal.removesuffix(self._suffix))


def is_agency(text: str) -> bool:
    """Return whether this is the slug of an agency."""
    return re.fullmatch(AGENCY, text) is not None


def is_domain(text: str) -> bool:
    """Return whether this can stand as the domain in the names of keys and logs."""
    return re.fullmatch(DOMAIN, text) is not None
