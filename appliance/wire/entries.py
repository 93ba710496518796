"""Entries of a room's log as clients see them: one struct for each type, told apart by `type` (`EntryEvent`).

A message carries `body`, a state entry `state`. What may not or cannot be seen carries `hidden` and the reason instead
(`retracted`, `erased`, `damaged`), so `n` has no gaps; an entry of which nothing can be read is a `DamagedEvent`.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from appliance.wire.common import Answer, Id, Millis, Person, Position
from appliance.wire.cursors import Cursor
from appliance.wire.messages import BodyView, Edited, Reaction


class EventBase(Answer, kw_only=True, tag_field="type"):
    """What every event has. Its position in the feed is no field: frames and answers carry an opaque cursor."""

    at: Millis

    @property
    def type(self) -> str:
        """The name of its type on the wire."""
        return str(self.__struct_config__.tag)


class EntryEventBase(EventBase, kw_only=True):
    """What every entry has. `n` is its place in the room.

    `txn_id` is what it was sent with, in the feed of its sender and of nobody else: a client may have put something
    private into it. It is the idempotency key of the command.
    """

    room: Id
    n: Position
    id: str
    sender: Person
    txn_id: str | None = None


class CardView(Answer, kw_only=True):
    """Who a person was when they came in."""

    p: Person
    name: str
    unit: str
    post: str


class Nothing(Answer, kw_only=True):
    """A state without fields."""


class RoomCreateState(Answer, kw_only=True):
    """`owner_post`: the room belongs to a post and so to whoever fills it."""

    kind: str
    owner: Person
    name: str | None = None
    owner_post: Id | None = None
    card: CardView | None = None


class RoomCreateEvent(EntryEventBase, kw_only=True, tag="room.create"):
    state: RoomCreateState


class RoomRenameState(Answer, kw_only=True):
    name: str
    old: str = ""


class RoomRenameEvent(EntryEventBase, kw_only=True, tag="room.rename"):
    state: RoomRenameState


class RoomCloseEvent(EntryEventBase, kw_only=True, tag="room.close"):
    state: Nothing


class SystemCloseState(Answer, kw_only=True):
    """`why` is a code; `by` are those who decided it."""

    why: str = ""
    by: tuple[Person, ...] = ()


class SystemCloseEvent(EntryEventBase, kw_only=True, tag="sys.close"):
    state: SystemCloseState


class MemberAddState(Answer, kw_only=True):
    members: tuple[CardView, ...]


class MemberAddEvent(EntryEventBase, kw_only=True, tag="member.add"):
    state: MemberAddState


class MemberRemoveState(Answer, kw_only=True):
    members: tuple[Person, ...]


class MemberRemoveEvent(EntryEventBase, kw_only=True, tag="member.remove"):
    state: MemberRemoveState


class SystemRemoveState(Answer, kw_only=True):
    """`why` is a code; `by` are those who decided it."""

    members: tuple[Person, ...]
    why: str = ""
    by: tuple[Person, ...] = ()


class SystemRemoveEvent(EntryEventBase, kw_only=True, tag="sys.remove"):
    state: SystemRemoveState


class OwnerTransferState(Answer, kw_only=True):
    to: Person
    post: Id | None = None


class OwnerTransferEvent(EntryEventBase, kw_only=True, tag="owner.transfer"):
    state: OwnerTransferState


class OwnerReassignState(Answer, kw_only=True):
    """`card`: the new owner came in by this entry. `why` is a code, or what an administrator wrote."""

    to: Person
    post: Id | None = None
    why: str = ""
    by: tuple[Person, ...] = ()
    card: CardView | None = None


class OwnerReassignEvent(EntryEventBase, kw_only=True, tag="owner.reassign"):
    state: OwnerReassignState


class Reactable(EntryEventBase, kw_only=True):
    """An entry that shows its reactions when it is read as part of a page; live, they are entries."""

    hidden: str | None = None
    reactions: list[Reaction] = []


class MessageTextEvent(Reactable, kw_only=True, tag="message.text"):
    """A message. `edited` appears when it is read as part of a page; live, that is an entry."""

    reply_to: Position | None = None
    body: BodyView | None = None
    edited: Edited | None = None


class MessageEditEvent(EntryEventBase, kw_only=True, tag="message.edit"):
    """New words for message `target`."""

    target: Position
    body: BodyView | None = None
    hidden: str | None = None


class MessageRedactState(Answer, kw_only=True):
    reason: str = ""


class MessageRedactEvent(EntryEventBase, kw_only=True, tag="message.redact"):
    """Message `target` was taken back."""

    target: Position
    state: MessageRedactState


class MessageReactionState(Answer, kw_only=True):
    emoji: str
    on: bool


class MessageReactionEvent(EntryEventBase, kw_only=True, tag="message.reaction"):
    """A reaction to message `target` was given (`on`) or taken back."""

    target: Position
    state: MessageReactionState


class ShredState(Answer, kw_only=True):
    from_: Position = msgspec.field(name="from")
    to: Position
    rule: str
    at: Millis


class ShredEvent(EntryEventBase, kw_only=True, tag="shred"):
    """The bodies of entries `from` to `to` were destroyed by a rule of retention."""

    state: ShredState


class HiddenEvent(EventBase, kw_only=True, tag="hidden"):
    """An entry that is not shown to the caller: its place in the log alone. `hidden` is the reason."""

    room: Id
    n: Position
    hidden: str


class DamagedEvent(EventBase, kw_only=True, tag="damaged"):
    """An entry of which nothing can be read: its row lies on a torn page, or says what no entry says."""

    room: Id
    n: Position
    hidden: str


EntryEvent: TypeAlias = (
    RoomCreateEvent
    | RoomRenameEvent
    | RoomCloseEvent
    | SystemCloseEvent
    | MemberAddEvent
    | MemberRemoveEvent
    | SystemRemoveEvent
    | OwnerTransferEvent
    | OwnerReassignEvent
    | MessageTextEvent
    | MessageEditEvent
    | MessageRedactEvent
    | MessageReactionEvent
    | ShredEvent
    | HiddenEvent
    | DamagedEvent
)
"""An entry of a room, by type."""


class Messages(Answer, kw_only=True):
    """Newest first for `before` (and without a position), oldest first for `after` and `around`.

    A page ends at `limit` or at 1 MiB, whichever comes first; `has_more` says that there is more in its direction.
    """

    messages: list[EntryEvent]
    has_more: bool


class Version(Answer, kw_only=True):
    """One wording. Without `body` where its words cannot be shown; `hidden` then says why."""

    n: Position
    at: Millis
    body: BodyView | None = None
    hidden: str | None = None


class History(Answer, kw_only=True):
    """A page of the wordings of a message, oldest first. `cursor` asks for what follows."""

    versions: list[Version]
    cursor: Cursor | None = None
