"""Hostile text in every field that a client can send, found by reflection: a new field is tried by being there.

Each string of each body, query, path and stream frame is filled to its full length; what that costs the process is
measured in CPU seconds, so that neither the machine's load nor waiting counts.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import quote

import msgspec
import pytest
from msgspec import inspect
from yarl import URL

from appliance.actions.messages import send_message
from appliance.api.app import STAFF
from appliance.config import Config, Limits
from appliance.policies import SignInLimits
from appliance.web.routes import PREFIX, Route
from appliance.wire.messages import TextBody
from appliance.wire.sync import ClientFrame, Send
from tests.agency import API, Client, indexed, new_txn, search_process, serve
from tests.hostile import TEXTS, behind_a_letter, full, shapes

Steps = tuple[str | int, ...]
MAX_S: Final = 0.15
MAX_PATH_PART_LENGTH: Final = 64
MAX_STORED_LENGTH: Final = 15_000
MAX_FREE_LENGTH: Final = 4_000
"""Of a text in a free object, which only the size of the whole body bounds."""
MARK: Final = "«here»"
ROUTES: Final = [route for route in STAFF.routes if not route.path.endswith("/stream")]


def texts_of(kind: inspect.Type, at: Steps = ()) -> Iterator[tuple[Steps, int | None]]:
    """Give each string within a type, how to come there, and its greatest length; ids of a fixed form are none."""
    match kind:
        case inspect.StrType(pattern=None, max_length=longest):
            yield at, longest
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from texts_of(field.type, (*at, field.encode_name))
        case inspect.ListType(item_type=item):
            yield from texts_of(item, (*at, 0))
        case inspect.UnionType(types=types):
            for one in types:
                yield from texts_of(one, at)
        case inspect.DictType():
            yield (*at, "id"), MAX_FREE_LENGTH


def values_of(kind: inspect.Type, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give where in a body an object is, and each field of it: all the places that take a JSON value."""
    match kind:
        case inspect.StructType(fields=fields):
            yield (*at, "unknown")
            for field in fields:
                yield (*at, field.encode_name)
                yield from values_of(field.type, (*at, field.encode_name))
        case inspect.UnionType(types=types):
            for one in types:
                yield from values_of(one, at)


def smallest(kind: inspect.Type) -> Any:
    """Return a value of a type: what must be there and no more."""
    value: Any = {}
    match kind:
        case inspect.StrType(min_length=shortest):
            value = "a" * max(1, shortest or 0)
        case inspect.IntType(ge=least):
            value = least or 0
        case inspect.BoolType():
            value = False
        case inspect.LiteralType(values=values):
            value = values[-1]
        case inspect.StructType(fields=fields, tag=tag, tag_field=tag_field):
            value = {field.encode_name: smallest(field.type) for field in fields if field.required}
            value |= {tag_field: tag} if tag_field else {}
        case inspect.ListType():
            value = []
        case inspect.UnionType(types=types):
            value = smallest(types[0])
    return value


def with_text(kind: type, at: Steps, text: str) -> Any:
    """Return a smallest value of a struct with this text at one place."""
    return _placed(smallest(inspect.type_info(kind)), at, text)


def _placed(value: Any, at: Steps, text: str) -> Any:
    if not at:
        return text
    step, *rest = at
    if isinstance(step, int):
        return [_placed(None, tuple(rest), text)]
    known = value if isinstance(value, dict) else {}
    return known | {step: _placed(known.get(step), tuple(rest), text)}


def hostile(longest: int) -> Iterator[tuple[str, str]]:
    for name, piece in TEXTS.items():
        yield name, full(piece, longest)
        yield f"{name} between letters", behind_a_letter(piece, longest)


def test_every_text_that_a_client_sends_has_a_greatest_length() -> None:
    kinds = [kind for route in ROUTES for kind in (route.body, route.query) if kind] + list(get_args(ClientFrame))
    found = [(kind, at, longest) for kind in kinds for at, longest in texts_of(inspect.type_info(kind))]
    assert len(found) > 25
    assert [(kind.__name__, at) for kind, at, longest in found if longest is None] == []


class Costs:
    """Sends requests and remembers which cost too much or were answered wrongly."""

    def __init__(self, who: Client) -> None:
        self._who = who
        self.faults: list[str] = []
        self.sent = 0

    async def send(self, what: str, method: str, path: str, **options: Any) -> None:
        url = URL(self._who.base + path, encoded=True)
        if query := options.pop("query", None):
            url = url.with_query(query)
        headers = self._who.headers | options.pop("headers", {})
        best, status = float("inf"), 0
        for _ in range(3):
            begun = time.process_time()
            async with self._who.session.request(method, url, headers=headers, **options) as response:
                await response.read()
                status = response.status
            best = min(best, time.process_time() - begun)
            if best < MAX_S:
                break
        self.sent += 1
        if best >= MAX_S or status in {429, 500}:
            self.faults.append(f"{what}: {status} after {best:.2f} s")


