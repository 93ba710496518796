"""An aiohttp application made of an `Application`: what every request passes through, and the mounting of its routes.

In order: a request id and one log line; security headers; errors to HTTP; who calls; limits; the terms of use and the
role; then the route.
"""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from aiohttp import web

from appliance import errors
from appliance.identity.throttle import network_of
from appliance.web.application import APPLICATION, Application
from appliance.web.authentication import authenticate, with_reason
from appliance.web.call import CALL, Call
from appliance.web.connection_limit import CODE, RETRY_S, ConnectionLimit
from appliance.web.errors import of_http, status_of
from appliance.web.proxies import FORWARDED, PROXIES, Proxies
from appliance.web.rate_limits import REQUEST_LIMITS, RequestLimits, admit
from appliance.web.routes import MAX_BODY, Route, answer
from appliance.web.security_headers import put_on

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.services import Services

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SERVICES: Final = web.AppKey["Services"]("services")
FORWARDED_REQUESTS: Final = web.AppKey("forwarded_requests", ConnectionLimit)
DEVICE_COOKIE_S: Final = 400 * 86_400
"""How long a browser keeps the device cookie: the longest it may (RFC 6265bis §5.6.2)."""
NO_ROOM: Final = 507
"""The status of a refusal for want of room. Nothing is wrong with the program then: the log gets one line."""
logger = logging.getLogger("gchat.requests")


def build(application: Application, services: Services, monotonic: Callable[[], float]) -> web.Application:
    """Return the application over its services; `monotonic()` is seconds for limits and durations."""
    app = web.Application(middlewares=[_every_request], client_max_size=MAX_BODY)
    limits = services.config.limits
    app[SERVICES] = services
    app[APPLICATION] = application
    app[REQUEST_LIMITS] = RequestLimits(limits, monotonic)
    app[PROXIES] = Proxies(services.config.staff.proxies)
    app[FORWARDED_REQUESTS] = ConnectionLimit(limits.connections_an_address, limits.connections)
    app.on_response_prepare.append(_with_headers)
    for route in application.routes:
        app.router.add_route(route.method, route.path, _handler(route))
    return app


def _handler(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        call: Call = request[CALL]
        limits = request.app[REQUEST_LIMITS]
        call.headers.update(route.headers)
        try:
            authenticate(call, route)
        except errors.AppError as refusal:
            # A refusal costs its sender as much as an answer.
            limits.request(call.address, call.session.person if call.session else None)
            if isinstance(refusal, errors.Unauthenticated):
                raise await with_reason(call) from refusal
            raise
        person = call.session.person if call.session else None
        admit(call.services, limits, call.address, person, route.cost, appends=route.appends)
        async with call.services.heavy_calls.slot(person) if route.heavy and person else nullcontext():
            response = await answer(route, call)
        _set_cookies(call, response)
        return response

    return handle


def _set_cookies(call: Call, response: web.StreamResponse) -> None:
    name = call.application.session_cookie
    if call.cookie is not None:
        response.set_cookie(name, call.cookie, httponly=True, secure=True, samesite="Strict", path="/")
    elif call.clear_cookie:
        response.del_cookie(name, httponly=True, secure=True, samesite="Strict", path="/")
    if call.new_device_cookie is not None:
        response.set_cookie(
            call.application.device_cookie, call.new_device_cookie, max_age=DEVICE_COOKIE_S,
            httponly=True, secure=True, samesite="Strict", path="/",
        )  # fmt: skip


@web.middleware
async def _every_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    s = request.app[SERVICES]
    peer = request.remote or ""
    address = request.app[PROXIES].client(peer, request.headers.getall(FORWARDED, []))
    call = Call(request.app[APPLICATION], s, request, s.new_id("q"), address)
    request[CALL] = call
    started = time.perf_counter()
    if address == peer:
        response = await _guarded(call, handler)
    else:
        response = await _counted(call, handler)
    milliseconds = (time.perf_counter() - started) * 1000
    logger.info(
        "%s %s %s %s %d %.1f", call.request_id, call.session.person if call.session else "-",
        request.method, request.rel_url.raw_path, response.status, milliseconds,
    )  # fmt: skip
    if not response.prepared:
        response.headers.update(call.headers)
        response.headers["X-Request-Id"] = call.request_id
    return response


async def _with_headers(request: web.Request, response: web.StreamResponse) -> None:
    put_on(response, request.app[APPLICATION].headers, secure=request.secure)


def _check_request(call: Call) -> None:
    """Refuse what no route takes, and count what no route counts. Raises Invalid, TooMany."""
    request, limits = call.request, call.request.app[REQUEST_LIMITS]
    if any(coding.strip().lower() != "identity" for coding in request.headers.getall("Content-Encoding", ())):
        limits.request(call.address, None)
        raise errors.Invalid(code="content_encoding")
    if request.match_info.http_exception is not None:
        limits.request(call.address, None)


async def _counted(call: Call, handler: Handler) -> web.StreamResponse:
    """Handle a request that came through a proxy, whose own connections do not show how many of them one client has."""
    slot = call.request.app[FORWARDED_REQUESTS].take(network_of(call.address))
    if slot is None:
        return _rendered(call, errors.TooMany(RETRY_S, code=CODE))
    try:
        return await _guarded(call, handler)
    finally:
        slot.release()


async def _guarded(call: Call, handler: Handler) -> web.StreamResponse:
    try:
        _check_request(call)
        return await handler(call.request)
    except errors.AppError as error:
        if isinstance(error, errors.Unavailable):
            logger.warning("%s failed: %s: %s", call.request_id, error.code, error)
        elif status_of(error) == NO_ROOM:
            # Whoever is refused may ask again and again; administrators are told of it once an hour (`file_quota`).
            logger.info("%s refused: %s", call.request_id, error.code)
        elif status_of(error) >= 500:
            logger.exception("%s failed", call.request_id)
        return _rendered(call, error)
    except web.HTTPException as error:
        response = _rendered(call, of_http(error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:
        logger.exception("%s failed", call.request_id)
        return _rendered(call, errors.AppError())


def _rendered(call: Call, error: errors.AppError) -> web.Response:
    return call.application.render(error, call.language, call.request_id)
