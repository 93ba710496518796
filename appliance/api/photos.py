"""Photographs of people's cards over HTTP: parse, one call, render.

A photograph was made here of pixels alone, so it is shown in place. Whoever names the one that a card names may keep it
for a day: another photograph has another name. One that waits may be refused, so nobody keeps it.
"""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from appliance.actions.portraits import choose_photo, judge_photo, remove_own_photo
from appliance.api.files import POLICY
from appliance.model import PersonId
from appliance.reads.portraits import load_own_photo, load_photo, load_to_judge, read_photo
from appliance.web.call import Call
from appliance.web.exchange import Exchange
from appliance.web.routes import Cost, Routes
from appliance.wire.photos import OwnPhoto, PhotoChoice, PhotoJudgement, PhotoQuery, PhotosToJudge

routes = Routes("directory")
KEPT: Final = "private, max-age=86400, immutable"
ASKED_AGAIN: Final = "private, no-cache"
NOT_KEPT: Final = "private, no-store"
PHOTO: Final = Exchange(
    {200: "The photograph.", 304: "The client has it."},
    gives="image/webp",
    asks={"If-None-Match": "ETags that the client has."},
    tells={"ETag": "The root over the photograph's leaves."},
)


@routes.get("/people/{person}/photo", exchange=PHOTO, cost=Cost.PART)
async def get_photo(call: Call, person: PersonId, query: PhotoQuery) -> web.StreamResponse:
    """Return a person's photograph to whoever finds them in the directory."""
    s = call.services
    photo = await load_photo(s, call.person, person, size=query.size, waiting=query.waiting)
    stored = photo.stored
    etag, named = f'"{stored.root.hex()}"', query.of is not None and query.of in (stored.id, stored.parent)
    headers = {
        hdrs.CONTENT_TYPE: stored.type,
        hdrs.CONTENT_DISPOSITION: "inline",
        hdrs.ETAG: etag,
        hdrs.CACHE_CONTROL: NOT_KEPT if query.waiting else KEPT if named else ASKED_AGAIN,
        "Content-Security-Policy": POLICY,
    }
    if any(one.value in ("*", etag.strip('"')) for one in call.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=await read_photo(s, photo), headers=headers)


@routes.get("/me/photo")
async def get_own_photo(call: Call) -> OwnPhoto:
    """Return what there is of the caller's photograph."""
    return await load_own_photo(call.services, call.person)


@routes.put("/me/photo", cost=Cost.SEVERAL, heavy=True)
async def put_own_photo(call: Call, body: PhotoChoice) -> OwnPhoto:
    """Make a picture that was uploaded the caller's photograph; a moderator may have to approve it."""
    await choose_photo(call.services, call.person, body.upload)
    return await load_own_photo(call.services, call.person)


@routes.delete("/me/photo", cost=Cost.FEW)
async def delete_own_photo(call: Call) -> None:
    """Delete the caller's photograph, with one that waits."""
    await remove_own_photo(call.services, call.person)


@routes.get("/me/photos-to-judge")
async def list_photos_to_judge(call: Call) -> PhotosToJudge:
    """Return the photographs that wait for the caller, who administers the agency or a unit; else none."""
    return await load_to_judge(call.services, call.person)


@routes.post("/people/{person}/photo", cost=Cost.FEW)
async def judge(call: Call, person: PersonId, body: PhotoJudgement) -> None:
    """Show everybody the photograph that waits, or delete it and tell the person why. Nobody judges their own."""
    granted = body.outcome == "granted"
    await judge_photo(call.services, call.person, person, body.photo, granted=granted, reason=body.reason)
