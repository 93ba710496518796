"""Searching over HTTP: parse, one call, render."""

from __future__ import annotations

from appliance.reads.search import load_found
from appliance.web.call import Call
from appliance.web.routes import Cost, Routes
from appliance.wire.search import Found, SearchQuery

routes = Routes("search")


@routes.get("/search", cost=Cost.SEVERAL, heavy=True)
async def search(call: Call, query: SearchQuery) -> Found:
    """Return messages the caller may read that have all that was asked for, newest first."""
    return await load_found(call.services, call.person, query)
