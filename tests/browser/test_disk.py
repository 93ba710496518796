"""What a browser leaves on its own disk of a file that was looked at (C4, F11): nothing."""

from __future__ import annotations

import mmap
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from appliance.api import files
from tests.agency import Agency
from tests.browser.conftest import ARGUMENTS, executable
from tests.browser.filed import Filed, photo, send
from tests.browser.window import PATIENCE_MS, Watch, Window
from tests.waiting import until

ROOM: Final = "dengue"
READER: Final = "lalita.w"
NAME: Final = "ลับ.jpg"
KEPT: Final = "private, max-age=86400, immutable"


def secret() -> Filed:
    """Return a photograph whose view nothing else has the bytes of."""
    return photo(NAME, 1_200, 900, colours=((7, 61, 143), (211, 97, 31)))


def canary(filed: Filed) -> bytes:
    """Return bytes from the middle of its view, as they would lie in a cache."""
    [view] = [made.content for made in filed.made if made.kind == "view"]
    return view[len(view) // 2 :][:48]


def holds(folder: Path, wanted: bytes) -> list[Path]:
    """Return the files under a folder that hold these bytes."""
    found = []
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file() or path.stat().st_size == 0:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content.find(wanted) >= 0:
                found.append(path)
    return found


@asynccontextmanager
async def with_profile(chromium: Browser, profile: Path, served: Agency) -> AsyncIterator[Window]:
    """Lend a browser that keeps its profile in a folder; when it is left, all that it keeps is written."""
    context = await chromium.browser_type.launch_persistent_context(
        profile, executable_path=executable(), args=list(ARGUMENTS), locale="th-TH", timezone_id="Asia/Bangkok"
    )
    context.set_default_timeout(PATIENCE_MS)
    watch = Watch(served.url)
    await watch.begin(context)
    try:
        window = Window(context.pages[0], served.url, watch)
        await window.enter(READER)
        yield window
    finally:
        await context.close()
    assert watch.breaches == []


async def look(window: Window, served: Agency) -> None:
    """Open the photograph in the viewer until it is drawn."""
    await window.go(f"#/rooms/{served.room(ROOM)}")
    await window.to_newest()
    await window.log.get_by_role("button", name=re.compile(re.escape(NAME))).click()
    image = window.dialog.get_by_role("img", name=NAME)
    await until(lambda: image.evaluate("image => image.complete && image.naturalWidth > 0"), "the picture is drawn")


async def sign_out(window: Window) -> None:
    """Sign out as everybody does."""
    await window.go("#/settings")
    await window.button("ออกจากระบบ").click()
    await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()


async def test_nothing_of_a_file_lies_on_the_disk_of_a_browser(
    chromium: Browser, served: Agency, tmp_path: Path
) -> None:
    """After it was looked at, retracted under the reader's eyes, and after signing out."""
    narin, filed = await served.login("narin.p"), secret()
    n = await send(served, narin, served.room(ROOM), "", filed)
    async with with_profile(chromium, tmp_path, served) as window:
        await look(window, served)
        assert holds(tmp_path, canary(filed)) == []
    assert holds(tmp_path, canary(filed)) == []
    async with with_profile(chromium, tmp_path, served) as window:
        await look(window, served)
        await narin.delete(f"/rooms/{served.room(ROOM)}/messages/{n}", txn_id="gone")
        await expect(window.dialog).to_contain_text("ข้อความของไฟล์นี้ไม่มีแล้ว")
        await window.page.keyboard.press("Escape")
        await sign_out(window)
    assert holds(tmp_path, canary(filed)) == []


async def test_what_a_browser_may_keep_is_seen_and_goes_when_one_signs_out(
    chromium: Browser, served: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above would see where files might be kept; signing out takes what a browser has kept along."""
    monkeypatch.setattr(files, "NOT_KEPT", KEPT)
    narin, filed = await served.login("narin.p"), secret()
    await send(served, narin, served.room(ROOM), "", filed)
    async with with_profile(chromium, tmp_path, served) as window:
        await look(window, served)
        await until(lambda: bool(holds(tmp_path, canary(filed))), "the picture is in the cache")
        await window.page.keyboard.press("Escape")
        await sign_out(window)
        # The browser clears its cache beside what it shows.
        await until(lambda: holds(tmp_path, canary(filed)) == [], "the cache is cleared")
    assert holds(tmp_path, canary(filed)) == []
