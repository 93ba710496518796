"""The whole task set without a mouse, and typing Thai without accidents (A1, A7, A8, C17)."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.async_api import Locator, Page, expect

from appliance.demo.world import PASSWORD
from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, TWO_FRAMES, Window

FOCUS: Final = """() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  const scroller = document.querySelector("[role=log]").getBoundingClientRect();
  const points = [0.1, 0.5, 0.9].map((down) => [box.left + box.width / 2, box.top + box.height * down]);
  return {
    row: element.dataset.row ?? null,
    inside: box.top >= scroller.top - 1 && box.bottom <= scroller.bottom + 1,
    uncovered: points.every(([x, y]) => element.contains(document.elementFromPoint(x, y))),
    outlined: element.matches(":focus-visible"),
  };
}"""


# Frames come as late as on a busy device: none until they are released.
HOLD_FRAMES: Final = """() => {
  const request = window.requestAnimationFrame;
  const held = [];
  window.requestAnimationFrame = (run) => held.push(run);
  window.releaseFrames = () => {
    window.requestAnimationFrame = request;
    held.forEach((run) => request(run));
  };
}"""


async def tab_to(page: Page, name: str, role: Any = "button", *, exact: bool = True) -> None:
    """Press Tab until the element of this name has the focus."""
    wanted = page.get_by_role(role, name=name, exact=exact)
    for _ in range(60):
        if await wanted.evaluate_all("elements => elements.includes(document.activeElement)"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}")


async def newest(window: Window) -> Locator:
    """Move the focus to the newest message."""
    await window.page.keyboard.press("Control+Shift+Home")
    focused = window.log.locator("[data-row]:focus")
    await expect(focused).to_be_visible()
    await window.page.keyboard.press("End")
    return focused


async def choose(page: Page, name: str) -> None:
    """Walk down the open menu to an action and take it."""
    item = page.get_by_role("menuitem", name=name)
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    for _ in range(12):
        if await item.evaluate("item => item === document.activeElement"):
            break
        await page.keyboard.press("ArrowDown")
    await expect(item).to_be_focused()
    await page.keyboard.press("Enter")


async def test_signing_in_finding_a_room_and_writing(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    keys, page = window.page.keyboard, window.page
    await expect(page.get_by_label("ชื่อผู้ใช้")).to_be_focused()
    await keys.type("narin.p")
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await window.entered()
    await tab_to(page, "ค้นหาห้อง", role="searchbox")
    await keys.type("ไข้เลือด")
    await expect(window.page.locator(".rooms-list li")).to_have_count(1)
    await tab_to(page, "ยังไม่อ่าน")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(window.composer).to_be_focused()
    await keys.type("ส่งด้วยแป้นพิมพ์")
    await keys.press("Shift+Enter")
    await keys.type("สองบรรทัด")
    await keys.press("Enter")
    await expect(window.message("ส่งด้วยแป้นพิมพ์").locator(".msg-text")).to_have_text("ส่งด้วยแป้นพิมพ์\nสองบรรทัด")


async def test_what_can_be_done_with_a_message(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    keys, page = window.page.keyboard, window.page
    await window.open_room()
    await window.say("ขอเชิญประชุม")
    mine = window.message("ขอเชิญประชุม")
    await expect(mine.get_by_role("button", name="เปิดรายชื่อผู้อ่าน")).to_be_visible()
    await newest(window)
    await expect(mine).to_be_focused()
    await keys.press("Enter")
    await choose(page, "แสดงความรู้สึก")
    await expect(page.get_by_role("button", name=re.compile("^👍"))).to_be_focused()
    await keys.press("ArrowRight")
    await keys.press("Enter")
    await expect(mine.get_by_role("button", name=re.compile("^🙏 "))).to_be_visible()

    await keys.press("Control+Shift+Enter")
    await expect(window.composer).to_be_focused()
    await keys.press("ArrowUp")
    await expect(page.get_by_text("แก้ไขข้อความ")).to_be_visible()
    await expect(window.composer).to_have_value("ขอเชิญประชุม")
    await keys.type(" บ่ายสอง")
    await keys.press("Enter")
    await expect(mine.locator(".msg-text")).to_have_text("ขอเชิญประชุม บ่ายสอง")

    await newest(window)
    await keys.press("ContextMenu")
    await choose(page, "ตอบกลับ")
    await expect(page.get_by_text("ตอบกลับ นายแพทย์นรินทร์ พิพัฒน์พงศ์")).to_be_visible()
    await expect(window.composer).to_be_focused()
    await keys.press("Escape")
    await expect(page.get_by_text("ตอบกลับ นายแพทย์นรินทร์ พิพัฒน์พงศ์")).not_to_be_visible()

    await newest(window)
    await keys.press("Shift+F10")
    await choose(page, "เรียกคืนข้อความ")
    await expect(window.dialog).to_be_visible()
    await tab_to(page, "เรียกคืน")
    await keys.press("Enter")
    await expect(mine).to_have_count(0)


async def test_panels_take_the_focus_and_give_it_back(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    keys, page = window.page.keyboard, window.page
    await window.open_room()
    await newest(window)
    await keys.press("Enter")
    await choose(page, "ผู้อ่านข้อความนี้")
    readers = page.get_by_role("region", name="ผู้อ่านข้อความ")
    await expect(readers.get_by_role("heading", name="ผู้อ่านข้อความ")).to_be_focused()
    await keys.press("Escape")
    await expect(readers).to_have_count(0)
    await expect(window.composer).to_be_focused()

    await keys.press("Alt+ArrowDown")
    await expect(page.get_by_role("heading", name=ROOM)).to_have_count(0)
    await keys.press("Alt+ArrowUp")
    await expect(page.get_by_role("heading", name=ROOM).first).to_be_visible()
    await keys.press("Control+/")
    await expect(window.dialog).to_contain_text("แป้นพิมพ์ลัด")
    await keys.press("Escape")
    await expect(window.dialog).to_have_count(0)


async def test_esc_empties_a_search_before_it_closes_what_the_search_stands_in(
    served: Agency, windows: OpenWindow
) -> None:
    """Help says so: nobody loses a dialog for a word typed wrong."""
    window = await windows(served.url, "narin.p")
    keys, page = window.page.keyboard, window.page
    await window.start("สนทนาส่วนตัว")
    field = window.dialog.get_by_role("searchbox")
    await expect(field).to_be_focused()
    await keys.type("วิเศษ")
    await keys.press("Escape")
    await expect(field).to_have_value("")
    await expect(field).to_be_focused()
    await keys.press("Escape")
    await expect(window.dialog).to_have_count(0)
    await page.locator("#room-search").press_sequentially("งาน")
    await keys.press("Escape")
    await expect(page.locator("#room-search")).to_have_value("")


async def test_making_a_room_and_signing_out(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    keys, page = window.page.keyboard, window.page
    await tab_to(page, "เริ่มการสนทนา")
    await keys.press("Enter")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(window.dialog.get_by_label("ชื่อห้อง")).to_be_focused()
    await keys.type("ห้องจากแป้นพิมพ์")
    await tab_to(page, "ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์", role="searchbox")
    await keys.type("ลลิตา")
    await expect(window.dialog.get_by_role("checkbox")).to_have_count(1)
    await tab_to(page, "นางสาวลลิตา วิเศษสุวรรณ", role="checkbox", exact=False)
    await keys.press("Space")
    await tab_to(page, "สร้างห้อง")
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="ห้องจากแป้นพิมพ์").first).to_be_visible()
    await tab_to(page, "ตั้งค่า", role="link")
    await keys.press("Enter")
    await tab_to(page, "ออกจากระบบ")
    await keys.press("Enter")
    await expect(page.get_by_label("ชื่อผู้ใช้")).to_be_visible()


async def test_the_focused_message_is_never_covered(served: Agency, windows: OpenWindow) -> None:
    """A1: fifty messages up and fifty down, each whole and in sight when it has the focus."""
    window = await windows(served.url, "narin.p", viewport={"width": 1024, "height": 640})
    await window.open_room()
    await window.to_newest()
    await window.page.keyboard.press("Control+Shift+Home")
    rows: list[str] = []
    for key in ["ArrowUp"] * 50 + ["ArrowDown"] * 50:
        await window.page.keyboard.press(key)
        await window.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        focus = await window.evaluate(FOCUS)
        assert focus == {"row": focus["row"], "inside": True, "uncovered": True, "outlined": True}, (key, focus, rows)
        assert focus["row"] is not None
        rows.append(focus["row"])
    assert len(set(rows)) >= 50
    assert rows[48] == rows[50]


async def test_enter_that_ends_a_composition_does_not_send(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.composer.focus()
    session = await window.context.new_cdp_session(window.page)
    await session.send("Input.imeSetComposition", {"text": "ประชุม", "selectionStart": 6, "selectionEnd": 6})
    await expect(window.composer).to_have_value("ประชุม")
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    await session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    await session.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    await expect(window.composer).to_have_value("ประชุม")
    await session.send("Input.insertText", {"text": "ประชุม"})
    await expect(window.composer).to_have_value("ประชุม")
    await expect(window.message("ประชุม").filter(has_text="รอส่ง")).to_have_count(0)
    await window.composer.press("Enter")
    await expect(window.composer).to_have_value("")
    await expect(window.log.locator(".msg-text", has_text="ประชุม").last).to_have_text("ประชุม")


async def test_no_single_letter_does_anything_while_thai_is_typed(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.composer.focus()
    every = "".join(map(chr, [*range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E5C), *range(0x21, 0x7F)])).replace("@", "")
    await window.page.keyboard.type(every)
    await expect(window.composer).to_have_value(every)
    await expect(window.page.get_by_role("heading", name=ROOM).first).to_be_visible()
    await expect(window.dialog).to_have_count(0)


async def test_the_end_pressed_at_the_end_leaves_nothing_behind(served: Agency, windows: OpenWindow) -> None:
    """The focus that End asks for is given at once or never: not to the list while somebody writes."""
    narin = await served.login("narin.p")
    window = await windows(served.url, "lalita.w")
    await window.open_room()
    await newest(window)
    await window.page.keyboard.press("End")
    await window.composer.click()
    await window.page.keyboard.type("กำลังเขียน")
    await narin.say(served.room("dengue"), "ข้อความที่เข้ามาระหว่างเขียน")
    await expect(window.message("ข้อความที่เข้ามาระหว่างเขียน")).to_be_visible()
    await window.page.keyboard.type("อยู่")
    await expect(window.composer).to_have_value("กำลังเขียนอยู่")


async def test_the_messages_are_reached_from_the_unread_line_of_a_long_absence(
    served: Agency, windows: OpenWindow
) -> None:
    """The list's tab stop, the newest message, is then far below and not in the document."""
    narin = await served.login("narin.p")
    for n in range(40):
        await narin.say(served.room("dengue"), f"ระหว่างที่ไม่อยู่ ข้อที่ {n}")
    window = await windows(served.url, "lalita.w")
    await window.open_room()
    await expect(window.page.get_by_text("ข้อความใหม่", exact=True)).to_be_in_viewport()
    await window.page.keyboard.press("Control+Shift+Home")
    await expect(window.log.locator("[data-row]:focus")).to_be_in_viewport()


