"""Messages over HTTP: parse, one call, render."""

from __future__ import annotations

from appliance.actions import messages as actions
from appliance.model import Appended, RoomId
from appliance.reads.files import load_room_files
from appliance.reads.messages import load_history, load_messages
from appliance.reads.readers import load_readers
from appliance.web.call import Call
from appliance.web.path_parts import Position
from appliance.web.routes import Cost, Routes
from appliance.wire.entries import History, Messages
from appliance.wire.files import RoomFiles, RoomFilesQuery
from appliance.wire.messages import (
    EditMessage,
    HistoryQuery,
    MessagesQuery,
    Posted,
    PostMessage,
    ReactionQuery,
    Readers,
    ReadersQuery,
    RetractQuery,
)

routes = Routes("messages")


@routes.post("/rooms/{room}/messages", status=201, appends=True)
async def post_message(call: Call, room: RoomId, body: PostMessage) -> Posted:
    """Send a message; answered after the durable commit, a repeat of `txn_id` with the first result."""
    appended = await actions.send_message(
        call.services, call.person, room, body.body, body.txn_id, body.reply_to, files=body.files
    )
    return _posted(appended)


@routes.get("/rooms/{room}/messages", cost=Cost.FEW)
async def list_messages(call: Call, room: RoomId, query: MessagesQuery) -> Messages:
    """Return a page of the room: before, after or around a position."""
    return await load_messages(call.services, call.person, room, query)


@routes.get("/rooms/{room}/files", cost=Cost.FEW)
async def list_files(call: Call, room: RoomId, query: RoomFilesQuery) -> RoomFiles:
    """Return a page of the files of the room, the newest first."""
    return await load_room_files(call.services, call.person, room, query)


@routes.patch("/rooms/{room}/messages/{n}", appends=True)
async def edit_message(call: Call, room: RoomId, n: Position, body: EditMessage) -> Posted:
    """Give a message new words; the old ones stay in its history."""
    appended = await actions.edit_message(call.services, call.person, room, n, body.body, body.txn_id)
    return _posted(appended)


@routes.delete("/rooms/{room}/messages/{n}", appends=True)
async def retract_message(call: Call, room: RoomId, n: Position, query: RetractQuery) -> None:
    """Take a message back; its place and author stay as a trace."""
    await actions.retract_message(call.services, call.person, room, n, query.reason, query.txn_id)


@routes.get("/rooms/{room}/messages/{n}/history", cost=Cost.FEW)
async def get_history(call: Call, room: RoomId, n: Position, query: HistoryQuery) -> History:
    """Return a page of the wordings of a message, oldest first."""
    return await load_history(call.services, call.person, room, n, query.cursor, query.limit)


@routes.get("/rooms/{room}/messages/{n}/readers", cost=Cost.FEW)
async def get_readers(call: Call, room: RoomId, n: Position, query: ReadersQuery) -> Readers:
    """Return by name who has read a message and since when, and who has not."""
    return await load_readers(call.services, call.person, room, n, cursor=query.cursor, limit=query.limit)


@routes.put("/rooms/{room}/messages/{n}/reactions/{emoji}", appends=True)
async def add_reaction(call: Call, room: RoomId, n: Position, emoji: str, query: ReactionQuery) -> None:
    """React to a message."""
    await actions.react(call.services, call.person, room, n, emoji, on=True, txn_id=query.txn_id)


@routes.delete("/rooms/{room}/messages/{n}/reactions/{emoji}", appends=True)
async def remove_reaction(call: Call, room: RoomId, n: Position, emoji: str, query: ReactionQuery) -> None:
    """Take a reaction back."""
    await actions.react(call.services, call.person, room, n, emoji, on=False, txn_id=query.txn_id)


def _posted(appended: Appended) -> Posted:
    waiting = appended.waiting_for
    return Posted(n=None if waiting else appended.n, id=appended.id, at=appended.at, waiting_for=waiting)
