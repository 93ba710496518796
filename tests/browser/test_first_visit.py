"""The first visit, with nothing kept: how much travels, and what is seen before the client has come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Route, expect

from tests.agency import Agency
from tests.api.test_pages import BUDGET
from tests.browser.axe import faults
from tests.browser.conftest import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HEADERS = 1_000
"""Bytes of an answer besides its body, generously."""


async def stop(route: Route) -> None:
    await route.abort()


async def test_the_sign_in_page_weighs_little_and_the_rooms_follow(served: Agency, windows: OpenWindow) -> None:
    window = await windows("about:blank")
    window.watch.url = served.url
    session = await window.context.new_cdp_session(window.page)
    await session.send("Network.enable")
    addresses: dict[str, str] = {}
    weights: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        weights[addresses.get(event["requestId"], "")] = event["encodedDataLength"]

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    async with window.page.expect_event("requestfinished", lambda request: "/assets/Workspace" in request.url):
        await window.page.goto(served.url)
        await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    # Chromium's own figures.
    first = {url: weight for url, weight in weights.items() if "/assets/Workspace" not in url}
    assert [url for url in first if "/assets/index" in url and url.endswith(".js")]
    assert sum(first.values()) <= BUDGET + HEADERS * len(first), first
    sizes = await window.evaluate(
        """() => performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'))
             .map((one) => [one.name, one.encodedBodySize, one.decodedBodySize])"""
    )
    assert all(encoded < decoded / 2 for _, encoded, decoded in sizes if decoded > 10_000), sizes


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_before_the_client_has_come_its_name_stands_there(
    served: Agency, windows: OpenWindow, scheme: str
) -> None:
    window = await windows("about:blank", color_scheme=scheme)
    window.watch.url = served.url
    await window.page.route("**/assets/*.js", stop)
    await window.page.goto(served.url)
    await expect(window.page.locator("#root").get_by_text("G-Chat")).to_be_visible()
    await expect(window.page.get_by_role("status")).to_have_text("กำลังเปิด · Opening")
    ground = await window.evaluate("getComputedStyle(document.querySelector('.opening')).backgroundColor")
    assert ground == {"light": "rgb(244, 241, 234)", "dark": "rgb(19, 24, 23)"}[scheme]
    await window.page.unroute("**/assets/*.js")
    await window.reload()
    await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    await expect(window.page.locator(".opening")).to_have_count(0)


async def test_without_scripts_the_page_says_what_to_do(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, java_script_enabled=False)
    words = window.page.locator("noscript .opening-fault")
    await expect(words).to_be_visible()
    said = await words.inner_text()
    assert "โปรดเปิดใช้งานในการตั้งค่าของเบราว์เซอร์" in said
    assert "Please turn it on" in said
    await expect(window.page.locator(".opening")).not_to_be_visible()


async def test_after_signing_in_the_opening_screen_stands_until_the_rooms_are_there(
    served: Agency, windows: OpenWindow
) -> None:
    """On a slow line: the code of the rooms comes late, and then what is in them."""
    window = await windows("about:blank")
    window.watch.url = served.url
    code, rooms = asyncio.Event(), asyncio.Event()
    asked: asyncio.Queue[str] = asyncio.Queue()

    def held(name: str, until: asyncio.Event) -> Callable[[Route], Awaitable[None]]:
        async def hold(route: Route) -> None:
            asked.put_nowait(name)
            await until.wait()
            await route.continue_()

        return hold

    await window.page.route("**/assets/Workspace*.js", held("code", code))
    await window.page.route("**/api/v1/sync?**", held("rooms", rooms))
    await window.page.goto(served.url)
    await window.sign_in("lalita.w")
    opening = window.page.locator(".opening")
    await expect(opening).to_have_text("G-Chatกำลังเปิด")
    assert await faults(window.page) == []
    async with window.page.expect_event("requestfinished", lambda request: "/assets/Workspace" in request.url):
        code.set()
    await window.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done)))")
    await expect(opening).to_have_text("G-Chatกำลังเปิด")
    await expect(opening.get_by_role("status")).to_be_visible()
    rooms.set()
    await window.entered()
    await expect(opening).to_have_count(0)
    assert {asked.get_nowait() for _ in range(asked.qsize())} == {"code", "rooms"}


async def test_rooms_that_do_not_come_are_asked_for_again(served: Agency, windows: OpenWindow) -> None:
    """A line that breaks between the sign-in page and the rooms leaves no empty page."""
    window = await windows("about:blank")
    window.watch.url = served.url
    await window.page.route("**/assets/Workspace*.js", stop)
    await window.page.goto(served.url)
    await window.sign_in("lalita.w")
    await expect(window.page.get_by_text("เปิดหน้าจอไม่สำเร็จ")).to_be_visible()
    await window.page.unroute("**/assets/Workspace*.js")
    await window.button("ลองใหม่").click()
    await window.entered()
