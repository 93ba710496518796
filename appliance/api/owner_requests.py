"""Requests to a room's owner, over HTTP: to be taken off (F41), that others be added (F34), and all of the caller's."""

from __future__ import annotations

from appliance.actions import member_suggestions, owner_requests, removal_requests
from appliance.model import PersonId, RoomId
from appliance.reads.owner_requests import (
    load_member_suggestions,
    load_my_requests,
    load_removal_requests,
    removal_view,
    suggestion_view,
)
from appliance.rules.owner_requests import Outcome
from appliance.web.call import Call
from appliance.web.routes import Routes
from appliance.wire.rooms import (
    AnswerRemoval,
    AnswerSuggestion,
    AskRemoval,
    MembersSuggested,
    MemberSuggestions,
    MyRequests,
    MyRequestsQuery,
    OwnerRequestsQuery,
    RemovalRequested,
    RemovalRequests,
    RequestsSeen,
    SuggestMembers,
)

routes = Routes("rooms")


@routes.post("/rooms/{room}/removal-requests", status=201)
async def ask_removal(call: Call, room: RoomId, body: AskRemoval) -> RemovalRequested:
    """Ask the room's owner to be taken off; members cannot leave by themselves."""
    s = call.services
    request = await removal_requests.ask_removal(s, call.person, room, body.reason)
    return RemovalRequested(request=removal_view(s, request))


@routes.get("/rooms/{room}/removal-requests")
async def list_removal_requests(call: Call, room: RoomId, query: OwnerRequestsQuery) -> RemovalRequests:
    """Return a page of the requests that wait for the caller's answer or were answered lately, and the caller's own."""
    return await load_removal_requests(call.services, call.person, room, query.cursor)


@routes.patch("/rooms/{room}/removal-requests/{request}")
async def answer_removal(call: Call, room: RoomId, request: str, body: AnswerRemoval) -> RemovalRequested:
    """Grant or refuse a request: the owner, or once escalated an administrator of the owner's unit."""
    s, outcome = call.services, Outcome(body.outcome)
    answered = await removal_requests.answer_removal(s, call.person, room, request, outcome, body.note)
    return RemovalRequested(request=removal_view(s, answered))


@routes.post("/rooms/{room}/member-suggestions", status=201)
async def suggest_members(call: Call, room: RoomId, body: SuggestMembers) -> MembersSuggested:
    """Suggest people to the room's owner; only the owner adds."""
    s, people = call.services, [PersonId(person) for person in body.people]
    suggestion = await member_suggestions.suggest_members(s, call.person, room, people, body.reason)
    return MembersSuggested(suggestion=suggestion_view(s, suggestion))


@routes.get("/rooms/{room}/member-suggestions")
async def list_member_suggestions(call: Call, room: RoomId, query: OwnerRequestsQuery) -> MemberSuggestions:
    """Return a page of what waits for the caller's answer or was answered lately, and of the caller's own."""
    return await load_member_suggestions(call.services, call.person, room, query.cursor)


@routes.patch("/rooms/{room}/member-suggestions/{request}")
async def answer_suggestion(call: Call, room: RoomId, request: str, body: AnswerSuggestion) -> MembersSuggested:
    """Add those suggested at once, or decline: the room's owner."""
    s, outcome = call.services, Outcome(body.outcome)
    suggestion = await member_suggestions.answer_suggestion(s, call.person, room, request, outcome, body.note)
    return MembersSuggested(suggestion=suggestion_view(s, suggestion))


@routes.get("/me/requests")
async def list_my_requests(call: Call, query: MyRequestsQuery) -> MyRequests:
    """Return all requests that wait for the caller or that the caller made, and what the caller was taken off."""
    return await load_my_requests(call.services, call.person, query.cursor)


@routes.delete("/me/requests/{request}")
async def withdraw_request(call: Call, request: str) -> None:
    """Take back a request of the caller's that nobody has answered."""
    await owner_requests.withdraw(call.services, call.person, request)


@routes.post("/me/requests/seen")
async def see_requests(call: Call, body: RequestsSeen) -> None:
    """Note up to when the caller has seen answers, of one room or of all, and what they were taken off."""
    room = RoomId(body.room) if body.room is not None else None
    await owner_requests.mark_seen(call.services, call.person, body.upto, room)
