"""The pictures of the documentation, taken from the same world as everything else.

They are written to docs/screenshots only when asked for (`make screenshots`), so that a test run changes no file; each
run takes them all the same, and a view that cannot be drawn fails here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.filed import COLOURS, document, photo, send, voice
from tests.browser.window import Window

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "docs" / "screenshots"
OFFER: Final = ROOT / "appliance" / "client" / "public" / "screenshots"
"""The pictures that browsers show with the offer to install (manifest.webmanifest has their sizes)."""
DESKTOP: Final = {"viewport": {"width": 1440, "height": 900}}
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
INCIDENT: Final = "ศูนย์ประสานเหตุ ระบบนัดหมายวัคซีนขัดข้อง"
MIN_BYTES: Final = 10_000


async def _take(window: Window, tmp_path: Path, name: str, kept: Path = FOLDER) -> None:
    """Keep a picture, and hold that something was drawn."""
    folder = kept if os.environ.get("GCHAT_SCREENSHOTS") else tmp_path
    path = folder / f"{name}.png"
    await window.page.mouse.move(0, 0)  # what lies under the pointer looks pressed
    await window.page.evaluate("document.fonts.ready")
    await window.page.screenshot(path=path, animations="disabled")
    assert path.stat().st_size > MIN_BYTES, name


async def test_login(served: Agency, windows: OpenWindow, tmp_path: Path) -> None:
    window = await windows(served.url, **DESKTOP)
    await expect(window.button("เข้าสู่ระบบ")).to_be_visible()
    await _take(window, tmp_path, "login")


@pytest.mark.parametrize(
    ("name", "options"),
    [("chat", DESKTOP), ("dark", {**DESKTOP, "color_scheme": "dark"}), ("mobile", PHONE)],
)
async def test_a_room(served: Agency, windows: OpenWindow, tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    window = await windows(served.url, "somchai.j", **options)
    await window.open_room(INCIDENT)
    await _take(window, tmp_path, name)


async def test_a_room_with_pictures(served: Agency, windows: OpenWindow, tmp_path: Path) -> None:
    """A conversation with photographs, a voice message and a document."""
    sender, room = await served.login("narin.p"), served.room("dengue")
    await send(served, sender, room, "รายงานฉบับเต็มครับ", document("สรุปสถานการณ์ไข้เลือดออก ไตรมาส 4.pdf", 3))
    await send(served, sender, room, "", voice(12))
    photos = [photo(f"หน้างาน {n}.jpg", colours=COLOURS[n]) for n in range(3)]
    await send(served, sender, room, "ภาพจากพื้นที่เช้านี้ครับ", *photos)
    window = await windows(served.url, "lalita.w", **DESKTOP)
    await window.open_room("ติดตามสถานการณ์ไข้เลือดออก")
    await window.to_newest()
    await expect(window.log.locator(".file-picture img")).to_have_count(len(photos))
    await _take(window, tmp_path, "files")


@pytest.mark.parametrize(("name", "width", "height"), [("wide", 1280, 800), ("narrow", 390, 844)])
async def test_the_offer_to_install(
    served: Agency, windows: OpenWindow, tmp_path: Path, name: str, width: int, height: int
) -> None:
    window = await windows(served.url, "somchai.j", viewport={"width": width, "height": height})
    await window.open_room(INCIDENT)
    await _take(window, tmp_path, name, OFFER)


async def test_readers_by_name(served: Agency, windows: OpenWindow, tmp_path: Path) -> None:
    window = await windows(served.url, "somchai.j", **DESKTOP)
    await window.open_room(INCIDENT)
    await window.log.get_by_role("button", name="เปิดรายชื่อผู้อ่าน").last.click()
    readers = window.page.get_by_role("region", name="ผู้อ่านข้อความ")
    await expect(readers.get_by_role("listitem").first).to_be_visible()
    await _take(window, tmp_path, "readers")


async def test_the_organisation_chart(served: Agency, windows: OpenWindow, tmp_path: Path) -> None:
    window = await windows(served.url, "somchai.j", **DESKTOP)
    await window.page.get_by_role("link", name=re.compile("บุคลากร")).click()
    await expect(window.page.get_by_role("treegrid").or_(window.page.get_by_role("tree"))).to_be_visible()
    await _take(window, tmp_path, "people")
