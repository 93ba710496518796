"""The staff application: its routes, its cookies, the web client's files. What is shared with others is `web/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.api import (
    directory,
    files,
    me,
    messages,
    openapi,
    owner_requests,
    pages,
    photos,
    rooms,
    search,
    sessions,
    stream,
    sync,
    terms,
    uploads,
)
from appliance.reads.readiness import Readiness
from appliance.web.app import build
from appliance.web.application import Application
from appliance.web.security_headers import security_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from appliance.services import Services

SUBJECTS: Final = (
    sessions,
    me,
    terms,
    directory,
    photos,
    rooms,
    owner_requests,
    messages,
    search,
    sync,
    stream,
    uploads,
    files,
    openapi,
)
STAFF: Final = Application(
    routes=tuple(route for subject in SUBJECTS for route in subject.routes.routes),
    session_cookie="__Host-gchat",
    device_cookie="__Host-gchat-device",
    headers=security_headers(trusted_types="gchat-service-worker", devices=("microphone",)),
)


def build_app(services: Services, monotonic: Callable[[], float]) -> web.Application:
    """Return the staff application over its services; `monotonic()` is seconds for limits and durations."""
    app = build(STAFF, services, monotonic)
    pages.mount(app, Readiness(services, monotonic))
    return app