_HELD: Final = """
() => {
  const held = document.activeElement;
  return held !== null && held !== document.body && held.getClientRects().length > 0;
}
"""
PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1280, "height": 800}


async def held(window: Window, arrived: Locator) -> None:
    """Hold that what has the focus is on the screen, and stays so."""
    await expect(arrived).to_be_visible()
    await window.page.wait_for_function(_HELD)
    await window.evaluate(TWO_FRAMES)
    assert await window.evaluate(_HELD)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_whatever_is_pressed_the_focus_has_a_place(
    served: Agency, windows: OpenWindow, viewport: dict[str, int]
) -> None:
    """From signing in, through a room and its people, and to the places of the rail (WCAG 2.4.3)."""
    window = await windows(served.url, viewport=viewport)
    page = window.page
    rail = page.get_by_role("navigation", name="ส่วนหลัก")
    await window.sign_in("narin.p")
    await window.entered()
    await held(window, rail)
    await window.row(ROOM).click()
    await held(window, window.composer)
    panel = await window.open_info()
    await held(window, panel)
    await panel.get_by_role("button", name=re.compile("^นางสาวลลิตา วิเศษสุวรรณ")).click()
    profile = page.get_by_role("region", name="ข้อมูลบุคคล")
    await held(window, profile)
    await profile.get_by_role("button", name="สนทนาส่วนตัว").click()
    await held(window, window.composer)
    if viewport is PHONE:
        await window.button("กลับไปรายชื่อห้อง").click()
        await held(window, rail)
    await rail.get_by_role("link", name="คำขอ").click()
    await held(window, page.get_by_role("region", name="คำขอ"))
    if viewport is PHONE:
        await window.button("กลับ").click()
        await held(window, rail)
    await rail.get_by_role("link", name="ตั้งค่า").click()
    await held(window, page.get_by_role("link", name="การแสดงผล"))
    await page.get_by_role("link", name="การแสดงผล").click()
    await held(window, page.get_by_role("region", name="การแสดงผล"))
    await window.go("#/nowhere")
    await window.button("ไปที่ห้องสนทนา").click()
    await held(window, rail)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_from_the_people_to_a_chat_the_focus_follows(
    served: Agency, windows: OpenWindow, viewport: dict[str, int]
) -> None:
    """From a line of the list and from a profile: the button that was pressed is gone with its place (WCAG 2.4.3)."""
    window = await windows(served.url, "narin.p", viewport=viewport)
    page = window.page
    await page.get_by_role("navigation", name="ส่วนหลัก").get_by_role("link", name="บุคลากร").click()
    await held(window, window.button("ค้นหาทั้งหน่วยงาน"))
    await window.button("ค้นหาทั้งหน่วยงาน").click()
    people = page.get_by_role("region", name="รายชื่อบุคลากร")
    await held(window, people)
    await people.get_by_role("searchbox").fill("ลลิตา")
    chat = people.get_by_role("button", name="สนทนากับ นางสาวลลิตา วิเศษสุวรรณ")
    await expect(people.get_by_role("listitem")).to_have_count(1)
    await chat.click()
    await held(window, window.composer)
    await page.go_back()
    await expect(chat).to_be_visible()
    await people.get_by_role("button", name=re.compile("^นางสาวลลิตา วิเศษสุวรรณ")).click()
    profile = page.get_by_role("region", name="ข้อมูลบุคคล")
    await held(window, profile)
    await profile.get_by_role("button", name="สนทนาส่วนตัว").click()
    await held(window, window.composer)


