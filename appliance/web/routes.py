"""How a handler becomes a route: parse, one call, render.

A handler is an async function `(call, …parts of the path, body?, query?) -> Answer | None`. Its annotations are what
the server decodes with and what the OpenAPI document is generated from, so the two cannot differ. Authentication is on
unless the route says `public=True`; until the terms are accepted only routes with `before_terms=True` answer; a route
may ask for a role. Unknown fields are refused, in bodies and in queries. It knows no feature.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

import msgspec
from aiohttp import web

from appliance.errors import Invalid
from appliance.model import StaffRole
from appliance.web.decoding import read_body, read_query
from appliance.web.path_parts import PathPart, path_parts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from appliance.people import ConsoleRole
    from appliance.web.call import Call

    Handler = Callable[..., Awaitable[Any]]
    Role = StaffRole | ConsoleRole

PREFIX: Final = "/api/v1"
MAX_BODY: Final = 1 << 20
PUBLIC_BODY: Final = 16 << 10
"""Most bytes of a body where nobody has signed in yet: anybody may send one."""


class Cost(IntEnum):
    """What a call costs, in requests of its caller's limit."""

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
    cost: int
    heavy: bool
    appends: bool
    parts: tuple[PathPart, ...]
    body: type | None
    query: type | None
    answers: tuple[type, ...]
    decode_body: msgspec.json.Decoder[Any] | None

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0]


class Routes:
    """The routes of one subject; an application lists them. `role` is what they ask for where they say nothing else."""

    def __init__(self, tag: str, prefix: str = PREFIX, role: Role = StaffRole.MEMBER) -> None:
        self.tag, self.prefix, self.role = tag, prefix, role
        self.routes: list[Route] = []

    def add(  # noqa: PLR0913 - one parameter for each thing that a route declares
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        public: bool = False,
        before_terms: bool = False,
        role: Role | Collection[Role] | None = None,
        max_body: int | None = None,
        cost: Cost = Cost.ONE,
        heavy: bool = False,
        appends: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a route; `path` is below the prefix.

        `role`: the caller must have it, or one of several; everybody with an account is a `StaffRole.MEMBER`.
        `max_body` is the most bytes of a body. `cost` is how many requests a call counts as in its caller's limit. Of
        the `heavy` routes one call at a time runs for each person (`appliance.limits.HeavyCalls`). A call that
        `appends` to rooms is not read while its caller may append nothing.
        """
        wanted = self.role if role is None else role

        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            answer = hints.pop("return", type(None))
            hints.pop(next(iter(inspect.signature(handler).parameters)), None)
            kinds = get_args(answer) or (answer,)
            answers = tuple(kind for kind in kinds if not issubclass(kind, (web.StreamResponse, type(None))))
            body, query = hints.pop("body", None), hints.pop("query", None)
            self.routes.append(
                Route(
                    method=method,
                    path=self.prefix + path,
                    handler=handler,
                    tag=self.tag,
                    status=status if answers else 204,
                    public=public,
                    before_terms=before_terms or public,
                    roles=frozenset((wanted,) if isinstance(wanted, str) else wanted),
                    max_body=max_body or (PUBLIC_BODY if public else MAX_BODY),
                    cost=int(cost),
                    heavy=heavy,
                    appends=appends,
                    parts=path_parts(self.prefix + path, hints),
                    body=body,
                    query=query,
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
