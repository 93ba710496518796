"""The hub: fan-out of committed events to the connections of all members, with back-pressure for slow readers.

Rules:
- fan-out: one frame for each room that a commit touched, encoded once, the same for every member's connection. The
  sender's own connections get it with the `txn_id` of what they sent. Several frames for one connection are one write;
- a connection is live, or it is catching up. A live one has been sent everything up to the feed's position. One that
  catches up reads the feed from its cursor, while new frames are held for it, within a bound; it becomes live when
  nothing is missing between the two;
- catch-up is the one way for a new connection, for a reader that is too slow (back-pressure: more than `SLOW_BYTES`
  unsent), and for a person whose rooms changed;
- ephemeral events (`typing`) are sent to live connections only and are kept nowhere;
- when words are destroyed, no frame that may contain them stays in memory.

Does not: read the database; catch-up calls the reader that the hub was given.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, TooMany
from appliance.wire.cursors import FEED, written
from appliance.wire.events import non_entry_event
from appliance.wire.sync import EventsFrame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from appliance.model import Millis, PersonId, RoomId, SessionId
    from appliance.wire.committed import Committed, FeedPage, RoomNews
    from appliance.wire.events import Event

    Close = Callable[["Ending"], object]
    ReadFeed = Callable[[PersonId, int, int, str | None], Awaitable[FeedPage]]

logger = logging.getLogger(__name__)
# A connection whose unsent bytes exceed this is too slow and falls back to its cursor.
SLOW_BYTES: Final = 512 * 1024
SLOW_POLL_S: Final = 0.05
HELD_FRAMES: Final = 2_000
SLOT_RETRY_S: Final = 30
PAGE: Final = 500
_EVENT: Final = msgspec.json.Encoder()


class Phase(Enum):
    """How a connection gets its events."""

    LIVE = "live"
    CATCHING_UP = "catching up"
    CLOSED = "closed"


class Ending(Enum):
    """Why a connection is closed: its session is over, or it is to connect again and continue from its cursor."""

    SESSION_OVER = "session over"
    AGAIN = "again"


def text_frame(payload: bytes) -> bytes:
    """Return a whole unmasked WebSocket text frame (RFC 6455 §5.2): server frames are prepared once and only copied."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str) -> bytes:
    """Return a whole unmasked close frame (RFC 6455 §5.5.1)."""
    payload = code.to_bytes(2, "big") + reason.encode()
    return bytes((0x88, len(payload))) + payload


def events_frame(pos: int, encoded: Iterable[bytes]) -> bytes:
    """Return the frame `{"pos","events"}` around events that are encoded already."""
    return text_frame(b'{"pos":"%b","events":[%b]}' % (written(FEED, pos).encode(), b",".join(encoded)))


def is_slow(transport: asyncio.WriteTransport) -> bool:
    """Return whether too much is unsent: who reads so slowly is written nothing until it has read."""
    return transport.get_write_buffer_size() > SLOW_BYTES


async def drained(transport: asyncio.WriteTransport) -> None:
    """Wait until a transport can take more, or is closed."""
    # A transport notifies only its protocol when it drains, and that one is aiohttp's.
    while is_slow(transport) and not transport.is_closing():  # noqa: ASYNC110 - see above
        await asyncio.sleep(SLOW_POLL_S)


def _with_txn_id(encoded: bytes, txn_id: str) -> bytes:
    """Return an encoded event with its `txn_id`; encoding it once more would cost as much as the rest of the frame."""
    return b'%b,"txn_id":%b}' % (encoded[:-1], _EVENT.encode(txn_id))


class Connection:
    """One open stream. `cursor` is the feed position up to which everything was handed to its transport.

    `due` is the position of the newest private event of the person: delivered by catch-up only, never by a frame.
    `watching` are the rooms on the person's screen.
    """

    __slots__ = (
        "_held", "_missed", "close", "cursor", "due", "person", "phase", "rooms", "session", "transport", "watching",
    )  # fmt: skip

    def __init__(
        self, person: PersonId, session: SessionId, transport: asyncio.Transport, since: int, close: Close
    ) -> None:
        self.person, self.session, self.transport = person, session, transport
        self.cursor = since
        self.close = close
        self.due = 0
        self.phase = Phase.CATCHING_UP
        self.rooms: set[RoomId] = set()
        self.watching: frozenset[RoomId] = frozenset()
        self._held: list[tuple[int, bytes]] = []
        self._missed = False

    def is_due(self, pos: int, frame: bytes) -> bool:
        """Return whether a frame is to be written now, and move the cursor; one that comes while catching up is held.

        What is read from the feed may be a commit that is published only after that: it is not sent twice.
        """
        if self.phase is Phase.LIVE:
            if pos <= self.cursor:
                return False
            self.cursor = pos
            return True
        if len(self._held) < HELD_FRAMES:
            self._held.append((pos, frame))
        return False

    def write(self, frames: list[bytes]) -> bool:
        """Write frames that are due, all at once; True when the connection is too slow."""
        try:
            self.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))
        except RuntimeError:
            # It has just been lost, which its handler has not seen yet; the others must get theirs all the same.
            return False
        return self.is_slow()

    def forget_words(self) -> None:
        """Drop unsent frames: those held here are read again; for those in the transport the connection ends."""
        if self._held:
            self._held, self._missed = [], True
        if self.transport.get_write_buffer_size():
            # Nothing else takes back what a transport has; the client connects again and continues from its cursor.
            self.transport.abort()

    def send(self, frame: bytes) -> None:
        """Hand over a frame that has no position: an answer, a pong."""
        if not self.transport.is_closing():
            self.transport.write(frame)

    def is_slow(self) -> bool:
        """Return whether too much is unsent."""
        return is_slow(self.transport)

    @property
    def catching_up(self) -> bool:
        """Return whether frames are being held back."""
        return self.phase is Phase.CATCHING_UP

    def hold(self) -> None:
        """Begin to hold frames back."""
        self.phase = Phase.CATCHING_UP
        self._held = []

    def release(self) -> bool:
        """Send what was held and lies after the cursor; False when more has to be read from the feed first."""
        if not self.catching_up:
            return True
        if self.cursor < self.due:
            return False
        if self._missed or len(self._held) >= HELD_FRAMES:
            self._held, self._missed = [], False
            return False
        held, self._held = self._held, []
        self.phase = Phase.LIVE
        if due := [frame for pos, frame in held if self.is_due(pos, frame)]:
            self.write(due)
        return True


