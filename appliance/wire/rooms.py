"""Rooms, their members and the requests to their owners (F32 to F41)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from appliance.model import RoomKind
from appliance.wire.common import Answer, Id, Limit, Millis, Name, Person, PersonIds, Position, Request, TxnId
from appliance.wire.cursors import Cursor
from appliance.wire.entries import EntryEvent

Kind = Annotated[str, Meta(max_length=32, extra_json_schema={"enum": [kind.value for kind in RoomKind]})]
"""A kind of room; what holds in each is in `rules/policy.py`."""


class RoomOptions(Request, kw_only=True):
    """`owner_post` binds ownership to a post of the creator: whoever fills it owns the room (Q8)."""

    owner_post: Id | None = None


class CreateRoom(Request, kw_only=True):
    txn_id: TxnId
    kind: Kind
    name: Name | None = None
    members: PersonIds = []
    options: RoomOptions = RoomOptions()


class MemberView(Answer, kw_only=True):
    """A member as shown in a list.

    `read` is the furthest position that was shown to them, `skipped` the ranges below it, both ends included, that were
    not: they jumped across. What was said before they came in is left out of both. `status` is their own words,
    `photo` names their photograph.
    """

    person: Person
    name: str
    name_en: str | None = None
    role: str
    since: Position
    unit: str | None = None
    unit_en: str | None = None
    post: str | None = None
    post_en: str | None = None
    status: str | None = None
    photo: Id | None = None
    active: bool = True
    read: Position | None = None
    skipped: list[tuple[Position, Position]] = []


class RoomAgency(Answer, kw_only=True):
    """An agency of a room. `status` says whether it can be reached: linked, unreachable, suspended or revoked."""

    id: Id
    name: str
    name_en: str | None = None
    status: str


class RoomView(Answer, kw_only=True):
    """A room as its caller sees it. `members` is present when one room is asked for, and for direct rooms always.

    `denied` maps an action's name to the code of the reason why the caller may not do it: the greyed-out button and the
    refusal cannot disagree. `unread` counts messages of others after the caller's own mark, at most 1,000, and what was
    done to the caller: added, made the owner. A retracted message counts, since its trace is there to see. `last` is
    the newest of these and of all messages. `mentions` counts the standing ones that name the caller.

    `hub` is the agency that orders the entries, `agencies` those of the members, the hub first; both are left out
    of a room of this agency alone.

    `damaged`: the room lies on a torn page, its row says what no row says, or it is not what was signed. What is whole
    of it can be read, every action is denied with the reason (`storage_damaged`, `room_unproven`), and what cannot be
    read is left out here: the name, the newest message, members, counts.
    """

    id: Id
    kind: str
    name: str | None
    owner: Person
    scope: str
    hub: Id | None = None
    agencies: list[RoomAgency] = []
    role: str
    member_count: int
    created: Millis
    size: Position
    unread: int
    mentions: int
    read: Position
    closed: bool = False
    damaged: bool = False
    muted: bool = False
    pinned: bool = False
    hidden: bool = False
    cleared: Position | None = None
    cleared_at: Millis | None = None
    unread_from: Position | None = None
    owner_post: Id | None = None
    last: EntryEvent | None = None
    members: list[MemberView] = []
    denied: dict[str, str] = {}


class Room(Answer, kw_only=True):
    room: RoomView


class RoomsQuery(Request, kw_only=True):
    cursor: Cursor | None = None
    limit: Limit = 200


class Rooms(Answer, kw_only=True):
    """A page of the caller's rooms, those made first first. `cursor` asks for what follows."""

    rooms: list[RoomView]
    cursor: Cursor | None = None


class RenameRoom(Request, kw_only=True):
    name: Name
    txn_id: TxnId | None = None


class ChangeMembers(Request, kw_only=True):
    """`reason` is shown to those who are removed, and to nobody else."""

    txn_id: TxnId
    add: PersonIds = []
    remove: PersonIds = []
    reason: Annotated[str, Meta(max_length=500)] = ""


class MembersChanged(Answer, kw_only=True):
    added: list[Person]
    removed: list[Person]
    room: RoomView


class TransferRoom(Request, kw_only=True):
    person: Person
    txn_id: TxnId | None = None


class MyRoom(Request, kw_only=True):
    """The caller's own view of a room: mute, hide and pin exist, leaving does not (F40)."""

    muted: bool | None = None
    hidden: bool | None = None
    pinned: bool | None = None


class AskRemoval(Request, kw_only=True):
    reason: Annotated[str, Meta(max_length=500)] = ""


