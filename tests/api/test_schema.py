"""The running server against its own description: schemathesis sends what the schema allows and what it forbids.

Whatever is sent, the answer is one the description knows: never a 500, never another shape, never accepted when it does
not fit the types.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from appliance.api.app import STAFF
from appliance.api.openapi import document
from appliance.demo import world
from tests import agency
from tests.waiting import PATIENCE_S

schema = schemathesis.openapi.from_dict(msgspec.json.decode(msgspec.json.encode(document(STAFF))))
# An upload of another version of tus, of another kind of content, or elsewhere than where it stands, is refused too.
REFUSALS = ["400", "401", "403", "404", "409", "412", "413", "415", "422", "460"]
schema.config.checks.negative_data_rejection.expected_statuses = REFUSALS
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
ROOM = "dengue"
# Ending the session or asking for a new password would end the run; the stream is no plain request.
LEFT_OUT = r"^/api/v1/(logout|stream|password|sign-ins/\{n\}/not-me)$"


@pytest.fixture(scope="module")
def served(world_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The world served from a thread of its own, since schemathesis speaks HTTP without an event loop."""
    data = shutil.copytree(world_template, tmp_path_factory.mktemp("schema") / "data")
    with (data / "gchat.toml").open("a", encoding="utf-8") as file:
        file.write(world.GENEROUS)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    found: list[str] = []
    stop = asyncio.Event()

    async def run() -> None:
        async with agency.search_process(data), agency.serve(data) as running:
            await agency.indexed(running)
            client = await running.login("narin.p")
            found.extend((running.url, client.token, running.room(ROOM)))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), name="served")
    thread.start()
    assert ready.wait(PATIENCE_S)
    yield found[0], found[1], found[2]
    loop.call_soon_threadsafe(stop.set)
    thread.join(PATIENCE_S)
    loop.close()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that are used again; no cookie of one answer goes along with the next request."""
    with requests.Session() as lent:
        lent.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        yield lent


def check_of(path: str, method: str) -> Any:
    """Return the test of one operation."""

    @pytest.mark.slow
    @schema.include(path=path, method=method).parametrize()
    @settings(
        max_examples=8,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case[Any], served: tuple[str, str, str], session: requests.Session) -> None:
        url, token, room = served
        found = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
        if found and found.mode.is_positive and "room" in case.path_parameters and case.method != "DELETE":
            # A room that is there, so that what comes after the path is looked at.
            case.path_parameters["room"] = room
        case.call_and_validate(
            base_url=url,
            session=session,
            headers={"Authorization": f"Bearer {token}"},
            checks=[not_a_server_error, status_code_conformance, response_schema_conformance, negative_data_rejection],
        )

    return check


OPERATIONS = [found.ok() for found in schema.exclude(path_regex=LEFT_OUT).get_all_operations() if isinstance(found, Ok)]
# A function each: of functions made from one, pytest-xdist would take the first and drop the rest, since they share
# their id.
globals().update((f"test_{one.method}_{one.path}", check_of(one.path, one.method)) for one in OPERATIONS)
