"""The caller's own picture over HTTP: parse, one call, render."""

from __future__ import annotations

from appliance.actions.me import set_status
from appliance.reads.file_usage import load_own_space
from appliance.reads.me import load_agency, load_me
from appliance.web.call import Call
from appliance.web.routes import Cost, Routes
from appliance.wire.files import OwnSpace
from appliance.wire.session import AgencyView, Me, MeChange

routes = Routes("me")


@routes.get("/me", before_terms=True)
async def get_me(call: Call) -> Me:
    """Return who the caller is, with which roles, and whether the terms are accepted."""
    return await load_me(call.services, call.signed_in)


@routes.get("/agency", public=True)
async def get_agency(call: Call) -> AgencyView:
    """Return who runs this appliance and whom to ask, also for who has not signed in."""
    return load_agency(call.services)


@routes.patch("/me", cost=Cost.FEW)
async def change_me(call: Call, body: MeChange) -> Me:
    """Change what a person sets about themselves."""
    if body.status is not None:
        await set_status(call.services, call.person, body.status)
    return await load_me(call.services, call.signed_in)


@routes.get("/me/space")
async def get_own_space(call: Call) -> OwnSpace:
    """Return how much room the caller's files take, and how much is left."""
    return await load_own_space(call.services, call.person)
