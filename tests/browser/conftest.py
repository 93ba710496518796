"""Chromium for the browser tests: one a run, a profile a window, an appliance a test.

All of it lives on one event loop of the session, since a browser belongs to the loop that started it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FileChooser, async_playwright

from tests import agency
from tests.browser.window import PATIENCE_MS, Watch, Window

EXECUTABLE: Final = "/usr/bin/chromium"
# Suggestions under an address bar (pages of their own in each window) and a process kept for the next page: a fifth of
# what the tests cost, and nobody looks at them. Then the list of Playwright, which this one replaces.
WITHOUT: Final = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
# A browser that talks to nobody but the address it is given.
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    f"--disable-features={','.join(WITHOUT)}",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--font-render-hinting=none",
    # A microphone that beeps; whether a page may use it is asked as ever, and refused unless a test grants it.
    "--use-fake-device-for-media-stream",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
HERE: Final = Path(__file__).parent

OpenWindow = Callable[..., Awaitable[Window]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def executable() -> str:
    """Return where Chromium is."""
    return os.environ.get("GCHAT_CHROMIUM", EXECUTABLE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def served(world_data: Path) -> AsyncIterator[agency.Agency]:
    """The seeded Ministry of Public Health, served on loopback."""
    async with agency.serve(world_data) as running:
        yield running


def _nobody_asked(_chooser: FileChooser) -> None:
    """Leave a file chooser to whoever waits for it."""


@pytest_asyncio.fixture(loop_scope="session")
async def windows(chromium: Browser) -> AsyncIterator[OpenWindow]:
    """Lend a way to open windows: an address, a user who is signed in or None, options of the browser's profile.

    When the test ends nothing forbidden may have happened in any of them.
    """
    async with AsyncExitStack() as stack:
        opened: list[Window] = []

        async def open_window(url: str, user: str | None = None, **options: Any) -> Window:
            profile = {"locale": "th-TH", "timezone_id": "Asia/Bangkok", "viewport": {"width": 1280, "height": 800}}
            context = await chromium.new_context(**{**profile, **options})
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            watch = Watch(url)
            await watch.begin(context)
            page = await context.new_page()
            # Whoever waits for a file chooser turns it on without waiting for that: a page that is slow to hear of it
            # opens the chooser before. With a listener of its own it is on from the beginning.
            page.on("filechooser", _nobody_asked)
            window = Window(page, url, watch)
            opened.append(window)
            if user is None:
                await window.page.goto(url)
            else:
                await window.enter(user)
            return window

        yield open_window
        breaches = [breach for window in opened for breach in window.watch.breaches]
    assert not breaches, breaches
