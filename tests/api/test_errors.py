"""What every route has in common: errors in two languages, strict input, limits, cookies with CSRF, headers."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from appliance.actions.terms import publish_terms
from appliance.api.app import STAFF
from appliance.config import Config, Limits
from appliance.demo.world import PASSWORD
from appliance.errors import AppError, Invalid, Unavailable, Unproven
from appliance.people import Session
from appliance.rules.roles import Actor
from appliance.search_client import NotIndexable, OutOfStep
from appliance.web.authentication import CSRF_HEADER
from appliance.web.errors import STATUS, status_of
from appliance.web.routes import MAX_BODY
from tests.agency import API, Agency, Client, new_txn

OpenWorld = Callable[..., AbstractAsyncContextManager[Agency]]


async def test_errors_are_in_the_callers_language_and_thai_by_default(running: Agency) -> None:
    path = f"/rooms/{running.room('budget')}"
    texts = {}
    for language in ("th", "en", "en-GB,en;q=0.8", "fr", ""):
        waraphon = await running.login("waraphon.s", language=language)
        error = await waraphon.refused("PATCH", path, {"name": "x"}, status=403, code="not_owner")
        texts[language] = error["message"]
        assert error["request"]
    assert texts["en"] == texts["en-GB,en;q=0.8"]
    assert texts["th"] == texts["fr"] == texts[""] != texts["en"]
    assert any("\u0e00" <= char <= "\u0e7f" for char in texts["th"])
    assert texts["en"].isascii()


def kinds_below(kind: type[AppError]) -> Iterator[type[AppError]]:
    for below in kind.__subclasses__():
        yield below
        yield from kinds_below(below)


@pytest.mark.parametrize("kind", sorted({AppError, *kinds_below(AppError)}, key=str))
def test_an_error_has_the_status_of_its_family(kind: type[AppError]) -> None:
    """Also those that other parts define; whatever a constructor takes, the status follows from the type."""
    error = kind.__new__(kind)
    error.code, error.field, error.detail = kind.code, None, {}
    family = next(above for above in kind.__mro__ if above in STATUS)
    assert status_of(error) == STATUS[family]
    if issubclass(kind, Unavailable):
        assert status_of(error) == STATUS[Unavailable]


def test_there_are_errors_of_other_parts() -> None:
    assert {OutOfStep, NotIndexable, Unproven} <= set(kinds_below(AppError))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "group", "name": "x", "txn_id": "1", "colour": "red"}, "colour"),
        ({"kind": "group", "name": "x"}, "txn_id"),
        ({"kind": "broadcast", "name": "x", "txn_id": "1"}, "kind"),
        ({"kind": "group", "name": "x" * 121, "txn_id": "1"}, "name"),
        ({"kind": "group", "name": 7, "txn_id": "1"}, "name"),
        ({"kind": "group", "name": "x", "txn_id": "", "members": []}, "txn_id"),
        ({"kind": "group", "name": "x", "txn_id": "1", "members": ["../etc"]}, "members[0]"),
        ({"kind": "group", "name": "x", "txn_id": "1", "options": {"secret": True}}, "secret"),
    ],
)
async def test_what_does_not_fit_the_type_is_refused_and_named(
    running: Agency, body: dict[str, object], field: str
) -> None:
    narin = await running.login("narin.p")
    rooms = await narin.get("/rooms")
    error = await narin.refused("POST", "/rooms", body, status=400, code="invalid")
    assert error["field"] == field
    assert await narin.get("/rooms") == rooms


async def test_unknown_and_repeated_query_parameters_are_refused(running: Agency) -> None:
    narin = await running.login("narin.p")
    for path, field in (
        ("/sync?since=1&x=2", "x"),
        ("/sync?since=1&since=2", "since"),
        ("/sync?since=-1", "since"),
        ("/rooms?x=1", "x"),
        ("/directory/people?limit=9999", "limit"),
    ):
        assert (await narin.refused("GET", path, status=400, code="invalid"))["field"] == field, path


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'"\xff"', b'{"kind":"group"}{}', b"\x00"])
async def test_bad_json_is_refused(running: Agency, raw: bytes) -> None:
    narin = await running.login("narin.p")
    headers = {"Content-Type": "application/json"}
    async with narin.raw("POST", "/rooms", data=raw, headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] in ("bad_json", "invalid")


async def test_only_json_of_a_bounded_size_is_read(running: Agency) -> None:
    narin = await running.login("narin.p")
    await narin.refused("POST", "/rooms", status=415, code="unsupported_media_type", data="kind=group")
    big = json.dumps({"kind": "group", "name": "x" * MAX_BODY, "txn_id": "1"}).encode()
    headers = {"Content-Type": "application/json"}
    await narin.refused("POST", "/rooms", status=413, code="too_large", data=io.BytesIO(big), headers=headers)

    async def chunked() -> Any:
        for _ in range(20):
            yield b" " * (MAX_BODY // 16)

    await narin.refused("POST", "/rooms", status=413, code="too_large", data=chunked(), headers=headers)


async def test_what_is_not_there(running: Agency) -> None:
    narin = await running.login("narin.p")
    await narin.refused("GET", "/nothing", status=404, code="not_found")
    await narin.refused("GET", "/people/p_nobody", status=404, code="person_not_found")
    for n in ("99999", "-1", "x", "9" * 40):
        path = f"/rooms/{running.room('dengue')}/messages/{n}/readers"
        await narin.refused("GET", path, status=404, code="not_found")
    async with narin.raw("PUT", "/rooms") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET,POST"
        assert (await response.json())["error"]["code"] == "method_not_allowed"


async def test_every_route_needs_a_session_unless_it_says_so(running: Agency) -> None:
    nobody = running.anonymous()
    for route in STAFF.routes:
        path = route.path.removeprefix(API).format(**{part.name: "1" for part in route.parts})
        if route.public:
            assert path in ("/agency", "/login", "/login/second-factor", "/openapi.json", "/uploads")
            continue
        if route.method == "HEAD":
            async with nobody.raw("HEAD", path) as response:
                assert response.status == 401
            continue
        error = await nobody.refused(route.method, path, status=401, code="unauthenticated")
        assert error["field"] is None


async def test_until_the_terms_are_accepted_nothing_else_answers(running: Agency) -> None:
    """F80: a new version asks everybody again."""
    narin = await running.login("narin.p")
    titles, texts = ("เงื่อนไขใหม่", "New terms"), ("ข้อความ", "Text")
    version = await publish_terms(running.services, Actor.operator("test"), titles, texts)
    await narin.refused("GET", "/rooms", status=403, code="terms_not_accepted")
    assert (await narin.get("/me"))["terms"] == {"version": version, "accepted": version - 1}
    assert (await narin.get("/terms"))["text"] == "ข้อความ"
    await narin.refused("POST", "/terms", {"version": version - 1}, status=409, code="terms_changed")
    await narin.post("/terms", {"version": version})
    await narin.get("/rooms")


# Limits


def limited(**limits: float) -> Callable[[Config], Config]:
    def change(config: Config) -> Config:
        return dataclasses.replace(config, limits=dataclasses.replace(Limits(), **limits))  # type: ignore[arg-type]

    return change


async def refusals(client: Client, method: str, path: str, body: object, times: int) -> list[tuple[int, str | None]]:
    found = []
    for _ in range(times):
        sent = {**body, "txn_id": new_txn()} if isinstance(body, dict) else body
        async with client.raw(method, path, **({"json": sent} if sent else {})) as response:
            found.append((response.status, response.headers.get("Retry-After")))
    return found


@pytest.mark.slow
async def test_messages_of_a_person_are_bounded(open_world: OpenWorld) -> None:
    async with open_world(limited(user_entries_s=0.1, user_entries_burst=2)) as agency:
        narin, lalita = await agency.login("narin.p"), await agency.login("lalita.w")
        path = f"/rooms/{agency.room('dengue')}/messages"
        body = {"body": {"text": "เร็ว"}}
        assert await refusals(narin, "POST", path, body, 3) == [(201, None), (201, None), (429, "10")]
        assert await refusals(lalita, "POST", path, body, 1) == [(201, None)]
        async with narin.stream() as stream:
            await stream.send("send", room=agency.room("dengue"), txn_id="s", body={"text": "เร็ว"})
            assert (await stream.answer("s"))["error"]["code"] == "too_many_requests"


async def test_messages_in_a_room_are_bounded(open_world: OpenWorld) -> None:
    async with open_world(limited(room_entries_s=0.1, room_entries_burst=1)) as agency:
        narin, lalita = await agency.login("narin.p"), await agency.login("lalita.w")
        path = f"/rooms/{agency.room('dengue')}/messages"
        body = {"body": {"text": "เร็ว"}}
        # The first one brings the room to memory, where its share is kept.
        assert await refusals(narin, "POST", path, body, 2) == [(201, None)] * 2
        assert await refusals(lalita, "POST", path, body, 1) == [(429, "10")]
        elsewhere = f"/rooms/{agency.room('epid')}/messages"
        assert await refusals(lalita, "POST", elsewhere, body, 1) == [(201, None)]


async def test_requests_of_a_person_and_of_an_address_are_bounded(open_world: OpenWorld) -> None:
    change = limited(user_requests_s=0.5, user_requests_burst=2, address_requests_s=0.5, address_requests_burst=3)
    async with open_world(change) as agency:
        narin = await agency.login("narin.p")
        assert await refusals(narin, "GET", "/me", None, 3) == [(200, None), (200, None), (429, "2")]
        assert await refusals(agency.anonymous(), "GET", "/openapi.json", None, 3) == [
            (200, None),
            (200, None),
            (429, "2"),
        ]


async def test_a_request_is_not_read_while_nothing_may_be_appended(open_world: OpenWorld) -> None:
    """The limit stands before the work: a body that is no JSON is refused for the limit, not for what it is."""
    async with open_world(limited(user_entries_s=0.1, user_entries_burst=1)) as agency:
        narin = await agency.login("narin.p")
        path = f"/rooms/{agency.room('dengue')}/messages"
        headers = {"Content-Type": "application/json"}
        await narin.refused("POST", path, status=400, code="bad_json", data=b"{", headers=headers)
        n = (await narin.say(agency.room("dengue"), "หนึ่ง"))["n"]
        for method, where in (("POST", path), ("PATCH", f"{path}/{n}"), ("POST", "/rooms")):
            await narin.refused(method, where, status=429, code="too_many_requests", data=b"{", headers=headers)


async def test_costly_calls_count_as_several(open_world: OpenWorld) -> None:
    async with open_world(limited(user_requests_s=0.5, user_requests_burst=31)) as agency:
        narin = await agency.login("narin.p")
        proof = {"password": "ผิดแน่นอน"}
        await narin.refused("POST", "/second-factors/totp", proof, status=400, code="password_wrong")
        await narin.get("/directory/people", q="ไม่มีใครชื่อนี้")
        await narin.get("/me")
        assert await refusals(narin, "GET", "/me", None, 1) == [(429, "2")]
        await narin.refused("GET", "/sync?since=1", status=429, code="too_many_requests")


def test_what_takes_long_runs_once_for_each_person() -> None:
    heavy = {(route.method, route.path.removeprefix(API)) for route in STAFF.routes if route.heavy}
    assert heavy >= {
        ("GET", "/search"),
        ("GET", "/sync"),
        ("GET", "/rooms"),
        ("GET", "/directory/people"),
        ("POST", "/rooms"),
        ("POST", "/rooms/{room}/members"),
        ("POST", "/password"),
        ("POST", "/second-factors/totp"),
        ("DELETE", "/second-factors/totp"),
        ("POST", "/second-factors/passkeys/options"),
        ("DELETE", "/second-factors/passkeys/{passkey}"),
    }
    assert all(route.cost > 1 for route in STAFF.routes if route.heavy)


async def test_a_person_has_one_costly_call_under_way(running: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    under_way: dict[str, int] = {}
    most: dict[str, int] = {}

    async def slow(_: object, session: Session, *_args: object, **_kw: object) -> None:
        under_way[session.person] = under_way.get(session.person, 0) + 1
        most[session.person] = max(most.get(session.person, 0), under_way[session.person])
        for _turn in range(20):
            await asyncio.sleep(0)
        under_way[session.person] -= 1
        raise Invalid(field="password", code="password_wrong")

    monkeypatch.setattr("appliance.api.sessions.passwords.prove_password", slow)

    async def ask(client: Client) -> int:
        async with client.raw("POST", "/second-factors/totp", json={"password": "x" * 12}) as response:
            if response.status == 429:
                assert (await response.json())["error"]["code"] == "busy"
            return response.status

    found = await asyncio.gather(*(ask(client) for client in (narin, lalita) for _ in range(9)))
    assert found == [400] * 18
    assert most == {narin.person: 1, lalita.person: 1}
    many = await asyncio.gather(*(ask(narin) for _ in range(11)))
    assert sorted(many) == [400] * 9 + [429] * 2


# Browsers


async def test_a_cookie_needs_its_csrf_token_to_change_something(running: Agency) -> None:
    url = running.url + API
    login = {"user": "narin.p", "password": PASSWORD}
    async with running.session.post(f"{url}/login", json=login, headers={"Origin": running.url}) as response:
        cookie = response.headers["Set-Cookie"]
        answer = await response.json()
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert cookie.startswith(f"{STAFF.session_cookie}=")
    assert "Domain" not in cookie
    headers = {"Cookie": cookie.partition(";")[0]}
    change = {"status": "อยู่"}
    async with running.session.get(f"{url}/me", headers=headers) as response:
        assert (await response.json())["csrf"] == answer["csrf"]
    for token in ({}, {CSRF_HEADER: "wrong"}, {CSRF_HEADER: "ผิด"}):
        async with running.session.patch(f"{url}/me", json=change, headers={**headers, **token}) as response:
            assert response.status == 403
            assert (await response.json())["error"]["code"] == "csrf"
    good = {**headers, CSRF_HEADER: answer["csrf"]}
    async with running.session.patch(f"{url}/me", json=change, headers=good) as response:
        assert response.status == 200
    async with running.session.post(f"{url}/logout", headers=good) as response:
        assert response.status == 204
        assert "Max-Age=0" in response.headers["Set-Cookie"]


async def test_a_page_of_another_origin_opens_no_stream(running: Agency) -> None:
    """A cookie goes with a WebSocket from anywhere, and there is no header for a CSRF token: the origin decides."""
    login = {"user": "narin.p", "password": PASSWORD}
    page = {"Origin": running.url}
    async with running.session.post(f"{running.url}{API}/login", json=login, headers=page) as response:
        cookie = response.cookies[STAFF.session_cookie].value
    headers = {"Cookie": f"{STAFF.session_cookie}={cookie}", "Origin": "https://elsewhere.test"}
    async with running.session.get(f"{running.url}{API}/stream", headers=headers) as response:
        assert response.status == 403


async def test_every_answer_carries_the_security_headers(running: Agency) -> None:
    narin = await running.login("narin.p")
    for path in ("/me", "/nothing"):
        async with narin.raw("GET", path) as response:
            assert "unsafe" not in response.headers["Content-Security-Policy"]
            # Voice messages are recorded here; pages of other applications ask for no device.
            assert "camera=(), microphone=(self), geolocation=()" in response.headers["Permissions-Policy"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["X-Request-Id"]
