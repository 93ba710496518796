"""How a handler becomes a route: parse, one call, render.

A handler is an async function `(call, …parts of the path, body?, query?) -> Answer | None`. Its annotations are what
the server decodes with and what the OpenAPI document is generated from, so the two cannot differ. Authentication is on
unless the route says `public=True`; until the terms are accepted only routes with `before_terms=True` answer; a route
may ask for a role. Unknown fields are refused, in bodies and in queries. It knows no feature.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack, get_args, get_type_hints

import msgspec
from aiohttp import web

from appliance.errors import Invalid
from appliance.model import StaffRole
from appliance.web.decoding import read_body, read_query
from appliance.web.path_parts import PathPart, path_parts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from appliance.people import ConsoleRole
    from appliance.web.call import Call
    from appliance.web.exchange import Exchange

    Handler = Callable[..., Awaitable[Any]]
    Role = StaffRole | ConsoleRole

PREFIX: Final = "/api/v1"
MAX_BODY: Final = 1 << 20
PUBLIC_BODY: Final = 16 << 10
"""Most bytes of a body where nobody has signed in yet: anybody may send one."""


class Cost(float, Enum):
    """What a call costs, in requests of its caller's limit."""

    PART = 0.1
    """A part of something larger, such as a file."""
    ONE = 1
    FEW = 2
    SEVERAL = 5
    PASSWORD = 25
    """A password's hash; two calls a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A route as declared: what the router, the OpenAPI document and the tests of every route need."""

    method: str
    path: str
    handler: Handler
    tag: str
    status: int
    public: bool
    before_terms: bool
    roles: frozenset[Role]
    max_body: int
    cost: float
    heavy: bool
    appends: bool
    parts: tuple[PathPart, ...]
    body: type | None
    query: type | None
    answers: tuple[type, ...]
    decode_body: msgspec.json.Decoder[Any] | None
    headers: Mapping[str, str]
    exchange: Exchange | None

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0]


class Options(TypedDict, total=False):
    """What a route may declare.

    `status` of an answer with a body (200). `public`: without signing in. `before_terms`: also before the terms are
    accepted. `role`: the caller must have it, or one of several; everybody with an account is a `StaffRole.MEMBER`.
    `max_body` is the most bytes of a body. `cost` is how many requests a call counts as in its caller's limit. Of the
    `heavy` routes one call at a time runs for each person (`appliance.limits.HeavyCalls`). A call that `appends` to
    rooms is not read while its caller may append nothing. `headers` are on every answer, errors too. `exchange` says
    what the route takes and gives that is no JSON: then it reads its body itself.
    """

    status: int
    public: bool
    before_terms: bool
    role: Role | Collection[Role]
    max_body: int
    cost: Cost
    heavy: bool
    appends: bool
    headers: Mapping[str, str]
    exchange: Exchange


class Routes:
    """The routes of one subject; an application lists them. `role` is what they ask for where they say nothing else."""

    def __init__(self, tag: str, prefix: str = PREFIX, role: Role = StaffRole.MEMBER) -> None:
        self.tag, self.prefix, self.role = tag, prefix, role
        self.routes: list[Route] = []

    def add(self, method: str, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a route; `path` is below the prefix."""

        def declare(handler: Handler) -> Handler:
            self.routes.append(self._route(method, self.prefix + path, handler, options))
            return handler

        return declare

    def _route(self, method: str, path: str, handler: Handler, options: Options) -> Route:
        hints = get_type_hints(handler, include_extras=True)
        answer = hints.pop("return", type(None))
        hints.pop(next(iter(inspect.signature(handler).parameters)), None)
        kinds = get_args(answer) or (answer,)
        answers = tuple(kind for kind in kinds if not issubclass(kind, (web.StreamResponse, type(None))))
        body, query = hints.pop("body", None), hints.pop("query", None)
        role, public = options.get("role", self.role), options.get("public", False)
        return Route(
            method=method,
            path=path,
            handler=handler,
            tag=self.tag,
            status=options.get("status", 200) if answers else 204,
            public=public,
            before_terms=options.get("before_terms", False) or public,
            roles=frozenset((role,) if isinstance(role, str) else role),
            max_body=options.get("max_body", PUBLIC_BODY if public else MAX_BODY),
            cost=float(options.get("cost", Cost.ONE)),
            heavy=options.get("heavy", False),
            appends=options.get("appends", False),
            parts=path_parts(path, hints),
            body=body,
            query=query,
            answers=answers,
            decode_body=msgspec.json.Decoder(body) if body else None,
            headers=options.get("headers", {}),
            exchange=options.get("exchange"),
        )

    def get(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a GET route."""
        return self.add("GET", path, **options)

    def post(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a POST route."""
        return self.add("POST", path, **options)

    def put(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a PUT route."""
        return self.add("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a PATCH route."""
        return self.add("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a DELETE route."""
        return self.add("DELETE", path, **options)


async def answer(route: Route, call: Call) -> web.StreamResponse:
    """Decode what the route takes, call its handler, encode what it gives."""
    matched = call.request.match_info
    arguments: dict[str, object] = {part.name: part.read(part.name, matched[part.name]) for part in route.parts}
    if route.decode_body is not None:
        arguments["body"] = await read_body(call, route.decode_body, route.max_body)
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
