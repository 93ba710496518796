"""What clients may append to a room, and the parts of what they see of it (`entries.py` has the entries themselves)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from appliance.attachments import MAX_FILES
from appliance.model import MAX_LISTED, MAX_MESSAGE_LENGTH
from appliance.wire.common import Answer, Id, Limit, Millis, Person, Position, Request, TxnId
from appliance.wire.cursors import Cursor
from appliance.wire.files import FileView

Text = Annotated[str, Meta(max_length=MAX_MESSAGE_LENGTH)]
FileIds = Annotated[list[Id], Meta(max_length=MAX_FILES)]


class TextBody(Request, kw_only=True):
    """`mentions` are the ids of people named in the text; `everyone` is the @room mention.

    The text of a message with files may be empty; any other has something to read in it.
    """

    text: Text
    mentions: Annotated[list[Person], Meta(max_length=MAX_LISTED)] = []
    everyone: bool = False


class PostMessage(Request, kw_only=True):
    """`files` are uploads of the caller that are ready, or files that the caller is shown in some room."""

    txn_id: TxnId
    body: TextBody
    type: Literal["text"] = "text"
    reply_to: Position | None = None
    files: FileIds = []


class Posted(Answer, kw_only=True):
    """Where a message stands. Without `n` it is kept, and waits for the agency that orders the room (`waiting_for`).

    What that agency refuses is told by `message.refused`.
    """

    n: Position | None = None
    id: str
    at: Millis
    waiting_for: Id | None = None


class WriteTo(Request, kw_only=True):
    """`files` as those of `PostMessage`."""

    txn_id: TxnId
    body: TextBody
    files: FileIds = []


class Written(Answer, kw_only=True):
    """Where a message to a person came to stand: in the private chat of both."""

    room: Id
    n: Position
    id: str
    at: Millis


class EditMessage(Request, kw_only=True):
    """New words for a message, which keeps its files."""

    txn_id: TxnId
    body: TextBody


class RetractQuery(Request, kw_only=True):
    txn_id: TxnId | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


class ReactionQuery(Request, kw_only=True):
    txn_id: TxnId | None = None


class BodyView(Answer, kw_only=True):
    text: str
    mentions: list[Person] = []
    everyone: bool = False
    files: list[FileView] = []


class Edited(Answer, kw_only=True):
    """The newest edit of a message: its position in the log and its time."""

    n: Position
    at: Millis


class Reaction(Answer, kw_only=True):
    emoji: str
    people: list[Person]


class MessagesQuery(Request, kw_only=True):
    """At most one of `before`, `after` and `around`. Without any: the newest."""

    before: Position | None = None
    after: Position | None = None
    around: Position | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class HistoryQuery(Request, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = 50


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
    person: Person
    at: Millis
    name: str | None = None
    name_en: str | None = None
    unit: str | None = None
    unit_en: str | None = None


class Unreader(Answer, kw_only=True):
    person: Person
    name: str | None = None
    name_en: str | None = None
    unit: str | None = None
    unit_en: str | None = None


class ReadersQuery(Request, kw_only=True):
    cursor: Cursor | None = None
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
    cursor: Cursor | None = None
    unread_cursor: Cursor | None = None
