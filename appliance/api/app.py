"""The staff application: what every request passes through, and the mounting of the routes.

In order: a request id and one log line; security headers; errors to HTTP; who calls (bearer token, or cookie with the
CSRF header for whatever changes something); limits; the terms of use; then the route. Authentication is on unless the
route says otherwise. It knows no feature: the subjects' routes are listed in `ROUTES`.
"""

from __future__ import annotations

import hmac
import logging
import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Final

from aiohttp import web

from appliance import errors
from appliance.api import (
    directory,
    me,
    messages,
    openapi,
    owner_requests,
    pages,
    rooms,
    search,
    sessions,
    stream,
    sync,
    terms,
)
from appliance.identity.throttle import network_of
from appliance.reads.readiness import Readiness
from appliance.reads.sessions import why_ended
from appliance.web import security_headers
from appliance.web.connection_limit import CODE, RETRY_S, ConnectionLimit
from appliance.web.errors import of_http, render, status_of
from appliance.web.preconditions import check_preconditions
from appliance.web.proxies import FORWARDED, Proxies
from appliance.web.rate_limits import REQUEST_LIMITS, RequestLimits
from appliance.web.routes import CALL, DEVICE_COOKIE, MAX_BODY, Call, Route, answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from appliance.services import Services

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SERVICES: Final = web.AppKey["Services"]("services")
PROXIES: Final = web.AppKey("proxies", Proxies)
FORWARDED_REQUESTS: Final = web.AppKey("forwarded_requests", ConnectionLimit)
COOKIE: Final = "__Host-gchat"
DEVICE_COOKIE_S: Final = 400 * 86_400
"""How long a browser keeps the device cookie: the longest it may (RFC 6265bis §5.6.2)."""
CSRF_HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS"))
ROUTES: Final = (sessions, me, terms, directory, rooms, owner_requests, messages, search, sync, stream, openapi)
log = logging.getLogger("gchat.requests")


def all_routes() -> Iterable[Route]:
    """Give every route of the staff API."""
    for subject in ROUTES:
        yield from subject.routes.routes


def build_app(services: Services, monotonic: Callable[[], float]) -> web.Application:
    """Return the staff application over its services; `monotonic()` is seconds for limits and durations."""
    app = web.Application(middlewares=[_every_request], client_max_size=MAX_BODY)
    app[SERVICES] = services
    app[REQUEST_LIMITS] = RequestLimits(services.config.limits, monotonic)
    app.on_response_prepare.append(_with_headers)
    limits = services.config.limits
    app[PROXIES] = Proxies(services.config.staff.proxies)
    app[FORWARDED_REQUESTS] = ConnectionLimit(limits.connections_an_address, limits.connections)
    for route in all_routes():
        app.router.add_route(route.method, route.path, _handler(route))
    pages.mount(app, Readiness(services, monotonic))
    return app


