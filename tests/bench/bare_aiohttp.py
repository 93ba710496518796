"""The least an aiohttp server can be: `python -m tests.bench.bare_aiohttp FD`, the limit of `idle` and `coldstart`.

It listens on a socket that it is given, answers `GET /` at once and keeps WebSockets at `/stream` open without a word.
"""

from __future__ import annotations

import asyncio
import socket
import sys

import uvloop
from aiohttp import web


async def _index(_request: web.Request) -> web.Response:
    return web.Response(text="ready")


async def _stream(request: web.Request) -> web.WebSocketResponse:
    stream = web.WebSocketResponse(compress=False)
    await stream.prepare(request)
    async for _ in stream:
        pass
    return stream


async def serve(descriptor: int) -> None:
    """Serve until killed."""
    listening = socket.socket(fileno=descriptor)
    listening.setblocking(False)  # noqa: FBT003 - the parameter's name is positional only
    app = web.Application()
    app.router.add_get("/", _index)
    app.router.add_get("/stream", _stream)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening, backlog=4096).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
