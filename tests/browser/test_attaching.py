"""Attaching files and recording voice messages: every way in, by keyboard, and nothing lost on the way (C14, C15)."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.async_api import FilePayload, Locator, expect

from tests.agency import Agency
from tests.browser.axe import layout_faults
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, Window

OTHER_ROOM: Final = "ข่าวภายในกระทรวง"
LONG: Final = "รายงานผลการสอบสวนโรคไข้เลือดออก ประจำสัปดาห์ที่ ๔๘ พ.ศ. ๒๕๖๙ (ฉบับแก้ไขครั้งที่ ๒ หลังการประชุมคณะทำงาน).txt"
PHONE: Final = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
MICROPHONE: Final = {"permissions": ["microphone"]}
# A file, a picture that browsers call «image.png», and text with a picture of it, as office programs copy.
OFFER: Final = """([type, what]) => {
  const data = new DataTransfer();
  const file = what === "picture"
    ? new File([Uint8Array.from(atob("{png}"), (one) => one.charCodeAt(0))], "image.png", { type: "image/png" })
    : new File(["หนังสือเวียน"], "หนังสือเวียน.txt", { type: "text/plain" });
  data.items.add(file);
  if (what === "office") data.setData("text/plain", "ข้อความจากเอกสาร");
  const given = type === "paste" ? { clipboardData: data } : { dataTransfer: data };
  const Offer = type === "paste" ? ClipboardEvent : DragEvent;
  const event = new Offer(type, { ...given, bubbles: true, cancelable: true });
  (document.activeElement ?? document.querySelector("main")).dispatchEvent(event);
  return event.defaultPrevented;
}""".replace(
    "{png}",
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAIAAABxZ0isAAAAF0lEQVR4nGNQmTYHK2LAJaEyawSKAQBO6EdBEtV6zAAAAABJRU5ErkJggg==",
)


def _text(name: str, size: int = 20) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"x" * size}


def _tray(window: Window) -> Locator:
    return window.page.get_by_role("list", name="ไฟล์ที่แนบ")


def _attached(window: Window, name: str | re.Pattern[str]) -> Locator:
    return _tray(window).get_by_role("group", name=name)


async def _attach(window: Window, *files: FilePayload) -> None:
    """Attach with the paper clip."""
    async with window.page.expect_file_chooser() as chooser:
        await window.button("แนบไฟล์").click()
        await window.page.get_by_role("menuitem", name="ไฟล์", exact=True).click()
    await (await chooser.value).set_files(files)


def _from(seconds: int) -> re.Pattern[str]:
    """Return what the timer shows from then on, however late somebody looks."""
    return re.compile(rf"^0:(0[{seconds}-9]|[1-5]\d)$")


async def test_what_is_pasted_or_dropped_is_attached_to_the_open_room(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    elsewhere = window.page.get_by_text("โปรดเปิดห้องที่จะส่งก่อน")
    for offer in ("drop", "paste"):
        assert await window.evaluate(OFFER, [offer, "file"]) == (offer == "drop")
        await expect(elsewhere).to_be_visible()
        await window.page.get_by_role("status").filter(has=elsewhere).get_by_role("button", name="ปิด").click()
        await expect(elsewhere).to_have_count(0)

    await window.open_room()
    target = window.page.get_by_text("วางไฟล์ที่นี่เพื่อแนบในห้อง")
    await window.evaluate(OFFER, ["dragenter", "file"])
    await expect(target).to_be_visible()
    assert await window.evaluate(OFFER, ["dragover", "file"])
    assert await window.evaluate(OFFER, ["drop", "file"])
    await expect(target).to_have_count(0)
    await expect(_attached(window, "หนังสือเวียน.txt")).to_be_visible()
    await window.composer.focus()
    assert await window.evaluate(OFFER, ["paste", "picture"])
    picture = _attached(window, re.compile(r"^รูปภาพ \d+ .* \d\d\.\d\d น\.png$"))
    await expect(picture.get_by_role("checkbox", name="ส่งต้นฉบับ (มีข้อมูลตำแหน่งและเครื่อง)")).to_be_attached()
    # What was copied in an office program is its text.
    assert not await window.evaluate(OFFER, ["paste", "office"])
    await expect(_tray(window).get_by_role("group")).to_have_count(2)
    await expect(elsewhere).to_have_count(0)


async def test_what_cannot_be_attached_is_said_with_its_name(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await _attach(window, *[_text(f"{n}.txt") for n in range(22)])
    alert = window.page.get_by_role("alert").filter(has_text="ไม่ได้แนบ")
    await expect(alert).to_contain_text("“20.txt” “21.txt”")
    await expect(_tray(window).get_by_role("group")).to_have_count(20)
    await alert.get_by_role("button", name="ปิด").click()
    await expect(alert).to_have_count(0)


async def test_a_recording_that_is_left_stays_in_its_draft(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p", **MICROPHONE)
    await window.open_room()
    await window.button("บันทึกข้อความเสียง").click()
    bar = window.page.get_by_role("group", name="บันทึกข้อความเสียง")
    await expect(bar.get_by_role("timer")).to_have_text(_from(1))
    await window.row(OTHER_ROOM).click()
    await expect(window.composer).to_be_visible()
    await expect(bar).to_have_count(0)
    await expect(_tray(window)).to_have_count(0)
    await window.open_room(ROOM)
    await expect(_tray(window).get_by_role("button", name=re.compile("^ฟัง ข้อความเสียง"))).to_be_visible()


async def test_a_microphone_that_is_refused_says_what_to_do(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.button("บันทึกข้อความเสียง").click()
    refusal = window.page.get_by_role("alert").filter(has_text="โปรดอนุญาตไมโครโฟน")
    await expect(refusal).to_be_visible()
    await refusal.get_by_role("button", name="ปิด").click()
    await expect(refusal).to_have_count(0)
    await expect(window.composer).to_be_visible()


@pytest.mark.parametrize("size", ["normal", "largest"])
async def test_on_a_narrow_phone_everything_is_within_reach(served: Agency, windows: OpenWindow, size: str) -> None:
    window = await windows(served.url, "narin.p", color_scheme="dark", **PHONE, **MICROPHONE)
    await window.evaluate("size => { document.documentElement.dataset.textSize = size }", size)
    await window.open_room()
    await _attach(window, _text(LONG), _text("ข.txt"))
    await expect(_tray(window).get_by_role("group")).to_have_count(2)
    assert await layout_faults(window.page) == []
    await expect(window.composer).to_be_in_viewport(ratio=1)
    await window.button("บันทึกข้อความเสียง").click()
    await expect(window.page.get_by_role("timer")).to_have_text(_from(1))
    assert await layout_faults(window.page) == []
    for name in ("ลบเสียงที่บันทึก", "หยุดและเก็บไว้ฟังก่อนส่ง", "หยุดบันทึกชั่วคราว", "ส่งข้อความเสียง"):
        await expect(window.button(name)).to_be_in_viewport(ratio=1)
