"""`GET /api/v1/openapi.json`: the description of the staff API, made from the types the server decodes with.

Nothing here is written by hand twice: paths, bodies, queries and answers come from the declared routes, schemas from
msgspec. The stream's frames are described under `x-websocket`, since OpenAPI 3.1 has no words for them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from appliance.web.call import Call
from appliance.web.openapi import Document, Stream, describe
from appliance.web.routes import PREFIX, Routes
from appliance.wire.entries import EntryEvent
from appliance.wire.events import Event
from appliance.wire.sync import EventsFrame, FailedFrame, Ping, PongFrame, Receipt, Send, SentFrame, Typing, Watch

if TYPE_CHECKING:
    from appliance.web.application import Application

routes = Routes("about")
UNIONS: Final = {"Event": Event, "EntryEvent": EntryEvent}
STREAM: Final = Stream(
    up=(Ping, Typing, Receipt, Watch, Send),
    down=(EventsFrame, SentFrame, FailedFrame, PongFrame),
    close={"4401": "the session has ended", "1012": "a restart: connect again from the last position"},
)


@routes.get("/openapi.json", public=True)
async def get_openapi(call: Call) -> Document:
    """Return this description."""
    return document(call.application)


@cache
def document(application: Application) -> Document:
    """Return the description of the staff API; it is made once."""
    return describe(application, "G-Chat staff API", {f"{PREFIX}/stream": STREAM}, UNIONS)