Due = defaultdict[Connection, list[bytes]]
"""The frames of one commit, by live connection."""


def _queue_frame(listening: Iterable[Connection], pos: int, frame: bytes, due: Due) -> None:
    for connection in listening:
        if connection.is_due(pos, frame):
            due[connection].append(frame)


class Hub:
    """All connections of the appliance, by room, by person and by session.

    `pos` is the newest position published, `memberships` grows whenever someone came into a room or left one.
    `ephemeral_followers` are told of what is kept nowhere, for other agencies.
    """

    def __init__(self) -> None:
        self.pos = 0
        self.ephemeral_followers: list[Callable[[RoomId, Event], object]] = []
        self.memberships = 0
        self._by_room: defaultdict[RoomId, set[Connection]] = defaultdict(set)
        self._by_person: defaultdict[PersonId, set[Connection]] = defaultdict(set)
        self._slots: Counter[PersonId] = Counter()
        self._closed = False
        self._forgotten = 0
        self._read_feed: ReadFeed | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def set_feed_reader(self, read_feed: ReadFeed) -> None:
        """Give the hub the reader of the feed: (person, since, limit, snapshot's cursor) to a page of events."""
        self._read_feed = read_feed

    @property
    def connections(self) -> int:
        """How many streams are open."""
        return sum(len(found) for found in self._by_person.values())

    @contextmanager
    def connection_slot(self, person: PersonId, most: int) -> Iterator[None]:
        """Count a stream that is about to open among its person's. Raises TooMany when they have `most`."""
        if self._slots[person] >= most:
            raise TooMany(SLOT_RETRY_S, code="too_many_connections")
        self._slots[person] += 1
        try:
            yield
        finally:
            self._slots[person] -= 1
            if not self._slots[person]:
                del self._slots[person]

    async def open(self, connection: Connection, read_rooms: Callable[[], Awaitable[Iterable[RoomId]]]) -> None:
        """Take a new connection into its person's rooms; they are read again when someone's changed meanwhile."""
        while True:
            seen = self.memberships
            rooms = await read_rooms()
            if seen == self.memberships:
                self.add(connection, rooms)
                return

    def add(self, connection: Connection, rooms: Iterable[RoomId]) -> None:
        """Let a new connection catch up from its cursor and then go live."""
        if self._closed:
            connection.close(Ending.AGAIN)
            return
        self._by_person[connection.person].add(connection)
        self._enter(connection, rooms)
        self._catch_up(connection)

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        connection.phase = Phase.CLOSED
        self._by_person[connection.person].discard(connection)
        if not self._by_person[connection.person]:
            del self._by_person[connection.person]
        for room in connection.rooms:
            self._leave(connection, room)
        connection.rooms = set()

    def disconnect(self, session: SessionId) -> None:
        """Close the streams of a session: its right to listen has ended."""
        for connection in [one for found in self._by_person.values() for one in found]:
            if connection.session == session:
                connection.close(Ending.SESSION_OVER)

    def forget_words(self) -> None:
        """Drop what may hold words that were destroyed just now; connections read it again from the feed (catch-up)."""
        self._forgotten += 1
        for connection in [one for found in self._by_person.values() for one in found]:
            connection.forget_words()

    def publish(self, committed: Committed) -> None:
        """Fan-out: send a commit to all connections it concerns. Called for each commit, in the order of the feed."""
        self.pos = max(self.pos, committed.pos)
        # First of all: a frame must not move a cursor past what its person has to read from the feed.
        self._have_read(committed.people, committed.pos)
        due: Due = defaultdict(list)
        for news in committed.rooms:
            self._leave_all(news)
            listening = self._by_room.get(news.room)
            if listening and news.events:
                encoded = [_EVENT.encode(event) for event in news.events]
                self._queue_for_senders(news, encoded, due)
                _queue_frame(listening, news.pos, events_frame(news.pos, encoded), due)
            for person in news.joined:
                for connection in self._by_person.get(person, ()):
                    self._enter(connection, (news.room,))
            if news.joined or news.left:
                self.memberships += 1
        # Of several rooms that somebody is in, all in one: what a write costs hardly grows with its length.
        for connection, frames in due.items():
            if connection.write(frames):
                self._catch_up(connection)

    def _have_read(self, people: Iterable[PersonId], pos: int) -> None:
        """Have these people's connections read the feed up to a position, where something is for them alone."""
        for person in people:
            for connection in self._by_person.get(person, ()):
                connection.due = pos
                if connection.phase is Phase.LIVE:
                    self._catch_up(connection)

    def broadcast_ephemeral(self, room: RoomId, event: Event, but: PersonId | None = None) -> None:
        """Send an ephemeral event to a room's live connections and followers; it moves no cursor."""
        self._broadcast([one for one in self._by_room.get(room, ()) if one.person != but], event)
        for follow in self.ephemeral_followers:
            follow(room, event)

    def broadcast_to_watching(self, room: RoomId, kind: str, state: dict[str, object], at: Millis) -> None:
        """Send to those who have a room on their screen what all members get later; it moves no cursor."""
        event = non_entry_event(at, kind, room, state)
        self._broadcast([one for one in self._by_room.get(room, ()) if room in one.watching], event)

    def _broadcast(self, listening: list[Connection], event: Event) -> None:
        if not listening:
            return
        frame = events_frame(self.pos, (_EVENT.encode(event),))
        for connection in listening:
            if connection.phase is Phase.LIVE and not connection.is_slow():
                connection.send(frame)

    async def close(self) -> None:
        """Close every stream, for a restart, and those still to come; their sessions stay valid."""
        self._closed = True
        for connection in [c for found in self._by_person.values() for c in found]:
            connection.close(Ending.AGAIN)
        for task in list(self._tasks):
            task.cancel()

    def _queue_for_senders(self, news: RoomNews, encoded: list[bytes], due: Due) -> None:
        """Have the room's frame written to each sender with the `txn_id` of what they sent.

        A connection takes the first frame of a position, so the one that everybody gets changes nothing for them.
        """
        for sender, txn_ids in news.txn_ids.items():
            connections = [one for one in self._by_person.get(sender, ()) if news.room in one.rooms]
            if connections:
                own = encoded.copy()
                for place, txn_id in txn_ids.items():
                    own[place] = _with_txn_id(encoded[place], txn_id)
                _queue_frame(connections, news.pos, events_frame(news.pos, own), due)

    def _leave_all(self, news: RoomNews) -> None:
        for person in news.left:
            for connection in self._by_person.get(person, ()):
                connection.rooms.discard(news.room)
                self._leave(connection, news.room)

    def _enter(self, connection: Connection, rooms: Iterable[RoomId]) -> None:
        for room in rooms:
            connection.rooms.add(room)
            self._by_room[room].add(connection)

    def _leave(self, connection: Connection, room: RoomId) -> None:
        listening = self._by_room.get(room)
        if listening is not None:
            listening.discard(connection)
            if not listening:
                del self._by_room[room]

    def _catch_up(self, connection: Connection) -> None:
        connection.hold()
        task = asyncio.create_task(self._catching_up(connection), name="catch-up")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _catching_up(self, connection: Connection) -> None:
        assert self._read_feed is not None  # noqa: S101 - wiring gives the reader before the first connection
        limit = PAGE
        rest: str | None = None
        try:
            while connection.catching_up:
                await drained(connection.transport)
                if rest is None and 0 < self.pos == connection.cursor and connection.release():
                    return
                forgotten = self._forgotten
                page = await self._read_feed(connection.person, connection.cursor, limit, rest)
                if forgotten != self._forgotten:
                    # Words were destroyed meanwhile, perhaps some of these.
                    continue
                if connection.phase is Phase.CLOSED:
                    # It was closed meanwhile: nothing is written behind the close frame.
                    return
                rest = page.cursor
                # Who is cut off in the middle of a snapshot has to begin again: only its end moves the cursor.
                pos = page.pos if rest is None else connection.cursor
                if page.events:
                    frame = text_frame(_EVENT.encode(EventsFrame(pos=written(FEED, pos), events=page.events)))
                    connection.send(frame)
                    # The longer the messages, the fewer at once: a slow reader holds back about as much as any other.
                    limit = max(1, min(PAGE, limit * SLOW_BYTES // len(frame)))
                # Behind a cursor from before a restore, which gets the snapshot.
                connection.cursor = pos
                if not page.more and connection.release():
                    return
        except AppError as error:
            logger.warning("a connection could not catch up: %s", error)
            connection.close(Ending.AGAIN)
        except Exception:
            logger.exception("a connection could not catch up; it is closed and will ask again from its cursor")
            connection.close(Ending.AGAIN)
