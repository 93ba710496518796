"""Rooms, members and each person's view of a room, as rows.

The caller owns the transaction.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from appliance.errors import MalformedRow
from appliance.model import Member, Millis, PersonId, PostId, Role, RoomId, RoomKind, RoomState
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Home
    from appliance.store.batch import NewCheckpoint
    from appliance.store.db import Rows

SQL = Queries("rooms")
NameT = TypeVar("NameT", bound=StrEnum)


class RoomRow(NamedTuple):
    """A room's state, when it was made, and its last entry's position, hub time and version of the registry."""

    key: int
    state: RoomState
    created_at: Millis
    size: int
    last_at: Millis
    registry: int


class SignedTree(NamedTuple):
    """A room's newest checkpoint: its size, the edge of the tree, the note, and the entries of each agency in it."""

    size: int
    frontier: bytes
    note: str
    counters: dict[str, int]


class StoredRoom(NamedTuple):
    """A room's own row."""

    key: int
    id: str
    kind: str
    name: str | None
    owner: str
    owner_post: str | None
    created_at: Millis
    closed: int
    hub: str
    hub_epoch: int
    hub_since: int


class ViewRow(NamedTuple):
    """A room as one member sees it."""

    key: int
    id: str
    kind: str
    name: str | None
    owner: str
    owner_post: str | None
    created_at: Millis
    closed: int
    size: int
    role: str
    read: int
    muted: int
    pinned: int
    hidden: int | None
    cleared: int | None
    cleared_at: Millis | None
    unread_from: int | None


class ListedRoom(NamedTuple):
    """A room as operators look for it: `members` is how many there are now, `pair` as `pair_key` makes it."""

    id: str
    kind: str
    name: str | None
    created_at: Millis
    pair: str | None
    members: int


class RoomPreferences(NamedTuple):
    """What a person did to their own view. `hidden`, `cleared` and `unread_from` are positions, or None."""

    muted: bool = False
    pinned: bool = False
    hidden: int | None = None
    cleared: int | None = None
    cleared_at: Millis | None = None
    unread_from: int | None = None


class MemberRow(NamedTuple):
    """A member: up to where they have read, the line that is shown under their name, and their photograph."""

    person: str
    role: str
    since: Millis
    read: int
    status: str
    photo: str | None


class BoundRoom(NamedTuple):
    """An open room that belongs to a post, and who owns it now."""

    room: RoomId
    post: PostId
    owner: PersonId


def load(rows: Rows, room: RoomId, home: Home) -> RoomRow | None:
    """Return a room with its members, or None. Raises MalformedRow."""
    row = rows.one(SQL.by_id, {"room": room})
    if row is None:
        return None
    found = StoredRoom._make(row)
    key = found.key
    [(last, last_at, registry, _)] = rows.all(SQL.last_entry, {"key": key})
    members = {
        (person := home.principal(PersonId(kept))): Member(person, _known(Role, role, room), since)
        for kept, role, since in rows.all(SQL.members, {"room": key})
    }
    state = RoomState(
        room=RoomId(found.id),
        kind=_known(RoomKind, found.kind, room),
        name=found.name,
        owner=home.principal(PersonId(found.owner)),
        members=members,
        hub=found.hub,
        hub_epoch=found.hub_epoch,
        hub_since=found.hub_since,
        closed=bool(found.closed),
        owner_post=PostId(found.owner_post) if found.owner_post else None,
    )
    return RoomRow(key, state, found.created_at, last + 1, last_at, registry)


def views_of_person(rows: Rows, person: PersonId, after: int = 0, limit: int = -1) -> list[ViewRow]:
    """Return the rooms of a person as they see them, by key, after the key `after`; -1 is without a limit.

    Raises MalformedRow.
    """
    return [_view(row) for row in rows.all(SQL.of_person, {"person": person, "after": after, "limit": limit})]


def view_of_person(rows: Rows, person: PersonId, room: RoomId) -> ViewRow | None:
    """Return one room as the person sees it, or None for an outsider. Raises MalformedRow."""
    row = rows.one(SQL.of_person_one, {"person": person, "room": room})
    return _view(row) if row else None


def _view(row: tuple[Any, ...]) -> ViewRow:
    view = ViewRow._make(row)
    _known(RoomKind, view.kind, view.id)
    _known(Role, view.role, view.id)
    return view


def _known(names: type[NameT], value: str, room: str) -> NameT:
    """Return the name that a row says. Raises MalformedRow for none of these names."""
    try:
        return names(value)
    except ValueError as error:
        raise MalformedRow(f"{room}: {error}") from error


def member_reads(rows: Rows, room: int) -> list[MemberRow]:
    """Return every member."""
    return [MemberRow._make(row) for row in rows.all(SQL.member_reads, {"room": room})]


def is_member(rows: Rows, who: tuple[RoomId, PersonId]) -> bool:
    """Return whether a room that exists has this member, from indexes alone."""
    room, person = who
    key = key_by_index(rows, room)
    return key is None or rows.one(SQL.is_member, {"person": person, "key": key}) is not None


def member_ids(rows: Rows, room: int) -> list[PersonId]:
    """Return the members of a room."""
    return [PersonId(row[0]) for row in rows.all(SQL.members, {"room": room})]


def pair_key(kind: str, people: Iterable[PersonId]) -> str:
    """Return what names the one private chat of this kind that two people have: the kind and their ids, in order."""
    return " ".join((kind, *sorted(people)))


def people_of_pair(pair: str) -> list[PersonId]:
    """Return the two people of a private chat, from what names it."""
    return [PersonId(person) for person in pair.split()[1:]]


