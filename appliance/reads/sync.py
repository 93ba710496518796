"""The feed of one person: the snapshot, and everything after a cursor.

One code path for clients that were away a second or a month and for the live hub's slow readers. Lines of the person's
rooms and lines for them alone are merged by position, read only as far as an answer holds (`bounds.py`); a page
ends at a whole position, so the cursor never skips. A snapshot of many rooms comes in pages with a cursor of their own.
A room that was joined after the cursor arrives as a `room` event, a view as in the snapshot, at the room's present
size: entries below that size are part of it, so whoever applies events passes over them. Receipts of a page are told
once for each room, and never after a view of it that they came before.
"""

from __future__ import annotations

import heapq
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, Self, TypeVar

import msgspec
from msgspec.structs import replace

from appliance.log import events
from appliance.log.events import RoomReader
from appliance.log.receipts import RECEIPT
from appliance.log.receipts import state_of as receipt_state
from appliance.model import PersonId, RoomId
from appliance.reads.bounds import Bytes, size_of
from appliance.reads.damaged import viewer_of
from appliance.reads.rooms import read_sound, room_of, views_after
from appliance.rules.receipts import Range, merged
from appliance.store import entries, feed
from appliance.wire import cursors
from appliance.wire.committed import FeedPage
from appliance.wire.entries import EntryEventBase
from appliance.wire.events import Event, RoomEvent, non_entry_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.reads.rooms import MyRooms
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.rooms import ViewRow
    from appliance.wire.entries import EntryEvent
    from appliance.wire.rooms import RoomView

T = TypeVar("T")
ROOM = "room"
# A person's own line about a room is sent as the room is now, once.
_WHOLE_ROOM = (ROOM,)
READ_AT_ONCE: Final = 64
"""Lines read together; more than fit an answer are read in vain, fewer cost more statements."""
FRAME_BYTES: Final = 200
"""What an event is beside its state, at the most."""


class _Line(NamedTuple):
    """A line of the feed with the room it belongs to."""

    pos: int
    at: int
    type: str
    room: RoomId | None
    key: int | None
    n: int | None
    data: str | None


async def load_sync(s: Services, person: PersonId, since: int, limit: int, cursor: str | None = None) -> FeedPage:
    """Return the snapshot for `since=0`, else what came after `since`: at most `limit` events, or 1 MiB.

    `cursor` continues a snapshot. Raises Invalid for one that is none.
    """
    begun = _SnapshotPlace.parse(cursor) if cursor is not None else None

    def read(rows: Rows, mine: MyRooms) -> FeedPage:
        return _read_feed(rows, s, person, since, limit, begun, mine=mine)

    return await read_sound(s, person, read)


def _read_feed(
    rows: Rows,
    s: Services,
    person: PersonId,
    since: int,
    limit: int,
    begun: _SnapshotPlace | None,
    *,
    mine: MyRooms,
) -> FeedPage:
    """Read the feed inside one read transaction."""
    head = feed.last_pos(rows)
    if begun is not None:
        return _snapshot(rows, s, person, begun, limit, mine)
    if since == 0 or since > head:
        # A cursor ahead of the feed comes from before a restore: only a fresh snapshot is safe.
        return _snapshot(rows, s, person, _SnapshotPlace(head, 0), limit, mine)
    page = _Page(rows, s, person, mine)
    more = page.fill(_lines(rows, person, since, head, mine), limit)
    upto = page.lines[-1].pos if more else head
    damaged = [] if more else _damaged_rooms(s, mine)
    return FeedPage(upto, [*page.events(), *damaged], more=more)


def _damaged_rooms(s: Services, mine: MyRooms) -> list[Event]:
    """Return the rooms whose lines cannot be read, as they are now: a client then reads their entries page by page."""
    at = s.clock()
    return [RoomEvent(at=at, room=view.id, state=view) for view in mine.damaged.values()]


