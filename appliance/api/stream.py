"""The live stream: a WebSocket that carries the feed down and what people do up.

Frames up are typed and bounded; a bad one gets an error and changes nothing. Each is counted as a request before any
of its work, and refused where its person has to do something else first. A message is a request like a POST: with the
same checks, limits and answers, and a line of its own in the request log. Sending does not wait: a message goes to
the log's queue at once and its answer is written when the commit is durable, so several can be under way. They stay in
order: while one was refused for a reason that passes and was not sent again, those behind it in the same room are
refused too, until one says that its client knows (`resume`). Frames down
are prepared by the hub. The right to listen is looked at again with every frame, and ends at once when a session does:
nothing is written to a stream after that, whether its client says goodbye or not. A person has so many streams and no
more. Who sends faster than the limits allow, or does not read the answers, is read from more slowly.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from aiohttp import WSCloseCode, web

from appliance.actions.messages import message_draft, send_message, show_typing, submit_message
from appliance.actions.receipts import note_read
from appliance.errors import AppError, Invalid, TooMany, afresh, passes
from appliance.live import Connection, Ending, close_frame, drained, text_frame
from appliance.model import Appended, RoomId, SessionId
from appliance.reads.rooms import member_rooms
from appliance.web.call import Call
from appliance.web.decoding import field_of
from appliance.web.errors import body_of, retry_after_of, status_of
from appliance.web.preconditions import check_preconditions
from appliance.web.rate_limits import REQUEST_LIMITS, admit
from appliance.web.routes import PREFIX, Routes
from appliance.web.texts import refuse_unfit
from appliance.web.unread import drop
from appliance.web.websocket import WebSocket, upgrade
from appliance.wire.cursors import feed_position
from appliance.wire.sync import (
    ClientFrame,
    FailedFrame,
    Ping,
    PongFrame,
    Receipt,
    Send,
    SentFrame,
    StreamQuery,
    Typing,
    Watch,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from appliance.model import PersonId
    from appliance.people import Session
    from appliance.web.rate_limits import RequestLimits

routes = Routes("sync")
MAX_FRAME: Final = 128 * 1024
MAX_ROOMS_HELD_BACK: Final = 100
"""Rooms of one stream whose first refused message is remembered; a person writes in a few at a time."""
HEARTBEAT_S: Final = 30.0
MAX_PAUSE_S: Final = 1.0
CREATED: Final = 201
GONE: Final = 4401
"""Close code: the session has ended. Clients sign in again and wipe what they kept."""

logger = logging.getLogger(__name__)
request_log = logging.getLogger("gchat.requests")
_DECODER: Final = msgspec.json.Decoder(ClientFrame)
_ENCODER: Final = msgspec.json.Encoder()


@routes.get("/stream")
async def stream(call: Call, query: StreamQuery) -> web.StreamResponse:
    """Open the live stream from a cursor of the feed (WebSocket)."""
    assert call.session is not None  # noqa: S101 - the middleware refuses such calls before the handler
    since = feed_position(query.since)
    answer = upgrade(call.request)
    if answer is None:
        raise Invalid(code="websocket_expected")
    call.language = query.language or call.language
    with call.services.hub.connection_slot(call.person, call.services.config.limits.connections_a_person):
        try:
            await answer.prepare(call.request)
            transport = call.request.transport
            if transport is not None:
                socket = WebSocket(call.request.protocol, transport, MAX_FRAME)
                call.request.protocol.set_parser(socket)  # type: ignore[arg-type]  # has what is used of a reader
                await _listen(call, call.session.id, socket, since)
        except ConnectionError:
            logger.info("%s: the client was gone before it was answered", call.request_id)
    return answer


async def _listen(call: Call, session: SessionId, socket: WebSocket, since: int) -> None:
    """Serve a stream until it ends."""
    s, transport = call.services, socket.transport

    def close(why: Ending) -> None:
        s.hub.remove(connection)
        if connection.is_slow():
            # It would not read a close frame behind half a megabyte of others either.
            drop(transport)
        elif why is Ending.AGAIN:
            # Thousands may end at once, when the appliance stops; whoever misses the code comes again all the same.
            connection.send(close_frame(WSCloseCode.SERVICE_RESTART, why.value))
            transport.close()
        else:
            socket.close(GONE, why.value)

    connection = Connection(call.person, session, transport, since, close)

    async def read_rooms() -> list[RoomId]:
        return await member_rooms(s, call.person)

    try:
        await s.hub.open(connection, read_rooms)
        if not s.sessions.is_live(session, s.clock()):
            # It ended while the rooms were read, when the hub did not know this stream yet.
            close(Ending.SESSION_OVER)
        frames = _ClientFrames(call, session, connection, call.request.app[REQUEST_LIMITS])
        socket.start(frames.take, HEARTBEAT_S)
        await socket.ended
    except AppError as error:
        logger.warning("%s: a stream could not be opened: %s", call.request_id, error)
        close(Ending.AGAIN)
    finally:
        s.hub.remove(connection)
        if connection.is_slow():
            drop(transport)


class _Message(NamedTuple):
    """A message on its way through a stream, as a request of its own."""

    id: str
    frame: Send
    begun: float

    def log(self, person: PersonId, status: int) -> None:
        """Write the line that a POST of the message would have in the request log."""
        milliseconds = (time.perf_counter() - self.begun) * 1000
        request_log.info(
            "%s %s SEND %s/rooms/%s/messages %d %.1f", self.id, person, PREFIX, self.frame.room, status, milliseconds
        )


class _ClientFrames:
    """Acts on the frames that one client sends."""

    def __init__(self, call: Call, session: SessionId, connection: Connection, limits: RequestLimits) -> None:
        self._call, self._s, self._session = call, call.services, session
        self._connection, self._limits = connection, limits
        self._pause_s = 0.0
        self._messages = 0
        # By room the first message that was refused for now, and why.
        self._to_come_again: dict[RoomId, tuple[str, AppError]] = {}

    def take(self, data: str) -> Coroutine[Any, Any, None] | None:
        """Act on a frame; return what has to be waited for before the next one."""
        session = self._s.sessions.get(self._session, self._s.clock())
        if session is None:
            self._connection.close(Ending.SESSION_OVER)
            return None
        more = None
        try:
            more = self._do(data, session)
        except AppError as error:
            self._refuse(error)
        if more is None and not self._pause_s and not self._connection.is_slow():
            return None
        return self._wait(more)

    async def _wait(self, more: Coroutine[Any, Any, object] | None) -> None:
        try:
            if more is not None:
                await more
        except AppError as error:
            self._refuse(error)
        if self._pause_s:
            pause, self._pause_s = self._pause_s, 0.0
            await asyncio.sleep(pause)
        if self._connection.is_slow():
            # Its answers are among what it does not read: no more of them until it does.
            await drained(self._connection.transport)

    def _decoded(self, data: str) -> ClientFrame:
        """Decode a frame; one that is none costs a request too. Raises Invalid, TooMany."""
        try:
            frame: ClientFrame = _DECODER.decode(data)
        except msgspec.ValidationError as error:
            self._count()
            raise Invalid(str(error), field=field_of(error)) from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._count()
            raise Invalid(code="bad_json") from error
        return frame

    def _count(self) -> None:
        self._limits.request(self._call.address, self._call.person)

    def _admit(self, frame: ClientFrame, session: Session) -> None:
        """Count a frame and ask whether its person may act now, before anything is done. Raises TooMany, AppError."""
        call = self._call
        admit(self._s, self._limits, call.address, call.person, appends=isinstance(frame, Send))
        if not isinstance(frame, Ping):
            check_preconditions(session)

    def _do(self, data: str, session: Session) -> Coroutine[Any, Any, object] | None:
        frame = self._decoded(data)
        if isinstance(frame, Send):
            self._messages += 1
            message = _Message(f"{self._call.request_id}.{self._messages}", frame, time.perf_counter())
            try:
                return self._send(message, data, session)
            except AppError as error:
                self._refuse_message(error, message)
            return None
        self._admit(frame, session)
        refuse_unfit(frame, json=data)
        match frame:
            case Receipt(room=room, upto=upto, first=first):
                return note_read(self._s, self._call.person, RoomId(room), upto, first)
            case Watch(rooms=rooms):
                self._connection.watching = frozenset(map(RoomId, rooms))
            case Typing(room=room):
                return self._typing(RoomId(room))
            case Ping():
                self._connection.send(text_frame(_ENCODER.encode(PongFrame(pong=self._s.clock()))))
        return None

    def _send(self, message: _Message, data: str, session: Session) -> Coroutine[Any, Any, None] | None:
        """Queue a message. One with files is looked up first: return that, and what comes next waits for it."""
        frame = message.frame
        txn_id, room = frame.txn_id, RoomId(frame.room)
        self._admit(frame, session)
        refuse_unfit(frame, json=data)
        draft = None
        if not frame.files:
            draft = message_draft(self._s, self._call.person, room, frame.body, txn_id, frame.reply_to)
        if self._to_come_again:
            self._keep_order(room, txn_id, resumes=frame.resume)
        if draft is None:
            return self._send_files(message, room)

        def done(result: list[Appended] | AppError) -> None:
            if isinstance(result, AppError):
                self._refuse_message(result, message)
            else:
                self._answer(message, result[0])

        submit_message(self._s, draft, done)
        return None

    async def _send_files(self, message: _Message, room: RoomId) -> None:
        frame, person = message.frame, self._call.person
        try:
            sent = await send_message(
                self._s, person, room, frame.body, frame.txn_id, frame.reply_to, files=frame.files
            )
        except AppError as error:
            self._refuse_message(error, message)
        else:
            self._answer(message, sent)

    def _answer(self, message: _Message, sent: Appended) -> None:
        message.log(self._call.person, CREATED)
        n = None if sent.waiting_for else sent.n
        frame = SentFrame(txn_id=message.frame.txn_id, n=n, id=sent.id, at=sent.at, waiting_for=sent.waiting_for)
        self._connection.send(text_frame(_ENCODER.encode(frame)))

    def _refuse_message(self, error: AppError, message: _Message) -> None:
        if passes(error):
            self._hold_back(RoomId(message.frame.room), message.frame.txn_id, error)
        self._refuse(error, message)

    def _keep_order(self, room: RoomId, txn_id: str, *, resumes: bool) -> None:
        """Raise again why an earlier message of the room was refused, until that one comes or its client `resumes`."""
        held = self._to_come_again.get(room)
        if held is not None and not resumes and held[0] != txn_id:
            raise afresh(held[1])
        self._to_come_again.pop(room, None)

    def _hold_back(self, room: RoomId, txn_id: str, why: AppError) -> None:
        """Refuse what follows in this room until its first refused message comes again; of too many forget one."""
        if room not in self._to_come_again and len(self._to_come_again) >= MAX_ROOMS_HELD_BACK:
            del self._to_come_again[next(iter(self._to_come_again))]
        self._to_come_again.setdefault(room, (txn_id, afresh(why)))

    async def _typing(self, room: RoomId) -> None:
        try:
            self._limits.typing(self._call.person, room)
        except TooMany:
            return
        await show_typing(self._s, self._call.person, room)

    def _refuse(self, error: AppError, message: _Message | None = None) -> None:
        if isinstance(error, TooMany):
            # Whoever is too fast is read from more slowly.
            self._pause_s = min(error.retry_after, MAX_PAUSE_S)
        status = status_of(error)
        if message is not None:
            message.log(self._call.person, status)
        frame = FailedFrame(
            error=body_of(error, self._call.language, message.id if message else self._call.request_id),
            txn_id=message.frame.txn_id if message else None,
            status=status,
            retry_after=retry_after_of(error),
        )
        self._connection.send(text_frame(_ENCODER.encode(frame)))
