"""People and rooms: the chart, choosing members, what an owner may do and others may ask for."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from playwright.async_api import Route, expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, Window

WAITS: Final = "มีคำขอที่รอคำตอบอยู่แล้ว"
LALITA: Final = "นางสาวลลิตา วิเศษสุวรรณ"


async def unfold(window: Window, *units: str) -> None:
    """Open branches of the chart one below the other; the last is chosen."""
    tree = window.page.get_by_role("treegrid", name="ผังองค์กร")
    for unit in units[:-1]:
        row = tree.get_by_role("row", name=unit).first
        await expect(row).to_be_visible()
        if await row.get_attribute("aria-expanded") == "false":
            await row.get_by_role("button").click()
    await tree.get_by_role("row", name=units[-1]).first.click()


async def test_the_chart_leads_to_people_and_their_posts(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "somchai.j")
    await window.go("#/people")
    await unfold(window, "กระทรวงสาธารณสุข", "กรมควบคุมโรค", "สำนักระบาดวิทยา")
    people = window.page.get_by_role("region", name="รายชื่อบุคลากร")
    await expect(people.get_by_role("heading", name="สำนักระบาดวิทยา")).to_be_visible()
    await people.get_by_label("ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์").fill("ภาวดี")
    await people.get_by_role("button", name="แพทย์หญิงสุภาวดี จิตต์อารีย์").click()
    profile = window.page.get_by_role("region", name="ข้อมูลบุคคล")
    await expect(profile.get_by_role("heading", name="ตำแหน่ง")).to_be_visible()
    await expect(profile).to_contain_text("ผู้อำนวยการกองเฝ้าระวังโรค")
    await expect(profile).to_contain_text("ผู้อำนวยการกองห้องปฏิบัติการ")


async def test_a_room_of_single_people_and_of_a_unit_by_rank(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.start("สร้างห้องใหม่")
    dialog = window.dialog
    await dialog.get_by_label("ชื่อห้อง").fill("เตรียมประชุมวิชาการ ปี 2570")
    await dialog.get_by_label("ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์").fill("ชาย")
    await window.flip(dialog.get_by_role("checkbox", name="นายสมชาย ใจมั่น"))
    await expect(dialog.get_by_text("เลือกแล้ว 1 คน")).to_be_visible()

    await dialog.get_by_role("tab", name="ตามหน่วยงาน").click()
    await unfold(window, "กระทรวงสาธารณสุข", "กรมควบคุมโรค", "สำนักระบาดวิทยา")
    take = dialog.get_by_role("button", name=re.compile(r"เลือกทั้ง \d+ คน"))
    await expect(take).to_be_visible()
    below = await _number(await take.inner_text())
    await window.flip(dialog.get_by_role("radio", name="เฉพาะหน่วยงานนี้"))
    await expect(take).not_to_have_text(f"เลือกทั้ง {below} คน")
    await window.flip(dialog.get_by_role("radio", name="รวมหน่วยงานย่อย"))
    await expect(take).to_have_text(f"เลือกทั้ง {below} คน")
    rank = dialog.get_by_role("checkbox", name="ชำนาญการพิเศษ")
    await window.flip(rank)
    await expect(take).not_to_have_text(f"เลือกทั้ง {below} คน")
    fewer = await _number(await take.inner_text())
    await take.click()
    await expect(dialog.get_by_text(f"เลือกแล้ว {fewer + 1} คน")).to_be_visible()

    await dialog.get_by_role("tab", name=f"เลือกแล้ว {fewer + 1}").click()
    await expect(dialog.get_by_text(LALITA)).to_be_visible()
    await expect(dialog.get_by_text("นางอำไพ ใจบุญ")).to_have_count(0)
    await dialog.get_by_role("button", name="สร้างห้อง", exact=True).click()
    await expect(window.page.get_by_role("heading", name="เตรียมประชุมวิชาการ ปี 2570")).to_be_visible()
    await expect(window.page.get_by_text(re.compile(rf"^{fewer + 2} คน · "))).to_be_visible()
    somchai = await windows(served.url, "somchai.j")
    await expect(somchai.row("เตรียมประชุมวิชาการ ปี 2570")).to_be_visible()


async def _number(words: str) -> int:
    found = re.search(r"\d+", words)
    assert found is not None, words
    return int(found[0])


async def test_an_owner_renames_adds_removes_hands_over_and_closes(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await narin.open_room()
    await lalita.open_room()
    panel = await narin.open_info()
    await panel.get_by_role("button", name="เปลี่ยนชื่อห้อง").click()
    await narin.dialog.get_by_label("ชื่อห้อง").fill("ศูนย์ปฏิบัติการไข้เลือดออก")
    await narin.dialog.get_by_role("button", name="บันทึก").click()
    await expect(lalita.page.get_by_role("heading", name="ศูนย์ปฏิบัติการไข้เลือดออก").first).to_be_visible()

    await panel.get_by_role("button", name="เพิ่ม", exact=True).click()
    await narin.dialog.get_by_label("ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์").fill("มาลี")
    await narin.flip(narin.dialog.get_by_role("checkbox", name="นางมาลี ทองคำ"))
    await narin.dialog.get_by_role("button", name="เพิ่ม 1 คน").click()
    malee = await windows(served.url, "malee.t")
    row = malee.row("ศูนย์ปฏิบัติการไข้เลือดออก")
    await expect(row).to_contain_text("เพิ่มท่านเข้าห้อง")
    await expect(row).to_contain_text("ยังไม่อ่าน 1 รายการ")
    await row.click()
    await malee.open_info()
    await malee.composer.fill("ร่างที่ยังไม่ได้ส่ง")

    # Who adds stays at the room's settings.
    await panel.get_by_role("button", name="การจัดการ นางมาลี ทองคำ").click()
    await narin.page.get_by_role("menuitem", name="นำออกจากห้อง").click()
    await narin.dialog.get_by_label("เหตุผล (ไม่บังคับ)").fill("ปรับคณะทำงานใหม่ค่ะ")
    await narin.dialog.get_by_role("button", name="นำออก", exact=True).click()
    await expect(row).to_have_count(0)
    # Who was looking at the room reads by whom and when they were taken off, and keeps their words.
    gone = re.compile("นรินทร์ .*นำท่านออกจากห้อง “ศูนย์ปฏิบัติการไข้เลือดออก” เมื่อ")
    await expect(malee.page.get_by_text(gone)).to_be_visible()
    await expect(malee.page.get_by_text("ปรับคณะทำงานใหม่ค่ะ")).to_be_visible()
    await expect(malee.page.get_by_text("ร่างที่ยังไม่ได้ส่ง")).to_be_visible()
    await expect(malee.side).to_have_count(0)
    await malee.page.get_by_role("link", name=re.compile("^คำขอ")).click()
    left = malee.page.get_by_role("region", name="ห้องที่มีผู้นำท่านออก")
    await expect(left).to_contain_text(gone)
    await expect(left).to_contain_text("ปรับคณะทำงานใหม่ค่ะ")
    await expect(narin.page.get_by_text("ปรับคณะทำงานใหม่ค่ะ")).to_have_count(0)

    await panel.get_by_role("button", name=f"การจัดการ {LALITA}").click()
    await narin.page.get_by_role("menuitem", name="มอบสิทธิ์เจ้าของห้องให้บุคคลนี้").click()
    await narin.dialog.get_by_role("button", name="มอบสิทธิ์", exact=True).click()
    await expect(panel.get_by_role("button", name="เปลี่ยนชื่อห้อง")).to_have_count(0)

    panel = await lalita.open_info()
    await panel.get_by_role("button", name="ปิดห้อง").click()
    confirm = lalita.dialog.get_by_role("button", name="ปิดห้อง", exact=True)
    await expect(confirm).to_have_accessible_description("โปรดพิมพ์ชื่อห้องให้ตรงกันก่อน")
    await lalita.dialog.get_by_role("textbox").fill("ศูนย์ปฏิบัติการไข้เลือดออก")
    await confirm.click()
    await expect(narin.page.locator("#main").get_by_text("ห้องนี้ปิดแล้ว อ่านได้แต่ส่งข้อความไม่ได้")).to_be_visible()
    await expect(narin.composer).to_have_count(0)
    # What a closed room allows nobody is said once, and no button is there for it.
    for who, side in ((lalita, panel), (narin, narin.page.get_by_role("region", name="ข้อมูลห้อง"))):
        await expect(side.get_by_text("ห้องนี้ปิดแล้ว สมาชิกอ่านข้อความได้")).to_be_visible()
        await expect(side.locator("[aria-disabled=true]")).to_have_count(0)
        await expect(side.get_by_text(re.compile("^เจ้าของห้องเป็นผู้|^สมาชิกใหม่อ่าน"))).to_have_count(0)
        await expect(who.page.get_by_role("button", name="ปิดห้อง", exact=True)).to_have_count(0)


async def test_members_see_whose_room_it_is_in_place_of_dead_buttons(served: Agency, windows: OpenWindow) -> None:
    """What only the owner does is no button of a member; a button that waits says for what, without a mouse."""
    lalita = await windows(served.url, "lalita.w")
    await lalita.open_room()
    panel = await lalita.open_info()
    await expect(panel.get_by_text("เจ้าของห้อง: นายแพทย์นรินทร์ พิพัฒน์พงศ์")).to_be_visible()
    for name in ("เพิ่ม", "เปลี่ยนชื่อห้อง", "มอบสิทธิ์เจ้าของห้อง", "ปิดห้อง", "ออกจากห้อง"):
        await expect(panel.get_by_role("button", name=name, exact=True)).to_have_count(0)
    await panel.get_by_role("button", name="ติดต่อเจ้าของห้อง").click()
    await expect(lalita.page.get_by_role("region", name="ข้อมูลบุคคล")).to_contain_text("ผู้อำนวยการสำนักระบาดวิทยา")


async def test_a_whole_unit_makes_a_room_and_says_whom_it_leaves_out(served: Agency, windows: OpenWindow) -> None:
    """Whoever cannot be added is named before, and stands in no one's way (browsers, «Met on the way»)."""
    malee = await windows(served.url, "malee.t")
    await malee.start("สร้างห้องใหม่")
    dialog = malee.dialog
    await dialog.get_by_label("ชื่อห้อง").fill("ทั้งสำนักงานปลัด")
    await dialog.get_by_role("tab", name="ตามหน่วยงาน").click()
    await unfold(malee, "กระทรวงสาธารณสุข", "สำนักงานปลัดกระทรวงสาธารณสุข")
    take = dialog.get_by_role("button", name=re.compile(r"เลือกทั้ง \d+ คน"))
    await expect(dialog.get_by_text("ที่บัญชีไม่ได้เปิดใช้งาน")).to_contain_text("นายอนุชา พรหมมา")
    people = await _number(await take.inner_text())
    await take.click()
    await dialog.get_by_role("button", name="สร้างห้อง", exact=True).click()
    await expect(malee.page.get_by_role("heading", name="ทั้งสำนักงานปลัด").first).to_be_visible()
    await expect(malee.page.get_by_text(re.compile(rf"^{people + 1} คน · ")).first).to_be_visible()