class _SnapshotPlace(NamedTuple):
    """Where a page of a snapshot begins: after the room `key`. `pos` is where the feed stood at the first page.

    What happened since is sent from there, for rooms of earlier and of later pages alike.
    """

    pos: int
    key: int

    def __str__(self) -> str:
        return cursors.written(cursors.SNAPSHOT, self.pos, self.key)

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Read a cursor. Raises Invalid."""
        return cls(*cursors.read(cursors.SNAPSHOT, cursor))


def _snapshot(rows: Rows, s: Services, person: PersonId, place: _SnapshotPlace, limit: int, mine: MyRooms) -> FeedPage:
    now = s.clock()
    events, key, left = list[Event](), place.key, Bytes()
    for at_key, view in views_after(rows, s, person, place.key, limit + 1, mine=mine):
        event = RoomEvent(at=now, room=view.id, state=view)
        if len(events) == limit or not left.take(size_of(event)):
            return FeedPage(place.pos, events, more=True, cursor=str(place._replace(key=key)), snapshot=True)
        events.append(event)
        key = at_key
    return FeedPage(place.pos, events, more=False, snapshot=True)


def _lines(rows: Rows, person: PersonId, since: int, head: int, mine: MyRooms) -> Iterator[_Line]:
    """Yield what came after `since`, in order; of each room no more is read than is taken."""
    sources = [_of_room(rows, row, since, head, mine) for row in mine.rows(rows, person, 0, -1)]
    return heapq.merge(*sources, _of_person(rows, person, since, head, mine))


def _of_room(rows: Rows, row: ViewRow, since: int, head: int, mine: MyRooms) -> Iterator[_Line]:
    mine.reading = RoomId(row.id)
    appended = feed.entries_of_room(rows, row.key, row.size, since, head)
    for found in _noting(mine, row, heapq.merge(appended, feed.events_of_room(rows, row.key, since, head))):
        yield _Line(found.pos, found.at, found.type, RoomId(row.id), row.key, found.n, found.data)


def _noting(mine: MyRooms, row: ViewRow, lines: Iterator[T]) -> Iterator[T]:
    """Yield the lines of a room; while one is being read, it is the room that is read."""
    while True:
        mine.reading = RoomId(row.id)
        line = next(lines, None)
        mine.reading = None
        if line is None:
            return
        yield line


def _of_person(rows: Rows, person: PersonId, since: int, head: int, mine: MyRooms) -> Iterator[_Line]:
    for found in feed.of_person(rows, person, since, head):
        room = mine.id_of(rows, found.room) if found.room is not None else None
        yield _Line(found.pos, found.at, found.type, room, found.room, None, found.data)


class _ReceiptLine(msgspec.Struct):
    """What a line of receipts holds, as far as it is read again: the ranges shown to each person."""

    shown: dict[PersonId, list[Range]] = {}


_RECEIPT_LINE: Final = msgspec.json.Decoder(_ReceiptLine)


class _Page:
    """The lines of one answer, and what they make of the rooms and entries they speak of."""

    def __init__(self, rows: Rows, s: Services, person: PersonId, mine: MyRooms) -> None:
        self._rows, self._s, self._person, self._mine = rows, s, person, mine
        self.lines: list[_Line] = []
        self._left = Bytes()
        self._entries: dict[tuple[RoomId, int], EntryEvent] = {}
        self._views: dict[RoomId, RoomView | None] = {}

    def fill(self, lines: Iterator[_Line], limit: int) -> bool:
        """Take lines until the answer is full; say whether there are more."""
        while batch := list(islice(lines, READ_AT_ONCE)):
            self._entries.update(_entries(self._rows, self._s, self._person, batch, self._mine))
            for line in batch:
                if len(self.lines) == limit or not self._left.take(self._size(line)):
                    return True
                self.lines.append(line)
        return False

    def events(self) -> list[Event]:
        """Return the events of the lines taken."""
        found: list[Event] = []
        whole = {line.room: line for line in self.lines if line.type in _WHOLE_ROOM}
        receipts = _merged_receipts(self.lines, whole)
        for line in self.lines:
            if line.n is not None and line.room is not None:
                found.append(self._entries[line.room, line.n])
            elif line.type == RECEIPT and line.room is not None:
                if reads := receipts.get(line.pos):
                    found.append(non_entry_event(line.at, RECEIPT, line.room, receipt_state(reads)))
            elif line.type in _WHOLE_ROOM:
                view = self._view(line.room) if line.room and whole[line.room] is line else None
                if view is not None:
                    found.append(RoomEvent(at=line.at, room=view.id, state=view))
            else:
                state = msgspec.json.decode(line.data) if line.data else {}
                found.append(non_entry_event(line.at, line.type, line.room, state))
        return found

    def _size(self, line: _Line) -> int:
        """Return the most bytes that a line adds to the answer; a room's view is in it once."""
        if line.n is not None and line.room is not None:
            return size_of(self._entries[line.room, line.n])
        if line.type in _WHOLE_ROOM:
            known = line.room is None or line.room in self._views
            return 0 if known or line.room is None else size_of(self._view(line.room)) + FRAME_BYTES
        return len(line.data or "") + FRAME_BYTES

    def _view(self, room: RoomId) -> RoomView | None:
        """Return the room as it stands now, None for one that is not the person's any more."""
        if room not in self._views:
            self._mine.reading = room
            view = self._mine.damaged_of(room) or room_of(self._rows, self._s, self._person, room)
            self._views[room] = view
        return self._views[room]


def _entries(
    rows: Rows, s: Services, person: PersonId, lines: list[_Line], mine: MyRooms
) -> dict[tuple[RoomId, int], EntryEvent]:
    """Read the entries of a page, each room's in one walk: their positions in the feed rise together.

    What the person sent has its `txn_id`.
    """
    spans: dict[RoomId, tuple[int, int, int]] = {}
    for line in lines:
        if line.n is not None and line.room is not None and line.key is not None:
            _, first, _ = spans.get(line.room, (line.key, line.n, line.n))
            spans[line.room] = (line.key, first, line.n)
    found: dict[tuple[RoomId, int], EntryEvent] = {}
    viewer = viewer_of(s, person)
    for room, (key, first, last) in spans.items():
        mine.reading = room
        sent = entries.txn_ids_of_sender(rows, key, first, last, person)
        for event in events.stored_events(RoomReader(rows, s.log.bodies, room, key), first, last, viewer):
            own = sent.get(event.n)
            found[room, event.n] = replace(event, txn_id=own) if own and isinstance(event, EntryEventBase) else event
    mine.reading = None
    return found


def _merged_receipts(lines: list[_Line], whole: dict[RoomId | None, _Line]) -> dict[int, dict[PersonId, list[Range]]]:
    """Merge the receipts of each room, those before its view apart from those after; return them by position.

    A receipt sent after a view that was made later would take away a mark that was set in between (mark as unread).
    """
    last: dict[tuple[RoomId, bool], int] = {}
    found: dict[tuple[RoomId, bool], dict[PersonId, list[Range]]] = {}
    for line in lines:
        if line.type == RECEIPT and line.room is not None and line.data:
            view = whole.get(line.room)
            key = (line.room, view is not None and line.pos > view.pos)
            last[key] = line.pos
            reads = found.setdefault(key, {})
            for person, shown in _RECEIPT_LINE.decode(line.data).shown.items():
                reads[person] = merged([*reads.get(person, ()), *shown])
    return {pos: found[key] for key, pos in last.items()}
