"""Rooms as their members see them: the list, and one room with its people.

Everything of one answer comes from one read transaction. Names come from the directory in memory. A person who is not
a member gets Forbidden before anything of the room is looked at.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from appliance.errors import AppError, Forbidden, Unavailable
from appliance.log import events
from appliance.log.damage import DAMAGED
from appliance.model import Deny, PersonId, RoomId, RoomKind
from appliance.reads.bounds import fitting
from appliance.rules.rooms import denied_actions
from appliance.store import entries, receipts, rooms
from appliance.wire.rooms import MemberView, Rooms, RoomView

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.model import RoomState
    from appliance.services import Services
    from appliance.store.rooms import ViewRow

    Views = Callable[[sqlcipher.Connection, PersonId, int, int], list[ViewRow]]
    """Lists the rooms of a person after a key, at most so many; -1 is without a limit."""

T = TypeVar("T")
log = logging.getLogger(__name__)
SCOPE_LOCAL = "local"


async def member_rooms(s: Services, person: PersonId) -> list[RoomId]:
    """Return the rooms a person is a member of, but for those whose name is on a torn page."""
    async with s.store.read() as reader:
        keys = await reader.run(rooms.member_keys, person)
    return [room for room in await s.store.read_each(rooms.id_of, keys) if not isinstance(room, AppError)]


async def load_rooms(s: Services, person: PersonId, cursor: int = 0, limit: int = 200) -> Rooms:
    """Return a page of a person's rooms, in the order in which they were made."""

    def read(raw: sqlcipher.Connection, views: Views) -> Rooms:
        return _page_of_rooms(raw, s, person, cursor, limit, views)

    return await read_sound(s, person, read)


async def read_sound(s: Services, person: PersonId, read: Callable[[sqlcipher.Connection, Views], T]) -> T:
    """Run a read of all rooms of a person; where a torn page ends it, again without the rooms that cannot be read.

    `read` takes the connection and the function that lists the person's rooms. Raises Unavailable.
    """
    try:
        async with s.store.read() as reader:
            return await reader.run(read, rooms.views_of_person)
    except Unavailable as error:
        if error.code != DAMAGED:
            raise
    sound = await _sound_rooms(s, person)

    def views(raw: sqlcipher.Connection, who: PersonId, after: int, limit: int) -> list[ViewRow]:
        found = [row for room in sound if (row := rooms.view_of_person(raw, who, room)) and row.key > after]
        return found if limit < 0 else found[:limit]

    async with s.store.read() as reader:
        return await reader.run(read, views)


async def _sound_rooms(s: Services, person: PersonId) -> list[RoomId]:
    """Return the rooms of a person that can be shown, in the order in which they were made; name the others."""
    async with s.store.read() as reader:
        keys = sorted(await reader.run(rooms.member_keys, person))

    def show(raw: sqlcipher.Connection, key: int) -> RoomId:
        room = rooms.id_of(raw, key)
        room_of(raw, s, person, room)
        return room

    shown = await s.store.read_each(show, keys)
    for key, room in zip(keys, shown, strict=True):
        if isinstance(room, AppError):
            log.warning("room number %d cannot be shown to its members: %s", key, room)
    return [room for room in shown if not isinstance(room, AppError)]


async def load_room(s: Services, person: PersonId, room: RoomId) -> RoomView:
    """Return one room with its members. Raises NotFound, Forbidden."""
    async with s.store.read() as reader:
        view = await reader.run(partial(room_of, with_members=True), s, person, room)
    if view is None:
        await s.log.head(room)
        raise Forbidden(Deny.NOT_A_MEMBER)
    return view


def room_of(
    raw: sqlcipher.Connection, s: Services, person: PersonId, room: RoomId, *, with_members: bool = False
) -> RoomView | None:
    """Return one room of a person, inside a read transaction; None for an outsider."""
    row = rooms.view_of_person(raw, person, room)
    return view_of(raw, s, person, row, with_members=with_members) if row else None


def _page_of_rooms(
    raw: sqlcipher.Connection, s: Services, person: PersonId, cursor: int, limit: int, views: Views
) -> Rooms:
    rows = views(raw, person, cursor, limit + 1)
    shown, more = fitting((view_of(raw, s, person, row) for row in rows), limit)
    return Rooms(rooms=shown, cursor=rows[len(shown) - 1].key if more else None)


def name_of(s: Services, person: str) -> str | None:
    """Return the name to show for a person."""
    card = s.identity.people.get(PersonId(person))
    return card.name if card else None


def sort_key(s: Services, person: str) -> str:
    """Return where a person stands in Thai order."""
    card = s.identity.people.get(PersonId(person))
    return card.sort_key if card else person


def unit_of(s: Services, person: str) -> str | None:
    """Return the unit to show for a person."""
    card = s.identity.people.get(PersonId(person))
    return card.unit_name if card else None


def view_of(
    raw: sqlcipher.Connection, s: Services, person: PersonId, row: ViewRow, *, with_members: bool = False
) -> RoomView:
    """Return a room as its member sees it, inside a read transaction."""
    room = RoomId(row.id)
    direct = row.kind == RoomKind.DIRECT
    last = entries.last_message(raw, row.key)
    read = row.read if row.unread_from is None else min(row.read, row.unread_from - 1)
    after = read if row.cleared is None else max(read, row.cleared)
    if last is not None and row.cleared is not None and last.n <= row.cleared:
        last = None
    state = _state(raw, s, row)
    return RoomView(
        id=row.id,
        kind=row.kind,
        name=row.name,
        owner=row.owner,
        scope=SCOPE_LOCAL,
        role=row.role,
        member_count=len(state.members),
        created=row.created_at,
        size=row.size,
        unread=entries.unread_count(raw, row.key, person, after),
        mentions=entries.mention_count(raw, row.key, person, after),
        read=row.read,
        closed=bool(row.closed),
        muted=bool(row.muted),
        hidden=row.hidden is not None and (last is None or last.n <= row.hidden),
        cleared=row.cleared,
        unread_from=row.unread_from,
        owner_post=row.owner_post,
        last=events.stored_event(raw, s.log.bodies, room, row.key, last) if last else None,
        members=_members(raw, s, row.key) if with_members or direct else [],
        denied=denied_actions(state, person),
    )


def _state(raw: sqlcipher.Connection, s: Services, row: ViewRow) -> RoomState:
    """Return the room as this transaction sees it: from memory where that stands at the same entry."""
    head = s.log.cached(RoomId(row.id))
    if head is not None and head.size == row.size:
        return head.state
    loaded = rooms.load(raw, RoomId(row.id))
    assert loaded is not None  # noqa: S101 - its view row comes from the same transaction
    return loaded.state


def _members(raw: sqlcipher.Connection, s: Services, room: int) -> list[MemberView]:
    found = []
    now = s.clock()
    gaps = receipts.gaps_of_room(raw, room)
    for person, role, since, read in rooms.member_reads(raw, room):
        card = s.identity.people.get(PersonId(person))
        found.append(
            MemberView(
                person=person,
                name=card.name if card else person,
                role=role,
                since=since,
                unit=card.unit_name if card else None,
                post=card.post if card else None,
                active=s.identity.is_active(PersonId(person), now),
                read=read,
                skipped=gaps.get(PersonId(person), []),
            )
        )
    return sorted(found, key=lambda member: (member.role != "owner", sort_key(s, member.person)))
