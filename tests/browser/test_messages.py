"""Writing and reading messages: what people type, paste and drop, and what they do with a message."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.async_api import FloatRect, Locator, expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import TWO_FRAMES
from tests.waiting import until

INCIDENT: Final = "ศูนย์ประสานเหตุ ระบบนัดหมายวัคซีนขัดข้อง"
# Runs within one task of the page: nothing the browser does later can put the caret right.
PICK_AND_LOOK = """async () => {
  const field = document.getElementById("composer");
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  await null;
  return [field.value, field.selectionStart];
}"""
COVERED = """message => {
  const tools = message.querySelector(".msg-tools").getBoundingClientRect();
  const { left, right } = message.getBoundingClientRect();
  const apart = (part) => {
    const box = part.getBoundingClientRect();
    return box.bottom <= tools.top || box.top >= tools.bottom || box.right <= tools.left || box.left >= tools.right;
  };
  const parts = [...message.querySelectorAll(".msg-author, .msg-time, .msg-text, .msg-read")];
  const covered = parts.filter((part) => !apart(part)).map((part) => part.className);
  return tools.left < left || tools.right > right ? [...covered, "beside"] : covered;
}"""
TOOLS = "[...document.querySelectorAll('.msg-tools')].filter(one => getComputedStyle(one).opacity > 0).length"


async def _box(element: Locator) -> FloatRect:
    """Return where an element is drawn."""
    box = await element.bounding_box()
    assert box is not None
    return box


async def test_what_is_typed_after_a_mention_stands_behind_it(served: Agency, windows: OpenWindow) -> None:
    """Browsers 3: keys that follow at once find the caret in its place."""
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.composer.press_sequentially("ขอบคุณ @ลลิตา")
    await expect(window.page.get_by_role("option")).to_have_count(1)
    value, caret = await window.evaluate(PICK_AND_LOOK)
    assert value.startswith("ขอบคุณ @")
    assert caret == len(value)
    await window.page.keyboard.type("สำหรับตัวเลขครับ", delay=0)
    await expect(window.composer).to_have_value(f"{value}สำหรับตัวเลขครับ")


async def test_an_emoji_is_put_where_the_caret_was(served: Agency, windows: OpenWindow) -> None:
    """By keyboard, and writing goes on behind it; a system without an emoji font offers what it can draw."""
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.composer.fill("ขอบคุณครับ")
    await window.page.keyboard.press("ArrowLeft")
    await window.button("แทรกอิโมจิ").press("Enter")
    emoji = window.page.get_by_role("group", name="อิโมจิ").get_by_role("button").first
    await expect(emoji).to_be_focused()
    picked = await emoji.inner_text()
    await window.page.keyboard.press("Enter")
    await expect(window.composer).to_be_focused()
    await window.page.keyboard.type("!")
    await expect(window.composer).to_have_value(f"ขอบคุณครั{picked}!บ")


async def test_texts_that_are_too_long_are_answered(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.composer.fill("ก" * 18_000)
    await expect(window.page.get_by_text("18,000 จาก 20,000 ตัวอักษร")).to_be_visible()
    await window.composer.fill("ก" * 20_002)
    await window.composer.press("Enter")
    words = "ข้อความยาวเกิน 20,000 ตัวอักษร (ขณะนี้ 20,002) โปรดแบ่งส่ง"
    await expect(window.composer).to_have_accessible_description(words)
    await expect(window.composer).to_have_attribute("aria-invalid", "true")
    await window.composer.fill("\n".join(f"ข้อ {n}" for n in range(60)))
    await window.composer.press("Enter")
    long = window.message("ข้อ 59")
    await expect(long.get_by_role("button", name="แสดงทั้งหมด")).to_be_visible()
    height = "words => words.offsetHeight"
    folded = await long.locator(".msg-text").evaluate(height)
    await long.get_by_role("button", name="แสดงทั้งหมด").click()
    await expect(long.get_by_role("button", name="ย่อข้อความ")).to_have_attribute("aria-expanded", "true")
    assert await long.locator(".msg-text").evaluate(height) > 2 * folded


async def test_a_waiting_message_is_cancelled_and_edited(served: Agency, windows: OpenWindow) -> None:
    """By mouse and by keyboard; what was edited arrives once."""
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.offline()
    for text in ("ส่งผิดห้อง", "ประชุมบ่ายสาม"):
        await window.say(text)
        await expect(window.message(text).get_by_text("รอส่ง")).to_be_visible()
    await window.message("ส่งผิดห้อง").hover()
    await window.message("ส่งผิดห้อง").get_by_role("button", name="ยกเลิกการส่ง").click()
    await expect(window.message("ส่งผิดห้อง")).to_have_count(0)
    await window.message("ประชุมบ่ายสาม").focus()
    await window.page.keyboard.press("Enter")
    await window.page.get_by_role("menuitem", name="แก้ไข").click()
    await expect(window.composer).to_be_focused()
    await expect(window.composer).to_have_value("ประชุมบ่ายสาม")
    await window.say("ประชุมบ่ายสอง")
    await window.online()
    await expect(window.message("ประชุมบ่ายสอง").get_by_text("รอส่ง")).to_have_count(0)
    await expect(window.message("ประชุมบ่ายสอง")).to_have_count(1)
    await expect(window.message("ประชุมบ่ายสาม")).to_have_count(0)


async def test_a_tap_shows_the_way_to_what_can_be_done(served: Agency, windows: OpenWindow) -> None:
    """Nothing shows that a message may be held: its button comes with a tap, and its menu marks nothing as chosen."""
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    window = await windows(served.url, "narin.p", **phone)
    await window.open_room()
    row = window.log.locator("article[data-row]").last
    tools = row.locator(".msg-tools")
    await expect(tools).to_have_css("opacity", "0")
    await row.locator(".msg-text").tap()
    await expect(tools).to_have_css("opacity", "1")
    await expect(row.get_by_role("button", name="ตอบกลับ")).to_be_hidden()
    await row.get_by_role("button", name="ตัวเลือกของข้อความนี้").tap()
    first = window.page.get_by_role("menuitem").first
    await expect(first).to_be_focused()
    await expect(first).to_have_css("background-color", "rgba(0, 0, 0, 0)")


async def test_the_tools_of_a_message(served: Agency, windows: OpenWindow) -> None:
    """One press reacts; the menu opens at the pointer and its message is marked; never two rows of tools."""
    window = await windows(served.url, "narin.p", viewport={"width": 1920, "height": 900})
    await window.open_room()
    await window.say("ดูที่ www.moph.go.th ครับ")
    await window.say("`make run` **ด่วน\u202e**")
    first, second = window.message("www.moph.go.th"), window.message("make run")
    await expect(first.get_by_role("link")).to_have_attribute("href", "https://www.moph.go.th")
    await expect(second.locator("code")).to_have_text("make run")
    for part in (first.get_by_role("link"), second.locator("code"), second.locator("b span")):
        await expect(part).to_have_css("unicode-bidi", "isolate")
    preview = window.page.locator(".room-row-preview bdi")
    await expect(preview.filter(has_text="make run")).to_have_count(1)
    await first.hover()
    await first.get_by_role("button", name=re.compile("^แสดงความรู้สึก 👍")).click()
    await expect(first.get_by_role("button", name=re.compile("^👍.* 1 "))).to_be_visible()

    await second.focus()
    await first.hover()
    assert await window.evaluate(TOOLS) == 1
    await window.page.keyboard.press("Shift")
    assert await window.evaluate(TOOLS) == 1

    box = await _box(second)
    x, y = box["x"] + 200, box["y"] + box["height"] / 2
    await window.page.mouse.click(x, y, button="right")
    menu = await _box(window.page.get_by_role("menu"))
    assert abs(menu["x"] - x) < 20
    await expect(second).to_have_class(re.compile("msg-chosen"))
    await window.page.keyboard.press("Escape")
    await expect(second).not_to_have_class(re.compile("msg-chosen"))

    tools = await _box(second.get_by_role("button", name="ตัวเลือกของข้อความนี้"))
    assert tools["x"] - box["x"] < 900


@pytest.mark.parametrize(("width", "panel"), [(1024, False), (1366, True), (1920, True)])
async def test_the_tools_leave_author_and_time_in_sight(
    served: Agency, windows: OpenWindow, *, width: int, panel: bool
) -> None:
    """Whatever the length of name and post, and with little room beside an open panel."""
    window = await windows(served.url, "somchai.j", viewport={"width": width, "height": 800})
    await window.open_room(INCIDENT)
    if panel:
        await window.open_info()
    await window.to_newest()
    heads = window.log.locator("article.msg-head")
    for n in range(1, await heads.count()):
        await heads.nth(n).scroll_into_view_if_needed()
        await window.evaluate(TWO_FRAMES)
        await heads.nth(n).locator(".msg-text").hover()
        assert await heads.nth(n).evaluate(COVERED) == []
    assert await heads.count() > 3


async def test_the_address_of_a_message_opens_it(served: Agency, windows: OpenWindow) -> None:
    """What the menu puts on the clipboard leads whoever may read it to this very message."""
    window = await windows(served.url, "narin.p")
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await window.open_room()
    await window.to_newest()
    await window.say("ประชุมพรุ่งนี้บ่ายสองครับ")
    await expect(window.message("ประชุมพรุ่งนี้บ่ายสองครับ")).to_be_visible()
    await window.act("ประชุมพรุ่งนี้บ่ายสองครับ", "คัดลอกที่อยู่ของข้อความ")
    address = ""

    async def copied() -> bool:
        nonlocal address
        address = str(await window.evaluate("navigator.clipboard.readText()"))
        return address.startswith(f"{served.url}/#/rooms/{served.room('dengue')}/")

    await until(copied, "the address on the clipboard")
    other = await windows(served.url, "lalita.w")
    await other.page.goto(address)
    await expect(other.message("ประชุมพรุ่งนี้บ่ายสองครับ")).to_be_in_viewport()
    await expect(other.message("ประชุมพรุ่งนี้บ่ายสองครับ")).to_be_focused()