def path_of(route: Route, variables: dict[str, str]) -> str:
    path = route.path
    for name, value in variables.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def without_limits(config: Config) -> Config:
    """Return the configuration with room for many requests: every one is to be read to its end."""
    limits, sign_in = asdict(config.limits), asdict(config.policies.sign_in)
    limits |= {name: 1e9 for name in limits if name.endswith(("_s", "_burst", "_hour", "_day"))}
    sign_in |= {name: 10**9 for name in sign_in if name.endswith("tries")}
    policies = replace(config.policies, sign_in=SignInLimits(**sign_in))
    return replace(config, limits=Limits(**limits), policies=policies)


@pytest.mark.slow
async def test_no_text_in_any_field_of_any_route_costs_more_than_its_length(world_data: Path) -> None:
    """For every field there is."""
    async with search_process(world_data), serve(world_data, without_limits) as running:
        narin = await running.login("narin.p")
        room = running.room("dengue")
        costs = Costs(narin)
        for route in ROUTES:
            n = (await narin.say(room, "ข้อความหนึ่ง"))["n"]
            names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
            known = {name: {"room": room, "n": str(n), "emoji": "👍"}.get(name, "x") for name in names}
            shown = f"{route.method} {route.path.removeprefix(PREFIX)}"
            plain: dict[str, Any] = {"json": smallest(inspect.type_info(route.body))} if route.body else {}
            for name in names:
                for what, text in hostile(MAX_PATH_PART_LENGTH):
                    await costs.send(
                        f"{shown} {name}: {what}", route.method, path_of(route, known | {name: text}), **plain
                    )
            for kind, place in ((route.body, "json"), (route.query, "query")):
                if kind is None:
                    continue
                for at, longest in texts_of(inspect.type_info(kind)):
                    for what, text in hostile(longest or MAX_FREE_LENGTH):
                        options = plain | {place: with_text(kind, at, text)}
                        await costs.send(f"{shown} {at}: {what}", route.method, path_of(route, known), **options)
        # What was stored before texts were checked is read as well: these do not come through the gate.
        for number, (_, text) in enumerate(stored := list(hostile(MAX_STORED_LENGTH))):
            body = TextBody(text=f"ฮงฉ{number}ฮ {text}")
            await send_message(running.services, narin.person, room, body, new_txn())
        await indexed(running)
        for number, (what, _) in enumerate(stored):
            await costs.send(f"search: {what}", "GET", f"{API}/search", query={"q": f"ฮงฉ{number}ฮ", "room": room})
        await costs.send("messages", "GET", f"{API}/rooms/{room}/messages", query={"limit": "10"})
        assert costs.sent > 3_000
        assert costs.faults == []


@pytest.mark.slow
async def test_no_shape_of_any_body_costs_more_than_its_length(world_data: Path) -> None:
    """Free objects cost their depth times their number of texts."""
    async with serve(world_data, without_limits) as running:
        narin = await running.login("narin.p")
        costs = Costs(narin)
        for route in ROUTES:
            if route.body is None:
                continue
            # Half of what a body may be, and no more than takes a decoder some hundredths of a second.
            made = shapes(min(route.max_body // 2, 200_000))
            for at in sorted(set(values_of(inspect.type_info(route.body)))):
                for what, shape in made.items():
                    body = json.dumps(with_text(route.body, at, MARK)).replace(json.dumps(MARK), shape)
                    path = path_of(route, dict.fromkeys(re.findall(r"\{(\w+)\}", route.path), "x"))
                    shown = f"{route.method} {route.path.removeprefix(PREFIX)} {at}: {what}"
                    await costs.send(shown, route.method, path, data=body, headers={"Content-Type": "application/json"})
        assert costs.sent > 400
        assert costs.faults == []


@pytest.mark.slow
async def test_no_text_in_any_frame_of_the_stream_costs_more_than_its_length(world_data: Path) -> None:
    async with serve(world_data, without_limits) as running:
        narin = await running.login("narin.p")
        room = running.room("dengue")
        faults: list[str] = []
        async with narin.stream() as stream:
            for at, longest in texts_of(inspect.type_info(Send)):
                for what, text in hostile(longest or MAX_FREE_LENGTH):
                    frame = with_text(Send, at, text)
                    frame |= {"room": room, "txn_id": frame["txn_id"] if at == ("txn_id",) else new_txn()}
                    begun = time.process_time()
                    await stream.socket.send_str(msgspec.json.encode(frame).decode())
                    while "error" not in (answer := await stream.frame()) and "txn_id" not in answer:
                        pass
                    if time.process_time() - begun >= MAX_S:
                        faults.append(f"{at}: {what}")
        assert faults == []
