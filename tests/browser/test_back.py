"""Back on a phone: it closes what is open, the topmost first, and leaves the page behind it alone."""

from __future__ import annotations

from typing import Final

from playwright.async_api import expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, Window

PHONE: Final = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


async def address(window: Window) -> str:
    """Return the address after `#`."""
    return str(await window.evaluate("() => location.hash.slice(1)"))


async def test_back_closes_dialogs_and_menus_from_the_top(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p", **PHONE)
    page, dialog = window.page, window.dialog
    await window.open_room()
    room = await address(window)
    await window.log.get_by_role("article").last.click(button="right")
    await page.get_by_role("menuitem", name="เรียกคืนข้อความ").or_(page.get_by_role("menuitem").last).first.wait_for()
    await page.go_back()
    await expect(page.get_by_role("menu")).to_have_count(0)
    assert await address(window) == room
    panel = await window.open_info()
    info = await address(window)
    await panel.get_by_role("button", name="เปลี่ยนชื่อห้อง").click()
    await expect(dialog).to_be_visible()
    await page.go_back()
    await expect(dialog).to_have_count(0)
    await expect(panel).to_be_visible()
    assert await address(window) == info
    # What its own button has closed leaves nothing to go back through.
    await panel.get_by_role("button", name="เปลี่ยนชื่อห้อง").click()
    await dialog.get_by_role("button", name="ปิด", exact=True).click()
    await expect(dialog).to_have_count(0)
    await page.go_back()
    await expect(window.composer).to_be_visible()
    assert await address(window) == room


async def test_back_from_a_room_made_in_a_dialog_leads_to_the_list(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p", **PHONE)
    page, dialog = window.page, window.dialog
    await window.start("สร้างห้องใหม่")
    await dialog.get_by_role("textbox", name="ชื่อห้อง").fill("ห้องใหม่จากโทรศัพท์")
    await dialog.get_by_role("searchbox").first.fill("ลลิตา")
    await dialog.get_by_role("option").or_(dialog.get_by_role("checkbox")).first.press("Space")
    await dialog.get_by_role("button", name="สร้างห้อง").click()
    await expect(page.get_by_role("heading", name="ห้องใหม่จากโทรศัพท์").first).to_be_visible()
    await page.go_back()
    await expect(dialog).to_have_count(0)
    await expect(window.row(ROOM)).to_be_visible()


async def test_escape_closes_a_dialog_while_its_tree_has_the_focus(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    page, dialog = window.page, window.dialog
    await window.start("สร้างห้องใหม่")
    await dialog.get_by_role("tab", name="ตามหน่วยงาน").click()
    await dialog.get_by_role("treegrid").get_by_role("row").first.click()
    await expect(dialog.get_by_role("row", selected=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_a_question_has_one_button_of_each_name(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    panel = await window.open_info()
    await panel.get_by_role("button", name="ล้างการสนทนาจากหน้าจอ").click()
    await expect(window.dialog.get_by_role("button")).to_have_text(["ยกเลิก", "ล้าง"])
    await window.page.keyboard.press("Escape")
    await expect(window.dialog).to_have_count(0)