class AnswerRemoval(Request, kw_only=True):
    outcome: Literal["granted", "refused"]
    note: Annotated[str, Meta(max_length=500)] = ""


class SuggestMembers(Request, kw_only=True):
    people: Annotated[list[Person], Meta(min_length=1, max_length=50)]
    reason: Annotated[str, Meta(max_length=500)] = ""


class AnswerSuggestion(Request, kw_only=True):
    outcome: Literal["granted", "refused"]
    note: Annotated[str, Meta(max_length=500)] = ""


class RemovalRequest(Answer, kw_only=True):
    """A member's request to be taken off the room (F41). `escalated`: it now lies with the unit's admin too."""

    id: Id
    room: Id
    person: Person
    name: str
    name_en: str | None = None
    state: str
    asked: Millis
    reason: str = ""
    answered: Millis | None = None
    answered_by: Person | None = None
    note: str = ""
    escalated: Millis | None = None


class Suggested(Answer, kw_only=True):
    person: Person
    name: str
    name_en: str | None = None
    unit: str | None = None
    unit_en: str | None = None
    post: str | None = None
    post_en: str | None = None


class MemberSuggestion(Answer, kw_only=True):
    """A member's suggestion to add people to the room (F34); `person` and `name` are who suggests."""

    id: Id
    room: Id
    person: Person
    name: str
    name_en: str | None = None
    people: list[Suggested]
    state: str
    asked: Millis
    reason: str = ""
    answered: Millis | None = None
    answered_by: Person | None = None
    note: str = ""


class OwnerRequestsQuery(Request, kw_only=True):
    cursor: Cursor | None = None


class MemberSuggestions(Answer, kw_only=True):
    """A page of suggestions, the newest first. `cursor` asks for what follows."""

    suggestions: list[MemberSuggestion]
    cursor: Cursor | None = None


class MembersSuggested(Answer, kw_only=True):
    suggestion: MemberSuggestion


class RemovalRequests(Answer, kw_only=True):
    """A page of requests, the newest first. `cursor` asks for what follows."""

    requests: list[RemovalRequest]
    cursor: Cursor | None = None


class MyRequestsQuery(Request, kw_only=True):
    cursor: Cursor | None = None


class MyRequest(Answer, kw_only=True):
    """A request to a room's owner that concerns the caller: who asked, or who answers or answered in that room.

    `people` are those suggested. `waits_for_me`: the caller may answer now. `fresh`: it is the caller's own, and they
    have not seen the answer. `owner_name` is whom it waits for, `escalates` when it goes to the unit's
    administrator too, `repeats` from when the same may be asked again.
    """

    id: Id
    kind: Literal["removal", "suggestion"]
    room: Id
    room_name: str | None
    person: Person
    name: str
    name_en: str | None = None
    owner_name: str
    owner_name_en: str | None = None
    state: str
    asked: Millis
    waits_for_me: bool = False
    fresh: bool = False
    people: list[Suggested] = []
    reason: str = ""
    answered: Millis | None = None
    answered_by: Person | None = None
    answered_by_name: str | None = None
    answered_by_name_en: str | None = None
    note: str = ""
    escalates: Millis | None = None
    escalated: Millis | None = None
    repeats: Millis | None = None


class Departure(Answer, kw_only=True):
    """The caller was taken off a room: by whom, and what it was called then. `reason` is what the owner wrote.

    `why` is a code: why the system did it, or `removal_request` where the caller had asked for it.
    """

    room: Id
    room_name: str
    at: Millis
    by: Person
    by_name: str | None
    by_name_en: str | None = None
    why: str = ""
    reason: str = ""
    fresh: bool = False


class MyRequests(Answer, kw_only=True):
    """A page of requests, and with the first page what the caller was taken off.

    Answers to the caller come first; then what waits, their own before others', the oldest before the newest; then what
    else was answered. Of answers the newest comes first. One that was withdrawn is shown to who asked alone. `waiting`
    counts what waits for the caller on all pages, `answers` the answers that they have not seen, `photos` the profile
    photographs that they may judge. `escalates_days` and `repeats_days` are the agency's settings. `cursor` asks for
    what follows.
    """

    requests: list[MyRequest]
    waiting: int
    answers: int
    photos: int
    departures: list[Departure]
    escalates_days: int
    repeats_days: int
    cursor: Cursor | None = None


class RequestsSeen(Request, kw_only=True):
    """Answers up to a time were seen: those of a room, or of all, and what the caller was taken off."""

    upto: Millis
    room: Id | None = None


class RemovalRequested(Answer, kw_only=True):
    request: RemovalRequest