async def test_on_a_phone_the_chart_and_the_ranks_take_turns(served: Agency, windows: OpenWindow) -> None:
    """Each with the full height, a way back, and the focus; the numbers that differ say why."""
    phone = {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True}
    narin = await windows(served.url, "narin.p", **phone)
    await narin.open_room()
    await (await narin.open_info()).get_by_role("button", name="เพิ่ม", exact=True).click()
    dialog = narin.dialog
    tabs = dialog.get_by_role("tab")
    for n in range(3):
        await expect(tabs.nth(n)).to_be_in_viewport(ratio=1)
    one_line = await tabs.first.evaluate("one => one.offsetHeight")
    assert await tabs.last.evaluate("one => one.offsetHeight") == one_line < 2 * 28
    await dialog.get_by_role("tab", name="ตามหน่วยงาน").click()
    await unfold(narin, "กระทรวงสาธารณสุข", "กรมควบคุมโรค")
    take = dialog.get_by_role("button", name=re.compile(r"เลือกทั้ง \d+ คน"))
    await expect(take).to_be_in_viewport(ratio=1)
    await expect(dialog.get_by_role("heading", name="กรมควบคุมโรค")).to_be_focused()
    await expect(dialog.get_by_text("บริหาร ระดับสูง")).to_be_in_viewport(ratio=1)
    everyone, present = 16, 12
    left = await _number(await take.inner_text())
    assert left == everyone - present - 1
    counted = f"ทั้งหมด {everyone} คน · อยู่ในห้องแล้ว {present} คน · ไม่นับตัวท่าน"
    await expect(dialog.get_by_text(counted)).to_be_visible()
    await dialog.get_by_role("button", name="กลับไปที่ผังองค์กร").click()
    await expect(take).to_have_count(0)
    await expect(dialog.get_by_role("row", name="กรมควบคุมโรค")).to_be_visible()
    assert await narin.evaluate("document.querySelector('[role=treegrid]').contains(document.activeElement)")
    await narin.page.keyboard.press("ArrowDown")
    await expect(dialog.get_by_role("heading")).to_have_count(1)  # moving in the chart chooses nothing
    await dialog.get_by_role("row", name="กรมควบคุมโรค").tap()
    await expect(dialog.get_by_role("heading", name="กรมควบคุมโรค")).to_be_focused()
    await take.tap()
    await expect(dialog.get_by_text(f"เลือกแล้ว {left} คน")).to_be_visible()