def _handler(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        call: Call = request[CALL]
        limits = request.app[REQUEST_LIMITS]
        try:
            authenticate(call, route)
        except errors.AppError as refusal:
            # A refusal costs its sender as much as an answer.
            limits.request(call.address, call.session.person if call.session else None)
            if isinstance(refusal, errors.Unauthenticated):
                raise await _with_reason(call) from refusal
            raise
        person = call.session.person if call.session else None
        limits.request(call.address, person, route.cost)
        if route.appends and person:
            call.services.log.check_share(person)
        async with call.services.heavy_calls.slot(person) if route.heavy and person else nullcontext():
            response = await answer(route, call)
        if call.cookie is not None:
            response.set_cookie(COOKIE, call.cookie, httponly=True, secure=True, samesite="Strict", path="/")
        elif call.clear_cookie:
            response.del_cookie(COOKIE, httponly=True, secure=True, samesite="Strict", path="/")
        if call.new_device_cookie is not None:
            response.set_cookie(
                DEVICE_COOKIE, call.new_device_cookie, max_age=DEVICE_COOKIE_S,
                httponly=True, secure=True, samesite="Strict", path="/",
            )  # fmt: skip
        return response

    return handle


async def _with_reason(call: Call) -> errors.Unauthenticated:
    """Return the refusal of a token that is good no more: why its session ended, to its holder alone."""
    token, _ = _token(call.request)
    why = None
    if token:
        with suppress(errors.Unavailable):
            why = await why_ended(call.services, token)
    return errors.Unauthenticated(code=None if why is None else why.value)


def authenticate(call: Call, route: Route) -> None:
    """Find who calls. Raises Unauthenticated, or AppError for a foreign page, no CSRF token, unaccepted terms."""
    s, request = call.services, call.request
    token, by_cookie = _token(request)
    session = s.identity.authenticate(token, s.clock(), call.address) if token else None
    if session is None:
        if not route.public:
            raise errors.Unauthenticated
        return
    if by_cookie and not _from_own_page(request):
        raise errors.AppError(code="csrf")
    if by_cookie and request.method not in SAFE_METHODS and not route.public:
        given = request.headers.get(CSRF_HEADER, "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, session.csrf.encode()):
            raise errors.AppError(code="csrf")
    call.session = session
    if route.before_terms:
        return
    check_preconditions(session)


def _from_own_page(request: web.Request) -> bool:
    """Say whether a browser's request comes from this origin: a stream opens by GET and carries no CSRF token."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host


def _token(request: web.Request) -> tuple[str | None, bool]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip(), False
    return request.cookies.get(COOKIE), True


@web.middleware
async def _every_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    s = request.app[SERVICES]
    peer = request.remote or ""
    address = request.app[PROXIES].client(peer, request.headers.getall(FORWARDED, []))
    call = Call(s, request, s.new_id("q"), address)
    request[CALL] = call
    started = time.perf_counter()
    if address == peer:
        response = await _guarded(call, handler)
    else:
        response = await _counted(call, handler)
    milliseconds = (time.perf_counter() - started) * 1000
    log.info(
        "%s %s %s %s %d %.1f", call.request_id, call.session.person if call.session else "-",
        request.method, request.rel_url.raw_path, response.status, milliseconds,
    )  # fmt: skip
    if not response.prepared:
        response.headers["X-Request-Id"] = call.request_id
    return response


async def _with_headers(request: web.Request, response: web.StreamResponse) -> None:
    security_headers.put_on(response, secure=request.secure)


def check_request(call: Call) -> None:
    """Refuse what no route takes, and count what no route counts. Raises Invalid, TooMany."""
    request, limits = call.request, call.request.app[REQUEST_LIMITS]
    if any(coding.strip().lower() != "identity" for coding in request.headers.getall("Content-Encoding", ())):
        limits.request(call.address, None)
        raise errors.Invalid(code="content_encoding")
    if request.match_info.http_exception is not None:
        limits.request(call.address, None)


async def _counted(call: Call, handler: Handler) -> web.StreamResponse:
    """Handle a request that came through a proxy, whose own connections do not tell how many of them one client has."""
    slot = call.request.app[FORWARDED_REQUESTS].take(network_of(call.address))
    if slot is None:
        return render(errors.TooMany(RETRY_S, code=CODE), call.language, call.request_id)
    try:
        return await _guarded(call, handler)
    finally:
        slot.release()


async def _guarded(call: Call, handler: Handler) -> web.StreamResponse:
    try:
        check_request(call)
        return await handler(call.request)
    except errors.AppError as error:
        if isinstance(error, errors.Unavailable):
            log.warning("%s failed: %s: %s", call.request_id, error.code, error)
        elif status_of(error) >= 500:
            log.exception("%s failed", call.request_id)
        return render(error, call.language, call.request_id)
    except web.HTTPException as error:
        response = render(of_http(error), call.language, call.request_id)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:
        log.exception("%s failed", call.request_id)
        return render(errors.AppError(), call.language, call.request_id)
