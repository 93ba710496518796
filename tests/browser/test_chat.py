"""Two people in two windows: what one does the other sees, live and by name."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM
from tests.waiting import quiet_clock

NARIN, LALITA, SUPHAWADI = "นายแพทย์นรินทร์ พิพัฒน์พงศ์", "นางสาวลลิตา วิเศษสุวรรณ", "แพทย์หญิงสุภาวดี จิตต์อารีย์"
NOTE_UNREAD: Final = """room => {
  window.flickered = false;
  const row = () => [...document.querySelectorAll(".rooms-list li")].find(li => li.textContent.includes(room));
  const look = () => { if (row()?.textContent.includes("ยังไม่อ่าน")) window.flickered = true; };
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(document.body, all);
}"""


async def test_a_message_arrives_live_and_its_reader_is_named(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await narin.open_room()
    await lalita.open_room()
    await lalita.to_newest()
    said = "เรียนทุกท่าน พรุ่งนี้ประชุม ๐๙.๓๐ น. ที่ห้องประชุมชั้น ๔ ครับ"
    await narin.say(said)
    await expect(lalita.message(said)).to_be_visible()
    await expect(lalita.message(said)).to_contain_text(NARIN)

    mark = narin.message(said).get_by_role("button", name="เปิดรายชื่อผู้อ่าน")
    await expect(mark).to_contain_text("อ่านแล้ว 1")
    await mark.click()
    readers = narin.page.get_by_role("region", name="ผู้อ่านข้อความ")
    await expect(readers.get_by_role("tab", name="อ่านแล้ว 1")).to_be_visible()
    await expect(readers.get_by_role("tabpanel")).to_contain_text(LALITA)
    await expect(readers.get_by_role("tabpanel").get_by_role("listitem")).to_have_count(1)
    await readers.get_by_role("tab", name="ยังไม่อ่าน 12").click()
    await expect(readers.get_by_role("tabpanel").get_by_role("listitem")).to_have_count(12)
    await expect(readers.get_by_role("tabpanel")).to_contain_text(SUPHAWADI)
    await expect(readers.get_by_role("tabpanel")).not_to_contain_text(LALITA)

    # A reader more, while the panel is open.
    suphawadi = await windows(served.url, "suphawadi.c")
    await suphawadi.open_room()
    await expect(readers.get_by_role("tab", name="อ่านแล้ว 2")).to_be_visible()
    await expect(mark).to_contain_text("อ่านแล้ว 2")


async def test_what_comes_where_one_reads_is_unread_for_no_moment(served: Agency, windows: OpenWindow) -> None:
    narin = await served.login("narin.p")
    lalita = await windows(served.url, "lalita.w")
    await lalita.open_room()
    await lalita.to_newest()
    await narin.say(served.room("dengue"), "เริ่มอ่าน")
    await expect(lalita.message("เริ่มอ่าน")).to_be_visible()
    # Another device knows it from the server: it is reported, so the page has noticed that its reader is at the end.
    phone = await windows(served.url, "lalita.w")
    await expect(phone.row(ROOM)).not_to_contain_text("ยังไม่อ่าน")
    await lalita.page.evaluate(NOTE_UNREAD, ROOM)
    for text in ("กำลังอ่านอยู่หนึ่ง", "กำลังอ่านอยู่สอง", "กำลังอ่านอยู่สาม"):
        await narin.say(served.room("dengue"), text)
        await expect(lalita.message(text)).to_be_visible()
    await expect(phone.row(ROOM)).not_to_contain_text("ยังไม่อ่าน")
    assert not await lalita.evaluate("window.flickered")
    await lalita.open_room("สำนักระบาดวิทยา ข้อราชการ")
    await narin.say(served.room("dengue"), "ไม่มีใครดูอยู่")
    await expect(lalita.row(ROOM)).to_contain_text("ยังไม่อ่าน 1 รายการ")
    assert await lalita.evaluate("window.flickered")


async def test_unread_messages_are_counted_until_they_are_read(served: Agency, windows: OpenWindow) -> None:
    narin = await served.login("narin.p")
    lalita = await windows(served.url, "lalita.w")
    await lalita.open_room()
    await lalita.to_newest()
    # Whoever leaves at once was shown nothing long enough to have read it.
    await expect(lalita.row(ROOM)).not_to_contain_text("ยังไม่อ่าน")
    await lalita.open_room("สำนักระบาดวิทยา ข้อราชการ")
    for text in ("หนึ่ง", "สอง", "สาม"):
        await narin.say(served.room("dengue"), text)
    row = lalita.row(ROOM)
    await expect(row).to_contain_text("ยังไม่อ่าน 3 รายการ")
    await expect(row).to_contain_text("นรินทร์: สาม")
    phone = await windows(served.url, "lalita.w")
    await expect(phone.row(ROOM)).to_contain_text("ยังไม่อ่าน 3 รายการ")
    await phone.open_room()
    await expect(phone.row(ROOM)).not_to_contain_text("ยังไม่อ่าน")
    begun = quiet_clock()
    await expect(row).not_to_contain_text("ยังไม่อ่าน")
    assert quiet_clock() - begun < 2


async def test_who_is_typing_is_shown_and_forgotten(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await narin.open_room()
    await lalita.open_room()
    await lalita.to_newest()
    await narin.composer.press_sequentially("กำลังร่าง", delay=20)
    await expect(lalita.page.get_by_text(f"{NARIN} กำลังพิมพ์…")).to_be_visible()
    await narin.composer.press("Enter")
    await expect(lalita.page.get_by_text("กำลังพิมพ์…")).not_to_be_visible()


async def test_reply_mention_and_reaction(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await narin.open_room()
    await lalita.open_room()
    await lalita.to_newest()
    await narin.say("ขอตัวเลขผู้ป่วยรายอำเภอด้วยครับ")
    await lalita.act("ขอตัวเลขผู้ป่วยรายอำเภอด้วยครับ", "ตอบกลับ")
    await expect(lalita.page.get_by_text(f"ตอบกลับ {NARIN}")).to_be_visible()
    await lalita.say("ส่งทางอีเมลแล้วค่ะ")
    answer = narin.message("ส่งทางอีเมลแล้วค่ะ")
    await expect(answer.get_by_role("button", name="ขอตัวเลขผู้ป่วยรายอำเภอด้วยครับ")).to_be_visible()

    # Any part of a name finds its owner: «ลิตา» is in ลลิตา.
    await narin.composer.press_sequentially("ขอบคุณ @ลิตา")
    option = narin.page.get_by_role("listbox", name="กล่าวถึงบุคคล").get_by_role("option", name=LALITA)
    await expect(option).to_be_visible()
    await narin.composer.press("Enter")
    await narin.composer.press_sequentially("สำหรับตัวเลขครับ")
    await narin.composer.press("Enter")
    thanks = lalita.message("สำหรับตัวเลขครับ")
    await expect(thanks.locator("mark")).to_have_text(f"@{LALITA}")
    await expect(thanks).to_have_class(re.compile("msg-mentions-me"))

    await thanks.hover()
    await thanks.get_by_role("button", name="แสดงความรู้สึก", exact=True).click()
    await lalita.page.get_by_role("button", name=re.compile("^🙏")).click()
    chip = narin.message("สำหรับตัวเลขครับ").get_by_role("button", name=re.compile("^🙏 "))
    await expect(chip).to_have_accessible_name(re.compile(f"^🙏.* 1 {LALITA} กดเพื่อร่วม$"))
    await narin.reach(chip)
    await expect(narin.page.get_by_role("tooltip")).to_contain_text(LALITA)
    await chip.click()
    await expect(thanks.get_by_role("button", name=re.compile("^🙏 "))).to_contain_text("2")


async def test_an_edit_keeps_its_history_and_a_retraction_its_trace(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await narin.open_room()
    await lalita.open_room()
    await lalita.to_newest()
    await narin.say("ประชุมเวลา 13.00 น.")
    await expect(lalita.message("ประชุมเวลา 13.00 น.")).to_be_visible()
    await narin.act("ประชุมเวลา 13.00 น.", "แก้ไข")
    await expect(narin.composer).to_have_value("ประชุมเวลา 13.00 น.")
    await narin.say("ประชุมเวลา 14.00 น.")
    edited = lalita.message("ประชุมเวลา 14.00 น.")
    await edited.get_by_role("button", name="แก้ไขแล้ว").click()
    await expect(lalita.dialog).to_contain_text("ประชุมเวลา 13.00 น.")
    await expect(lalita.dialog).to_contain_text("ฉบับปัจจุบัน")
    await lalita.page.keyboard.press("Escape")

    await narin.act("ประชุมเวลา 14.00 น.", "เรียกคืนข้อความ")
    await narin.dialog.get_by_label("เหตุผล (ไม่บังคับ)").fill("ผิดห้อง")
    await narin.dialog.get_by_role("button", name="เรียกคืน", exact=True).click()
    await expect(lalita.message("ข้อความนี้ถูกเรียกคืนแล้ว").last).to_be_visible()
    await expect(lalita.log.get_by_text("ประชุมเวลา 14.00 น.")).to_have_count(0)
    await expect(lalita.row(ROOM)).to_contain_text("ข้อความถูกเรียกคืนแล้ว")
