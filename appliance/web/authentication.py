"""Who calls: found by a bearer token, or by a cookie, with the CSRF header for every request that changes something.

Then it is checked what the caller must do first (`preconditions.py`: choose a new password, accept the terms), and at
last the role that the route requires.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from appliance import errors
from appliance.reads.sessions import why_ended
from appliance.rules.roles import may_call
from appliance.web.preconditions import check_preconditions

if TYPE_CHECKING:
    from aiohttp import web

    from appliance.web.call import Call
    from appliance.web.routes import Route

CSRF_HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS"))


def authenticate(call: Call, route: Route) -> None:
    """Find who calls and whether they may.

    Raises Unauthenticated, Forbidden for who lacks the route's role, or AppError for a foreign page, no CSRF token,
    unaccepted terms.
    """
    s, request = call.services, call.request
    token, by_cookie = _token(call)
    session = s.sessions.authenticate(token, s.clock(), call.address) if token else None
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
    if not route.before_terms:
        check_preconditions(session)
    if not route.public and (denied := may_call(route.roles, session.roles)):
        raise errors.Forbidden(denied)


async def with_reason(call: Call) -> errors.Unauthenticated:
    """Return the refusal of a token that is good no more: why its session ended, to its holder alone."""
    token, _ = _token(call)
    why = None
    if token:
        with suppress(errors.Unavailable):
            why = await why_ended(call.services, token)
    return errors.Unauthenticated(code=None if why is None else why.value)


def _from_own_page(request: web.Request) -> bool:
    """Return whether a browser's request comes from this origin: a stream opens by GET and carries no CSRF token."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host


def _token(call: Call) -> tuple[str | None, bool]:
    """Return the token that a request carries, and whether a cookie carries it."""
    scheme, _, value = call.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip(), False
    return call.request.cookies.get(call.application.session_cookie), True
