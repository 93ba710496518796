"""The live stream: a WebSocket that carries the feed down and what people do up.

Frames up are typed and bounded; a bad one gets an error and changes nothing. Sending does not wait: a message goes to
the log's queue at once and its answer is written when the commit is durable, so several can be under way. Frames down
are prepared by the hub. The right to listen is looked at again from time to time, and ends at once when a session does.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from appliance.actions.messages import message_draft, submit_message
from appliance.api.errors import body_of
from appliance.api.routes import Call, Routes, field_of
from appliance.errors import AppError, Forbidden, Invalid, TooMany
from appliance.live import Connection, Ending, text_frame
from appliance.model import Appended, Deny, RoomId
from appliance.store import rooms
from appliance.wire.messages import Event
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
)

if TYPE_CHECKING:
    from appliance.api.limits import Gate

routes = Routes("sync")
MAX_FRAME: Final = 128 * 1024
HEARTBEAT_S: Final = 30.0
GONE: Final = 4401
"""Close code: the session has ended. Clients sign in again and wipe what they kept."""
RETRY_S: Final = 5.0
GATE: Final = web.AppKey["Gate"]("gate")

_DECODER: Final = msgspec.json.Decoder(ClientFrame)
_ENCODER: Final = msgspec.json.Encoder()


@routes.get("/stream")
async def stream(call: Call, query: StreamQuery) -> web.WebSocketResponse:
    """Open the live stream from a position of the feed (WebSocket)."""
    assert call.session is not None  # noqa: S101 - the middleware refuses such calls before the handler
    socket = web.WebSocketResponse(compress=False, max_msg_size=MAX_FRAME, heartbeat=HEARTBEAT_S)
    if not socket.can_prepare(call.request).ok:
        raise Invalid(code="websocket_expected")
    if call.services.hub.streams_of(call.person) >= call.services.config.limits.connections_a_person:
        raise TooMany(RETRY_S)
    await socket.prepare(call.request)
    transport = call.request.transport
    if transport is None:
        return socket
    s = call.services
    closing: set[asyncio.Task[object]] = set()

    def close(why: Ending) -> None:
        code = GONE if why is Ending.SESSION_OVER else WSCloseCode.SERVICE_RESTART
        task: asyncio.Task[object] = asyncio.ensure_future(socket.close(code=code, message=why.value.encode()))
        closing.add(task)
        task.add_done_callback(closing.discard)

    connection = Connection(call.person, call.session.id, transport, query.since, close)

    async def read_rooms() -> list[RoomId]:
        async with s.store.read() as reader:
            return await reader.run(rooms.ids_of_person, call.person)

    await s.hub.open(connection, read_rooms)
    try:
        await _Up(call, connection, call.request.app[GATE]).read(socket)
    finally:
        s.hub.remove(connection)
        with contextlib.suppress(Exception):
            await asyncio.gather(*closing)
    return socket


class _Up:
    """What comes up one stream."""

    def __init__(self, call: Call, connection: Connection, gate: Gate) -> None:
        self._call, self._s, self._connection, self._gate = call, call.services, connection, gate
        assert call.session is not None  # noqa: S101 - see `stream`
        self._session = call.session.id

    async def read(self, socket: web.WebSocketResponse) -> None:
        """Take frames until the stream ends."""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                await socket.close(code=1003, message=b"text frames only")
                return
            if self._s.identity.session(self._session, self._s.clock()) is None:
                await socket.close(code=GONE, message=b"session ended")
                return
            await self._take(message.data)

    async def _take(self, data: str) -> None:
        frame: ClientFrame | None = None
        try:
            frame = _DECODER.decode(data)
            match frame:
                case Send():
                    self._send(frame)
                case Receipt(room=room, upto=upto):
                    await self._s.receipts.read(RoomId(room), self._call.person, upto)
                case Typing(room=room):
                    await self._typing(RoomId(room))
                case Ping():
                    self._connection.send(text_frame(_ENCODER.encode(PongFrame(pong=self._s.clock()))))
        except AppError as error:
            self._refuse(error, frame.txn_id if isinstance(frame, Send) else None)
        except msgspec.ValidationError as error:
            self._refuse(Invalid(str(error), field=field_of(error)), None)
        except (msgspec.DecodeError, UnicodeError):
            self._refuse(Invalid(code="bad_json"), None)

    def _send(self, frame: Send) -> None:
        self._gate.message(self._call.person, frame.room)
        txn_id = frame.txn_id

        def done(result: list[Appended] | AppError) -> None:
            if isinstance(result, AppError):
                self._refuse(result, txn_id)
            else:
                sent = result[0]
                self._connection.send(
                    text_frame(_ENCODER.encode(SentFrame(txn_id=txn_id, n=sent.n, id=sent.id, at=sent.at)))
                )

        draft = message_draft(self._call.person, RoomId(frame.room), frame.body, txn_id, frame.reply_to)
        submit_message(self._s, draft, done)

    async def _typing(self, room: RoomId) -> None:
        try:
            self._gate.typing(self._call.person, room)
        except TooMany:
            return
        head = await self._s.log.head(room)
        if head.state.role_of(self._call.person) is None:
            raise Forbidden(Deny.NOT_A_MEMBER)
        event = Event(
            pos=self._s.hub.pos, type="typing", at=self._s.clock(), room=room, sender=self._call.person, state={}
        )
        self._s.hub.tell(room, event, but=self._call.person)

    def _refuse(self, error: AppError, txn_id: str | None) -> None:
        body = body_of(error, self._call.language, self._call.request_id)
        self._connection.send(text_frame(_ENCODER.encode(FailedFrame(error=body, txn_id=txn_id))))
