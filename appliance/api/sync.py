"""Catching up by cursor over HTTP: the same events as the stream."""

from __future__ import annotations

from appliance.reads.sync import load_sync
from appliance.web.call import Call
from appliance.web.routes import Cost, Routes
from appliance.wire.sync import Sync, SyncQuery

routes = Routes("sync")


@routes.get("/sync", cost=Cost.SEVERAL, heavy=True)
async def sync(call: Call, query: SyncQuery) -> Sync:
    """Return what happened after a position, in order; `since=0` returns the snapshot."""
    return await load_sync(call.services, call.person, query.since, query.limit, query.cursor)