async def test_nothing_typed_or_chosen_is_thrown_away_unasked(served: Agency, windows: OpenWindow) -> None:
    """The picker says what is missing, keeps its button and its height in sight, and asks before it forgets."""
    narin = await windows(served.url, "narin.p")
    await narin.start("สร้างห้องใหม่")
    dialog = narin.page.get_by_role("dialog", name="สร้างห้องใหม่")
    make = dialog.get_by_role("button", name="สร้างห้อง", exact=True)
    await expect(make).to_have_accessible_description("โปรดตั้งชื่อห้องและเลือกสมาชิก")
    await expect(dialog.get_by_text("โปรดตั้งชื่อห้องและเลือกสมาชิก")).to_be_visible()
    height = await dialog.evaluate("one => one.offsetHeight")
    field = dialog.get_by_role("searchbox")
    await field.fill("l,=kp")
    await narin.flip(dialog.get_by_role("checkbox", name="นายสมชาย ใจมั่น"))
    await expect(field).to_have_value("")
    await expect(field).to_be_focused()
    await field.fill("ลลิตา")
    await dialog.locator(".picker-person .choice").filter(has_text="ลลิตา").click()
    await expect(field).to_have_value("")
    await expect(field).to_be_focused()
    await expect(dialog.get_by_role("list", name="ผู้ที่เลือกแล้ว")).to_contain_text("นายสมชาย ใจมั่น")
    await expect(make).to_have_accessible_description("โปรดตั้งชื่อห้อง")
    assert await dialog.evaluate("one => one.offsetHeight") == height
    asked = narin.page.get_by_role("alertdialog", name="ละทิ้งสิ่งที่กรอกไว้หรือไม่")
    for leave in ("Escape", "backdrop", "Back"):
        if leave == "Escape":
            await narin.page.keyboard.press("Escape")
        elif leave == "backdrop":
            await narin.page.mouse.click(5, 5)
        else:
            await narin.page.go_back()
        await asked.get_by_role("button", name="กลับไปทำต่อ").click()
        await expect(asked).to_have_count(0)
        await expect(dialog.get_by_role("list", name="ผู้ที่เลือกแล้ว")).to_contain_text("นายสมชาย ใจมั่น")
    await dialog.get_by_role("tab", name="ตามหน่วยงาน").click()
    await unfold(narin, "กระทรวงสาธารณสุข", "สำนักงานปลัดกระทรวงสาธารณสุข")
    take = dialog.get_by_role("button", name=re.compile(r"เลือกทั้ง \d+ คน"))
    await expect(take).to_be_in_viewport(ratio=1)
    await dialog.get_by_role("button", name="ไม่เลือก", exact=True).click()
    await expect(dialog.get_by_text("โปรดเลือกระดับ")).to_be_visible()
    await expect(dialog.get_by_role("group", name="ระดับ").get_by_role("checkbox").first).to_have_accessible_name(
        re.compile("^บริหาร")
    )
    await dialog.get_by_role("button", name="ปิด", exact=True).click()
    await asked.get_by_role("button", name="ละทิ้ง", exact=True).click()
    await expect(dialog).to_have_count(0)


