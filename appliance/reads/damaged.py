"""What can be read of a room that lies in part on a torn page: its whole entries, and a mark where one is not.

Used where the usual way, everything in one transaction, has met a torn page. Then each thing is read by itself.
Reading asks for less than writing: a room that refuses everything new, since the edge of its tree cannot be read, is
read as far as it is there. Whoever is no member learns nothing here either. It mends nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from appliance.errors import STORAGE_DAMAGED, AppError, Forbidden, NotFound, Unavailable
from appliance.log import events
from appliance.log.events import RoomReader, Viewer
from appliance.log.file_facts import scanning_of
from appliance.model import Deny
from appliance.store import entries, rooms
from appliance.wire.entries import DamagedEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.model import PersonId, RoomId
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.wire.entries import EntryEvent

T = TypeVar("T")
ItemT = TypeVar("ItemT")
logger = logging.getLogger(__name__)


class Readable(NamedTuple):
    """A room that a member may read: its key, its id, how many entries are known to be in it, and who reads it when.

    `members` are known from memory where the room is whole, and None where they have to be read.
    """

    key: int
    room: RoomId
    size: int
    viewer: Viewer
    members: tuple[PersonId, ...] | None = None


def is_damage(error: AppError) -> bool:
    """Return whether an error is of a torn page."""
    return error.code == STORAGE_DAMAGED


def viewer_of(s: Services, person: PersonId) -> Viewer:
    """Return a member who looks at entries now."""
    return Viewer(s.log.home.principal(person), s.clock(), scanning_of(s.config.files, s.files.health))


async def readable(s: Services, person: PersonId, room: RoomId) -> Readable:
    """Return a room for its member. Raises NotFound, Forbidden, Unproven; Unavailable if not even its size is known."""
    try:
        head = await s.log.head_for(person, room)
    except Unavailable as error:
        if not is_damage(error):
            raise
    else:
        members = tuple(map(s.log.home.person, head.state.members))
        return Readable(head.key, room, head.size, viewer_of(s, person), members)
    key = await only(s, rooms.key_by_index, room)
    if key is None:
        raise NotFound(field="room")
    if not await only(s, rooms.is_member, (room, person)):
        raise Forbidden(Deny.NOT_A_MEMBER)
    return Readable(key, room, await known_size(s, key), viewer_of(s, person))


async def known_size(s: Services, key: int) -> int:
    """Return how many entries a room has: by its newest, else as last signed. Raises Unavailable."""
    [by_entry] = await s.store.read_each(rooms.size, (key,))
    if not isinstance(by_entry, AppError):
        return by_entry
    signed = await only(s, rooms.checkpoint, key)
    if signed is None:
        raise by_entry
    return signed.size


async def only(s: Services, function: Callable[[Rows, ItemT], T], item: ItemT) -> T:
    """Read one thing. Raises AppError."""
    [found] = await s.store.read_each(function, (item,))
    if isinstance(found, AppError):
        raise found
    return found


async def read_one_by_one(s: Services, place: Readable, wanted: Sequence[int]) -> list[EntryEvent]:
    """Return these entries, in order; one that cannot be shown as it is stands there with `hidden`, as `damaged`."""
    found: dict[int, EntryEvent | AppError | None] = {}

    def whole(rows: Rows, n: int) -> EntryEvent | None:
        return events.stored_one(RoomReader(rows, s.log.bodies, place.room, place.key), n, place.viewer)

    def bare(rows: Rows, n: int) -> EntryEvent | None:
        row = entries.without_body(rows, place.key, n)
        return (
            events.bare_event(RoomReader(rows, s.log.bodies, place.room, place.key), row, place.viewer) if row else None
        )

    left = list(wanted)
    for read in (whole, bare):
        found |= dict(zip(left, await s.store.read_each(read, left), strict=True))
        if lost := [error for n in left if isinstance(error := found[n], AppError) and not is_of_item(error)]:
            raise lost[0]
        left = [n for n in left if not _is_read(found[n])]
    if left:
        logger.warning("room %s: entries %s cannot be read", place.room, ", ".join(map(str, left)))
    shown = [None if isinstance(event, AppError) else event for event in (found[n] for n in wanted)]
    known = next((event.at for event in shown if event is not None), 0)
    result = []
    for n, event in zip(wanted, shown, strict=True):
        known = event.at if event is not None else known
        mark = DamagedEvent(at=known, room=place.room, n=n, hidden=events.DAMAGED)
        result.append(event or mark)
    return result


def _is_read(event: EntryEvent | AppError | None) -> bool:
    return event is not None and not isinstance(event, AppError)


def is_of_item(error: AppError) -> bool:
    """Return whether an error is of the thing that was read, not of the whole disk."""
    return is_damage(error) or not isinstance(error, Unavailable)
