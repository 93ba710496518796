"""What peers reach over HTTP: the link, its replacement by requests, and the control plane.

Rules, in this order, before a handler sees a request:
- who asks is the agency of the key that the connection was opened with, as the registry has it at this moment; a
  connection of nobody is cut;
- a body in a content coding is refused with 415 and never decoded; other paths and methods are 404 and 405;
- a peer has at most `requests_a_peer` requests under way; further ones are 429, and cost others nothing;
- whatever goes wrong is one stable code in the shape of every other error of the product.

Does not: parse frames (`links`) or requests (`control`).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from appliance import errors
from appliance.web.errors import of_http, render_json
from federation.gateway.gateway import Gateway

logger = logging.getLogger("gchat.gateway.requests")
LINK: Final = "/fed/v1/link"
EXCHANGE: Final = "/fed/v1/exchange"
MAX_BODY: Final = 4 * 1024**2
BUSY_S: Final = 2.0
Answer = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
"""Answers a request of a peer."""
_PEER: Final = web.RequestKey("peer", str)


def application(gateway: Gateway, routes: Mapping[tuple[str, str], Answer]) -> web.Application:
    """Return the application: `routes` are by method and path."""
    under_way: Counter[str] = Counter()
    most = gateway.settings.limits.requests_a_peer

    @web.middleware
    async def every(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        peer = gateway.peer_of(request.transport)
        if peer is None:
            if request.transport is not None:
                request.transport.abort()
            raise web.HTTPForbidden
        request[_PEER] = peer
        under_way[peer] += 1
        try:
            # A link is one request for as long as it lives, and there is one for each peer.
            _check(request, under_way[peer], most + 1)
            response = await handler(request)
        except errors.AppError as error:
            response = _rendered(request, peer, error)
        except web.HTTPException as error:
            response = _rendered(request, peer, of_http(error))
        except Exception:
            logger.exception("%s: %s %s", peer, request.method, request.path)
            response = _rendered(request, peer, errors.AppError())
        finally:
            under_way[peer] -= 1
            if not under_way[peer]:
                del under_way[peer]
        return response

    app = web.Application(middlewares=[every], client_max_size=MAX_BODY)
    for (method, path), answer in routes.items():
        app.router.add_route(method, path, _handler(answer))
    return app


def _handler(answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await answer(request, request[_PEER])

    return handle


def _check(request: web.Request, under_way: int, most: int) -> None:
    if under_way > most:
        raise errors.TooMany(BUSY_S)
    if any(coding.strip().lower() != "identity" for coding in request.headers.getall("Content-Encoding", ())):
        raise errors.Invalid(code="content_encoding")
    if request.match_info.http_exception is not None:
        raise request.match_info.http_exception


def _rendered(request: web.Request, peer: str, error: errors.AppError) -> web.Response:
    logger.info("%s: %s %s refused: %s", peer, request.method, request.rel_url.raw_path, error.code)
    response = render_json(error, "en", "")
    if request.can_read_body:
        response.force_close()  # nobody reads what is left of its body
    return response
