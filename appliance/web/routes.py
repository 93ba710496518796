"""How a handler becomes a route: parse, one call, render.

A handler is an async function `(call, body?, query?) -> Answer | None`. Its annotations are what the server decodes
with and what the OpenAPI document is generated from, so the two cannot differ. Authentication is on unless the route
says `public=True`; until the terms are accepted only routes with `before_terms=True` answer. Unknown fields are
refused, in bodies and in queries; every text in body, query and path passes `web/texts.py`. It knows no feature.
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

import msgspec
from aiohttp import web

from appliance.errors import Invalid, NotFound, TooLarge
from appliance.locale import Language, language_of
from appliance.web.texts import refuse_unfit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from appliance.identity import Session
    from appliance.model import PersonId
    from appliance.services import Services

    Handler = Callable[..., Awaitable[Any]]

PREFIX: Final = "/api/v1"
MAX_BODY: Final = 1 << 20
PUBLIC_BODY: Final = 16 << 10
"""Most bytes of a body where nobody has signed in yet: anybody may send one."""
SMALL_BODY: Final = 8 << 10
"""Bytes of a body that takes no turn to be read: nearly every message."""
BODY_S: Final = 15.0
"""How long the body of a request may take to arrive."""
# What a call costs in requests of its caller's limit.
A_FEW: Final = 2
SEVERAL: Final = 5
MANY: Final = 25
"""A password's hash; two calls a second."""
MAX_PATH_ID: Final = 64
DEVICE_COOKIE: Final = "__Host-gchat-device"


@dataclass(slots=True)
class Call:
    """One request on its way through a handler: who asks, for what, in which language."""

    services: Services
    request: web.Request
    request_id: str
    address: str
    session: Session | None = None
    cookie: str | None = None
    clear_cookie: bool = False
    new_device_cookie: str | None = None
    language: Language = field(init=False)

    def __post_init__(self) -> None:
        self.language = language_of(self.request.headers.get("Accept-Language"))

    @property
    def person(self) -> PersonId:
        """The person who asks; only on routes that need a session."""
        assert self.session is not None  # noqa: S101 - the middleware refuses such calls before the handler
        return self.session.person

    @property
    def path(self) -> dict[str, str]:
        """The variable parts of the path."""
        return dict(self.request.match_info)

    def position(self, name: str = "n") -> int:
        """Return a variable part that is a position in a room. Raises NotFound when it cannot be one."""
        value = self.request.match_info[name]
        if not value.isascii() or not value.isdigit() or len(value) > 15:
            raise NotFound(field=name)
        return int(value)

    @property
    def device_cookie(self) -> str:
        """What shows that an account has signed in from this browser before (`identity/devices.py`), or nothing."""
        value = self.request.cookies.get(DEVICE_COOKIE, "")
        return value if value.isascii() else ""

    @property
    def from_browser(self) -> bool:
        """Whether a page in a browser sends this request, which is not a GET.

        Browsers add `Origin` to it (Fetch, «Origin header») and, from a secure page, `Sec-Fetch-Site` (Fetch Metadata).
        Scripts can neither leave these headers out nor change them: both are forbidden request headers.
        """
        return any(name in self.request.headers for name in ("Origin", "Sec-Fetch-Site"))

    def set_session_cookie(self, token: str | None) -> None:
        """Have the answer set the session cookie, or clear it with None."""
        self.cookie, self.clear_cookie = token, token is None


CALL: Final = web.RequestKey("call", Call)
"""Where a request has its call."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route as declared: what the router, the OpenAPI document and the tests of every route need."""

    method: str
    path: str
    handler: Handler
    tag: str
    status: int
    public: bool
    before_terms: bool
    max_body: int
    cost: float
    heavy: bool
    appends: bool
    body: type | None
    query: type | None
    answers: tuple[type, ...]
    decode_body: msgspec.json.Decoder[Any] | None

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0]


