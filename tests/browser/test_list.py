"""The list of rooms: a row's menu by mouse, finger and keyboard, drafts, pins, and reading all at once."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import Locator, expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, Window

# What people wrote, what machines call themselves, and names of standards and products have digits of their own.
DIGITS_LEFT: Final = r"""
() => {
  const rows = ".msg-text, .msg-quote, .notice-row, .room-row-title, .room-row-preview";
  const written = `${rows}, .room-head-title, .status-line, .helpdesk, script, style`;
  const names = /[A-Za-z][ -]?\d[\w.-]*|\d+(\.\d+){3}|รุ่น [\d.]+|0–9/g;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (/[0-9]/.test(data.replace(names, "")) && !parentElement.closest(written)) {
      found.push(`${parentElement.className}: ${data}`);
    }
  }
  return found;
}
"""

# How much wider the composer is than the words in it while it is empty.
PLACEHOLDER_SPARE: Final = """
() => {
  const field = document.querySelector("textarea");
  const style = getComputedStyle(field);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return room - pen.measureText(field.placeholder).width;
}
"""


def item(window: Window, room: str) -> Locator:
    """Return the list's line with a room and its menu's button."""
    return window.page.locator(".rooms-list li").filter(has_text=room)


async def choose(window: Window, action: str) -> None:
    """Choose from the menu that is open."""
    await window.page.get_by_role("menuitem", name=action, exact=True).click()


async def test_a_row_is_muted_in_two_clicks_and_pinned_on_every_device(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "lalita.w")
    phone = await windows(
        served.url, "lalita.w", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    name = "สำนักระบาดวิทยา ข้อราชการ"
    await item(window, name).hover()
    await item(window, name).get_by_role("button").click()
    await choose(window, "ปิดเสียงแจ้งเตือน")
    await expect(item(window, name).get_by_role("img", name="ปิดเสียงแจ้งเตือน")).to_be_visible()
    await item(window, name).click(button="right")
    await choose(window, "ปักหมุด")
    for place in (window, phone):
        first = place.page.locator(".rooms-list li").first
        await expect(first.locator(".room-row-title")).to_have_text(name)
        await expect(first.get_by_role("img", name="ปักหมุด")).to_be_visible()

    await window.row(name).focus()
    await window.page.keyboard.press("Shift+F10")
    await choose(window, "เลิกปักหมุด")
    await expect(window.page.locator(".rooms-list li").first.locator(".room-row-title")).not_to_have_text(name)
    await expect(window.row(name)).to_be_focused()


async def test_a_row_under_the_mouse_shows_its_menu_and_its_count(served: Agency, windows: OpenWindow) -> None:
    for width in (1280, 320):
        window = await windows(served.url, "lalita.w", viewport={"width": width, "height": 800})
        row = window.page.locator(".rooms-list li").filter(has=window.page.locator(".badge")).first
        await row.hover()
        menu = await row.locator(".room-row-menu").bounding_box()
        assert menu is not None
        for covered in (row.locator(".badge"), row.locator(".room-row-time")):
            box = await covered.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= menu["x"]


async def test_a_draft_is_named_in_the_list(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "lalita.w")
    await window.open_room()
    await window.composer.fill("เรียนทุกท่าน")
    await expect(window.row(ROOM)).not_to_contain_text("ร่าง:")
    await window.go("#/rooms")
    await expect(window.row(ROOM)).to_contain_text("ร่าง: เรียนทุกท่าน")


async def test_all_are_read_after_a_question(served: Agency, windows: OpenWindow) -> None:
    lalita, narin = await windows(served.url, "lalita.w"), await windows(served.url, "narin.p")
    await narin.open_room()
    await narin.to_newest()
    await narin.say("โปรดทราบ")
    await expect(lalita.row(ROOM)).to_contain_text("นรินทร์: โปรดทราบ")
    await lalita.button("อ่านทั้งหมดแล้ว").click()
    await lalita.dialog.get_by_role("button", name="อ่านทั้งหมดแล้ว").click()
    await expect(lalita.page.locator(".room-row-fresh")).to_have_count(0)
    await expect(narin.message("โปรดทราบ").get_by_role("button", name="อ่านแล้ว 1", exact=False)).to_be_attached()


async def test_thai_digits_are_everywhere_but_in_what_people_wrote(served: Agency, windows: OpenWindow) -> None:
    """Unread counts, numbers of people, the rail, and every sentence of every page."""
    window = await windows(served.url, "lalita.w")
    await window.evaluate("() => localStorage.setItem('digits', 'thai')")
    await window.reload()
    await window.entered()
    await expect(window.page.locator(".rail .badge")).to_have_text(re.compile("[๐-๙]"))
    await window.open_room()
    await expect(window.page.locator(".room-head-facts")).to_have_text(re.compile("[๐-๙]+ คน"))
    await window.open_info()
    assert await window.evaluate(DIGITS_LEFT) == []
    pages = {
        "#/requests": "คำขอ",
        "#/people/all": "บุคลากร",
        "#/settings/display": "อารบิก 0–9",
        "#/settings/notifications": "แจ้งเตือน",
        "#/settings/devices": "127.0.0.1",
        "#/settings/security": "ถามรหัส ๖ หลัก",
        "#/settings/about": "๒๙ มีนาคม ๒๕๕๙",
    }
    for route, sentence in pages.items():
        await window.go(route)
        await expect(window.page.get_by_text(sentence).first).to_be_visible()
        assert await window.evaluate(DIGITS_LEFT) == [], route
    await window.page.keyboard.press("Control+/")
    await expect(window.dialog).to_be_visible()
    assert await window.evaluate(DIGITS_LEFT) == []
    await window.page.keyboard.press("Escape")
    await window.page.keyboard.press("Control+K")
    await expect(window.search).to_contain_text("พิมพ์คำที่ต้องการค้น")
    assert await window.evaluate(DIGITS_LEFT) == []


async def test_at_320_pixels_and_at_the_largest_letters_nothing_scrolls_sideways(
    served: Agency, windows: OpenWindow
) -> None:
    """320 pixels is what 400 % zoom leaves of a page of 1280."""
    window = await windows(served.url, "lalita.w", viewport={"width": 320, "height": 640})
    for size in ("normal", "largest"):
        await window.evaluate("size => localStorage.setItem('textSize', size)", size)
        await window.go("#/rooms")
        await window.reload()
        await window.entered()
        await window.open_room()
        letters = await window.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
        assert letters == {"normal": 16, "largest": 24}[size]
        head = await window.evaluate("() => document.querySelector('.room-head').offsetHeight")
        assert head <= 4.5 * letters
        assert await window.evaluate(PLACEHOLDER_SPARE) >= 0
        for route in ("#/rooms", "#/people", "#/settings", "#/settings/display"):
            await window.go(route)
            await expect(window.page.locator(".shell")).to_be_visible()
            assert await window.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), route


async def test_the_tab_names_the_room(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "lalita.w")
    await window.open_room()
    await expect(window.page).to_have_title(re.compile(f"{ROOM} · G-Chat$"))
