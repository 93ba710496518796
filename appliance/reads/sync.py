"""The feed of one person: the snapshot, and everything after a cursor (api.md `GET /sync`).

One code path for clients that were away a second or a month and for the live hub's slow readers. Lines of the person's
rooms and lines for their eyes alone are merged by position; a page ends at a whole position, so the cursor never skips.
A room that was joined after the cursor arrives as a `room` event, a view as in the snapshot, at the room's present
size: entries below that size are part of it, so whoever applies events passes over them. Receipts of a page are told
once for each room, and never after a view of it that they came before.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from appliance.log import events
from appliance.model import PersonId, RoomId
from appliance.reads.rooms import room_of, rooms_of
from appliance.store import feed, rooms
from appliance.wire.messages import Event
from appliance.wire.sync import Sync

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.services import Services

ROOM = "room"
ROOM_LEFT = "room.left"
RECEIPT = "receipt"
# What a person's own line says about a room and is told as the room stands now, once.
_WHOLE_ROOM = (ROOM,)


class _Line(NamedTuple):
    """A line of the feed with the room it belongs to."""

    pos: int
    at: int
    type: str
    room: RoomId | None
    key: int | None
    n: int | None
    data: str | None


async def load_sync(s: Services, person: PersonId, since: int, limit: int) -> Sync:
    """Return the snapshot for `since=0`, else what came after `since`, at most about `limit` events."""
    async with s.store.read() as reader:
        return await reader.run(read_feed, s, person, since, limit)


def read_feed(raw: sqlcipher.Connection, s: Services, person: PersonId, since: int, limit: int) -> Sync:
    """Read the feed inside one read transaction."""
    head = feed.last_pos(raw)
    if since == 0 or since > head:
        # A cursor ahead of the feed comes from before a restore: only a fresh snapshot is safe.
        return _snapshot(raw, s, person, head)
    lines, more = _lines(raw, person, since, head, limit)
    upto = lines[-1].pos if more and lines else head
    return Sync(pos=upto, events=_events(raw, s, person, lines), more=more)


def _snapshot(raw: sqlcipher.Connection, s: Services, person: PersonId, head: int) -> Sync:
    views = rooms_of(raw, s, person)
    now = s.clock()
    return Sync(
        pos=head,
        events=[Event(pos=head, type=ROOM, at=now, room=view.id, state=msgspec.to_builtins(view)) for view in views],
        more=False,
    )


def _lines(raw: sqlcipher.Connection, person: PersonId, since: int, head: int, limit: int) -> tuple[list[_Line], bool]:
    sources: list[list[_Line]] = []
    for row in rooms.views_of_person(raw, person):
        found = feed.after_in_room(raw, row.key, row.size, since, head, limit + 1)
        if found:
            sources.append([_Line(f.pos, f.at, f.type, RoomId(row.id), row.key, f.n, f.data) for f in found])
    own = feed.after_for_person(raw, person, since, head, limit + 1)
    ids = {f.room: rooms.id_of(raw, f.room) for f in own if f.room is not None}
    sources.append([_Line(f.pos, f.at, f.type, ids.get(f.room) if f.room else None, f.room, None, f.data) for f in own])
    merged = list(heapq.merge(*sources))[: limit + 1]
    return merged[:limit], len(merged) > limit


def _events(raw: sqlcipher.Connection, s: Services, person: PersonId, lines: list[_Line]) -> list[Event]:
    found: list[Event] = []
    entries = _entries(raw, s, lines)
    whole = {line.room: line for line in lines if line.type in _WHOLE_ROOM}
    receipts = _merged_receipts(lines, whole)
    for line in lines:
        if line.n is not None and line.room is not None:
            found.append(entries[line.room, line.n])
        elif line.type == RECEIPT and line.room is not None:
            if reads := receipts.get(line.pos):
                found.append(Event(pos=line.pos, type=RECEIPT, at=line.at, room=line.room, state={"read": reads}))
        elif line.type in _WHOLE_ROOM:
            view = room_of(raw, s, person, line.room) if line.room and whole[line.room] is line else None
            if view is not None:
                state = msgspec.to_builtins(view)
                found.append(Event(pos=line.pos, type=line.type, at=line.at, room=line.room, state=state))
        else:
            state = msgspec.json.decode(line.data) if line.data else {}
            found.append(Event(pos=line.pos, type=line.type, at=line.at, room=line.room, state=state))
    return found


def _entries(raw: sqlcipher.Connection, s: Services, lines: list[_Line]) -> dict[tuple[RoomId, int], Event]:
    """Read the entries of a page, each room's in one walk: their positions in the feed rise together."""
    spans: dict[RoomId, tuple[int, int, int]] = {}
    for line in lines:
        if line.n is not None and line.room is not None and line.key is not None:
            _, first, _ = spans.get(line.room, (line.key, line.n, line.n))
            spans[line.room] = (line.key, first, line.n)
    return {
        (room, event.n or 0): event
        for room, (key, first, last) in spans.items()
        for event in events.stored_events(raw, s.log.bodies, room, key, first, last)
    }


def _merged_receipts(lines: list[_Line], whole: dict[RoomId | None, _Line]) -> dict[int, dict[str, int]]:
    """Merge the receipts of each room, those before its view apart from those after; return them by position.

    A receipt told after a view that was made later would take away a mark that was set in between (mark as unread).
    """
    last: dict[tuple[RoomId, bool], int] = {}
    merged: dict[tuple[RoomId, bool], dict[str, int]] = {}
    for line in lines:
        if line.type == RECEIPT and line.room is not None and line.data:
            view = whole.get(line.room)
            key = (line.room, view is not None and line.pos > view.pos)
            last[key] = line.pos
            reads = merged.setdefault(key, {})
            for person, upto in msgspec.json.decode(line.data)["read"].items():
                reads[person] = max(upto, reads.get(person, -1))
    return {pos: merged[key] for key, pos in last.items()}