async def test_a_request_says_what_it_waits_for_and_can_be_withdrawn(served: Agency, windows: OpenWindow) -> None:
    lalita = await windows(served.url, "lalita.w")
    await lalita.open_room()
    panel = await lalita.open_info()
    await panel.get_by_role("button", name="ขอออกจากห้อง").click()
    await expect(lalita.dialog).to_contain_text("ภายใน 3 วัน")
    await lalita.dialog.get_by_role("button", name="ส่งคำขอ").click()
    await expect(lalita.dialog).to_have_count(0)
    button = panel.get_by_role("button", name="ขอออกจากห้อง")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(panel.get_by_text(WAITS)).to_be_visible()
    await expect(button).to_have_accessible_description(WAITS)
    await button.press("Enter")
    await expect(lalita.dialog).to_have_count(0)
    await panel.get_by_role("button", name="ถอนคำขอ").click()
    await expect(panel.get_by_text("ท่านถอนคำขอ")).to_be_visible()
    await expect(panel.get_by_text(re.compile("^ส่งคำขอใหม่ได้ตั้งแต่ "))).to_have_count(1)
    await expect(button).to_have_count(0)
    await expect(panel.get_by_role("button", name="ออกจากห้อง", exact=True)).to_have_count(0)


async def test_a_private_chat_upward_is_refused_without_saying_why(served: Agency, windows: OpenWindow) -> None:
    thawin = await windows(served.url, "thawin.o")
    await thawin.go(f"#/people/all/{served.person('witthaya.s')}")
    chat = thawin.button("สนทนาส่วนตัว")
    await expect(chat).to_have_attribute("aria-disabled", "true")
    reason = "ข้อกำหนดของหน่วยงานไม่ให้ท่านเริ่มสนทนาส่วนตัวกับบุคคลนี้ก่อน หากบุคคลนี้เริ่มก่อน ท่านตอบได้"
    await expect(chat).to_have_accessible_description(reason)
    await expect(thawin.page.get_by_text(reason)).to_be_visible()
    assert not re.search("ระดับ|ตำแหน่ง|สูงกว่า", reason)
    await thawin.go("#/people/all")
    people = thawin.page.get_by_role("region", name="รายชื่อบุคลากร")
    await expect(people.get_by_role("searchbox")).to_be_focused()
    await thawin.page.keyboard.type("วิทยา")
    first = people.get_by_role("listitem").first
    await expect(first).to_contain_text("วิทยา ศรีสุขสวัสดิ์")
    await expect(first.get_by_role("img", name="ท่านเริ่มสนทนาส่วนตัวก่อนไม่ได้ กดชื่อเพื่อดูวิธีติดต่อ")).to_be_visible()
    # Downward it is allowed, and the one below may answer.
    witthaya = await windows(served.url, "witthaya.s")
    await witthaya.go(f"#/people/all/{served.person('thawin.o')}")
    await witthaya.button("สนทนาส่วนตัว").click()
    await expect(witthaya.composer).to_be_visible()
    await witthaya.say("ขอบคุณที่ดูแลรถนะครับ")
    await thawin.go("#/rooms")
    await thawin.open_room("วิทยา ศรีสุขสวัสดิ์")
    await thawin.say("ด้วยความยินดีครับท่าน")
    await expect(witthaya.message("ด้วยความยินดีครับท่าน")).to_be_visible()


