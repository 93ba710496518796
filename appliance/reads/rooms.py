"""Rooms as their members see them: the list, and one room with its people.

Everything of one answer comes from one read transaction. Names come from the directory in memory, those of people of
other agencies from the cards in the room's log. A person who is not a member gets Forbidden before anything of the room
is looked at. A room that lies in part on a torn page, or whose row says what no row says, is there with what can be
read of it.
"""

from __future__ import annotations

import heapq
import logging
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from appliance.errors import STORAGE_DAMAGED, AppError, Forbidden, MalformedRow, NotFound, Unavailable
from appliance.log import events
from appliance.log.cards import card_on_record
from appliance.log.events import RoomReader
from appliance.model import Deny, PersonId, RoomId, agency_of
from appliance.reads.agencies import agencies_of_room
from appliance.reads.bounds import fitting
from appliance.reads.damaged import is_damage, known_size, only, readable, viewer_of
from appliance.reads.unread import counts, newest_line
from appliance.rules.policy import UNKNOWN_KIND, Title, policy_of
from appliance.rules.portraits import PhotoMode
from appliance.rules.rooms import all_denied, denied_actions
from appliance.store import receipts, rooms
from appliance.wire import cursors
from appliance.wire.rooms import MemberView, Rooms, RoomView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.log.heads import Head
    from appliance.model import RoomState
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.rooms import StoredRoom, ViewRow

    Views = Callable[[Rows, PersonId, int, int], list[ViewRow]]
    """Lists the rooms of a person after a key, at most so many; -1 is without a limit."""

T = TypeVar("T")
logger = logging.getLogger(__name__)
OWNER: Final = "owner"
LOCAL, CROSS_AGENCY = "local", "cross_agency"
"""Whether a room is of this agency alone or of several (F01)."""


async def member_rooms(s: Services, person: PersonId) -> list[RoomId]:
    """Return the rooms a person is a member of, but for those whose name is on a torn page."""
    return list((await member_keys(s, person)).values())


async def member_keys(s: Services, person: PersonId) -> dict[int, RoomId]:
    """Return the rooms a person is a member of by their keys, but for those whose name is on a torn page."""
    async with s.store.read() as reader:
        keys = sorted(await reader.run(rooms.member_keys, person))
    found = dict(zip(keys, await s.store.read_each(rooms.id_of, keys), strict=True))
    if any(isinstance(room, AppError) for room in found.values()):
        [by_index] = await s.store.read_each(lambda rows, _: rooms.ids_by_index(rows), (None,))
        known = {} if isinstance(by_index, AppError) else by_index
        found = {key: known.get(key, room) if isinstance(room, AppError) else room for key, room in found.items()}
    for key, room in found.items():
        if isinstance(room, AppError):
            logger.warning("the name of room number %d cannot be read for its members: %s", key, room)
    return {key: room for key, room in found.items() if not isinstance(room, AppError)}


class MyRooms(msgspec.Struct):
    """The rooms of a person, for one read of all of them.

    `rows` lists those that can be read; `damaged` has the views of the others, by key, and `names` the ids of all where
    a torn page was met. A read notes in `reading` the room it is at, so that it is known whose page is torn.
    """

    rows: Views = rooms.views_of_person
    damaged: dict[int, RoomView] = msgspec.field(default_factory=dict)
    names: dict[int, RoomId] = msgspec.field(default_factory=dict)
    reading: RoomId | None = None

    def id_of(self, rows: Rows, key: int) -> RoomId:
        """Return the id of a room's key."""
        return self.names.get(key) or rooms.id_of(rows, key)

    def damaged_of(self, room: RoomId) -> RoomView | None:
        """Return the view of a damaged room, None for a sound one."""
        return next((view for view in self.damaged.values() if view.id == room), None)


async def load_rooms(s: Services, person: PersonId, cursor: str | None = None, limit: int = 200) -> Rooms:
    """Return a page of a person's rooms, in the order in which they were made. Raises Invalid for what is no cursor."""
    after = 0 if cursor is None else cursors.read(cursors.ROOMS, cursor)[0]

    def read(rows: Rows, mine: MyRooms) -> Rooms:
        return _page_of_rooms(rows, s, person, after, limit, mine)

    return await read_sound(s, person, read)


async def read_sound(s: Services, person: PersonId, read: Callable[[Rows, MyRooms], T]) -> T:
    """Run a read of all rooms of a person; where a torn page ends it, again without the rooms that lie on one.

    Raises Unavailable when the torn page is of no room.
    """
    mine = MyRooms()
    try:
        async with s.store.read() as reader:
            return await reader.run(read, mine)
    except Unavailable as error:
        if not is_damage(error):
            raise
    sound, mine = await _apart(s, person)
    while True:
        try:
            async with s.store.read() as reader:
                return await reader.run(read, mine)
        except Unavailable as error:
            if not is_damage(error) or mine.reading is None or mine.reading not in sound:
                raise
            key = sound.pop(mine.reading)
            mine.damaged[key] = await damaged_view(s, person, key, mine.reading)


