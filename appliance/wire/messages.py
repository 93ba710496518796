"""Entries of a room as clients see them, and what clients may append (the specification, api.md «Event shape»)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from appliance.wire.common import Answer, Id, Limit, Millis, Position, Request, TxnId

Text = Annotated[str, Meta(min_length=1, max_length=20_000)]
Emoji = Annotated[str, Meta(min_length=1, max_length=32)]


class TextBody(Request, kw_only=True):
    """`mentions` are the ids of people named in the text; `everyone` is the @room mention."""

    text: Text
    mentions: Annotated[list[Id], Meta(max_length=100)] = []
    everyone: bool = False


class PostMessage(Request, kw_only=True):
    txn_id: TxnId
    body: TextBody
    type: Literal["text"] = "text"
    reply_to: Position | None = None


class Posted(Answer, kw_only=True):
    n: Position
    id: str
    at: Millis


class WriteTo(Request, kw_only=True):
    txn_id: TxnId
    body: TextBody


class Written(Answer, kw_only=True):
    """Where a message to a person came to stand: in the private chat of both."""

    room: Id
    n: Position
    id: str
    at: Millis


class EditMessage(Request, kw_only=True):
    txn_id: TxnId
    body: TextBody


class RetractQuery(Request, kw_only=True):
    txn_id: TxnId | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


class ReactionQuery(Request, kw_only=True):
    txn_id: TxnId | None = None


class BodyView(Answer, kw_only=True):
    text: str
    mentions: list[Id] = []
    everyone: bool = False


class Edited(Answer, kw_only=True):
    """The newest edit of a message: its position in the log and its time."""

    n: Position
    at: Millis


class Reaction(Answer, kw_only=True):
    emoji: str
    people: list[Id]


class Event(Answer, kw_only=True):
    """One thing that happened. `pos` is its place in the caller's feed; `n` its place in the room.

    Message entries carry `body`; state entries and events that are no entries (`receipt`, `room`, `typing`, …) carry
    `state`. A message that may not or cannot be seen carries `hidden` and the reason instead (`retracted`, `erased`,
    `damaged`), so `n` has no gaps; an entry of which nothing can be read has the type `damaged`. `reactions` and
    `edited` appear when a message is read as part of a page; live, they arrive as entries of their own.

    `txn_id` is what the entry was sent with, in the feed of its sender and of nobody else: a client may have put
    something telling into it.
    """

    pos: Position
    type: str
    at: Millis
    room: Id | None = None
    n: Position | None = None
    id: str | None = None
    txn_id: str | None = None
    sender: Id | None = None
    body: BodyView | None = None
    state: dict[str, Any] | None = None
    reply_to: Position | None = None
    target: Position | None = None
    hidden: str | None = None
    edited: Edited | None = None
    reactions: list[Reaction] = []


class MessagesQuery(Request, kw_only=True):
    """At most one of `before`, `after` and `around`. Without any: the newest."""

    before: Position | None = None
    after: Position | None = None
    around: Position | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Messages(Answer, kw_only=True):
    """Newest first for `before` (and without a position), oldest first for `after` and `around`.

    A page ends at `limit` or at 1 MiB, whichever comes first; `has_more` says that there is more in its direction.
    """

    messages: list[Event]
    has_more: bool


class Version(Answer, kw_only=True):
    """One wording. Without `body` where its words cannot be shown; `hidden` then says why."""

    n: Position
    at: Millis
    body: BodyView | None = None
    hidden: str | None = None


class HistoryQuery(Request, kw_only=True):
    cursor: Position = 0
    limit: Limit = 50


class History(Answer, kw_only=True):
    """A page of the wordings of a message, oldest first. `cursor` asks for what follows."""

    versions: list[Version]
    cursor: Position | None = None


class ReceiptUpto(Request, kw_only=True):
    """Entries `first` to `upto` were shown to the caller; without `first`, everything up to there was."""

    upto: Position
    first: Position = 0


class MarkUnread(Request, kw_only=True):
    """Shows the room as unread from this message on, for the caller alone, until the caller ends that mark.

    First reads stay recorded (F16).
    """

    n: Position


class Reader(Answer, kw_only=True):
    person: Id
    at: Millis
    name: str | None = None
    name_en: str | None = None
    unit: str | None = None
    unit_en: str | None = None


class Unreader(Answer, kw_only=True):
    person: Id
    name: str | None = None
    name_en: str | None = None
    unit: str | None = None
    unit_en: str | None = None


class ReadersQuery(Request, kw_only=True):
    cursor: Annotated[str, Meta(max_length=200)] | None = None
    limit: Limit = 200


class Readers(Answer, kw_only=True):
    """Who has read a message and since when, and who has not yet; the sender is in neither list.

    The lists are a page, the counts are of everybody. `cursor` asks for what follows, first the rest of those who have
    read and then those who have not; `unread_cursor` goes straight to the latter while a page does not show any.
    """

    read: list[Reader]
    unread: list[Unreader]
    read_count: int
    unread_count: int
    cursor: str | None = None
    unread_cursor: str | None = None
