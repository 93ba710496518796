"""Two ways to hear of everything, held against what a fresh snapshot says (`old snapshot + events == fresh snapshot`).

A `Station` is one person with two devices: one on the hub's stream, over a transport that keeps what was written, and
one that asks `/sync` from its cursor in small pages when the test ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec

from appliance.live import Connection
from appliance.model import PersonId, RoomId, SessionId
from appliance.reads.rooms import load_room, member_rooms
from appliance.reads.sync import load_sync
from appliance.wire.messages import Event
from appliance.wire.rooms import RoomView
from appliance.wire.sync import EventsFrame
from tests.bureau import Bureau, settled
from tests.log.reducer import Client

FRAMES = msgspec.json.Decoder(EventsFrame)
PAGE = 3


class Tape(asyncio.Transport):
    """A transport that keeps every byte; `stuck` makes it look full to whoever asks."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[EventsFrame] = []
        self.stuck = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.frames.append(FRAMES.decode(payload(bytes(data))))

    def get_write_buffer_size(self) -> int:
        return 1 << 30 if self.stuck else 0

    def is_closing(self) -> bool:
        return False

    @property
    def events(self) -> list[Event]:
        return [event for frame in self.frames for event in frame.events]


def payload(frame: bytes) -> bytes:
    """Return what a whole unmasked text frame carries (RFC 6455 §5.2)."""
    assert frame[0] == 0x81
    size, start = frame[1], 2
    if size == 126:
        size, start = int.from_bytes(frame[2:4], "big"), 4
    elif size == 127:
        size, start = int.from_bytes(frame[2:10], "big"), 10
    assert len(frame) == start + size
    return frame[start:]


@dataclass(slots=True)
class Station:
    """One person's stream and one person's polling, from the same moment on."""

    who: PersonId
    live: Client
    polled: Client
    tape: Tape = field(default_factory=Tape)


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
    snapshot = await load_sync(bureau.s, who, 0, 1_000)
    found = Station(who, Client(who), Client(who))
    for client in (found.live, found.polled):
        client.take(snapshot.events)
        client.cursor = snapshot.pos
    # A stream from position 0 would begin with a snapshot of its own: nothing has happened yet.
    await connect(bureau, who, found.tape, snapshot.pos)
    return found


async def verify(bureau: Bureau, stations: list[Station]) -> None:
    """Hold everybody's two clients against fresh snapshots."""
    await settled(bureau.s)
    for found in stations:
        fresh = Client(found.who)
        fresh.take((await load_sync(bureau.s, found.who, 0, 1_000)).events)
        found.live.take(found.tape.events)
        await _poll(bureau, found.polled)
        for name, client in (("live", found.live), ("polled", found.polled)):
            await _refetch(bureau, client)
            mine = {room: _comparable(seen.view) for room, seen in client.rooms.items()}
            assert mine == {room: _comparable(seen.view) for room, seen in fresh.rooms.items()}, f"{found.who} {name}"
        seen = [(event.pos, event.room, event.n) for event in found.tape.events if event.n is not None]
        assert len(set(seen)) == len(seen), f"{found.who} was told twice"


async def _poll(bureau: Bureau, client: Client) -> None:
    more = True
    while more:
        page = await load_sync(bureau.s, client.me, client.cursor, PAGE)
        client.take(page.events)
        assert page.pos >= client.cursor
        client.cursor, more = page.pos, page.more


async def _refetch(bureau: Bureau, client: Client) -> None:
    for room, seen in client.rooms.items():
        if seen.stale:
            view = await load_room(bureau.s, client.me, RoomId(room))
            client.rooms[room].view = msgspec.structs.replace(view, members=seen.view.members)


def _comparable(view: RoomView) -> RoomView:
    last = view.last and msgspec.structs.replace(view.last, pos=0, reactions=[])
    return msgspec.structs.replace(view, last=last)