async def press(window: Window, button: Locator, arrived: Locator) -> None:
    """Press by keyboard and hold that the focus comes to rest at the place that is expected."""
    await button.press("Enter")
    await expect(arrived).to_be_focused()
    await held(window, arrived)


async def test_what_a_member_asks_for_keeps_the_focus_in_the_panel(served: Agency, windows: OpenWindow) -> None:
    """At the button that was pressed, or, where that is gone or says no more, at the title around it (WCAG 2.4.3)."""
    window = await windows(served.url, "lalita.w")
    await window.open_room()
    panel, dialog = await window.open_info(), window.dialog
    ask = panel.get_by_role("button", name="ขอออกจากห้อง")
    await ask.press("Enter")
    await press(window, dialog.get_by_role("button", name="ส่งคำขอ"), ask)
    await expect(ask).to_have_attribute("aria-disabled", "true")
    title = panel.get_by_role("heading", name="ขอออกจากห้อง")
    await press(window, panel.get_by_role("button", name="ถอนคำขอ"), title)

    suggest = panel.get_by_role("button", name="เสนอชื่อสมาชิก")
    await suggest.press("Enter")
    await dialog.get_by_role("searchbox").fill("เดชา รักษา")
    await window.flip(dialog.get_by_role("checkbox", name=re.compile("เดชา รักษาชาติ")))
    await press(window, dialog.get_by_role("button", name="เสนอ 1 คน"), suggest)
    await expect(suggest).to_have_attribute("aria-disabled", "true")

    clear = panel.get_by_role("button", name="ล้างการสนทนาจากหน้าจอ")
    await clear.press("Enter")
    await press(window, dialog.get_by_role("button", name="ล้าง", exact=True), clear)
    await press(window, window.button("แสดงข้อความเดิมอีกครั้ง"), window.page.get_by_role("main"))

    await window.go("#/settings/me")
    me = window.page.get_by_role("region", name="ข้อมูลของท่าน")
    await me.get_by_role("textbox", name="ข้อความสถานะ").fill("ประชุม")
    save = me.get_by_role("button", name="บันทึกสถานะ")
    await press(window, save, save)
    await expect(save).to_have_attribute("aria-disabled", "true")


