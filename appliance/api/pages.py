"""The web client's built files, and the health pages.

The client is served from the package itself, so that it installs with no internet. Files with a hash in their name
never change and are kept by browsers; everything else is asked for again. An address the client routes by itself gets
the shell. Without a built client the page says how to build it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

DIST: Final = Path(__file__).resolve().parent.parent / "client" / "dist"
NOT_BUILT: Final = "The web client is not built: run `make client`.\nยังไม่ได้สร้างส่วนติดต่อผู้ใช้: สั่ง `make client`\n"
FOREVER: Final = "public, max-age=31536000, immutable"
AGAIN: Final = "no-cache"


def mount(app: web.Application) -> None:
    """Serve the health pages and, for every other GET outside the API, the client."""
    app.router.add_get("/healthz", _health)
    app.router.add_get("/readyz", _health)
    app.router.add_get("/{path:(?!api/).*}", _file)


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def _file(request: web.Request) -> web.StreamResponse:
    path = (DIST / request.match_info["path"]).resolve()
    if not path.is_relative_to(DIST):
        raise web.HTTPNotFound
    if not path.is_file():
        if path.suffix:
            raise web.HTTPNotFound
        path = DIST / "index.html"
    if not path.is_file():
        return web.Response(text=NOT_BUILT, status=503)
    response = web.FileResponse(path)
    hashed = path.parent.name == "assets"
    response.headers["Cache-Control"] = FOREVER if hashed else AGAIN
    if path.name in ("sw.js", "service-worker.js"):
        response.headers["Service-Worker-Allowed"] = "/"
    if path.suffix == ".webmanifest":
        response.content_type = "application/manifest+json"
    return response