async def _apart(s: Services, person: PersonId) -> tuple[dict[RoomId, int], MyRooms]:
    """Return the rooms of a person whose views can be read, and what a read of all of them needs."""
    names = await member_keys(s, person)

    def show(rows: Rows, key: int) -> bool:
        return room_of(rows, s, person, names[key]) is not None

    shown = dict(zip(names, await s.store.read_each(show, list(names)), strict=True))
    sound = {names[key]: key for key, found in shown.items() if found is True}

    def rows(rows: Rows, who: PersonId, after: int, limit: int) -> list[ViewRow]:
        found = [row for room in sound if (row := rooms.view_of_person(rows, who, room)) and row.key > after]
        return found if limit < 0 else found[:limit]

    mine = MyRooms(rows, names=names)
    for key, error in shown.items():
        if isinstance(error, AppError):
            logger.warning("room %s can be shown in part only: %s", names[key], error)
            mine.damaged[key] = await damaged_view(s, person, key, names[key])
    return sound, mine


async def damaged_view(
    s: Services, person: PersonId, key: int, room: RoomId, *, with_members: bool = False
) -> RoomView:
    """Return what can be read of a member's room that lies in part on a torn page."""
    head, why = await _head_or_why(s, person, key, room)

    def own(rows: Rows, _: int) -> StoredRoom | None:
        return rooms.stored(rows, room)

    def members(rows: Rows, at_key: int) -> list[MemberView]:
        return _members(rows, s, at_key)

    [stored] = await s.store.read_each(own, (key,))
    [listed] = await s.store.read_each(members, (key,))
    people = [] if isinstance(listed, AppError) else listed
    me = next((member for member in people if member.person == person), None)
    owner = next((member.person for member in people if member.role == OWNER), "")
    row = None if isinstance(stored, AppError) else stored
    try:
        size = await known_size(s, key)
    except AppError:
        size = 0
    kind = row.kind if row else head.state.kind if head else UNKNOWN_KIND
    hub = row.hub if row else s.log.home.agency
    agencies = agencies_of_room(s, hub, (s.log.home.principal(PersonId(member.person)) for member in people))
    return RoomView(
        id=room,
        kind=kind,
        name=row.name if row else None,
        owner=row.owner if row else owner,
        scope=CROSS_AGENCY if agencies else LOCAL,
        hub=hub if agencies else None,
        agencies=agencies,
        role=me.role if me else "member",
        member_count=len(people),
        created=row.created_at if row else 0,
        size=size,
        unread=0,
        mentions=0,
        read=me.read or 0 if me else 0,
        closed=bool(row.closed) if row else False,
        damaged=why is not None,
        owner_post=row.owner_post if row else None,
        members=people if with_members or policy_of(kind).title is Title.OTHER else [],
        denied=denied_actions(head.state, s.log.home.principal(person))
        if head
        else all_denied(why.code if why else STORAGE_DAMAGED),
    )


async def _head_or_why(
    s: Services, person: PersonId, key: int, room: RoomId
) -> tuple[Head, None] | tuple[None, Unavailable]:
    """Return a room as the log knows it, or why nothing can be sent to it."""
    [view] = await s.store.read_each(lambda rows, _: rooms.view_of_person(rows, person, room), (key,))
    if isinstance(view, MalformedRow):
        # Whatever is in memory of it: it could not be read again.
        s.log.damaged.note(room, view)
        return None, view
    try:
        return await s.log.head(room), None
    except Unavailable as error:
        return None, error


async def load_room(s: Services, person: PersonId, room: RoomId, *, with_members: bool = True) -> RoomView:
    """Return one room, with its members by default. Raises NotFound, Forbidden."""
    try:
        async with s.store.read() as reader:
            view = await reader.run(partial(room_of, with_members=with_members), s, person, room)
    except Unavailable as error:
        if not is_damage(error):
            raise
        place = await readable(s, person, room)
        return await damaged_view(s, person, place.key, room, with_members=with_members)
    if view is None:
        if await only(s, rooms.key_by_index, room) is None:
            raise NotFound(field="room")
        raise Forbidden(Deny.NOT_A_MEMBER)
    return view


def room_of(rows: Rows, s: Services, person: PersonId, room: RoomId, *, with_members: bool = False) -> RoomView | None:
    """Return one room of a person, inside a read transaction; None for an outsider."""
    row = rooms.view_of_person(rows, person, room)
    return view_of(rows, s, person, row, with_members=with_members) if row else None


def _page_of_rooms(rows: Rows, s: Services, person: PersonId, after: int, limit: int, mine: MyRooms) -> Rooms:
    keys: list[int] = []

    def views() -> Iterator[RoomView]:
        for key, view in views_after(rows, s, person, after, limit + 1, mine=mine):
            keys.append(key)
            yield view

    shown, more = fitting(views(), limit)
    return Rooms(rooms=shown, cursor=cursors.written(cursors.ROOMS, keys[len(shown) - 1]) if more else None)


