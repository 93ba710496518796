"""Requests to be taken off a room, over HTTP: parse, one call, render (F41)."""

from __future__ import annotations

from appliance.actions import removal_requests as actions
from appliance.api.routes import Call, Routes
from appliance.model import RoomId
from appliance.reads.removal_requests import load_removal_requests, view
from appliance.rules.removal_requests import Outcome
from appliance.wire.rooms import AnswerRemoval, AskRemoval, RemovalRequested, RemovalRequests

routes = Routes("rooms")


@routes.post("/rooms/{room}/removal-requests", status=201)
async def ask_removal(call: Call, body: AskRemoval) -> RemovalRequested:
    """Ask the room's owner to be taken off; members cannot leave by themselves."""
    request = await actions.ask_removal(call.services, call.person, RoomId(call.path["room"]), body.reason)
    return RemovalRequested(request=view(call.services, request))


@routes.get("/rooms/{room}/removal-requests")
async def list_removal_requests(call: Call) -> RemovalRequests:
    """Return the requests that wait for the caller's answer or were answered lately, and the caller's own."""
    return await load_removal_requests(call.services, call.person, RoomId(call.path["room"]))


@routes.patch("/rooms/{room}/removal-requests/{request}")
async def answer_removal(call: Call, body: AnswerRemoval) -> RemovalRequested:
    """Grant or refuse a request: the owner, or once escalated an administrator of the owner's unit."""
    request = await actions.answer_removal(
        call.services, call.person, RoomId(call.path["room"]), call.path["request"], Outcome(body.outcome), body.note
    )
    return RemovalRequested(request=view(call.services, request))
