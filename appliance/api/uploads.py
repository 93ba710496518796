"""Uploads over HTTP: tus 1.0 with creation, creation-with-upload, termination, expiration and checksum.

A part of a file is read as it arrives and costs little of its sender's rate limit. `GET` of an upload is no tus: it
says as JSON what a client wants to know, and disturbs nobody who writes.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from appliance.actions import uploads as actions
from appliance.actions.uploads import ALGORITHMS, Part, WrongOffset
from appliance.api import upload_headers as tus
from appliance.attachments import FileForm
from appliance.errors import AppError, Invalid
from appliance.files.said import Said
from appliance.model import Millis, RoomId
from appliance.web.call import Call
from appliance.web.exchange import Exchange
from appliance.web.proxies import origin_of
from appliance.web.routes import PREFIX, Cost, Routes
from appliance.web.streams import body_of, cut
from appliance.wire.files import UploadView

routes = Routes("uploads")
TUS: Final = {tus.RESUMABLE: tus.VERSION, "Cache-Control": "no-store"}
EXTENSIONS: Final = "creation,creation-with-upload,termination,expiration,checksum"
UPLOADS: Final = "/uploads"
UPLOAD: Final = "/uploads/{upload}"
_VERSION: Final = {tus.RESUMABLE: f"The version of tus, {tus.VERSION}."}
_OFFSET: Final = {tus.OFFSET: "How many bytes are kept."}
_EXPIRES: Final = {tus.EXPIRES: "Until when the upload is kept unless a message refers to it."}
_CHECKSUM: Final = {tus.CHECKSUM: "Algorithm and value in base64 that the bytes of this request must have."}
_PLACE: Final = {tus.OFFSET: "The offset at which the bytes of this request begin."}
OPTIONS: Final = Exchange(
    {204: "What this server can do."},
    tells={
        "Tus-Version": "Versions of tus.",
        "Tus-Extension": "Extensions of tus.",
        "Tus-Max-Size": "Bytes of the largest file.",
        "Tus-Checksum-Algorithm": "Algorithms of checksums.",
    },
)
CREATE: Final = Exchange(
    {201: "The upload is there."},
    takes=tus.CONTENT,
    asks={
        **_VERSION,
        tus.LENGTH: "Bytes of the whole file.",
        tus.METADATA: (
            "Pairs of a key and its value in base64: name, type, room, label, form, original, width, height, seconds."
        ),
        **_CHECKSUM,
    },
    tells={"Location": "Where the bytes go.", **_OFFSET, **_EXPIRES},
    needs=frozenset((tus.RESUMABLE, tus.LENGTH, tus.METADATA)),
)
HEAD: Final = Exchange(
    {200: "Where the upload stands."},
    asks=_VERSION,
    tells={**_OFFSET, tus.LENGTH: "Bytes of the whole file.", tus.METADATA: "What was said of the file.", **_EXPIRES},
    needs=frozenset((tus.RESUMABLE,)),
)
PATCH: Final = Exchange(
    {204: "The bytes are kept."},
    takes=tus.CONTENT,
    asks={**_VERSION, **_PLACE, **_CHECKSUM},
    tells={**_OFFSET, **_EXPIRES},
    needs=frozenset((tus.RESUMABLE, tus.OFFSET)),
)
DELETE: Final = Exchange({204: "The upload is gone."}, asks=_VERSION, needs=frozenset((tus.RESUMABLE,)))


@routes.add("OPTIONS", UPLOADS, public=True, headers=TUS, exchange=OPTIONS)
async def describe_uploads(call: Call) -> web.StreamResponse:
    """Say what this server can do with uploads."""
    call.headers.update(
        {
            "Tus-Version": tus.VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(call.services.config.files.largest),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        }
    )
    return web.Response(status=204)


@routes.post(UPLOADS, headers=TUS, exchange=CREATE)
async def create_upload(call: Call) -> web.StreamResponse:
    """Begin an upload; the request may carry the first bytes."""
    headers = _checked(call)
    size, about = tus.number(headers, tus.LENGTH), tus.metadata(headers)
    said = Said(
        name=about.name,
        type=about.type,
        form=FileForm(about.form),
        original=about.original,
        width=about.width,
        height=about.height,
        seconds=about.seconds,
    )
    has_body = call.request.can_read_body
    if has_body:
        _check_content(call)
    sum_of_part = tus.checksum(headers, ALGORITHMS)
    room = None if about.room is None else RoomId(about.room)
    row = await actions.begin_upload(call.services, call.person, said, size, room, about.label)
    call.headers["Location"] = f"{origin_of(call.request) or ''}{PREFIX}{UPLOADS}/{row.id}"
    _expires(call, row.expires_at)
    if has_body:
        await _receive(call, row.id, 0, sum_of_part)
    return web.Response(status=201)


@routes.add("HEAD", UPLOAD, headers=TUS, exchange=HEAD)
async def head_upload(call: Call, upload: str) -> web.StreamResponse:
    """Say where an upload stands; whoever still writes to it is stopped."""
    _checked(call)
    offset = await actions.offset_of(call.services, call.person, upload, lambda: cut(call.request))
    row = await actions.find_upload(call.services, call.person, upload)
    about = actions.said_of(call.services, row)
    call.headers |= {
        tus.OFFSET: str(offset),
        tus.LENGTH: str(row.size),
        tus.METADATA: _metadata(about, row.room, row.label),
    }
    _expires(call, row.expires_at)
    return web.Response(status=200)


@routes.get(UPLOAD)
async def get_upload(call: Call, upload: str) -> UploadView:
    """Return an upload as it stands, with what a message would carry once it is ready."""
    return await actions.show_upload(call.services, call.person, upload)


@routes.patch(UPLOAD, headers=TUS, exchange=PATCH, cost=Cost.PART)
async def patch_upload(call: Call, upload: str) -> web.StreamResponse:
    """Take bytes of an upload from its offset on; answered when they are on the disk."""
    headers = _checked(call)
    _check_content(call)
    await _receive(call, upload, tus.number(headers, tus.OFFSET), tus.checksum(headers, ALGORITHMS))
    _expires(call, (await actions.find_upload(call.services, call.person, upload)).expires_at)
    return web.Response(status=204)


@routes.delete(UPLOAD, headers=TUS, exchange=DELETE)
async def delete_upload(call: Call, upload: str) -> web.StreamResponse:
    """Cancel an upload, whatever its state; what was kept of it is deleted."""
    _checked(call)
    await actions.cancel_upload(call.services, call.person, upload, lambda: cut(call.request))
    return web.Response(status=204)


def _checked(call: Call) -> dict[str, str]:
    """Return the headers of a request, each at most once. Raises Invalid, AppError (`tus_version`)."""
    found: dict[str, str] = {}
    for name in (tus.RESUMABLE, tus.LENGTH, tus.OFFSET, tus.METADATA, tus.CHECKSUM):
        values = call.request.headers.getall(name, [])
        if len(values) > 1:
            raise Invalid(field=name)
        if values:
            found[name] = values[0]
    if found.get(tus.RESUMABLE) != tus.VERSION:
        call.headers["Tus-Version"] = tus.VERSION
    tus.check_version(found)
    return found


def _check_content(call: Call) -> None:
    if call.request.content_type != tus.CONTENT:
        raise AppError(code="unsupported_media_type")


async def _receive(call: Call, upload: str, offset: int, sum_of_part: tuple[str, bytes] | None) -> None:
    request = call.request
    part = Part(offset, request.content_length, body_of(call), lambda: cut(request), sum_of_part)
    try:
        kept = await actions.receive_part(call.services, call.person, upload, part)
    except WrongOffset as wrong:
        call.headers[tus.OFFSET] = str(wrong.offset)
        raise
    call.headers[tus.OFFSET] = str(kept)


def _expires(call: Call, at: Millis) -> None:
    call.headers[tus.EXPIRES] = tus.http_date(at)


def _metadata(about: Said, room: RoomId | None, label: int) -> str:
    return tus.encoded_metadata(
        {
            "name": about.name,
            "type": about.type,
            "room": room,
            "label": label or None,
            "form": about.form.value,
            "original": about.original,
            "width": about.width,
            "height": about.height,
            "seconds": about.seconds,
        }
    )
