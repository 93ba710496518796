"""A second application of the same edge: another cookie, another role, errors as pages, devices its pages may use.

It is what the console will be: a list of routes and one `Application`. Nothing of the staff API is imported but to show
that the two do not know each other's cookies.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from appliance.actions.roles import add_role
from appliance.api.app import STAFF
from appliance.errors import AppError
from appliance.locale import Language, text
from appliance.model import PersonId, StaffRole, UnitId
from appliance.people import Grant
from appliance.rules.roles import Actor
from appliance.web.app import build
from appliance.web.application import Application
from appliance.web.authentication import CSRF_HEADER
from appliance.web.call import Call
from appliance.web.errors import status_of
from appliance.web.openapi import describe
from appliance.web.path_parts import Position
from appliance.web.routes import Cost, Routes
from appliance.web.security_headers import security_headers
from tests.agency import Agency, Client

Browser = TestClient[web.Request, web.Application]
routes = Routes("stickers", prefix="/stickers", role=StaffRole.STICKER_EDITOR)


@routes.get("/{unit}/{n}", cost=Cost.SEVERAL)
async def get_sticker(call: Call, unit: UnitId, n: Position) -> web.Response:
    """Show a sticker."""
    return web.Response(text=f"<p>{call.person} {unit} {n + 1}", content_type="text/html")


@routes.post("/hand-over", role=(StaffRole.BROADCASTER, StaffRole.STICKER_EDITOR))
async def hand_over(call: Call) -> None:
    """Sign out."""
    call.set_session_cookie(None)
    call.new_device_cookie = "device"


@routes.get("/help", public=True)
async def get_help(_call: Call) -> web.Response:
    """Show who may come here."""
    return web.Response(text="<p>help", content_type="text/html")


@routes.get("/fault", role=StaffRole.MEMBER)
async def fail(_call: Call) -> None:
    """Meet a fault of ours."""
    raise LookupError("not for callers")


def render_page(error: AppError, language: Language, request_id: str) -> web.Response:
    """Return an error as a page."""
    page = f"<h1>{text(error.code, language, **error.detail)}</h1><p>{request_id}"
    return web.Response(status=status_of(error), text=page, content_type="text/html")


SECOND = Application(
    routes=tuple(routes.routes),
    session_cookie="__Host-stickers",
    device_cookie="__Host-stickers-device",
    headers=security_headers(devices=("camera",)),
    render=render_page,
)


@pytest.fixture
async def stickers(running: Agency) -> AsyncIterator[Browser]:
    async with TestClient(TestServer(build(SECOND, running.services, time.monotonic))) as browser:
        yield browser


async def give(running: Agency, who: Client, role: StaffRole) -> None:
    await add_role(running.services, Actor.operator("root"), PersonId(who.person), Grant(role.value))


def cookie(who: Client, name: str = SECOND.session_cookie) -> dict[str, str]:
    return {"Cookie": f"{name}={who.token}", "Accept-Language": "en"}


async def test_it_signs_people_in_by_its_own_cookie_and_asks_for_its_role(running: Agency, stickers: Browser) -> None:
    narin = await running.login("narin.p")
    path = "/stickers/u_1/3"
    for headers, status, code in (
        ({"Accept-Language": "en"}, 401, "unauthenticated"),
        (cookie(narin, STAFF.session_cookie), 401, "unauthenticated"),
        (cookie(narin), 403, "role_required"),
    ):
        async with stickers.get(path, headers=headers) as response:
            assert (response.status, response.content_type) == (status, "text/html")
            shown = await response.text()
            assert text(code, "en") in shown
            assert response.headers["X-Request-Id"] in shown
    await give(running, narin, StaffRole.STICKER_EDITOR)
    async with stickers.get(path, headers=cookie(narin)) as response:
        assert await response.text() == f"<p>{narin.person} u_1 4"
    async with stickers.get("/stickers/help") as response:
        assert response.status == 200


async def test_a_route_may_ask_for_one_of_several_roles_or_for_none(running: Agency, stickers: Browser) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    await give(running, narin, StaffRole.BROADCASTER)
    for who, path, status in (
        (narin, "/stickers/u_1/3", 403),
        (narin, "/stickers/fault", 500),
        (lalita, "/stickers/fault", 500),
    ):
        async with stickers.get(path, headers=cookie(who)) as response:
            assert response.status == status
            assert "not for callers" not in await response.text()
    for who, status in ((narin, 204), (lalita, 403)):
        csrf = (await who.get("/me"))["csrf"]
        async with stickers.post("/stickers/hand-over", headers={**cookie(who), CSRF_HEADER: csrf}) as response:
            assert response.status == status


async def test_what_changes_something_needs_the_csrf_header_and_sets_its_own_cookies(
    running: Agency, stickers: Browser
) -> None:
    narin = await running.login("narin.p")
    await give(running, narin, StaffRole.STICKER_EDITOR)
    async with stickers.post("/stickers/hand-over", headers=cookie(narin)) as response:
        assert response.status == 403
        assert text("csrf", "en") in await response.text()
    csrf = (await narin.get("/me"))["csrf"]
    async with stickers.post("/stickers/hand-over", headers={**cookie(narin), CSRF_HEADER: csrf}) as response:
        assert set(response.cookies) == {SECOND.session_cookie, SECOND.device_cookie}
        assert response.cookies[SECOND.session_cookie].value == ""


@pytest.mark.parametrize("n", ["-1", "x", "9" * 40, "๓"])
async def test_a_part_of_the_path_that_is_no_position_is_not_found(running: Agency, stickers: Browser, n: str) -> None:
    narin = await running.login("narin.p")
    await give(running, narin, StaffRole.STICKER_EDITOR)
    async with stickers.get(f"/stickers/u_1/{n}", headers=cookie(narin)) as response:
        assert response.status == 404
        assert response.content_type == "text/html"


async def test_calls_cost_what_their_routes_declare(running: Agency, stickers: Browser) -> None:
    narin = await running.login("narin.p")
    await give(running, narin, StaffRole.STICKER_EDITOR)
    burst = running.services.config.limits.user_requests_burst
    answered = 0
    for _ in range(int(burst)):
        async with stickers.get("/stickers/u_1/3", headers=cookie(narin)) as response:
            if response.status == 429:
                assert response.content_type == "text/html"
                break
            answered += 1
    assert 0 < answered < burst


async def test_each_application_says_which_devices_its_pages_may_use(running: Agency, stickers: Browser) -> None:
    async with stickers.get("/stickers/nothing") as response:
        assert response.status == 404
        assert "camera=(self), microphone=()" in response.headers["Permissions-Policy"]
    async with running.session.get(running.url) as response:
        assert "camera=(), microphone=(self)" in response.headers["Permissions-Policy"]


def test_its_description_is_made_of_its_own_routes() -> None:
    described = describe(SECOND, "Stickers", {})
    assert set(described.paths) == {f"/stickers{path}" for path in ("/{unit}/{n}", "/hand-over", "/help", "/fault")}
    assert described.components["securitySchemes"]["cookie"]["name"] == "__Host-stickers"
    kinds = [part["schema"]["type"] for part in described.paths["/stickers/{unit}/{n}"]["get"]["parameters"]]
    assert kinds == ["string", "integer"]


def test_parts_of_a_path_that_a_handler_does_not_take_are_refused_when_they_are_declared() -> None:
    declared = Routes("wrong")

    async def handler(_call: Call, room: int) -> None: ...

    for path, why in (("/x/{n}", "has the parts"), ("/x", "has the parts"), ("/x/{room}", "a text or a Position")):
        with pytest.raises(TypeError, match=why):
            declared.get(path)(handler)
    assert declared.routes == []