async def test_a_private_chat_begins_with_its_first_message(served: Agency, windows: OpenWindow) -> None:
    """Whoever opens a chat has told nobody, and a first message waits for the network as any other."""
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await lalita.go("#/rooms")
    await narin.page.keyboard.press("Control+K")
    await narin.page.get_by_role("searchbox", name="ค้นหาข้อความ ห้อง หรือบุคคล").fill("]]b9k")
    await narin.page.get_by_role("region", name="บุคลากร", exact=True).get_by_role("button", name=LALITA).click()
    await expect(narin.composer).to_be_focused()
    await expect(narin.page.get_by_role("heading", name=LALITA).first).to_be_visible()
    await narin.offline()
    await narin.page.keyboard.type("ขอแก้ตัวเลขหน้า 2")
    await narin.page.keyboard.press("Enter")
    await narin.go("#/rooms")
    await narin.row(LALITA).click()
    await expect(narin.page.get_by_text("ขอแก้ตัวเลขหน้า 2").first).to_be_visible()
    chat = lalita.page.locator(".room-row-title", has_text="นายแพทย์นรินทร์")
    await expect(chat).to_have_count(0)
    await narin.online()
    await chat.click()
    await expect(lalita.message("ขอแก้ตัวเลขหน้า 2")).to_be_visible()
    await expect(lalita.page.get_by_text("เริ่มการสนทนา", exact=False).last).to_be_visible()
    await expect(lalita.page.get_by_text("เข้าห้อง")).to_have_count(0)
    await expect(narin.message("ขอแก้ตัวเลขหน้า 2")).to_be_visible()
    assert "~" not in await narin.page.evaluate("location.hash")
    await narin.say("ขอบคุณครับ")
    await expect(lalita.message("ขอบคุณครับ")).to_be_visible()


