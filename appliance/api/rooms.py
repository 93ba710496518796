"""Rooms over HTTP: parse, one call, render."""

from __future__ import annotations

from typing import Final

from appliance.actions import rooms as actions
from appliance.actions.receipts import mark_read
from appliance.model import PersonId, RoomId
from appliance.reads.rooms import load_room, load_rooms
from appliance.web.call import Call
from appliance.web.rate_limits import REQUEST_LIMITS
from appliance.web.routes import Cost, Routes
from appliance.wire.messages import MarkUnread, ReceiptUpto, WriteTo, Written
from appliance.wire.rooms import (
    ChangeMembers,
    CreateRoom,
    MembersChanged,
    MyRoom,
    RenameRoom,
    Room,
    Rooms,
    RoomsQuery,
    TransferRoom,
)

routes = Routes("rooms")
MEMBERS_A_REQUEST: Final = 250
"""How many members in an answer count as one request more; encoding so many takes a millisecond."""


@routes.get("/rooms", cost=Cost.SEVERAL, heavy=True)
async def list_rooms(call: Call, query: RoomsQuery) -> Rooms:
    """Return a page of the caller's rooms, those made first first."""
    return await load_rooms(call.services, call.person, query.cursor, query.limit)


@routes.post("/rooms", status=201, appends=True, cost=Cost.SEVERAL, heavy=True)
async def create_room(call: Call, body: CreateRoom) -> Room:
    """Create a group, or open the private chat with one person; members are in at once."""
    room = await actions.create_room(call.services, call.person, body)
    return Room(room=await load_room(call.services, call.person, room))


@routes.post("/people/{person}/messages", status=201, appends=True, cost=Cost.SEVERAL)
async def write_to(call: Call, person: PersonId, body: WriteTo) -> Written:
    """Send a message to one person in the private chat of both, which begins with it if there is none yet."""
    appended = await actions.write_to(call.services, call.person, person, body.body, body.txn_id, files=body.files)
    return Written(room=appended.room, n=appended.n, id=appended.id, at=appended.at)


@routes.get("/rooms/{room}", cost=Cost.FEW)
async def get_room(call: Call, room: RoomId) -> Room:
    """Return one room with its members; a large one counts as more requests."""
    view = await load_room(call.services, call.person, room)
    call.request.app[REQUEST_LIMITS].owe(call.person, len(view.members) / MEMBERS_A_REQUEST)
    return Room(room=view)


@routes.patch("/rooms/{room}", appends=True, cost=Cost.SEVERAL)
async def rename_room(call: Call, room: RoomId, body: RenameRoom) -> Room:
    """Rename a group; owner only."""
    await actions.rename_room(call.services, call.person, room, body.name, body.txn_id)
    return Room(room=await load_room(call.services, call.person, room))


@routes.delete("/rooms/{room}")
async def close_room(call: Call, room: RoomId) -> None:
    """Close a group: it can be read but not written to; owner only."""
    await actions.close_room(call.services, call.person, room)


@routes.post("/rooms/{room}/members", appends=True, cost=Cost.SEVERAL, heavy=True)
async def change_members(call: Call, room: RoomId, body: ChangeMembers) -> MembersChanged:
    """Add and remove members at once; owner only."""
    added, removed = await actions.change_members(
        call.services,
        call.person,
        room,
        [PersonId(person) for person in body.add],
        [PersonId(person) for person in body.remove],
        body.txn_id,
        reason=body.reason,
    )
    view = await load_room(call.services, call.person, room)
    return MembersChanged(added=list(added), removed=list(removed), room=view)


@routes.post("/rooms/{room}/owner", appends=True, cost=Cost.SEVERAL)
async def transfer_room(call: Call, room: RoomId, body: TransferRoom) -> Room:
    """Hand the room to another member; owner only."""
    await actions.transfer_room(call.services, call.person, room, PersonId(body.person), body.txn_id)
    return Room(room=await load_room(call.services, call.person, room))


@routes.patch("/rooms/{room}/preferences")
async def change_preferences(call: Call, room: RoomId, body: MyRoom) -> Room:
    """Mute, hide or pin the room for the caller alone; answers the room without the members of a group."""
    await actions.set_preferences(
        call.services, call.person, room, muted=body.muted, hidden=body.hidden, pinned=body.pinned
    )
    return Room(room=await load_room(call.services, call.person, room, with_members=False))


@routes.post("/rooms/{room}/clear")
async def clear_room(call: Call, room: RoomId) -> None:
    """Hide the conversation so far from the caller alone; search still finds it."""
    await actions.clear_room(call.services, call.person, room)


@routes.delete("/rooms/{room}/clear")
async def uncover_room(call: Call, room: RoomId) -> None:
    """Show the conversation that the caller cleared again, to the caller alone."""
    await actions.uncover_room(call.services, call.person, room)


@routes.post("/rooms/{room}/unread")
async def mark_unread(call: Call, room: RoomId, body: MarkUnread) -> None:
    """Show the room as unread from a message on, for the caller alone."""
    await actions.mark_unread(call.services, call.person, room, body.n)


@routes.delete("/rooms/{room}/unread")
async def end_unread_mark(call: Call, room: RoomId) -> None:
    """Take the caller's mark as unread off the room; receipts leave it alone."""
    await actions.end_unread_mark(call.services, call.person, room)


@routes.post("/rooms/{room}/receipts")
async def post_receipt(call: Call, room: RoomId, body: ReceiptUpto) -> None:
    """Say which messages were shown to the caller; answered after the durable commit."""
    await mark_read(call.services, call.person, room, body.upto, body.first)
