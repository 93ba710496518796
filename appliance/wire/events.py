"""What comes on the feed: entries of rooms, and events that are no entries (`Event`, told apart by `type`)."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from appliance.wire.common import Answer, Id, Person, Position
from appliance.wire.entries import EntryEvent, EventBase, Nothing
from appliance.wire.files import FileChanged, UploadChanged
from appliance.wire.rooms import MemberSuggestion, RemovalRequest, RoomView


class RoomEvent(EventBase, kw_only=True, tag="room"):
    """A room as it stands now: one that is new to the caller, or has changed for them alone."""

    room: Id
    state: RoomView


class RoomLeftEvent(EventBase, kw_only=True, tag="room.left"):
    """The caller is not in the room any more."""

    room: Id
    state: Nothing


class ReceiptState(Answer, kw_only=True):
    """Each person's furthest position, and the ranges that were shown to them, both ends included."""

    read: dict[Person, Position]
    shown: dict[Person, list[tuple[Position, Position]]]


class ReceiptEvent(EventBase, kw_only=True, tag="receipt"):
    """What was shown to whom in a room."""

    room: Id
    state: ReceiptState


class TypingEvent(EventBase, kw_only=True, tag="typing"):
    """Somebody is writing: an ephemeral event, kept nowhere. It moves no cursor."""

    room: Id
    sender: Person
    state: Nothing


class RemovalRequestEvent(EventBase, kw_only=True, tag="removal_request"):
    """A request to be taken off a room has taken a step."""

    room: Id
    state: RemovalRequest


class MemberSuggestionEvent(EventBase, kw_only=True, tag="member_suggestion"):
    """A suggestion to add people to a room has taken a step."""

    room: Id
    state: MemberSuggestion


class RequestsSeenEvent(EventBase, kw_only=True, tag="requests.seen"):
    """The caller has seen answers to their requests, on another device perhaps."""

    state: Nothing


class PhotoEvent(EventBase, kw_only=True, tag="photo"):
    """The caller's own photograph has changed, or those that wait for their judgement have."""

    state: Nothing


class FileEvent(EventBase, kw_only=True, tag="file"):
    """More is known of a file that a message carries: its scan, its size, what was made of it."""

    room: Id
    state: FileChanged


class UploadEvent(EventBase, kw_only=True, tag="upload"):
    """An upload of the caller has taken a step."""

    state: UploadChanged


class MessageRefused(Answer, kw_only=True):
    """Which of the caller's messages it is, and why (`code` as in an error)."""

    room: Id
    txn_id: str | None = None
    code: str


class MessageRefusedEvent(EventBase, kw_only=True, tag="message.refused"):
    """What the caller wrote to a room that another agency orders was refused there; it is in no log."""

    state: MessageRefused


NonEntryEvent: TypeAlias = (
    RoomEvent
    | RoomLeftEvent
    | ReceiptEvent
    | TypingEvent
    | RemovalRequestEvent
    | MemberSuggestionEvent
    | RequestsSeenEvent
    | PhotoEvent
    | FileEvent
    | UploadEvent
    | MessageRefusedEvent
)
"""An event that is no entry of a log. `TypingEvent` is ephemeral: kept nowhere. The others are lines of the feed."""
Event: TypeAlias = EntryEvent | NonEntryEvent
"""One thing that happened."""


def non_entry_event(at: int, kind: str, room: str | None, state: dict[str, Any]) -> NonEntryEvent:
    """Return an event that is no entry, from what its line of the feed holds. Raises `msgspec.ValidationError`."""
    fields = {"type": kind, "at": at, "state": state}
    if room is not None:
        fields["room"] = room
    event: NonEntryEvent = msgspec.convert(fields, NonEntryEvent)
    return event