# What the rail counts beside the rooms, and the number in the tab's title, which counts the requests too.
COUNTED = """() => [
  Number(document.querySelector(".rail a .badge")?.textContent?.match(/\\d+/)?.[0] ?? 0),
  Number(document.title.match(/^\\((\\d+)\\)/)?.[1] ?? 0),
]"""


async def test_asking_to_be_taken_off_is_answered(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await lalita.open_room()
    mine = await lalita.open_info()
    await mine.get_by_role("button", name="ขอออกจากห้อง").click()
    await lalita.dialog.get_by_label("เหตุผล (ไม่บังคับ)").fill("ย้ายกลุ่มงานแล้วค่ะ")
    await lalita.dialog.get_by_role("button", name="ส่งคำขอ").click()
    await expect(mine.get_by_text("รอคำตอบจาก")).to_be_visible()

    # The owner is told live, on the row and in the list of all requests, and answers there.
    await expect(narin.row(ROOM)).to_contain_text("มีคำขอรอท่าน 1 เรื่อง")
    await expect(narin.page.get_by_role("link", name=re.compile("^คำขอ.*รอท่าน 1 เรื่อง"))).to_be_visible()
    unread, told = await narin.page.evaluate(COUNTED)
    assert told == unread + 1
    await narin.page.get_by_role("link", name=re.compile("^คำขอ")).click()
    owners = narin.page.get_by_role("region", name="คำขอ", exact=True)
    await expect(owners).to_contain_text("ย้ายกลุ่มงานแล้วค่ะ")
    await owners.get_by_role("button", name="ไม่อนุมัติ").click()
    await narin.dialog.get_by_label("ข้อความถึงผู้ขอ (ไม่บังคับ)").fill("ขอให้อยู่จนจบงานครับ")
    await narin.dialog.get_by_role("button", name="ไม่อนุมัติ").click()
    await expect(mine.get_by_text("ไม่อนุมัติ เมื่อ")).to_be_visible()
    # From when one may ask again is said once, in place of a button.
    await expect(mine.get_by_text(re.compile(r"^ส่งคำขอใหม่ได้ตั้งแต่ .* 25\d\d "))).to_have_count(1)
    await expect(mine.get_by_role("button", name="ขอออกจากห้อง")).to_have_count(0)
    await expect(mine).to_contain_text("ขอให้อยู่จนจบงานครับ")
    await expect(owners.get_by_role("button", name="ไม่อนุมัติ")).to_have_count(0)
    answered = owners.get_by_role("listitem").filter(has_text="ไม่อนุมัติ เมื่อ")
    await expect(answered).to_contain_text("เหตุผลของผู้ขอ: ย้ายกลุ่มงานแล้วค่ะ")
    await expect(answered).to_contain_text("ข้อความถึงผู้ขอ: ขอให้อยู่จนจบงานครับ")

    # The world has a request that waits: chaiwat.b asks to leave `incident`.
    chaiwat, owner = await windows(served.url, "chaiwat.b"), await windows(served.url, "thanaphon.a")
    room = "ศูนย์ประสานเหตุ ระบบนัดหมายวัคซีนขัดข้อง"
    await expect(chaiwat.row(room)).to_be_visible()
    await owner.open_room(room)
    requests = await owner.open_info()
    await requests.get_by_role("button", name="อนุญาตให้ออก", exact=True).click()
    await expect(chaiwat.row(room)).to_have_count(0)
    # Who had asked for it reads the room's name with the answer, and that they had.
    await chaiwat.page.get_by_role("link", name=re.compile("^คำขอ")).click()
    answer = chaiwat.page.get_by_role("region", name="คำขอของท่าน")
    await expect(answer).to_contain_text(f"ห้อง “{room}”")
    await expect(answer.get_by_role("link")).to_have_count(0)
    left = chaiwat.page.get_by_role("region", name="ห้องที่มีผู้นำท่านออก")
    await expect(left).to_contain_text(f"นำท่านออกจากห้อง “{room}” ตามคำขอของท่าน เมื่อ")


async def test_a_member_suggests_and_the_owner_adds(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await lalita.open_room()
    mine = await lalita.open_info()
    await mine.get_by_role("button", name="เสนอชื่อสมาชิก").click()
    await lalita.dialog.get_by_label("เหตุผล (ไม่บังคับ)").fill("ดูแลพื้นที่ระบาด")
    await lalita.dialog.get_by_role("searchbox").fill("เดชา รักษา")
    await lalita.flip(lalita.dialog.get_by_role("checkbox", name=re.compile("เดชา รักษาชาติ")))
    await lalita.dialog.get_by_role("button", name="เสนอ 1 คน").click()
    await expect(mine.get_by_text("รอคำตอบจาก")).to_be_visible()

    await narin.open_room()
    owners = await narin.open_info()
    await expect(owners.get_by_role("list", name="ผู้ที่ถูกเสนอชื่อ")).to_contain_text("เดชา รักษาชาติ")
    await expect(owners).to_contain_text("ดูแลพื้นที่ระบาด")
    await owners.get_by_role("button", name="เพิ่ม 1 คน").click()
    await expect(mine.get_by_text("อนุมัติแล้ว เมื่อ")).to_be_visible()
    # Who was in no room opens on the one they were added to.
    decha = await windows(served.url, "decha.r")
    await decha.open_room()


async def test_what_is_pressed_while_the_panel_reads_its_room_is_not_lost(served: Agency, windows: OpenWindow) -> None:
    """What a screen reads by itself never stands in the way of what is done on it."""
    lalita = await windows(served.url, "lalita.w")
    await lalita.open_room()
    answered = asyncio.Event()

    async def hold(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await lalita.page.route(re.compile("/(removal-requests|suggestions)"), hold)
    panel = await lalita.open_info()
    await lalita.flip(panel.get_by_role("switch", name="ปิดเสียงแจ้งเตือน"))
    await lalita.flip(panel.get_by_role("switch", name="ซ่อนจากรายชื่อห้อง"))
    await lalita.button("ซ่อนไว้ 1").click()
    await expect(lalita.row(ROOM).get_by_role("img", name="ปิดเสียงแจ้งเตือน")).to_be_visible()
    answered.set()


async def test_muting_hiding_clearing_and_marking_are_for_oneself(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await lalita.open_room()
    await lalita.to_newest()
    panel = await lalita.open_info()
    await lalita.flip(panel.get_by_role("switch", name="ปิดเสียงแจ้งเตือน"))
    await expect(lalita.row(ROOM).get_by_role("img", name="ปิดเสียงแจ้งเตือน")).to_be_visible()
    await lalita.flip(panel.get_by_role("switch", name="ซ่อนจากรายชื่อห้อง"))
    await expect(lalita.row(ROOM)).to_have_count(0)
    await lalita.button("ซ่อนไว้ 1").click()
    await expect(lalita.row(ROOM)).to_be_visible()
    await lalita.flip(panel.get_by_role("switch", name="ซ่อนจากรายชื่อห้อง"))
    await lalita.button("ทั้งหมด").click()
    await expect(lalita.row(ROOM)).to_be_visible()

    await lalita.open_room("สำนักระบาดวิทยา ข้อราชการ")
    await lalita.open_room()
    await lalita.to_newest()
    await lalita.act("พรุ่งนี้ยังสรุปยอดเวลาเดิมนะครับ", "ทำเครื่องหมายว่ายังไม่อ่าน")
    await expect(lalita.page.get_by_text("เลือกห้องสนทนา")).to_be_visible()
    await lalita.go("/people")
    await expect(lalita.row(ROOM)).to_have_count(0)
    await lalita.go("/rooms")
    # The mark holds until the room is opened again.
    await expect(lalita.row(ROOM)).to_contain_text(re.compile("ยังไม่อ่าน"))
    await lalita.open_room()
    await expect(lalita.row(ROOM)).not_to_contain_text(re.compile("ยังไม่อ่าน"))

    panel = await lalita.open_info()
    await panel.get_by_role("button", name="ล้างการสนทนาจากหน้าจอ").click()
    await lalita.dialog.get_by_role("button", name="ล้าง", exact=True).click()
    await expect(lalita.log.get_by_text("พรุ่งนี้ยังสรุปยอดเวลาเดิมนะครับ")).to_have_count(0)
    await expect(lalita.log.get_by_text(re.compile("^ท่านล้างการสนทนานี้เมื่อ "))).to_be_visible()
    await lalita.log.get_by_role("button", name="แสดงข้อความเดิมอีกครั้ง").click()
    await expect(lalita.message("พรุ่งนี้ยังสรุปยอดเวลาเดิมนะครับ")).to_be_visible()
    await panel.get_by_role("button", name="ล้างการสนทนาจากหน้าจอ").click()
    # What it does to the list is said beforehand (F19).
    await expect(lalita.dialog).to_contain_text("ห้องนี้จะอยู่ในตัวกรอง “ซ่อนไว้”")
    await lalita.dialog.get_by_role("button", name="ล้าง", exact=True).click()
    await expect(lalita.row(ROOM)).to_have_count(0)
    await lalita.page.get_by_text(re.compile("^ซ่อนไว้")).click()
    await expect(lalita.row(ROOM)).to_contain_text("ท่านล้างการสนทนานี้เมื่อ")
    await lalita.page.get_by_text("ทั้งหมด", exact=True).click()
    await lalita.log.get_by_role("button", name="ค้นหาข้อความเดิม").click()
    await expect(lalita.page.get_by_role("searchbox", name="ค้นหาข้อความ ห้อง หรือบุคคล")).to_be_visible()
    await lalita.page.keyboard.press("Escape")
    await narin.open_room()
    await expect(narin.message("พรุ่งนี้ยังสรุปยอดเวลาเดิมนะครับ")).to_be_visible()
    await narin.say("ข้อความหลังจากล้าง")
    await expect(lalita.message("ข้อความหลังจากล้าง")).to_be_visible()
    await expect(lalita.row(ROOM)).to_be_visible()