async def test_a_frame_that_comes_late_takes_the_focus_from_no_button(served: Agency, windows: OpenWindow) -> None:
    """A pick leads the focus back to the search; who is at the next button by then keeps it, and Enter counts there."""
    window = await windows(served.url, "lalita.w")
    await window.open_room()
    panel, dialog, keys = await window.open_info(), window.dialog, window.page.keyboard
    suggest = panel.get_by_role("button", name="เสนอชื่อสมาชิก")
    await suggest.press("Enter")
    search = dialog.get_by_role("searchbox")
    await search.fill("เดชา รักษา")
    await window.flip(dialog.get_by_role("checkbox", name=re.compile("เดชา รักษาชาติ")))
    await expect(search).to_be_focused()

    await search.fill("ธนพล อัศว")
    choice = dialog.get_by_role("checkbox", name=re.compile("ธนพล อัศวเดชานุกร"))
    await expect(choice).to_be_visible()
    await window.evaluate(HOLD_FRAMES)
    await window.flip(choice)
    finish = dialog.get_by_role("button", name="เสนอ 2 คน")
    await finish.focus()
    await keys.down("Enter")
    await window.evaluate("() => window.releaseFrames()")
    await window.evaluate(TWO_FRAMES)
    await expect(finish).to_be_focused()
    await keys.up("Enter")
    await expect(suggest).to_be_focused()
    await expect(suggest).to_have_attribute("aria-disabled", "true")


