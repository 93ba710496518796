"""The description of the API is valid, public, and made of the types the server decodes with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
from openapi_spec_validator import OpenAPIV31SpecValidator

from appliance.api.app import STAFF
from appliance.api.openapi import STREAM, document
from appliance.wire.common import Request
from appliance.wire.events import Event
from tests.agency import API, Agency


def described() -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(document(STAFF)), type=dict[str, Any])


def test_it_is_a_valid_openapi_document() -> None:
    assert list(OpenAPIV31SpecValidator(described()).iter_errors()) == []


async def test_it_is_what_the_server_gives_to_everybody(running: Agency) -> None:
    async with running.session.get(f"{running.url}{API}/openapi.json") as response:
        assert response.status == 200
        assert await response.json() == described()


def test_it_names_every_route_and_no_other() -> None:
    named = {(method.upper(), path) for path, methods in described()["paths"].items() for method in methods}
    assert named == {(route.method, route.path) for route in STAFF.routes}
    operations = [route.handler.__name__ for route in STAFF.routes]
    assert len(set(operations)) == len(operations)
    assert all(route.summary.endswith(".") for route in STAFF.routes)


def test_its_schemas_are_those_of_the_types() -> None:
    """Each body, query and answer of a route is described by exactly what msgspec says of its type."""
    told = described()
    for route in STAFF.routes:
        operation = told["paths"][route.path][route.method.lower()]
        _, schemas = msgspec.json.schema_components(
            [kind for kind in (route.body, route.query) if kind], ref_template="#/components/schemas/{name}"
        )
        if route.body is not None:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            assert told["components"]["schemas"][reference.rpartition("/")[2]] == schemas[route.body.__name__]
        if route.query is not None:
            given = {item["name"]: item["schema"] for item in operation["parameters"] if item["in"] == "query"}
            assert given == schemas[route.query.__name__]["properties"]
        variables = {item["name"] for item in operation["parameters"] if item["in"] == "path"}
        assert variables == set(re.findall(r"\{(\w+)\}", route.path))


def test_every_body_and_query_refuses_unknown_fields() -> None:
    kinds = {kind for route in STAFF.routes for kind in (route.body, route.query) if kind is not None}
    assert kinds
    for kind in kinds:
        assert issubclass(kind, Request), kind
        assert kind.__struct_config__.forbid_unknown_fields, kind


def patterns(value: object) -> Iterator[str]:
    match value:
        case {"pattern": str(pattern)}:
            yield pattern
        case dict():
            yield from (pattern for part in value.values() for pattern in patterns(part))
        case list():
            yield from (pattern for part in value for pattern in patterns(part))


def test_no_pattern_lets_a_line_feed_stand_at_the_end() -> None:
    found = set(patterns(described()))
    assert found
    assert [pattern for pattern in found if not pattern.startswith("^") or not pattern.endswith(r"$(?!\n)")] == []


def test_the_frames_of_the_stream_are_described() -> None:
    told = described()
    frames = told["x-websocket"]["/api/v1/stream"]
    names = [reference["$ref"].rpartition("/")[2] for reference in (*frames["client"], *frames["server"])]
    assert names == [kind.__name__ for kind in (*STREAM.up, *STREAM.down)]
    assert set(names) <= set(told["components"]["schemas"])


CURSORS = ("pos", "cursor")


def _named(schema: object, path: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every property anywhere in a schema: where it is, its name, what it may be."""
    if isinstance(schema, dict):
        for name, value in (schema.get("properties") or {}).items():
            yield path, name, value
        for key, value in schema.items():
            yield from _named(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for at, value in enumerate(schema):
            yield from _named(value, f"{path}/{at}")


def test_no_event_and_no_answer_says_a_number_of_the_log() -> None:
    """Where somebody goes on is an opaque string, so that it may name more than one log; an event says none at all."""
    told = described()
    found = [(path, name, kind) for path, name, kind in _named(told) if name in CURSORS]
    assert {name for _, name, _ in found} == set(CURSORS)
    for path, name, kind in found:
        choices = [one["type"] for one in kind.get("anyOf", [kind])]
        assert set(choices) <= {"string", "null"}, f"{path}/{name}"
    assert {path.rpartition("/")[2] for path, name, _ in found if name == "pos"} == {"Sync", "EventsFrame"}
    events = {kind.__name__ for kind in get_args(Event)}
    assert len(events) > 20
    assert not {path for path, *_ in found if path.rpartition("/")[2] in events}