class Routes:
    """The routes of one subject; `api/app.py` mounts them."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.routes: list[Route] = []

    def add(  # noqa: PLR0913 - one parameter for each thing that a route declares
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        public: bool = False,
        before_terms: bool = False,
        max_body: int | None = None,
        cost: float = 1,
        heavy: bool = False,
        appends: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a route; `path` is below the API's prefix.

        `max_body` is the most bytes of a body. `cost` is how many requests a call counts as in its caller's limit. Of
        the `heavy` routes one call at a time runs for each person (`appliance.limits.HeavyCalls`). A call that
        `appends` to rooms is not read while its caller may append nothing.
        """

        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler)
            answer = hints.pop("return", type(None))
            kinds = get_args(answer) or (answer,)
            answers = tuple(kind for kind in kinds if not issubclass(kind, (web.StreamResponse, type(None))))
            body = hints.get("body")
            self.routes.append(
                Route(
                    method=method,
                    path=PREFIX + path,
                    handler=handler,
                    tag=self.tag,
                    status=status if answers else 204,
                    public=public,
                    before_terms=before_terms or public,
                    max_body=max_body or (PUBLIC_BODY if public else MAX_BODY),
                    cost=cost,
                    heavy=heavy,
                    appends=appends,
                    body=body,
                    query=hints.get("query"),
                    answers=answers,
                    decode_body=msgspec.json.Decoder(body) if body else None,
                )
            )
            return handler

        return declare

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a GET route."""
        return self.add("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a POST route."""
        return self.add("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT route."""
        return self.add("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a PATCH route."""
        return self.add("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE route."""
        return self.add("DELETE", path, **options)


async def answer(route: Route, call: Call) -> web.StreamResponse:
    """Decode what the route takes, call its handler, encode what it gives."""
    _check_path(call)
    arguments: dict[str, object] = {}
    if route.decode_body is not None:
        async with _turn_to_read(call):
            arguments["body"] = await read_body(call.request, route.decode_body, route.max_body)
    if route.query is not None:
        arguments["query"] = read_query(call.request, route.query)
    elif call.request.query:
        raise Invalid(field=next(iter(call.request.query)))
    result = await route.handler(call, **arguments)
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=204)
    return web.Response(status=route.status, body=msgspec.json.encode(result), content_type="application/json")


def _turn_to_read(call: Call) -> AbstractAsyncContextManager[None]:
    """Return the caller's turn to have a large body read: decoding and checking one takes the event loop milliseconds,
    so those of one person are read one at a time. Raises TooMany (`busy`) when it is entered.
    """
    length = call.request.content_length
    small = length is not None and length <= SMALL_BODY
    return nullcontext() if small or call.session is None else call.services.body_reads.slot(call.person)


def _check_path(call: Call) -> None:
    """Refuse variable parts of the path that are longer than any of ours, or no text. Raises NotFound, Invalid."""
    for name, value in call.request.match_info.items():
        if len(value) > MAX_PATH_ID:
            raise NotFound(field=name)
        refuse_unfit(value, name)


async def read_body(request: web.Request, decoder: msgspec.json.Decoder[Any], most: int) -> object:
    """Decode a JSON body of at most `most` bytes strictly, its texts checked.

    Raises Invalid naming the field, or for one that takes too long or does not come to its end; TooLarge.
    """
    if request.content_type != "application/json":
        raise Invalid(code="unsupported_media_type")
    if (request.content_length or 0) > most:
        raise TooLarge
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.content.iter_any():
                raw += part
                if len(raw) > most:
                    raise TooLarge
    except TimeoutError as error:
        raise Invalid(code="too_slow") from error
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Invalid(str(error), code="bad_request") from error
    try:
        body = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field=field_of(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(str(error), code="bad_json") from error
    refuse_unfit(body)
    return body


def read_query(request: web.Request, kind: type) -> object:
    """Decode query parameters strictly: each at most once, unknown names refused, texts checked."""
    values: dict[str, str] = {}
    for name, value in request.query.items():
        if name in values:
            raise Invalid(field=name)
        values[name] = value
    try:
        query: object = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field=field_of(error)) from error
    refuse_unfit(query)
    return query


def field_of(error: msgspec.ValidationError) -> str | None:
    """Return the field a validation error speaks of: msgspec writes `$.body.text`, unknown ones in words."""
    message = str(error)
    if "`" in message and ("unknown field" in message or "missing required field" in message):
        return message.split("`")[1]
    _, found, path = message.rpartition(" - at `$.")
    return path.rstrip("`") if found else None
