"""The state of each type of entry, as one frozen dataclass each: what its header says beside type, sender and times.

Values only. Authorisation depends on these fields and never on a body, because a body may be destroyed. They are read
strictly (`shapes.py`). Who may append which type, and what it does, is in the registry (`entry_types.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.model import ContactMode, Millis, PostId, Principal, RoomKind, State
from appliance.rules.log_texts import (
    is_card_line,
    is_card_name,
    is_id,
    is_name,
    is_note,
    is_old_name,
    is_reaction,
    is_rule,
)
from appliance.rules.statements import Order, Statement


@dataclass(frozen=True, slots=True)
class Card:
    """Who a person was when they came in, frozen for evidence. `rank` is the level of their position, if known.

    `signed`: the same, as their own agency signed it: of every person of another agency than the hub (`stated.py`).
    """

    p: Principal
    name: str = field(metadata={"holds": is_card_name})
    unit: str = field(metadata={"holds": is_card_line})
    post: str = field(metadata={"holds": is_card_line})
    rank: int | None = None
    signed: Statement | None = None


@dataclass(frozen=True, slots=True)
class RoomCreated(State):
    """A room begins, with its owner. `owner_post`: it belongs to a post and so to whoever fills it (Q8)."""

    kind: RoomKind
    owner: Principal
    name: str | None = field(default=None, metadata={"holds": is_name})
    owner_post: PostId | None = field(default=None, metadata={"holds": is_id})
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class RoomRenamed(State):
    """A group has another name; `old` is the one it had, where that is said."""

    name: str = field(metadata={"holds": is_name})
    old: str = field(default="", repr=False, metadata={"holds": is_old_name})


@dataclass(frozen=True, slots=True)
class RoomClosed(State):
    """The owner has ended a group: nothing new is written in it."""


@dataclass(frozen=True, slots=True)
class MembersAdded(State):
    """People came in.

    In a private chat `rank` is the level of who begins it and `contact` who could begin one then: with the card of the
    other person, all that a replica needs to judge whether it might be begun (F38, F39).
    """

    members: tuple[Card, ...]
    rank: int | None = None
    contact: ContactMode = ContactMode.NORMAL


@dataclass(frozen=True, slots=True)
class MembersRemoved(State):
    """The owner took people off. `oneself`: a member asks this for themselves, which is refused (F40)."""

    members: tuple[Principal, ...]
    oneself: bool = field(default=False, metadata={"key": "self"})


@dataclass(frozen=True, slots=True)
class RemovedBySystem(State):
    """The system took people off. `why` is a code, `by` are those who decided it.

    `revoked`: for people of other agencies, that their accounts have ended, as those agencies signed it.
    """

    members: tuple[Principal, ...]
    why: str = field(default="", metadata={"holds": is_note})
    by: tuple[Principal, ...] = ()
    revoked: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosedBySystem(State):
    """The system has ended a group. `why` is a code."""

    why: str = field(default="", metadata={"holds": is_note})
    by: tuple[Principal, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerTransferred(State):
    """The owner has handed a group over to another member. `accepted`: another agency takes the room over with it."""

    to: Principal
    post: PostId | None = field(default=None, metadata={"holds": is_id})
    accepted: Statement | None = None


@dataclass(frozen=True, slots=True)
class OwnerReassigned(State):
    """The system has given a group to somebody, who comes in by this entry where it has a `card`.

    `order`: the registry gives the room to an agency, whose own system then writes this entry.
    """

    to: Principal
    post: PostId | None = field(default=None, metadata={"holds": is_id})
    why: str = field(default="", metadata={"holds": is_note})
    by: tuple[Principal, ...] = ()
    card: Card | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class TextSaid(State):
    """A message; its words and files are the body. `everyone` is the @room mention.

    `files` says how many files it carries, and `label` the highest classification among them.
    """

    reply_to: int | None = None
    everyone: bool = False
    files: int = 0
    label: int = 0


@dataclass(frozen=True, slots=True)
class TextEdited(State):
    """Message `target` has new words, in the body."""

    target: int
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class MessageRetracted(State):
    """Message `target` is taken back."""

    target: int
    reason: str = field(default="", metadata={"holds": is_note})


@dataclass(frozen=True, slots=True)
class Reacted(State):
    """A reaction to message `target` is given (`on`) or taken back."""

    target: int
    emoji: str = field(metadata={"holds": is_reaction})
    on: bool


@dataclass(frozen=True, slots=True)
class BodiesDestroyed(State):
    """Bodies of entries `first` to `last` were destroyed by a rule of retention."""

    first: int = field(metadata={"key": "from"})
    last: int = field(metadata={"key": "to"})
    rule: str = field(metadata={"holds": is_rule})
    at: Millis
