"""Files over HTTP: the bytes of one, whole or a range of them (RFC 9110 §14).

A file is what somebody else made. So it is shown in place only where it is of a kind that holds no script, and a
picture only where it was made here; everything else is saved by the browser. Nothing of it runs in any case: it has a
content policy of its own, the browser guesses no type, and no other site embeds it. There are no signed addresses,
which would be in logs and histories: who asks is known by their session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from aiohttp import hdrs, web

from appliance.errors import Invalid
from appliance.reads.downloads import load_bytes, one_download
from appliance.reads.files import open_file
from appliance.rules.file_types import shown_inline
from appliance.web.call import Call
from appliance.web.errors import NO_SUCH_RANGE
from appliance.web.exchange import Exchange
from appliance.web.negotiation import Unsatisfiable, asked_part
from appliance.web.routes import Cost, Routes
from appliance.web.sending import keeps_up, send_pieces
from appliance.web.streams import cut

if TYPE_CHECKING:
    from appliance.reads.files import OpenedFile
    from appliance.web.negotiation import Part

routes = Routes("files")
POLICY: Final = "sandbox; default-src 'none'"
NOT_KEPT: Final = "private, no-store"
"""No browser keeps a file: it would lie there in clear, and open after it was retracted and after signing out."""
_ASKS: Final = {
    "Range": "One range of bytes; of several the whole file is sent.",
    "If-Range": "The ETag of the file that the client has the beginning of.",
    "If-None-Match": "ETags that the client has.",
}
_TELLS: Final = {
    "ETag": "The root over the file's leaves.",
    "Content-Range": "Which bytes these are.",
    "Content-Disposition": "Whether a browser may show the file, and its name.",
}
FILE: Final = Exchange(
    {200: "The whole file.", 206: "The range of it.", 304: "The client has it."},
    gives="application/octet-stream",
    asks=_ASKS,
    tells=_TELLS,
)
HEAD: Final = Exchange({200: "The file is there.", 304: "The client has it."}, asks=_ASKS, tells=_TELLS)


@routes.get("/files/{file}", exchange=FILE, cost=Cost.PART)
async def get_file(call: Call, file: str) -> web.StreamResponse:
    """Return the bytes of a file, or of what was made of one, to whoever is shown it in some room."""
    request = call.request
    async with one_download(call.services, call.signed_in, lambda: cut(request)):
        return await _sent(call, await open_file(call.services, call.person, file))


async def _sent(call: Call, opened: OpenedFile) -> web.StreamResponse:
    headers = _headers(opened)
    if _has_it(call.request, headers[hdrs.ETAG]):
        return web.Response(status=304, headers=headers)
    part = _part_of(call.request, headers[hdrs.ETAG], opened.stored.size)
    start, stop = (0, opened.stored.size) if part is None else (part.first, part.last + 1)
    if part is not None:
        headers[hdrs.CONTENT_RANGE] = f"bytes {part.first}-{part.last}/{opened.stored.size}"
    pieces = load_bytes(call.services, call.person, opened, start, stop, lambda: keeps_up(call))
    return await send_pieces(call, 200 if part is None else 206, headers, stop - start, pieces)


@routes.add("HEAD", "/files/{file}", exchange=HEAD, cost=Cost.PART)
async def head_file(call: Call, file: str) -> web.StreamResponse:
    """Say what a file is, without its bytes."""
    opened = await open_file(call.services, call.person, file)
    headers = _headers(opened)
    if _has_it(call.request, headers[hdrs.ETAG]):
        return web.Response(status=304, headers=headers)
    return web.Response(headers=headers | {hdrs.CONTENT_LENGTH: str(opened.stored.size)})


def _headers(opened: OpenedFile) -> dict[str, str]:
    stored, said = opened.stored, opened.said
    made_here = stored.parent is not None or not said.original
    shown = "inline" if shown_inline(stored.type, made_here=made_here) else "attachment"
    return {
        hdrs.CONTENT_TYPE: stored.type,
        hdrs.CONTENT_DISPOSITION: f"{shown}; filename*=UTF-8''{quote(said.name, safe='')}",
        hdrs.ETAG: f'"{stored.root.hex()}"',
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.CACHE_CONTROL: NOT_KEPT,
        "Content-Security-Policy": POLICY,
    }


def _has_it(request: web.Request, etag: str) -> bool:
    """Return whether the client has the file already (RFC 9110 §13.1.2)."""
    return any(one.value in ("*", etag.strip('"')) for one in request.if_none_match or ())


def _part_of(request: web.Request, etag: str, size: int) -> Part | None:
    """Return the part that is asked for, None for all of it. Raises Invalid for one that the file does not have."""
    ranges, if_range = request.headers.getall(hdrs.RANGE, ()), request.headers.get(hdrs.IF_RANGE)
    try:
        return asked_part(request.method, ranges, if_range, etag, size)
    except Unsatisfiable as error:
        raise Invalid(code=NO_SUCH_RANGE, size=size) from error