def id_by_pair(rows: Rows, pair: str) -> RoomId | None:
    """Return the private chat that `pair_key` names."""
    row = rows.one(SQL.id_by_pair, {"pair": pair})
    return RoomId(row[0]) if row else None


def id_by_create_txn(rows: Rows, person: PersonId, txn_id: str) -> RoomId | None:
    """Return the room an earlier command of this person with this id created."""
    row = rows.one(SQL.id_by_create_txn, {"person": person, "txn_id": txn_id})
    return RoomId(row[0]) if row else None


def preferences(rows: Rows, room: int, person: PersonId) -> RoomPreferences:
    """Return a person's own settings for a room."""
    row = rows.one(SQL.view, {"room": room, "person": person})
    return RoomPreferences(bool(row[0]), bool(row[1]), *row[2:]) if row else RoomPreferences()


def put_preferences(rows: Rows, room: int, person: PersonId, value: RoomPreferences) -> None:
    """Keep a person's own settings for a room."""
    rows.run(SQL.put_view, {"room": room, "person": person, **value._asdict()})


def put_checkpoints(rows: Rows, found: list[NewCheckpoint]) -> None:
    """Keep newly signed checkpoints; one of a smaller size than is kept, as of a slower round, changes nothing."""
    rows.many(SQL.put_checkpoint, found)


def checkpoint(rows: Rows, room: int) -> SignedTree | None:
    """Return a room's newest checkpoint; counters that cannot be read count nothing, so they fit no tree."""
    row = rows.one(SQL.checkpoint, {"room": room})
    if row is None:
        return None
    size, frontier, note, counters = row
    try:
        counted = msgspec.json.decode(counters, type=dict[str, int])
    except msgspec.DecodeError:
        counted = {}
    return SignedTree(size, frontier, note, counted)


def without_checkpoint(rows: Rows) -> list[RoomId]:
    """Return the rooms whose newest entries no checkpoint covers yet, as after a crash."""
    return [RoomId(row[0]) for row in rows.all(SQL.without_checkpoint)]


def keys_bound_to_posts(rows: Rows) -> list[int]:
    """Return the keys of the rooms that belong to a post, closed ones too."""
    return [row[0] for row in rows.all(SQL.keys_bound_to_posts)]


def bound_to_post(rows: Rows, key: int) -> BoundRoom | None:
    """Return an open room if it belongs to a post."""
    row = rows.one(SQL.bound_to_post, {"key": key})
    return BoundRoom(RoomId(row[0]), PostId(row[1]), PersonId(row[2])) if row else None


def member_keys(rows: Rows, person: PersonId) -> list[int]:
    """Return the keys of the rooms a person is a member of."""
    return [row[0] for row in rows.all(SQL.member_keys, {"person": person})]


def people_with_rooms(rows: Rows) -> list[PersonId]:
    """Return everybody who is a member of any room."""
    return [PersonId(row[0]) for row in rows.all(SQL.people_with_rooms)]


def last_key_with_entries(rows: Rows) -> int:
    """Return the highest key of a room as the entries have it; each room has one. For when `last_key` fails."""
    key: int = rows.value(SQL.last_key_with_entries)
    return key


def id_if_there(rows: Rows, key: int) -> RoomId | None:
    """Return the id of a room's key, or None where there is no such room."""
    row = rows.one(SQL.id_of, {"key": key})
    return RoomId(row[0]) if row else None


def ids_by_index(rows: Rows) -> dict[int, RoomId]:
    """Return key and id of every room without reading the table itself."""
    return {key: RoomId(room) for key, room in rows.all(SQL.ids_by_index)}


def key_by_index(rows: Rows, room: RoomId) -> int | None:
    """Return a room's key without reading the table itself, or None."""
    row = rows.one(SQL.key_by_index, {"room": room})
    return row[0] if row else None


def stored(rows: Rows, room: RoomId) -> StoredRoom | None:
    """Return a room's own row, without its members and entries."""
    row = rows.one(SQL.by_id, {"room": room})
    return StoredRoom._make(row) if row else None


def last_key(rows: Rows) -> int:
    """Return the highest key of a room, 0 where there is none."""
    key: int = rows.value(SQL.last_key)
    return key


def all_ids(rows: Rows) -> list[RoomId]:
    """Return every room."""
    return [RoomId(row[0]) for row in rows.all(SQL.all_ids, {"after": 0, "limit": 2**62})]


def id_of(rows: Rows, key: int) -> RoomId:
    """Return the id of a room's key."""
    return RoomId(rows.value(SQL.id_of, {"key": key}))


def size(rows: Rows, key: int) -> int:
    """Return how many entries a room has, by the position of the last."""
    row = rows.one(SQL.last_entry, {"key": key})
    return row[0] + 1 if row else 0


def kind_of(rows: Rows, key: int) -> str:
    """Return the kind of a room, by its key."""
    kind: str = rows.value(SQL.kind_of, {"key": key})
    return kind


def made_by(rows: Rows, key: int) -> tuple[str, str | None, bool]:
    """Return who created a room, what names a private chat (`pair_key`), and whether its idempotency key is right.

    That key is the one of its first entry.
    """
    [(by, pair, right)] = rows.all(SQL.made_by, {"key": key})
    return by, pair, bool(right)


def keys_of_person(rows: Rows, person: PersonId) -> dict[RoomId, int]:
    """Return the rooms a person is a member of, with their keys."""
    return {RoomId(room): key for room, key in rows.all(SQL.keys_of_person, {"person": person})}


def listed(rows: Rows, person: PersonId | None) -> list[ListedRoom]:
    """Return every room, oldest first, or those in which a person is a member or one of the two of a private chat."""
    return [ListedRoom._make(row) for row in rows.all(SQL.listed, {"person": person})]
