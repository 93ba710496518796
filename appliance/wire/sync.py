"""The feed: catching up by cursor and the live stream, one event shape for both.

Client frames on the stream are one JSON object each, told apart by `type`: `ping`, `typing`, `receipt`,
`watch`, `send`.
The server answers `ping` with `{"pong": at}` and `send` with `{"txn_id","n","id","at"}` or
`{"error","txn_id","status","retry_after"}`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from appliance.wire.common import Answer, ErrorBody, Id, Millis, Position, Request, TxnId
from appliance.wire.cursors import Cursor
from appliance.wire.events import Event
from appliance.wire.messages import FileIds, TextBody

MAX_WATCHED = 4
"""Rooms that one stream may have on its screen."""


class SyncQuery(Request, kw_only=True):
    """`since` is the `pos` up to which the client has everything; `cursor` continues a snapshot of many rooms."""

    since: Cursor | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=5000)] = 1000


class Sync(Answer, kw_only=True):
    """What happened, up to `pos`; with `more`, ask again from there. An answer ends at `limit` events or 1 MiB.

    Without `since`, and for one that this history of the feed does not have, the answer is a `snapshot`, in place of
    all that the client knew: one `room` event for each room, its state a RoomView. While it has a `cursor`, ask with
    that for the rooms that follow; the snapshot is whole when an answer has none, and only then is `pos` good.
    """

    pos: Cursor
    events: list[Event]
    more: bool
    cursor: Cursor | None = None
    snapshot: bool = False


class StreamQuery(Request, kw_only=True):
    """`language` is that of the texts of errors: a page cannot choose the headers with which it opens a stream."""

    since: Cursor | None = None
    language: Literal["th", "en"] | None = None


class Ping(msgspec.Struct, tag="ping", tag_field="type", forbid_unknown_fields=True, frozen=True):
    pass


class Typing(msgspec.Struct, tag="typing", tag_field="type", forbid_unknown_fields=True, frozen=True):
    room: Id


class Receipt(msgspec.Struct, tag="receipt", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """Entries `first` to `upto` were shown; without `first`, everything up to there was."""

    room: Id
    upto: Position
    first: Position = 0


class Watch(msgspec.Struct, tag="watch", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """The rooms on the person's screen, in place of those named before: their receipts come at once."""

    rooms: Annotated[list[Id], Meta(max_length=MAX_WATCHED)]


class Send(msgspec.Struct, tag="send", tag_field="type", forbid_unknown_fields=True, frozen=True):
    """A message, as `POST /rooms/{room}/messages` takes it.

    With `resume`, the client has had the answers to all that it sent to this room before: no message that was refused
    holds this one up any more.
    """

    room: Id
    txn_id: TxnId
    body: TextBody
    reply_to: Position | None = None
    files: FileIds = []
    resume: bool = False


ClientFrame = Ping | Typing | Receipt | Watch | Send


class EventsFrame(Answer, kw_only=True):
    """What happened: whoever has taken it in has everything up to `pos`."""

    pos: Cursor
    events: list[Event]


class SentFrame(Answer, kw_only=True):
    """A message was taken; what its fields say is in `Posted`."""

    txn_id: str
    n: Position | None = None
    id: str
    at: Millis
    waiting_for: Id | None = None


class FailedFrame(Answer, kw_only=True):
    """What came up could not be done. `txn_id` is there when it was a message.

    `status` and `retry_after` (seconds) are those of the answer to the same request over HTTP. A message that was
    refused for a reason that passes (429, 503 but for `storage_damaged` and `room_unproven`) holds up those that the
    stream sends to the same room after it: they are refused for the same reason until it is sent again, or one comes
    with `resume`, so that messages stay in order. A new stream holds up nothing.
    """

    error: ErrorBody
    txn_id: str | None = None
    status: int
    retry_after: int | None = None


class PongFrame(Answer, kw_only=True):
    pong: Millis
