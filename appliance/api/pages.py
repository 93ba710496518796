"""The web client's built files, and the health pages.

The client is served from the package itself, so that it installs with no internet. Files with a hash in their name
never change and are kept by browsers; everything else is asked for again. An address the client routes by itself gets
the shell. Without a built client the page says how to build it.

Text files have compressed copies from the build, which are sent to browsers that take them. Only these: an answer of
the API is never compressed, since its length would disclose a secret beside what an attacker put there (BREACH). A
range is one of the copy that would have been sent whole; each copy has an ETag of its own.

`/healthz` says that the process lives; `/readyz` that its database and its writer answer, or by a code why not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from appliance.errors import Invalid
from appliance.locale import both
from appliance.web.call import CALL
from appliance.web.errors import NO_SUCH_RANGE
from appliance.web.negotiation import Part, Unsatisfiable, asked_part, choose_coding
from appliance.web.rate_limits import REQUEST_LIMITS

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

    from appliance.reads.readiness import Readiness

DIST: Final = Path(__file__).resolve().parent.parent / "client" / "dist"
MAX_PATH_LENGTH: Final = 255
"""Bytes of an address below the root: no file system has longer names."""
ENCODED: Final = "encoded"
"""The folder with the copies, one folder in it for each coding (client/build/encodedFiles.ts)."""
CODINGS: Final = ("br", "gzip")
"""The smallest first."""
FOREVER: Final = "public, max-age=31536000, immutable"
AGAIN: Final = "no-cache"


def mount(app: web.Application, readiness: Readiness) -> None:
    """Serve the health pages and, for every other GET outside the API, the client."""

    async def ready(request: web.Request) -> web.Response:
        _count(request)
        fault = await readiness.load_fault()
        return web.Response(text="ok\n") if fault is None else web.Response(text=f"{fault.code}\n", status=503)

    app.router.add_get("/healthz", _health)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/{path:(?!api/).*}", _file)


async def _health(request: web.Request) -> web.Response:
    _count(request)
    return web.Response(text="ok\n")


async def _file(request: web.Request) -> web.StreamResponse:
    _count(request)
    path = _path_of(request.match_info["path"])
    if not path.is_file():
        return web.Response(text=f"{both('pages.not_built')}\n", status=503)
    coding, copy = _copy_of(path, request.headers.get("Accept-Encoding", ""))
    response = _Copy(copy, _part_of(request, copy))
    if coding is not None:
        response.headers["Content-Encoding"] = coding
    hashed = path.parent.name == "assets"
    response.headers["Cache-Control"] = FOREVER if hashed else AGAIN
    if path.name in ("sw.js", "service-worker.js"):
        response.headers["Service-Worker-Allowed"] = "/"
    if path.suffix == ".webmanifest":
        response.content_type = "application/manifest+json"
    return response


class _Copy(web.FileResponse):
    """A copy of a file, or the part of it that `web/negotiation.py` made out; the library sees no other range."""

    def __init__(self, copy: Path, part: Part | None) -> None:
        super().__init__(copy, headers={"Vary": "Accept-Encoding"})
        self._part = part

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        headers = request.headers.copy()
        for name in (hdrs.RANGE, hdrs.IF_RANGE):
            headers.popall(name, None)
        if self._part is not None:
            headers[hdrs.RANGE] = f"bytes={self._part.first}-{self._part.last}"
        return await super().prepare(request.clone(headers=headers))


def _copy_of(path: Path, accepted: str) -> tuple[str | None, Path]:
    """Return the copy of a file that the browser likes best, and its coding; the file itself without one."""
    copies = {coding: DIST / ENCODED / coding / path.relative_to(DIST) for coding in CODINGS}
    coding = choose_coding(accepted, [coding for coding, copy in copies.items() if copy.is_file()])
    return coding, path if coding is None else copies[coding]


def _count(request: web.Request) -> None:
    """Count a page for who asked, also behind a proxy. Raises TooMany."""
    request.app[REQUEST_LIMITS].page(request[CALL].address)


def _part_of(request: web.Request, copy: Path) -> Part | None:
    """Return the part that is asked for. Raises Invalid for one that the copy does not have."""
    found = copy.stat()
    # As `web.FileResponse` makes it; were it another one, If-Range would be answered with the whole file.
    etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    ranges, if_range = request.headers.getall(hdrs.RANGE, ()), request.headers.get(hdrs.IF_RANGE)
    try:
        return asked_part(request.method, ranges, if_range, etag, found.st_size)
    except Unsatisfiable as error:
        if request.if_none_match or request.if_modified_since:
            # Whether the client has the file already comes first (RFC 9110, 13.2.2).
            return None
        raise Invalid(code=NO_SUCH_RANGE, size=found.st_size) from error


def _path_of(asked: str) -> Path:
    """Return the file that an address means; the shell for one that the client routes. Raises HTTPNotFound."""
    if "\0" in asked or len(asked.encode(errors="replace")) > MAX_PATH_LENGTH:
        # The system has no such name, and says so by other errors than by «not found».
        raise web.HTTPNotFound
    path = (DIST / asked).resolve()
    if not path.is_relative_to(DIST) or path.is_relative_to(DIST / ENCODED):
        raise web.HTTPNotFound
    if path.is_file():
        return path
    if path.suffix:
        raise web.HTTPNotFound
    return DIST / "index.html"
