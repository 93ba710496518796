"""Every screen, in both languages and both colour schemes, wide, narrow and enlarged (A3, A6, A9).

axe finds nothing, nothing scrolls sideways, Thai has room above and below, targets are large enough.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import expect

from appliance.actions.terms import publish_terms
from appliance.demo.world import OPERATOR, PASSWORD
from tests.agency import Agency
from tests.browser.axe import faults, layout_faults
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window

WIDE: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}}
NARROW: Final[dict[str, Any]] = {"viewport": {"width": 320, "height": 640}}
# A page of 1280 by 800 at 200 % has 640 by 400 CSS pixels.
ENLARGED: Final[dict[str, Any]] = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
CASES: Final = [
    pytest.param(place, language, id=f"{name}-{language}")
    for name, place in (("1440", WIDE), ("320", NARROW), ("200%", ENLARGED))
    for language in ("th", "en")
]
SIGN_IN: Final = {"th": ("ชื่อผู้ใช้", "รหัสผ่าน", "เข้าสู่ระบบ"), "en": ("User name", "Password", "Sign in")}
ACCEPT: Final = {"th": "ยอมรับข้อกำหนด", "en": "Accept the terms"}


@pytest.mark.parametrize(("place", "language"), CASES)
async def test_every_screen(served: Agency, windows: OpenWindow, place: dict[str, Any], language: str) -> None:
    await publish_terms(
        served.services, OPERATOR, ("ข้อกำหนดการใช้งาน", "Terms of use"), ("ก. ข้อหนึ่ง\n\nข. ข้อสอง" * 20, "One\n\nTwo" * 20)
    )
    window = await windows(served.url, color_scheme="light", reduced_motion="reduce", **place)
    found: dict[str, list[str]] = {}

    async def look(name: str, selector: str) -> None:
        await expect(window.page.locator(selector).first, name).to_be_visible()
        if wrong := await faults(window.page):
            found[name] = wrong

    if language == "en":
        await window.button("English").click()
    await look("login", ".login-form input")
    user, password, enter = SIGN_IN[language]
    await window.page.get_by_label(user).fill("narin.p")
    await window.page.get_by_label(password, exact=True).fill(PASSWORD)
    await window.button(enter).click()
    await look("terms", ".login-terms")
    await window.button(ACCEPT[language]).click()
    await look("rooms", ".rooms-list li")
    await screens(served, window, look)
    assert found == {}


async def screens(served: Agency, window: Window, look: Any) -> None:
    """Go through what somebody signed in gets to see."""
    room = served.room("dengue")
    for name, route, selector in (
        ("timeline", f"#/rooms/{room}", ".timeline article"),
        ("readers", f"#/rooms/{room}/readers/60", ".readers li"),
        ("room settings", f"#/rooms/{room}/info", ".member-item"),
        ("profile", f"#/rooms/{room}/person/{served.person('suphawadi.c')}", ".profile-name"),
        ("organisation chart", "#/people", "[role=treegrid] [role=row]"),
        ("people", "#/people/all", ".people-item"),
        ("settings", "#/settings", ".settings-list"),
        ("me", "#/settings/me", ".settings-me"),
        ("display", "#/settings/display", ".radios"),
        ("devices", "#/settings/devices", ".sign-ins li"),
        ("security", "#/settings/security", ".settings-form"),
        ("notifications", "#/settings/notifications", ".settings-facts"),
        ("requests", "#/requests", ".panel-body"),
        ("an address that means nothing", "#/nowhere", ".empty"),
        ("about", "#/settings/about", ".settings-facts"),
    ):
        await window.go(route)
        await look(name, selector)
    await window.page.keyboard.press("Control+/")
    await look("help", ".help-keys")
    await window.page.keyboard.press("Escape")
    await window.page.goto(f"{window.url}/gallery")
    await look("gallery", ".gallery-sample")


async def test_the_largest_text_on_the_smallest_phone(served: Agency, windows: OpenWindow) -> None:
    """Every screen is readable, and what is chosen stays in sight."""
    window = await windows(served.url, "narin.p", viewport={"width": 320, "height": 568})
    await window.go("/settings/display")
    await window.page.get_by_text("ใหญ่ที่สุด", exact=True).click()
    await expect(window.page.get_by_role("radio", name="ใหญ่ที่สุด", exact=True)).to_be_checked()
    assert await window.evaluate("[scrollY, document.documentElement.scrollTop]") == [0, 0]
    await expect(window.page.get_by_text("ใหญ่ที่สุด", exact=True)).to_be_in_viewport()
    found: dict[str, list[str]] = {}

    async def look(name: str, selector: str) -> None:
        await expect(window.page.locator(selector).first, name).to_be_visible()
        if wrong := await layout_faults(window.page):
            found[name] = wrong

    await window.go("/rooms")
    # Nothing that is offered takes the rooms' place.
    for banner in await window.page.locator(".banner").all():
        box = await banner.bounding_box()
        assert box is not None
        assert box["height"] < 568 / 3, await banner.inner_text()
    await screens(served, window, look)
    assert found == {}


async def test_the_message_list_is_a_log_that_speaks_once(served: Agency, windows: OpenWindow) -> None:
    """A6: rows that scrolling brings in are no news; a new message is said once, many at once by number."""
    narin = await served.login("narin.p")
    window = await windows(served.url, "lalita.w")
    await window.open_room()
    await window.to_newest()
    await expect(window.log).to_have_attribute("aria-live", "off")
    spoken = window.page.locator("[aria-live=polite]", has_text="ขอบคุณทุกท่าน")
    await narin.say(served.room("dengue"), "ขอบคุณทุกท่านครับ")
    await expect(spoken).to_have_text("นายแพทย์นรินทร์ พิพัฒน์พงศ์: ขอบคุณทุกท่านครับ")
    for n in range(5):
        await narin.say(served.room("dengue"), f"เรื่องที่ {n}")
    await expect(window.page.locator("[aria-live=polite]", has_text="ข้อความใหม่ 5 ข้อความ")).to_have_count(1)
