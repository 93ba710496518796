"""Attaching files and recording voice messages: every way in, by keyboard, and nothing lost on the way (C14, C15)."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any, Final

import pytest
from playwright.async_api import FilePayload, Locator, Route, expect

from tests.agency import API, Agency
from tests.browser.axe import faults, layout_faults
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, TWO_FRAMES, Window
from tests.waiting import until

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


LENGTH: Final = """async (address) => {
  const bytes = await (await fetch(address)).arrayBuffer();
  return (await new OfflineAudioContext(1, 48_000, 48_000).decodeAudioData(bytes)).duration;
}"""
WITHOUT_WEBM: Final = """
const canPlay = HTMLMediaElement.prototype.canPlayType;
HTMLMediaElement.prototype.canPlayType = function (type) {
  return type.includes("webm") ? "" : canPlay.call(this, type);
};
"""


# A narrow phone, the same with its keyboard up, lying on its side; other phones; a low and a usual window at a desk.
WINDOWS: Final = (
    (320, 640),
    (320, 480),
    (320, 340),
    (568, 320),
    (390, 844),
    (390, 480),
    (844, 390),
    (1280, 420),
    (1280, 800),
)
IN_SIGHT: Final = ("#composer", "[aria-label=แนบไฟล์]", "[aria-label=ส่งข้อความ]", ".room-head-title", ".room-head-back")
# What shows nowhere in whole, or lies under something else.
OUT_OF_SIGHT: Final = """(wanted) => [...document.querySelectorAll(wanted.join())]
  .filter((element) => element.checkVisibility())
  .filter((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const isInside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
    const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return !isInside || !element.contains(seen);
  })
  .map((element) => element.id || element.className || element.ariaLabel)"""


PIECES: Final = """async () => {
  const asked = indexedDB.open("gchat");
  await new Promise((done, failed) => { asked.onsuccess = done; asked.onerror = failed; });
  const counted = asked.result.transaction("pieces").objectStore("pieces").count();
  await new Promise((done, failed) => { counted.onsuccess = done; counted.onerror = failed; });
  asked.result.close();
  return counted.result;
}"""


def _from(seconds: int) -> re.Pattern[str]:
    """Return what the timer shows from then on, however late somebody looks."""
    return re.compile(rf"^0:(0[{seconds}-9]|[1-5]\d)$")


async def _files(window: Window, room: str) -> list[dict[str, Any]]:
    """Return the files of the newest message of a room, as the server has it."""
    answer = await window.context.request.get(f"{window.url}{API}/rooms/{room}/messages?limit=1")
    assert answer.ok, await answer.text()
    newest = (await answer.json())["messages"][-1]
    files: list[dict[str, Any]] = (newest.get("body") or {}).get("files", [])
    return files


async def _sent(window: Window, room: str, *names: str) -> list[dict[str, Any]]:
    """Wait until the newest message carries files of these names, and return them."""
    seen: list[dict[str, Any]] = []

    async def arrived() -> bool:
        seen[:] = await _files(window, room)
        return [file["name"] for file in seen] == list(names)

    await until(arrived, f"a message with {names}")
    return seen


async def test_files_are_attached_taken_out_and_sent_by_keyboard_alone(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.composer.focus()
    await window.page.keyboard.press("Tab")
    await expect(window.button("แนบไฟล์")).to_be_focused()
    await window.page.keyboard.press("Enter")
    await expect(window.page.get_by_role("menuitem").first).to_be_focused()
    await window.page.keyboard.press("ArrowDown")
    async with window.page.expect_file_chooser() as chooser:
        await window.page.keyboard.press("Enter")
    await (await chooser.value).set_files([_text("ก.txt"), _text(LONG), _text("ค.txt", 5_000_000)])
    await expect(_tray(window).get_by_role("group")).to_have_count(3)
    await expect(window.page.get_by_text("แนบแล้ว 3 ไฟล์")).to_be_attached()
    await expect(_attached(window, LONG)).to_contain_text("พร้อมส่ง")
    await expect(window.composer).to_be_focused()
    assert await faults(window.page) == []

    # Back from the field is the last thing of the last file; what is taken out hands the focus on.
    await window.page.keyboard.press("Shift+Tab")
    await expect(window.button("นำ ค.txt ออก")).to_be_focused()
    await window.button(f"นำ {LONG} ออก").focus()
    await window.page.keyboard.press("Enter")
    await expect(_attached(window, LONG)).to_have_count(0)
    await expect(window.button("นำ ค.txt ออก")).to_be_focused()
    await window.page.keyboard.press("Enter")
    await expect(window.button("นำ ก.txt ออก")).to_be_focused()
    await window.page.keyboard.press("Enter")
    await expect(_tray(window)).to_have_count(0)
    await expect(window.composer).to_be_focused()

    async with window.page.expect_file_chooser() as chooser:
        await window.page.keyboard.press("Tab")
        await window.page.keyboard.press("Enter")
        await expect(window.page.get_by_role("menuitem").first).to_be_focused()
        await window.page.keyboard.press("ArrowDown")
        await window.page.keyboard.press("Enter")
    await (await chooser.value).set_files([_text(LONG)])
    await expect(window.composer).to_be_focused()
    await window.page.keyboard.type("แนบรายงานมาด้วยครับ")
    await window.page.keyboard.press("Enter")
    (file,) = await _sent(window, served.room("dengue"), LONG)
    assert file["form"] == "document"
    await expect(_tray(window)).to_have_count(0)


async def test_a_phone_offers_its_camera_and_a_desk_does_not(served: Agency, windows: OpenWindow) -> None:
    for held in (True, False):
        window = await windows(served.url, "narin.p", **(PHONE if held else {}))
        await window.open_room()
        await window.button("แนบไฟล์").click()
        camera = window.page.get_by_role("menuitem", name="ถ่ายภาพ", exact=True)
        await expect(window.page.get_by_role("menuitem", name="ไฟล์", exact=True)).to_be_visible()
        await expect(camera).to_have_count(1 if held else 0)
        if not held:
            continue
        async with window.page.expect_file_chooser() as chooser:
            await camera.click()
        opened = await chooser.value
        assert await opened.element.get_attribute("capture") == "environment"
        assert await opened.element.get_attribute("accept") == "image/*"
        assert not opened.is_multiple()
        await opened.set_files({"name": "image.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
        await expect(_tray(window).get_by_role("group")).to_have_count(1)


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
    picture = _attached(window, re.compile(r"^รูปภาพ \d+ .* \d\d\.\d\d\.png$"))
    await expect(picture.get_by_role("checkbox", name="ส่งต้นฉบับ (มีข้อมูลตำแหน่งและเครื่อง)")).to_be_attached()
    # What was copied in an office program is its text.
    assert not await window.evaluate(OFFER, ["paste", "office"])
    await expect(_tray(window).get_by_role("group")).to_have_count(2)
    await expect(elsewhere).to_have_count(0)


async def test_a_message_waits_for_its_files_and_shows_how_far_they_are(served: Agency, windows: OpenWindow) -> None:
    """It may be sent without a network; paused and continued where it waits; it arrives once."""
    window = await windows(served.url, "narin.p")
    await window.open_room()
    held: list[Route] = []
    await window.context.route(
        "**/uploads/*", lambda route: held.append(route) if route.request.method == "PATCH" else route.continue_()
    )
    await _attach(window, _text("แผน.txt", 6_000_000))
    await window.say("แผนสัปดาห์หน้าครับ")
    waiting = window.log.get_by_role("article").filter(has_text="แผน.txt")
    bar = waiting.get_by_role("progressbar", name="อัปโหลด แผน.txt")
    await expect(bar).to_have_attribute("aria-valuenow", "0")
    await expect(_tray(window)).to_have_count(0)
    await waiting.get_by_role("button", name="หยุดอัปโหลด แผน.txt ชั่วคราว").click()
    await expect(waiting).to_contain_text("หยุดไว้ชั่วคราว")
    assert await faults(window.page) == []
    await window.context.unroute_all(behavior="ignoreErrors")
    await waiting.get_by_role("button", name="อัปโหลด แผน.txt ต่อ").click()
    await _sent(window, served.room("dengue"), "แผน.txt")
    assert await _files(window, served.room("dengue")) != []


async def test_what_cannot_be_attached_is_said_with_its_name(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await _attach(window, *[_text(f"{n}.txt") for n in range(22)])
    alert = window.page.get_by_role("alert").filter(has_text="ไม่ได้แนบ")
    await expect(alert).to_contain_text("“20.txt” “21.txt”")
    await expect(_tray(window).get_by_role("group")).to_have_count(20)
    await alert.get_by_role("button", name="ปิด").click()
    await expect(alert).to_have_count(0)
    for n in range(20):
        await window.button(f"นำ {n}.txt ออก").click()
    await expect(_tray(window)).to_have_count(0)
    await _attach(window, _text("โปรแกรม.pdf.exe"), _text("คำนวณ.XLSM"), _text("ว่าง.txt", 0))
    await expect(alert).to_contain_text("ไม่ได้แนบ “โปรแกรม.pdf.exe”: ไฟล์ .exe ใช้เป็นโปรแกรมได้ จึงส่งไม่ได้")
    await expect(alert).to_contain_text("ไม่ได้แนบ “คำนวณ.XLSM”: ไฟล์ .xlsm มีมาโคร จึงส่งไม่ได้ โปรดบันทึกเป็น .xlsx แล้วส่งใหม่")
    await expect(alert).to_contain_text("ไม่ได้แนบ “ว่าง.txt”: ไฟล์นี้ไม่มีข้อมูล")
    await expect(_tray(window)).to_have_count(0)


async def test_a_file_that_cannot_go_is_never_out_of_sight(served: Agency, windows: OpenWindow) -> None:
    """What fails is counted above the list, what is below its edge under it, and sending says why it does not."""
    window = await windows(served.url, "narin.p", viewport={"width": 700, "height": 560})
    await window.open_room()
    page = window.page

    async def refuse(route: Route) -> None:
        said = route.request.headers.get("upload-metadata", "")
        if route.request.method != "POST" or b64encode(b"9.txt").decode() not in said:
            return await route.continue_()
        error = {"code": "quota_person", "message": "พื้นที่เก็บไฟล์ของท่านในปีนี้ไม่พอ"}
        return await route.fulfill(status=507, json={"error": error})

    await window.context.route("**/uploads", refuse)
    await _attach(window, *[_text(f"{n}.txt") for n in range(1, 11)])
    stuck = page.get_by_text("1 ไฟล์ส่งไม่ได้ โปรดแก้ไขหรือนำออก")
    await expect(stuck).to_be_in_viewport(ratio=1)
    await expect(page.get_by_text(re.compile(r"^10 ไฟล์ · "))).to_be_in_viewport(ratio=1)
    failed = _attached(window, "9.txt")
    await expect(failed).not_to_be_in_viewport()
    await expect(page.get_by_text(re.compile(r"^ดูอีก \d ไฟล์$"))).to_be_in_viewport(ratio=1)
    assert await faults(page) == []

    why = page.locator(".composer-blocked", has_text="มี 1 ไฟล์ที่ส่งไม่ได้ โปรดแก้ไขหรือนำออกก่อน")
    await window.composer.focus()
    await page.keyboard.press("Enter")
    await expect(why).to_be_in_viewport(ratio=1)
    await expect(page.locator("[aria-live=polite]").filter(has_text="มี 1 ไฟล์ที่ส่งไม่ได้")).to_have_count(1)
    await window.composer.fill("ข้อความ")
    await expect(why).to_have_count(0)
    await window.button("ส่งข้อความ").click(force=True)
    await expect(page.locator("[aria-live=polite]").filter(has_text="มี 1 ไฟล์ที่ส่งไม่ได้")).to_have_count(1)
    await expect(_tray(window).get_by_role("group")).to_have_count(10)

    await window.button("ไปยังไฟล์ที่ส่งไม่ได้").click()
    await expect(failed).to_be_in_viewport(ratio=1)
    await expect(window.button("นำ 9.txt ออก")).to_be_focused()
    # There is room again once another file was taken out: a second try is offered.
    await expect(window.button("อัปโหลด 9.txt อีกครั้ง")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(stuck).to_have_count(0)
    await window.button("ส่งข้อความ").click()
    await _sent(window, served.room("dengue"), *[f"{n}.txt" for n in (*range(1, 9), 10)])


async def test_what_waits_for_the_network_says_that_it_goes_on_by_itself(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.context.set_offline(offline=True)
    await _attach(window, _text("แผน.txt"))
    await expect(_attached(window, "แผน.txt")).to_contain_text("รอเครือข่าย จะส่งต่อเอง")
    await window.context.set_offline(offline=False)
    await expect(_attached(window, "แผน.txt")).to_contain_text("พร้อมส่ง")


async def test_a_file_that_is_half_sent_goes_on_after_a_reload(served: Agency, windows: OpenWindow) -> None:
    """Nobody chooses it again: it is read from the sealed pieces, from where the server has it."""
    window = await windows(served.url, "narin.p")
    await window.open_room()
    parts = list[Route]()
    held = True

    async def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            parts.append(route)
        if route.request.method != "PATCH" or not held:
            await route.continue_()

    def offsets() -> list[int]:
        return [int(part.request.headers["upload-offset"]) for part in parts]

    async def kept() -> bool:
        return bool(await window.evaluate(PIECES) == 2)

    await window.context.route("**/uploads/*", hold)
    await _attach(window, _text("แผน.txt", 6_000_000))
    await window.say("แผนสัปดาห์หน้าครับ")
    await until(kept, "all of it is kept on the device")
    await until(lambda: len(parts) == 1, "the first part")
    await parts[0].continue_()
    await until(lambda: len(parts) == 2, "the second part")
    await window.page.reload()
    await window.open_room()
    await until(lambda: len(parts) == 3, "the second part again")
    held = False
    await parts[2].continue_()
    (file,) = await _sent(window, served.room("dengue"), "แผน.txt")
    assert (file["size"], offsets()[:3]) == (6_000_000, [0, 65_536, 65_536])
    assert offsets()[3:] == sorted(set(offsets()[3:]) - {0, 65_536})


async def test_what_could_not_be_cleaned_goes_as_it_is_after_a_reload(served: Agency, windows: OpenWindow) -> None:
    """A message that waits offers to be changed; the file, read from this device alone, offers to go as it is."""
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await _attach(window, {"name": "เสีย.mp3", "mimeType": "audio/mpeg", "buffer": b"ID3" + bytes(5_000)})
    await window.say("เสียงประชุมครับ")
    waiting = window.log.get_by_role("article").filter(has_text="เสีย.mp3")
    await expect(waiting).to_contain_text("ข้อความนี้ยังไม่ส่ง เพราะมี 1 ไฟล์ที่ส่งไม่ได้")
    await expect(waiting.get_by_role("button", name="ส่งอีกครั้ง")).to_have_count(0)
    await window.page.reload()
    await window.open_room()
    await waiting.get_by_role("button", name="แก้ไข", exact=True).click()
    await expect(window.composer).to_have_value("เสียงประชุมครับ")
    original = _attached(window, "เสีย.mp3").get_by_role("checkbox", name=re.compile("^ส่งต้นฉบับ"))
    way_out = _attached(window, "เสีย.mp3").get_by_text("หากต้องการส่งตามเดิม โปรดเลือก “ส่งต้นฉบับ”")
    await expect(way_out).to_be_visible()
    await original.click(force=True)
    await expect(original).to_be_checked()
    await expect(way_out).to_have_count(0)
    await expect(_attached(window, "เสีย.mp3")).to_contain_text("พร้อมส่ง")
    await window.button("ส่งข้อความ").click()
    (sound,) = await _sent(window, served.room("dengue"), "เสีย.mp3")
    assert sound["original"]


@pytest.mark.media
async def test_a_voice_message_is_recorded_listened_to_and_sent_by_keyboard(
    served: Agency, windows: OpenWindow
) -> None:
    window = await windows(served.url, "narin.p", **MICROPHONE)
    await window.open_room()
    await window.button("บันทึกข้อความเสียง").focus()
    await window.page.keyboard.press("Enter")
    bar = window.page.get_by_role("group", name="บันทึกข้อความเสียง")
    await expect(window.button("หยุดบันทึกชั่วคราว")).to_be_focused()
    await expect(bar.get_by_role("timer")).to_have_text(_from(2))
    await window.page.keyboard.press("Enter")
    await expect(window.button("บันทึกต่อ")).to_be_focused()
    await window.page.keyboard.press("Escape")
    await window.dialog.get_by_role("button", name="กลับไปทำต่อ").click()
    await window.button("บันทึกต่อ").press("Enter")
    await expect(bar.get_by_role("timer")).to_have_text(_from(3))
    await window.button("หยุดและเก็บไว้ฟังก่อนส่ง").press("Enter")
    listen = _tray(window).get_by_role("button", name=re.compile("^ฟัง ข้อความเสียง"))
    await expect(listen).to_be_focused()
    await window.page.keyboard.press("Enter")
    await expect(_tray(window).get_by_role("button", name=re.compile("^หยุดฟัง"))).to_be_focused()
    await window.page.keyboard.press("Enter")
    await window.button("ส่งข้อความ").press("Enter")

    async def arrived() -> bool:
        return [file["form"] for file in await _files(window, served.room("dengue"))] == ["voice"]

    await until(arrived, "the voice message")
    (voice,) = await _files(window, served.room("dengue"))
    assert re.fullmatch(r"ข้อความเสียง \d+ \S+ 2569 \d\d\.\d\d\.(webm|m4a)", voice["name"])
    assert voice["seconds"] >= 2
    voice = await _prepared(window, served.room("dengue"))
    assert len(voice["waveform"]) == 100
    assert max(voice["waveform"]) > min(voice["waveform"])
    await _heard_by_another(await windows(served.url, "lalita.w"), voice)
    await _heard_without_webm(await windows(served.url, "phonthip.u"), voice)


async def _prepared(window: Window, room: str) -> dict[str, Any]:
    """Return the voice message once the worker has listened to it."""
    seen: list[dict[str, Any]] = []

    async def prepared() -> bool:
        seen[:] = await _files(window, room)
        return "waveform" in seen[0] and not seen[0].get("preparing")

    await until(prepared, "the waveform and what plays everywhere")
    return seen[0]


async def _heard_by_another(window: Window, voice: dict[str, Any]) -> None:
    """Play a voice message to its end; it is as long as it is said to be."""
    await window.open_room()
    await window.to_newest()
    player = window.log.get_by_role("group", name="ข้อความเสียง").last
    await player.get_by_role("button", name=re.compile("^เล่น")).click()
    await expect(player.get_by_role("button", name=re.compile("^หยุด"))).to_be_visible()
    await expect(player.get_by_role("button", name=re.compile("^เล่น"))).to_be_visible()
    await expect(player.get_by_role("alert")).to_have_count(0)
    assert abs(await window.page.evaluate(LENGTH, f"{API}/files/{voice['id']}") - voice["seconds"]) <= 0.1


async def _heard_without_webm(window: Window, voice: dict[str, Any]) -> None:
    """A browser that cannot play what was recorded, as on an iPhone, is given AAC in MP4."""
    (made,) = [one["id"] for one in voice["variants"] if one["kind"] == "audio"]
    await window.context.add_init_script(WITHOUT_WEBM)
    await window.page.reload()
    await window.open_room()
    await window.to_newest()
    player = window.log.get_by_role("group", name="ข้อความเสียง").last
    async with window.page.expect_response(f"**/files/{made}") as playing:
        await player.get_by_role("button", name=re.compile("^เล่น")).click()
    assert (await (await playing.value).all_headers())["content-type"] == "audio/mp4"
    await expect(player.get_by_role("button", name=re.compile("^หยุด"))).to_be_visible()
    await expect(player.get_by_role("button", name=re.compile("^เล่น"))).to_be_visible()
    await expect(player.get_by_role("alert")).to_have_count(0)


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
    assert await (faults if size == "normal" else layout_faults)(window.page) == []
    for name in ("ลบเสียงที่บันทึก", "หยุดและเก็บไว้ฟังก่อนส่ง", "หยุดบันทึกชั่วคราว", "ส่งข้อความเสียง"):
        await expect(window.button(name)).to_be_in_viewport(ratio=1)


async def test_whatever_stands_above_the_field_it_and_its_buttons_stay_in_sight(
    served: Agency, windows: OpenWindow
) -> None:
    """Refused, failed and many files, a reply, many lines, a note: in every window, with every size of letters."""
    window = await windows(served.url, "narin.p", **PHONE)
    await window.open_room()
    row = window.log.locator("article[data-row]").last
    await row.locator(".msg-text").tap()
    await row.get_by_role("button", name="ตัวเลือกของข้อความนี้").tap()
    await window.page.get_by_role("menuitem", name="ตอบกลับ", exact=True).tap()
    await expect(window.button("ยกเลิกการตอบกลับ")).to_be_visible()
    await _attach(
        window,
        *[_text(f"{n}.txt") for n in range(5)],
        {"name": "เสีย.mp3", "mimeType": "audio/mpeg", "buffer": b"ID3" + bytes(5_000)},
    )
    await _attach(window, _text("แบบฟอร์ม.docm"), _text("โปรแกรม.exe"), _text("ว่าง.txt", 0))
    await expect(window.page.get_by_text("1 ไฟล์ส่งไม่ได้ โปรดแก้ไขหรือนำออก")).to_be_attached()
    await expect(window.page.get_by_role("alert").filter(has_text="แบบฟอร์ม.docm")).to_be_attached()

    async def all_in_sight() -> bool:
        hidden: list[str] = await window.evaluate(OUT_OF_SIGHT, IN_SIGHT)
        return not hidden

    for text in ("", "\n".join("บรรทัด" for _ in range(30))):
        await window.composer.fill(text)
        await window.button("ส่งข้อความ").click(force=True)
        await expect(window.page.locator(".composer-blocked")).to_be_attached()
        for letters in ("normal", "largest"):
            await window.evaluate("size => { document.documentElement.dataset.textSize = size }", letters)
            for width, height in WINDOWS:
                await window.page.set_viewport_size({"width": width, "height": height})
                await window.evaluate(TWO_FRAMES)
                await until(all_in_sight, f"everything in sight at {width}x{height}, {letters}, {len(text)} letters")


async def test_the_largest_letters_of_a_browser_leave_the_way_to_send_in_sight(
    served: Agency, windows: OpenWindow
) -> None:
    """Set in the browser, twice the usual size, on a narrow phone."""
    window = await windows(served.url, "narin.p", **PHONE)
    cdp = await window.context.new_cdp_session(window.page)
    await cdp.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    await window.page.reload()
    await window.open_room()
    for _ in range(2):
        await expect(window.button("ส่งข้อความ")).to_be_in_viewport(ratio=1)
        await expect(window.composer).to_be_in_viewport(ratio=1)
        await _attach(window, _text(LONG), _text("ข.txt"))
        await expect(_tray(window).get_by_role("group").first).to_be_visible()
    await expect(window.button("ส่งข้อความ")).to_be_in_viewport(ratio=1)
    assert await layout_faults(window.page) == []
