"""Signing in and what belongs to it, over HTTP as a program and as a browser do it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest

from appliance.actions.settings import set_helpdesk
from appliance.actions.terms import publish_terms, written_terms
from appliance.api.app import STAFF
from appliance.demo.world import PASSWORD
from appliance.rules.roles import Actor
from appliance.web.authentication import CSRF_HEADER
from tests.agency import API, Agency, Client
from tests.waiting import PATIENCE_S

NEW = "ต้นจามจุรีหน้าโรงเรียนเก่า"
OPERATOR = Actor.operator("test")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://chat.moph.go.th", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8080"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": ""},
    ],
)
async def test_a_page_gets_a_cookie_and_no_token(running: Agency, headers: dict[str, str]) -> None:
    """Nothing that a script reads is worth stealing."""
    body = {"user": "narin.p", "password": PASSWORD, "device": "Chromium", "keep_device": False}
    async with running.session.post(f"{running.url}{API}/login", json=body, headers=headers) as response:
        body, cookie = await response.json(), response.headers["Set-Cookie"]
    assert set(body) == {"expires", "person", "csrf"} | ({"must_change_password"} & set(body))
    assert body["person"]["id"] == running.person("narin.p")
    assert body["expires"] > running.clock()
    assert cookie.startswith(f"{STAFF.session_cookie}=")
    for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie


async def test_a_program_gets_a_token_and_no_cookie(running: Agency) -> None:
    body = {"user": "narin.p", "password": PASSWORD, "device": "สคริปต์"}
    async with running.session.post(f"{running.url}{API}/login", json=body) as response:
        answer = await response.json()
        assert "Set-Cookie" not in response.headers
    headers = {"Authorization": f"Bearer {answer['token']}"}
    async with running.session.get(f"{running.url}{API}/me", headers=headers) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"user": "narin.p"}, "invalid"),
        ({"user": "narin.p", "password": PASSWORD, "admin": True}, "invalid"),
        ({"user": "", "password": "x"}, "invalid"),
        ({"user": 5, "password": "x"}, "invalid"),
    ],
)
async def test_bad_input_is_named(running: Agency, body: dict[str, Any], code: str) -> None:
    error = await running.anonymous().refused("POST", "/login", body, status=400, code=code)
    assert error["field"] in ("password", "admin", "user")


async def test_failing_to_sign_in_says_nothing_and_is_slowed(running: Agency) -> None:
    client = running.anonymous()
    for _ in range(5):
        told = [
            await client.refused(
                "POST", "/login", {"user": user, "password": "ไม่ใช่แน่นอน"}, status=401, code="sign_in_failed"
            )
            for user in ("narin.p", "nobody.here")
        ]
        assert told[0]["message"] == told[1]["message"] == "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง"
    body = {"user": "narin.p", "password": PASSWORD}
    async with client.raw("POST", "/login", json=body) as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "30"
        assert (await response.json())["error"]["code"] == "sign_in_delayed"
    running.clock.pass_(seconds=31)
    await running.login("narin.p")


@pytest.mark.parametrize(("user", "code"), [("anucha.p", "account_suspended"), ("sairung.c", "sign_in_failed")])
async def test_accounts_that_may_not_be_used(running: Agency, user: str, code: str) -> None:
    status = 403 if code == "account_suspended" else 401
    await running.anonymous().refused("POST", "/login", {"user": user, "password": PASSWORD}, status=status, code=code)


async def test_without_a_session(running: Agency) -> None:
    for method, path in (("GET", "/me"), ("GET", "/directory/units"), ("POST", "/logout"), ("GET", "/terms")):
        await running.anonymous().refused(method, path, status=401, code="unauthenticated")


async def test_the_caller(running: Agency) -> None:
    malee = await running.login("malee.t")
    me = await malee.get("/me")
    assert me["person"]["id"] == malee.person
    assert me["roles"] == ["unit_admin"]
    assert me["terms"] == {"version": 1, "accepted": 1}
    assert me["contact_mode"] == "normal"
    assert me["must_change_password"] is False
    changed = await malee.patch("/me", {"status": "ประชุมถึงเที่ยง"})
    assert changed["person"]["status"] == "ประชุมถึงเที่ยง"
    await malee.refused("PATCH", "/me", {"name": "ปลัด"}, status=400, code="invalid")


async def test_a_browser_needs_the_csrf_value_to_change_anything(running: Agency) -> None:
    malee = await running.login("malee.t")
    csrf = (await malee.get("/me"))["csrf"]
    cookie = {"Cookie": f"{STAFF.session_cookie}={malee.token}"}
    url = f"{running.url}{API}/me"
    async with running.session.get(url, headers=cookie) as response:
        assert response.status == 200
    for header, status in (({}, 403), ({CSRF_HEADER: "x" * 32}, 403), ({CSRF_HEADER: csrf}, 200)):
        async with running.session.patch(url, json={"status": "ว่าง"}, headers=cookie | header) as response:
            assert response.status == status, await response.text()


async def test_sessions_are_listed_and_ended(running: Agency) -> None:
    first, second = await running.login("narin.p"), await running.login("narin.p")
    listed = (await first.get("/sessions"))["sessions"]
    assert {session["device"] for session in listed} == {"test"}
    assert [session["current"] for session in listed].count(True) == 1
    other = next(session["id"] for session in listed if not session["current"])
    async with second.stream() as stream:
        await first.delete(f"/sessions/{other}")
        message = await stream.socket.receive(timeout=PATIENCE_S)
        assert stream.socket.closed, message
    await second.refused("GET", "/me", status=401, code="session_ended_by_owner")
    await first.refused("DELETE", f"/sessions/{other}", status=404, code="not_found")
    malee = await running.login("malee.t")
    mine = next(session["id"] for session in (await first.get("/sessions"))["sessions"] if session["current"])
    await malee.refused("DELETE", f"/sessions/{mine}", status=404, code="not_found")
    await first.post("/logout")
    await first.refused("GET", "/me", status=401, code="unauthenticated")


async def test_the_history_of_sign_ins(running: Agency) -> None:
    await running.anonymous().refused(
        "POST",
        "/login",
        {"user": "narin.p", "password": "ไม่ใช่แน่นอน", "device": "ใครก็ไม่รู้"},
        status=401,
        code="sign_in_failed",
    )
    narin = await running.login("narin.p")
    lines = (await narin.get("/sign-ins"))["sign_ins"]
    assert [(line["outcome"], line["device"]) for line in lines[:2]] == [("signed_in", "test"), ("failed", "ใครก็ไม่รู้")]
    assert lines[0]["address"] == "127.0.0.1"


async def test_changing_the_password(running: Agency) -> None:
    narin, other = await running.login("narin.p"), await running.login("narin.p")
    error = await narin.refused(
        "POST", "/password", {"old": PASSWORD, "new": "สั้นไป"}, status=400, code="password_too_short"
    )
    assert (error["field"], error["message"]) == ("new", "รหัสผ่านต้องมีอย่างน้อย 12 ตัวอักษร")
    await narin.refused("POST", "/password", {"old": NEW, "new": NEW + "!"}, status=400, code="password_wrong")
    await narin.post("/password", {"old": PASSWORD, "new": NEW})
    await narin.get("/me")
    await other.refused("GET", "/me", status=401, code="session_ended_password")
    await running.login("narin.p", NEW)


async def test_a_code_as_second_factor(running: Agency) -> None:
    narin = await running.login("narin.p")
    await narin.refused("POST", "/second-factors/totp", {"password": "ผิด"}, status=400, code="password_wrong")
    secret = (await narin.post("/second-factors/totp", {"password": PASSWORD}))["secret"]
    totp = pyotp.TOTP(secret)

    def code() -> str:
        return totp.at(datetime.fromtimestamp(running.clock() / 1000, UTC))

    await narin.refused("POST", "/second-factors/totp/confirm", {"code": "000000"}, status=400, code="totp_wrong")
    recovery = (await narin.post("/second-factors/totp/confirm", {"code": code()}))["codes"]
    factors = await narin.get("/second-factors")
    assert (factors["totp"], factors["recovery_left"]) == (True, len(recovery))
    running.clock.pass_(seconds=60)
    client = running.anonymous()
    asked = await client.post("/login", {"user": "narin.p", "password": PASSWORD})
    assert asked["second_factor"] == ["totp", "recovery"]
    assert "token" not in asked
    ticket = {"ticket": asked["ticket"]}
    await client.refused("POST", "/login/second-factor", ticket, status=400, code="invalid")
    both = ticket | {"code": "000000", "recovery": recovery[0]}
    await client.refused("POST", "/login/second-factor", both, status=400, code="invalid")
    await client.refused(
        "POST", "/login/second-factor", ticket | {"code": "000000"}, status=401, code="second_factor_failed"
    )
    done = await client.post("/login/second-factor", ticket | {"code": code()})
    assert done["person"]["id"] == narin.person
    assert await Client(client.session, client.base, "narin.p", narin.person, done["token"]).get("/me")
    running.clock.pass_(seconds=60)
    asked = await client.post("/login", {"user": "narin.p", "password": PASSWORD})
    proof, page = {"ticket": asked["ticket"], "code": code()}, {"Origin": running.url}
    async with client.raw("POST", "/login/second-factor", json=proof, headers=page) as response:
        assert "token" not in await response.json()
        assert STAFF.session_cookie in response.cookies
    asked = await client.post("/login", {"user": "narin.p", "password": PASSWORD})
    await client.post("/login/second-factor", {"ticket": asked["ticket"], "recovery": recovery[0].lower()})
    assert (await narin.get("/second-factors"))["recovery_left"] == len(recovery) - 1
    renewed = (await narin.post("/second-factors/recovery-codes", {"password": PASSWORD}))["codes"]
    assert not {*renewed} & {*recovery}
    await narin.delete("/second-factors/totp", {"password": PASSWORD})
    await running.login("narin.p")


async def test_who_is_signed_in_learns_which_files_are_taken(running: Agency) -> None:
    """So that a client refuses a file before a byte of it is read."""
    files = (await (await running.login("narin.p")).get("/me"))["files"]
    assert files["largest"] == running.services.config.files.largest
    assert "exe" in files["blocked"]["program"]
    assert "docm" in files["blocked"]["macros"]


async def test_the_sign_in_page_learns_the_agency_and_whom_to_ask_and_no_more(running: Agency) -> None:
    """Without a session."""
    await set_helpdesk(running.services, OPERATOR, "02-590-1000", "", "ห้อง 305")
    shown = await running.anonymous().get("/agency")
    agency = running.services.config.agency
    assert shown == {
        "name_th": agency.name_th,
        "name_en": agency.name_en,
        "helpdesk": {"phone": "02-590-1000", "place": "ห้อง 305"},
    }


async def test_passkeys_are_offered_for_this_address(running: Agency) -> None:
    narin = await running.login("narin.p")
    options = (await narin.post("/second-factors/passkeys/options", {"password": PASSWORD}))["options"]
    assert options["rp"]["name"] == "G-Chat"
    assert options["user"]["name"] == "narin.p"
    made = {"clientDataJSON": "AAAA", "attestationObject": "AAAA", "transports": ["usb"], "publicKeyAlgorithm": -7}
    credential = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": made, "clientExtensionResults": {}}
    body = {"name": "กุญแจ", "credential": credential}
    await narin.refused(
        "POST", "/second-factors/passkeys", {**body, "credential": {"id": "x"}}, status=400, code="invalid"
    )
    await narin.refused("POST", "/second-factors/passkeys", body, status=400, code="passkey_wrong")
    await narin.refused("POST", "/second-factors/passkeys", body, status=409, code="passkey_not_started")


async def test_new_terms_stop_everything_until_accepted(running: Agency) -> None:
    narin = await running.login("narin.p")
    await publish_terms(running.services, OPERATOR, ("ข้อกำหนดใหม่", "New terms"), ("เนื้อหา", "Text"))
    error = await narin.refused("GET", "/rooms", status=403, code="terms_not_accepted")
    assert error["message"] == "โปรดอ่านและยอมรับข้อกำหนดการใช้งานก่อน"
    assert (await narin.get("/me"))["terms"] == {"version": 2, "accepted": 1}
    terms = await narin.get("/terms")
    assert (terms["version"], terms["title"], terms["text"]) == (2, "ข้อกำหนดใหม่", "เนื้อหา")
    # The page says to screen readers which language the words are of; Thai stands in where there is no English.
    english = {"headers": {"Accept-Language": "en"}}
    async with narin.raw("GET", "/terms", **english) as response:
        said = await response.json()
    assert (terms["language"], said["language"], said["title"]) == ("th", "en", "New terms")
    await narin.refused("POST", "/terms", {"version": 1}, status=409, code="terms_changed")
    await narin.post("/terms", {"version": 2})
    await narin.get("/rooms")
    draft = written_terms("ข้อกำหนดไทย\nเนื้อหาไทย")
    await publish_terms(running.services, OPERATOR, draft.titles, draft.texts)
    async with narin.raw("GET", "/terms", **english) as response:
        said = await response.json()
    assert (said["language"], said["title"]) == ("th", "ข้อกำหนดไทย")


async def test_this_was_not_me(running: Agency) -> None:
    """F76: one call marks the line, ends the other session and leaves nothing open but setting a new password."""
    narin, other, malee = [await running.login(user) for user in ("narin.p", "narin.p", "malee.t")]
    line = (await narin.get("/sign-ins"))["sign_ins"][0]
    assert "disowned" not in line
    await malee.refused("POST", f"/sign-ins/{line['id']}/not-me", status=404, code="not_found")
    await narin.refused("POST", "/sign-ins/x/not-me", status=404, code="not_found")
    await narin.post(f"/sign-ins/{line['id']}/not-me")
    await other.refused("GET", "/me", status=401, code="session_ended_not_me")
    assert (await narin.get("/sign-ins"))["sign_ins"][0]["disowned"] <= running.clock()
    assert (await narin.get("/me"))["must_change_password"] is True
    await narin.refused("GET", "/rooms", status=403, code="must_change_password")
    await narin.post("/password", {"old": PASSWORD, "new": NEW})
    await narin.get("/rooms")


async def test_a_device_cookie_is_renewed_with_the_password_where_there_is_one(running: Agency) -> None:
    for cookie, renewed in (("", False), ("x", True)):
        narin = await running.login("narin.p", PASSWORD if not renewed else NEW)
        body = {"old": PASSWORD, "new": NEW} if not renewed else {"old": NEW, "new": NEW + " ใหม่"}
        headers = {"Cookie": f"{STAFF.device_cookie}={cookie}"} if cookie else {}
        async with narin.raw("POST", "/password", json=body, headers=headers) as response:
            assert response.status == 204
            assert (STAFF.device_cookie in response.cookies) is renewed
