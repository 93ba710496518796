"""Two ways to hear of everything, held against what a fresh snapshot says (`old snapshot + events == fresh snapshot`).

What they heard is applied by the core of the web client, the one that people use.

A `Station` is one person with two devices: one on the hub's stream, over a transport that keeps what was written, and
one that asks `/sync` from its cursor in small pages when the test ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec

from appliance.api.sync import answer_of
from appliance.live import Connection
from appliance.model import PersonId, RoomId, SessionId
from appliance.reads.messages import load_messages
from appliance.reads.rooms import load_room, member_rooms
from appliance.reads.sync import load_sync
from appliance.wire.cursors import feed_position
from appliance.wire.entries import EntryEvent, EntryEventBase
from appliance.wire.events import Event
from appliance.wire.messages import MessagesQuery
from appliance.wire.rooms import RoomView
from appliance.wire.sync import EventsFrame, Sync
from tests.bureau import Bureau, settled
from tests.log.client_core import differences

FRAMES = msgspec.json.Decoder(EventsFrame)
PAGE = 3


class Tape(asyncio.Transport):
    """A transport that keeps every byte; `stuck` makes it look full to whoever asks."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[EventsFrame] = []
        self.writes = 0
        self.stuck = False
        self.cut = False

    def abort(self) -> None:
        self.cut = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes += 1
        self.frames += map(FRAMES.decode, payloads(bytes(data)))

    def get_write_buffer_size(self) -> int:
        return 1 << 30 if self.stuck else 0

    def is_closing(self) -> bool:
        return False

    @property
    def events(self) -> list[Event]:
        return [event for frame in self.frames for event in frame.events]


def payload(frame: bytes) -> bytes:
    """Return what a whole unmasked text frame carries (RFC 6455 §5.2)."""
    [carried] = payloads(frame)
    return carried


def payloads(data: bytes) -> list[bytes]:
    """Return what several such frames carry, one after the other."""
    found = []
    while data:
        assert data[0] == 0x81
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        assert len(data) >= start + size
        found.append(data[start : start + size])
        data = data[start + size :]
    return found


@dataclass(slots=True)
class Station:
    """One person's stream and one person's polling, from the same moment on: what each was told, as JSON."""

    who: PersonId
    snapshot: Sync
    begun: dict[RoomId, RoomView]
    tape: Tape = field(default_factory=Tape)
    live: list[Step] = field(default_factory=list)
    polled: list[Step] = field(default_factory=list)

    def reel_in(self) -> None:
        """Put what the stream has told so far behind what was told before."""
        self.live += [Step("live", frame) for frame in self.tape.frames]
        self.tape.frames = []

    @property
    def cursor(self) -> int:
        """The position after what the stream has told."""
        return feed_position(self.live[-1].said.pos if self.live else self.snapshot.pos)


class Step(msgspec.Struct, frozen=True):
    """Something a device was told: `source` as the client's feed names it."""

    source: str
    said: Sync | EventsFrame


class Trace(msgspec.Struct, frozen=True):
    """What a device was told, and what it should know after it; `replay.ts` reads this."""

    me: PersonId
    begun: dict[RoomId, RoomView]
    steps: list[Step]
    fresh: Sync
    views: dict[RoomId, RoomView]
    messages: dict[RoomId, list[EntryEvent]]


async def connect(bureau: Bureau, who: PersonId, tape: Tape, since: int, name: str = "") -> Connection:
    """Open a stream for a person."""
    s = bureau.s

    async def read_rooms() -> list[RoomId]:
        return await member_rooms(s, who)

    connection = Connection(who, SessionId(f"s-{who}{name}"), tape, since, lambda _: None)
    await s.hub.open(connection, read_rooms)
    return connection


async def station(bureau: Bureau, who: PersonId) -> Station:
    """Take a snapshot for a person and open a stream from it."""
    snapshot = answer_of(await load_sync(bureau.s, who, 0, 1_000))
    found = Station(who, snapshot, await _views(bureau, who, snapshot))
    # A stream from position 0 would begin with a snapshot of its own: nothing has happened yet.
    await connect(bureau, who, found.tape, found.cursor)
    return found


async def verify(bureau: Bureau, stations: list[Station]) -> None:
    """Have the web client's core apply what everybody's two devices were told, and hold it against fresh snapshots."""
    await settled(bureau.s)
    for found in stations:
        fresh = answer_of(await load_sync(bureau.s, found.who, 0, 1_000))
        views = await _views(bureau, found.who, fresh)
        messages = {room: await _messages(bureau, found.who, room) for room in views}
        found.reel_in()
        found.polled += await _poll(bureau, found)
        for name, steps in (("live", found.live), ("polled", found.polled)):
            trace = Trace(found.who, found.begun, [Step("snapshot", found.snapshot), *steps], fresh, views, messages)
            told = differences(msgspec.json.encode(trace))
            assert not told, "\n".join([f"{found.who} {name}", *told])
        entries = [event for step in found.live for event in step.said.events if isinstance(event, EntryEventBase)]
        assert len({(event.room, event.n) for event in entries}) == len(entries), f"{found.who} was told twice"


async def _views(bureau: Bureau, who: PersonId, snapshot: Sync) -> dict[RoomId, RoomView]:
    rooms = [RoomId(event.room) for event in snapshot.events if event.room is not None]
    return {room: await load_room(bureau.s, who, room) for room in rooms}


async def _poll(bureau: Bureau, found: Station) -> list[Step]:
    steps: list[Step] = []
    cursor, more = feed_position((found.polled[-1].said if found.polled else found.snapshot).pos), True
    while more:
        page = await load_sync(bureau.s, found.who, cursor, PAGE)
        steps.append(Step("catch_up", answer_of(page)))
        assert page.pos >= cursor
        cursor, more = page.pos, page.more
    return steps


async def _messages(bureau: Bureau, who: PersonId, room: RoomId) -> list[EntryEvent]:
    found: list[EntryEvent] = []
    more = True
    while more:
        page = await load_messages(bureau.s, who, room, MessagesQuery(after=len(found) - 1, limit=200))
        found += page.messages
        more = page.has_more
    return found
