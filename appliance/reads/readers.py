"""Who has read a message and who has not yet, by name, a page at a time (F16).

Those who have read come first, in the order in which they first did; after them the members who have not, in Thai
order. The first page fixes the moment that all pages speak of: whoever reads while somebody turns the pages stays where
the first page has them, so that paging finds everybody once. A page costs three statements whatever the room's size and
history, and names are looked up for the people on it alone. Does not know who is online, nor deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self

from appliance.errors import Invalid, NotFound, Unavailable
from appliance.log import events
from appliance.log.events import RoomReader
from appliance.model import PersonId
from appliance.reads.damaged import is_damage, only, readable
from appliance.reads.rooms import sort_key
from appliance.store import entries, receipts, rooms
from appliance.wire import cursors
from appliance.wire.messages import Reader, Readers, Unreader

if TYPE_CHECKING:
    from appliance.model import Millis, RoomId
    from appliance.reads.damaged import Readable
    from appliance.services import Services
    from appliance.store.db import Rows


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page begins: after `person`, or with the list's first. `read` holds in the list of readers alone.

    `moment` is the newest first reading that the first page knew, milliseconds UTC. Receipts are committed in the order
    of their times, so whatever comes later is after it.
    """

    moment: Millis
    unread: bool = False
    read: Millis = 0
    person: str = ""

    def __str__(self) -> str:
        return cursors.written(cursors.READERS, int(self.unread), self.moment, self.read, self.person)

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Read a cursor. Raises Invalid."""
        unread, moment, read, person = cursors.read(cursors.READERS, cursor)
        if unread > 1:
            raise Invalid(field="cursor")
        return cls(moment, bool(unread), read, person)


class _Known(NamedTuple):
    """What is known of a message: who wrote it, the room's members, who first read it and when."""

    sender: PersonId
    members: list[PersonId]
    first_reads: list[tuple[str, Millis]]


async def load_readers(
    s: Services, person: PersonId, room: RoomId, n: int, cursor: str | None = None, limit: int = 200
) -> Readers:
    """Return a page of those who have read message `n`, since when, and of the members who have not.

    Raises NotFound, Forbidden, Invalid (cursor).
    """
    at = await readable(s, person, room)
    if n >= at.size:
        raise NotFound(field="n")
    place = _Cursor.parse(cursor) if cursor is not None else None
    try:
        async with s.store.read() as reader:
            known = await reader.run(_known, s, at, n)
    except Unavailable as error:
        if not is_damage(error):
            raise
        known = await _known_in_parts(s, at, n)
    if known is None:
        raise NotFound(field="n")
    sender, members, found = known
    reads = [(at, who) for who, at in found if who != sender and (place is None or at <= place.moment)]
    readers = {who for _, who in reads}
    unread = [member for member in members if member not in readers and member != sender]
    return _page(s, reads, unread, place or _Cursor(reads[-1][0] if reads else 0), limit)


def _page(s: Services, reads: list[tuple[Millis, str]], unread: list[PersonId], place: _Cursor, limit: int) -> Readers:
    """Cut a page: what is left of the readers, and when they are through, of the others."""
    left = [] if place.unread else [pair for pair in reads if pair > (place.read, place.person)]
    shown = left[:limit]
    after = place if place.unread else replace(place, unread=True, read=0, person="")
    start = (sort_key(s, after.person), after.person) if after.person else ("", "")
    others = sorted(key for who in unread if (key := (sort_key(s, who), who)) > start)
    listed = others[: limit - len(shown)] if len(left) <= limit else []
    following: _Cursor | None = None
    if len(left) > limit:
        following = replace(place, read=shown[-1][0], person=shown[-1][1])
    elif len(others) > len(listed):
        following = replace(after, person=listed[-1][1]) if listed else after
    return Readers(
        read=[Reader(person=who, at=at, **_names(s, who)) for at, who in shown],
        unread=[Unreader(person=who, **_names(s, who)) for _, who in listed],
        read_count=len(reads),
        unread_count=len(unread),
        cursor=str(following) if following else None,
        unread_cursor=str(after) if others and not listed else None,
    )


def _known(rows: Rows, s: Services, at: Readable, n: int) -> _Known | None:
    members = rooms.member_ids(rows, at.key) if at.members is None else list(at.members)
    return _of_those_shown(rows, s, at, n, members, receipts.first_reads(rows, at.key, n))


async def _known_in_parts(s: Services, at: Readable, n: int) -> _Known | None:
    """As `_known`, of a room that lies in part on a torn page. Raises Unavailable where the message lies there."""
    members = await only(s, rooms.member_ids, at.key)
    found = await only(s, lambda rows, at_n: receipts.first_reads(rows, at.key, at_n), n)
    return await only(s, lambda rows, at_n: _of_those_shown(rows, s, at, at_n, members, found), n)


def _of_those_shown(
    rows: Rows, s: Services, at: Readable, n: int, members: list[PersonId], first_reads: list[tuple[str, Millis]]
) -> _Known | None:
    """Return what is known of a message among those who are shown it; None when whoever asks is not."""
    message = entries.without_body(rows, at.key, n)
    if message is None:
        return None
    is_there_for = events.audience(RoomReader(rows, s.log.bodies, at.room, at.key), message, at.viewer.now)
    if not is_there_for(at.viewer.principal):
        return None

    def is_shown(person: str) -> bool:
        return is_there_for(s.log.home.principal(PersonId(person)))

    reads = [read for read in first_reads if is_shown(read[0])]
    return _Known(PersonId(message.sender), list(filter(is_shown, members)), reads)


def _names(s: Services, person: str) -> dict[str, str | None]:
    card = s.directory.people.get(PersonId(person))
    if card is None:
        return {}
    return {"name": card.name, "name_en": card.name_en, "unit": card.unit_name, "unit_en": card.unit_name_en}
