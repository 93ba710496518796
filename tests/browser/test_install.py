"""The client as an installed application: manifest, service worker, a shell without the network, an update asked for.

And what the server sends along: a content policy that forbids what the client does not need.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from appliance.api import pages
from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.waiting import until

WAITS = "navigator.serviceWorker.ready.then((registration) => registration.waiting?.state === 'installed')"


async def test_the_manifest_is_one_that_browsers_install(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    session = await window.context.new_cdp_session(window.page)
    found = await session.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest: dict[str, Any] = json.loads(found["data"])
    assert manifest["display"] == "standalone"
    assert manifest["lang"] == "th"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])
    for icon in manifest["icons"]:
        assert (await window.context.request.get(f"{served.url}{icon['src']}")).ok
    for place, picture in (("wide", 1280), ("narrow", 390)):
        (shown,) = (one for one in manifest["screenshots"] if one["form_factor"] == place)
        answer = await window.context.request.get(f"{served.url}{shown['src']}")
        assert (answer.ok, answer.headers["content-type"]) == (True, shown["type"])
        body = await answer.body()
        width, height = (int.from_bytes(body[at : at + 4]) for at in (16, 20))
        assert (width, shown["sizes"]) == (picture, f"{width}x{height}")
    for shortcut in manifest["shortcuts"]:
        await window.page.goto(f"{served.url}{shortcut['url']}")
        await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    await window.controlled()
    problems = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert [problem["errorId"] for problem in problems if problem["errorId"] != "in-incognito"] == []


async def test_the_shell_opens_without_the_network(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    await window.controlled()
    await window.offline()
    await window.reload()
    await expect(window.page.get_by_role("heading", name="G-Chat")).to_be_visible()
    assert await window.evaluate(
        "document.fonts.ready.then(() => document.fonts.check('16px \"IBM Plex Sans Thai Looped\"'))"
    )
    # Nothing of the API is ever in its cache.
    assert await window.evaluate(
        """async () => {
          const urls = [];
          for (const name of await caches.keys()) {
            for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
          }
          return urls.length > 0 && !urls.some((path) => path.startsWith("/api"));
        }"""
    )


async def test_a_browser_that_is_too_old_says_so(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    await window.context.add_init_script("delete window.CSSLayerBlockRule")
    await window.page.reload()
    await expect(window.page.get_by_role("heading", name="เบราว์เซอร์นี้เก่าเกินไป")).to_be_visible()
    await expect(window.page.get_by_text("Firefox ESR 115")).to_have_count(2)
    await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_have_count(0)


async def test_a_new_version_is_offered_and_taken_when_the_reader_says_so(
    served: Agency, windows: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = await windows(served.url, "lalita.w")
    await window.controlled()
    # The appliance is upgraded: the same client with another byte in its worker is another version to the browser.
    upgraded = shutil.copytree(pages.DIST, tmp_path / "dist")
    with (upgraded / "sw.js").open("a") as worker:
        worker.write("\n// 2\n")
    shutil.rmtree(upgraded / pages.ENCODED)
    monkeypatch.setattr(pages, "DIST", upgraded)
    await window.evaluate("window.old = true")
    await window.evaluate(
        "navigator.serviceWorker.ready.then((registration) => registration.update().then(() => true))"
    )
    await until(lambda: window.evaluate(WAITS), "a waiting version")
    # The offer would push the page down under the reader's hands: it comes with the next place.
    await expect(window.page.get_by_text("มีรุ่นใหม่พร้อมใช้")).not_to_be_visible()
    await window.go("/people")
    await expect(window.page.get_by_text("มีรุ่นใหม่พร้อมใช้")).to_be_visible()
    await window.go("/rooms")
    assert await window.evaluate("window.old")
    await window.button("ใช้รุ่นใหม่").click()
    await expect(window.page.get_by_text("มีรุ่นใหม่พร้อมใช้")).not_to_be_visible()
    await window.entered()
    assert not await window.evaluate("'old' in window")


async def test_what_the_policy_forbids_is_noticed(served: Agency, windows: OpenWindow) -> None:
    """Every other test relies on its window's watch; this one sees to it that the watch is awake."""
    window = await windows(served.url)
    async with window.page.expect_console_message(lambda message: "policy breached" in message.text):
        await window.evaluate("() => { new Image().src = 'http://elsewhere.test/pixel.png' }")
    assert any("policy breached" in breach for breach in window.watch.breaches)
    window.watch.breaches.clear()
    header = (await window.context.request.get(served.url)).headers["content-security-policy"]
    assert "unsafe" not in header
    assert "default-src 'self'" in header