def views_after(
    rows: Rows, s: Services, person: PersonId, after: int, limit: int, *, mine: MyRooms
) -> Iterator[tuple[int, RoomView]]:
    """Yield the first rooms of a person after a key, with their keys, in order, inside a read transaction."""

    def sound() -> Iterator[tuple[int, RoomView]]:
        for row in mine.rows(rows, person, after, limit):
            mine.reading = RoomId(row.id)
            yield row.key, view_of(rows, s, person, row)

    damaged = sorted(((key, view) for key, view in mine.damaged.items() if key > after), key=itemgetter(0))
    yield from islice(heapq.merge(sound(), damaged, key=itemgetter(0)), limit)


def name_of(s: Services, person: str) -> str | None:
    """Return a person's name in Thai."""
    card = s.directory.people.get(PersonId(person))
    return card.name if card else None


def english_name_of(s: Services, person: str) -> str | None:
    """Return a person's name in English, None where the register has none."""
    card = s.directory.people.get(PersonId(person))
    return card.name_en if card else None


def sort_key(s: Services, person: str) -> str:
    """Return where a person stands in Thai order."""
    card = s.directory.people.get(PersonId(person))
    return card.sort_key if card else person


def view_of(rows: Rows, s: Services, person: PersonId, row: ViewRow, *, with_members: bool = False) -> RoomView:
    """Return a room as its member sees it, inside a read transaction."""
    named_by_members = policy_of(row.kind).title is Title.OTHER
    at, viewer = RoomReader(rows, s.log.bodies, RoomId(row.id), row.key), viewer_of(s, person)
    last = newest_line(at, person, viewer)
    read = row.read if row.unread_from is None else min(row.read, row.unread_from - 1)
    after = read if row.cleared is None else max(read, row.cleared)
    if last is not None and row.cleared is not None and last.n <= row.cleared:
        last = None
    state, error = _state(rows, s, row), s.log.damaged.get(at.room)
    why = error or s.log.quarantined.refusal(at.room)
    unread, mentions = counts(at, person, viewer, after)
    agencies = agencies_of_room(s, state.hub, state.members)
    return RoomView(
        id=row.id,
        kind=row.kind,
        name=row.name,
        owner=row.owner,
        scope=CROSS_AGENCY if agencies else LOCAL,
        hub=state.hub if agencies else None,
        agencies=agencies,
        role=row.role,
        member_count=len(state.members),
        created=row.created_at,
        size=row.size,
        unread=unread,
        mentions=mentions,
        read=row.read,
        closed=bool(row.closed),
        damaged=error is not None,
        muted=bool(row.muted),
        pinned=bool(row.pinned),
        hidden=row.hidden is not None and (last is None or last.n <= row.hidden),
        cleared=row.cleared,
        cleared_at=row.cleared_at,
        unread_from=row.unread_from,
        owner_post=row.owner_post,
        last=events.stored_event(at, last, viewer) if last else None,
        members=_members(rows, s, row.key) if with_members or named_by_members else [],
        denied=all_denied(why.code) if why else denied_actions(state, s.log.home.principal(person)),
    )


def _state(rows: Rows, s: Services, row: ViewRow) -> RoomState:
    """Return the room as this transaction sees it: from memory where that stands at the same entry."""
    head = s.log.cached(RoomId(row.id))
    if head is not None and head.size == row.size:
        return head.state
    loaded = rooms.load(rows, RoomId(row.id), s.log.home)
    assert loaded is not None  # noqa: S101 - its view row comes from the same transaction
    return loaded.state


def _members(rows: Rows, s: Services, room: int) -> list[MemberView]:
    found = []
    now = s.clock()
    gaps = receipts.gaps_of_room(rows, room)
    shows_photos = s.config.files.photos != PhotoMode.OFF
    for person, role, since, read, status, photo in rooms.member_reads(rows, room):
        card = s.directory.people.get(PersonId(person))
        if card is None and (guest := _guest(rows, s, room, person, role, since, read)):
            found.append(guest)
            continue
        active = s.accounts.is_active(PersonId(person), now)
        found.append(
            MemberView(
                person=person,
                name=card.name if card else person,
                name_en=card.name_en if card else None,
                role=role,
                since=since,
                unit=card.unit_name if card else None,
                unit_en=card.unit_name_en if card else None,
                post=card.post if card else None,
                post_en=card.post_en if card else None,
                status=status or None,
                photo=photo if active and shows_photos else None,
                active=active,
                read=read,
                skipped=gaps.get(PersonId(person), []),
            )
        )
    return sorted(found, key=lambda member: (member.role != "owner", sort_key(s, member.person)))


def _guest(  # noqa: PLR0917 - what a membership row holds
    rows: Rows, s: Services, room: int, person: str, role: str, since: int, read: int
) -> MemberView | None:
    """Return a member of another agency as the room's log knows them, None for one of this agency."""
    principal = s.log.home.principal(PersonId(person))
    if agency_of(principal) == s.log.home.agency:
        return None
    card = card_on_record(rows, room, since, principal)
    return MemberView(
        person=person,
        name=card.name if card else person,
        role=role,
        since=since,
        unit=card.unit or None if card else None,
        post=card.post or None if card else None,
        read=read,
    )
