"""The parts in which web applications differ: routes, cookies, headers, and how errors are shown.

The staff API is one such value (`api/app.py`), and a console is another. Everything else is shared (`app.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from appliance.web.errors import render_json

if TYPE_CHECKING:
    from appliance.errors import AppError
    from appliance.locale import Language
    from appliance.web.routes import Route


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """`session_cookie` and `device_cookie` are names of cookies, `headers` are on every response.

    `render(error, language, request_id)` returns the response to an error; `request_id` finds it in the log.
    """

    routes: tuple[Route, ...]
    session_cookie: str
    device_cookie: str
    headers: Mapping[str, str]
    render: Callable[[AppError, Language, str], web.Response] = render_json


APPLICATION: Final = web.AppKey("application", Application)
