"""`gchat registry serve`: the repository's files, and a page on which the operator sees what is there and what waits.

Reads only: whatever changes the registry is a command (`desk`, `repository`). Rules:
- of files, those of the repository by their forms of name, and nothing else of the folder;
- the page has no script and takes no input; its policy allows its own style sheet alone;
- the page is for the operator: it is served only to hosts that are this machine's own name (a page elsewhere cannot
  read it by another name), and listens on loopback unless told otherwise. Files are for everybody.

Pages are Thai, or English where the browser prefers it. Does not sign anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import web

from appliance.locale import language_of, text
from federation.registry import roles
from federation.registry.document import RegistryError
from federation.registry.enrolment import Enrolment
from federation.registry.repository import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from federation.registry.desk import Desk, Waiting
    from federation.registry.repository import Repository

_FILE: Final = re.compile(r"(?:timestamp|[1-9][0-9]{0,8}\.(?:root|targets|snapshot))\.json")
_DOCUMENT: Final = re.compile(r"[0-9a-f]{64}\.registry\.json")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Server": "G-Chat",
}
_LAST_LINES: Final = 200


def application(repository: Repository, desk: Desk | None, now: Callable[[], int]) -> web.Application:
    """Return what serves the files and, with a desk, the page. `now` gives s UTC."""
    app = web.Application(middlewares=[_with_headers])
    public = repository.folder / PUBLIC
    app.router.add_get("/{name}", _files(public, _FILE))
    app.router.add_get("/targets/{name}", _files(public / "targets", _DOCUMENT))
    if desk is not None:
        aiohttp_jinja2.setup(
            app,
            loader=jinja2.PackageLoader("federation.registry"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        app.router.add_get("/", _page(repository, desk, now))
        app.router.add_get("/page/style.css", _style)
    return app


def run(repository: Repository, desk: Desk | None, host: str, port: int, now: Callable[[], int]) -> None:
    """Serve until the process is asked to end."""
    web.run_app(application(repository, desk, now), host=host, port=port, print=None)


@web.middleware
async def _with_headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_HEADERS)
        raise
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _files(folder: Path, form: re.Pattern[str]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if not form.fullmatch(name) or not (folder / name).is_file():
            raise web.HTTPNotFound
        return web.FileResponse(folder / name, headers={"Content-Type": "application/json"})

    return serve


async def _style(_: web.Request) -> web.Response:
    loader = jinja2.PackageLoader("federation.registry")
    source, _path, _fresh = loader.get_source(jinja2.Environment(autoescape=True), "style.css")
    return web.Response(text=source, content_type="text/css")


def _page(
    repository: Repository, desk: Desk, now: Callable[[], int]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def show(request: web.Request) -> web.StreamResponse:
        name = request.url.host or ""
        if name not in ("localhost", "127.0.0.1", "::1") and request.host != _own(request):
            raise web.HTTPForbidden
        language = language_of(request.headers.get("Accept-Language"))

        def say(code: str, **detail: str | int) -> str:
            return text(f"registry.page.{code}", language, **detail)

        content = {"language": language, "say": say, **_content(repository, desk, now())}
        return aiohttp_jinja2.render_template("page.html", request, content)

    return show


def _own(request: web.Request) -> str:
    """Return the address at which the connection came in, as a browser names it."""
    own = request.transport.get_extra_info("sockname") if request.transport is not None else None
    return f"{own[0]}:{own[1]}" if own else ""


def _content(repository: Repository, desk: Desk, now: int) -> dict[str, Any]:
    found = repository.published()
    record_fault = ""
    try:
        lines, waiting = desk.lines()[-_LAST_LINES:], [_shown(one) for one in desk.waiting()]
    except RegistryError as error:
        lines, waiting, record_fault = [], [], error.code
    return {
        "root": found.root.signed,
        "targets": found.targets.signed if found.targets else None,
        "timestamp_ended": found.timestamp_expires is not None and found.timestamp_expires <= now,
        "document": found.document,
        "ending": found.document.keys_ending(now) if found.document else [],
        "waiting_signatures": found.waiting,
        "holders": {role: roles.holders(found.root.signed, role) for role in ("root", "targets")},
        "waiting": waiting,
        "lines": lines[::-1],
        "record_fault": record_fault,
    }


def _shown(one: Waiting) -> dict[str, Any]:
    """Return what the page shows of a request or a change."""
    is_request = isinstance(one.content, Enrolment)
    return {
        "id": one.id,
        "slug": one.slug,
        "names": one.content.agency if isinstance(one.content, Enrolment) else None,
        "letter": one.content.letter_sha256 if isinstance(one.content, Enrolment) else "",
        "is_request": is_request,
        "fingerprint": one.fingerprint,
    }