async def test_what_an_owner_decides_keeps_the_focus_in_the_panel(served: Agency, windows: OpenWindow) -> None:
    """Answered cards, members and sections leave the page with the button that was pressed (WCAG 2.4.3)."""
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    dengue = served.room("dengue")
    member = await served.login("lalita.w")
    await member.post(f"/rooms/{dengue}/removal-requests", {"reason": ""})
    await member.post(f"/rooms/{dengue}/member-suggestions", {"people": [served.person("decha.r")], "reason": ""})

    await narin.page.get_by_role("link", name=re.compile("^คำขอ")).click()
    requests = narin.page.get_by_role("region", name="คำขอ", exact=True)
    waiting = requests.get_by_role("heading", name="คำขอที่รอท่าน")
    card = requests.get_by_role("listitem").filter(has_text="ขอออกจากห้อง")
    await card.get_by_role("button", name="ไม่อนุมัติ").press("Enter")
    await press(narin, narin.dialog.get_by_role("button", name="ไม่อนุมัติ"), waiting)
    grant = requests.get_by_role("button", name="เพิ่ม 1 คน")
    await press(narin, grant, requests.get_by_role("heading", name="คำขอ", exact=True))

    await lalita.open_room()
    await lalita.composer.fill("ร่างที่ยังไม่ได้ส่ง")
    await narin.open_room()
    panel = await narin.open_info()
    await panel.get_by_role("button", name="การจัดการ นางสาวลลิตา วิเศษสุวรรณ").press("Enter")
    await choose(narin.page, "นำออกจากห้อง")
    members = panel.get_by_role("heading", name=re.compile("^สมาชิก "))
    await press(narin, narin.dialog.get_by_role("button", name="นำออก", exact=True), members)
    await expect(lalita.page.get_by_role("main")).to_be_focused()
    await held(lalita, lalita.page.get_by_text("ร่างที่ยังไม่ได้ส่ง"))

    await panel.get_by_role("button", name="ปิดห้อง").press("Enter")
    await narin.dialog.get_by_role("textbox").fill(ROOM)
    title = panel.get_by_role("heading", name="ข้อมูลห้อง", exact=True)
    await press(narin, narin.dialog.get_by_role("button", name="ปิดห้อง", exact=True), title)
