"""`GET /api/v1/openapi.json`: the description of the API, made from the types the server decodes with.

Nothing here is written by hand twice: paths, bodies, queries and answers come from the declared routes, schemas from
msgspec. The stream's frames are described under `x-websocket`, since OpenAPI 3.1 has no words for them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import msgspec

from appliance.web.routes import Call, Route, Routes
from appliance.wire.common import ErrorAnswer
from appliance.wire.sync import EventsFrame, FailedFrame, Ping, PongFrame, Receipt, Send, SentFrame, Typing, Watch

routes = Routes("about")
REF: Final = "#/components/schemas/{name}"
UP: Final = (Ping, Typing, Receipt, Watch, Send)
DOWN: Final = (EventsFrame, SentFrame, FailedFrame, PongFrame)
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_PLAIN: Final = {"type": "string", "minLength": 1, "maxLength": 64}
_POSITION: Final = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}


class Document(msgspec.Struct):
    """The OpenAPI document itself; its shape is the OpenAPI specification's."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    security: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]
    websocket: dict[str, Any] = msgspec.field(name="x-websocket")


@routes.get("/openapi.json", public=True)
async def get_openapi(_call: Call) -> Document:
    """Return this description."""
    return document()


@cache
def document() -> Document:
    """Build the document once."""
    from appliance.api.app import all_routes  # noqa: PLC0415 - the app mounts this module's own route

    listed = list(all_routes())
    types = [kind for route in listed for kind in (route.body, *route.answers) if kind is not None]
    queries = [route.query for route in listed if route.query is not None]
    _, schemas = msgspec.json.schema_components((*types, *queries, ErrorAnswer, *UP, *DOWN), ref_template=REF)
    paths: dict[str, Any] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    used = {name: schema for name, schema in schemas.items() if name not in {q.__name__ for q in queries}}
    return Document(
        openapi="3.1.0",
        info={"title": "G-Chat staff API", "version": "1", "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        servers=[{"url": "/"}],
        security=[{"bearer": []}, {"cookie": []}],
        paths=paths,
        components={
            "schemas": used,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-gchat"},
            },
        },
        websocket={
            "/api/v1/stream": {
                "client": [_ref(kind.__name__) for kind in UP],
                "server": [_ref(kind.__name__) for kind in DOWN],
                "close": {"4401": "the session has ended", "1012": "a restart: connect again from the last position"},
            }
        },
    )


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas)],
        "responses": _responses(route),
    }
    if route.public:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(route.body.__name__)}},
        }
    return operation


def _responses(route: Route) -> dict[str, Any]:
    error = {"description": "See `error.code`.", "content": {"application/json": {"schema": _ref("ErrorAnswer")}}}
    if route.path.endswith("/stream"):
        return {"101": {"description": "The stream is open."}, "4XX": error, "5XX": error}
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
    return [
        {"name": name, "in": "path", "required": True, "schema": _POSITION if name == "n" else _PLAIN}
        for name in _VARIABLE.findall(route.path)
    ]


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
