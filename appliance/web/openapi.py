"""The OpenAPI description of an application, generated from the routes it is given and the types they decode with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.wire.common import ErrorAnswer

if TYPE_CHECKING:
    from appliance.web.application import Application
    from appliance.web.routes import Route

REF: Final = "#/components/schemas/{name}"


class Document(msgspec.Struct):
    """The OpenAPI document itself; its shape is the OpenAPI specification's."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    security: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]
    websocket: dict[str, Any] = msgspec.field(name="x-websocket")


class Stream(msgspec.Struct, frozen=True):
    """A route that opens a WebSocket: the types of its frames towards the server and back, and its close codes."""

    up: tuple[type, ...]
    down: tuple[type, ...]
    close: Mapping[str, str]


def describe(
    application: Application,
    title: str,
    streams: Mapping[str, Stream],
    unions: Mapping[str, object] = MappingProxyType({}),
) -> Document:
    """Return the description of an application; `streams` are by path.

    `unions` are the unions of structs that have a name of their own in it, each told apart by its discriminator.
    """
    routes = application.routes
    types = [kind for route in routes for kind in (route.body, *route.answers) if kind is not None]
    queries = [route.query for route in routes if route.query is not None]
    frames = [kind for stream in streams.values() for kind in (*stream.up, *stream.down)]
    asked = (*unions.values(), *types, *queries, ErrorAnswer, *frames)
    first, schemas = msgspec.json.schema_components(asked, ref_template=REF)
    schemas = _with_unions(schemas, dict(zip(unions, first, strict=False)))
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, streams)
    used = {name: schema for name, schema in schemas.items() if name not in {q.__name__ for q in queries}}
    return Document(
        openapi="3.1.0",
        info={"title": title, "version": "1", "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        servers=[{"url": "/"}],
        security=[{"bearer": []}, {"cookie": []}],
        paths=paths,
        components={
            "schemas": used,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": application.session_cookie},
            },
        },
        websocket={path: _frames(stream) for path, stream in streams.items()},
    )


def _frames(stream: Stream) -> dict[str, Any]:
    return {
        "client": [_ref(kind.__name__) for kind in stream.up],
        "server": [_ref(kind.__name__) for kind in stream.down],
        "close": dict(stream.close),
    }


def _with_unions(schemas: dict[str, Any], unions: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas with each union as one of them, and referred to wherever it stood."""

    def named(value: Any) -> Any:
        for name, union in unions.items():
            if value == union:
                return _ref(name)
        if isinstance(value, dict):
            return {key: named(part) for key, part in value.items()}
        return list(map(named, value)) if isinstance(value, list) else value

    return {**named(schemas), **{name: {"title": name, **union} for name, union in unions.items()}}


def _operation(route: Route, schemas: dict[str, Any], streams: Mapping[str, Stream]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route, schemas),
            *(route.exchange.parameters() if route.exchange else ()),
        ],
        "responses": _responses(route, opens_stream=route.path in streams),
    }
    if route.public:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(route.body.__name__)}},
        }
    elif route.exchange is not None and (taken := route.exchange.request_body()):
        operation["requestBody"] = taken
    return operation


def _responses(route: Route, *, opens_stream: bool) -> dict[str, Any]:
    error = {"description": "See `error.code`.", "content": {"application/json": {"schema": _ref("ErrorAnswer")}}}
    if opens_stream:
        return {"101": {"description": "The stream is open."}, "4XX": error, "5XX": error}
    if route.exchange is not None:
        return {**route.exchange.responses(), "4XX": error, "5XX": error}
    if not route.answers:
        return {"204": {"description": "Done."}, "4XX": error, "5XX": error}
    names = [_ref(kind.__name__) for kind in route.answers]
    schema = names[0] if len(names) == 1 else {"anyOf": names}
    if route.answers == (Document,):
        schema = {"type": "object"}
    return {
        str(route.status): {"description": route.summary, "content": {"application/json": {"schema": schema}}},
        "4XX": error,
        "5XX": error,
    }


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [{"name": part.name, "in": "path", "required": True, "schema": dict(part.schema)} for part in route.parts]


def _query_parameters(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = schemas[route.query.__name__]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": value}
        for name, value in schema["properties"].items()
    ]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": REF.format(name=name)}
