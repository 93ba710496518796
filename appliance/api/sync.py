"""Catching up by cursor over HTTP: the same events as the stream."""

from __future__ import annotations

from appliance.reads.sync import load_sync
from appliance.web.call import Call
from appliance.web.routes import Cost, Routes
from appliance.wire.committed import FeedPage
from appliance.wire.cursors import FEED, feed_position, written
from appliance.wire.sync import Sync, SyncQuery

routes = Routes("sync")


@routes.get("/sync", cost=Cost.SEVERAL, heavy=True)
async def sync(call: Call, query: SyncQuery) -> Sync:
    """Return what happened after a cursor, in order; without one, the snapshot."""
    since = feed_position(query.since)
    return answer_of(await load_sync(call.services, call.person, since, query.limit, query.cursor))


def answer_of(page: FeedPage) -> Sync:
    """Return a page of the feed as clients see it."""
    return Sync(
        pos=written(FEED, page.pos), events=page.events, more=page.more, cursor=page.cursor, snapshot=page.snapshot
    )
