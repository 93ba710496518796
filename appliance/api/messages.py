"""Messages over HTTP: parse, one call, render."""

from __future__ import annotations

from appliance.actions import messages as actions
from appliance.model import RoomId
from appliance.reads.messages import load_history, load_messages
from appliance.reads.readers import load_readers
from appliance.web.routes import A_FEW, Call, Routes
from appliance.wire.messages import (
    EditMessage,
    History,
    HistoryQuery,
    Messages,
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
async def post_message(call: Call, body: PostMessage) -> Posted:
    """Send a message; answered after the durable commit, a repeat of `txn_id` with the first result."""
    appended = await actions.send_message(
        call.services, call.person, _room(call), body.body, body.txn_id, body.reply_to
    )
    return Posted(n=appended.n, id=appended.id, at=appended.at)


@routes.get("/rooms/{room}/messages", cost=A_FEW)
async def list_messages(call: Call, query: MessagesQuery) -> Messages:
    """Return a page of the room: before, after or around a position."""
    return await load_messages(call.services, call.person, _room(call), query)


@routes.patch("/rooms/{room}/messages/{n}", appends=True)
async def edit_message(call: Call, body: EditMessage) -> Posted:
    """Give a message new words; the old ones stay in its history."""
    appended = await actions.edit_message(
        call.services, call.person, _room(call), call.position(), body.body, body.txn_id
    )
    return Posted(n=appended.n, id=appended.id, at=appended.at)


@routes.delete("/rooms/{room}/messages/{n}", appends=True)
async def retract_message(call: Call, query: RetractQuery) -> None:
    """Take a message back; its place and author stay as a trace."""
    await actions.retract_message(call.services, call.person, _room(call), call.position(), query.reason, query.txn_id)


@routes.get("/rooms/{room}/messages/{n}/history", cost=A_FEW)
async def get_history(call: Call, query: HistoryQuery) -> History:
    """Return a page of the wordings of a message, oldest first."""
    return await load_history(call.services, call.person, _room(call), call.position(), query.cursor, query.limit)


@routes.get("/rooms/{room}/messages/{n}/readers", cost=A_FEW)
async def get_readers(call: Call, query: ReadersQuery) -> Readers:
    """Return by name who has read a message and since when, and who has not."""
    return await load_readers(
        call.services, call.person, _room(call), call.position(), cursor=query.cursor, limit=query.limit
    )


@routes.put("/rooms/{room}/messages/{n}/reactions/{emoji}", appends=True)
async def add_reaction(call: Call, query: ReactionQuery) -> None:
    """React to a message."""
    await actions.react(
        call.services, call.person, _room(call), call.position(), call.path["emoji"], on=True, txn_id=query.txn_id
    )


@routes.delete("/rooms/{room}/messages/{n}/reactions/{emoji}", appends=True)
async def remove_reaction(call: Call, query: ReactionQuery) -> None:
    """Take a reaction back."""
    await actions.react(
        call.services, call.person, _room(call), call.position(), call.path["emoji"], on=False, txn_id=query.txn_id
    )


def _room(call: Call) -> RoomId:
    return RoomId(call.path["room"])
