"""Files in a room as people see and hear them: boxes that do not move, viewer, players, states (C14 to C16)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Response, Route, expect

from appliance.actions import scanner_watch
from appliance.attachments import FileForm
from appliance.config import Config
from tests import agency
from tests.agency import Agency, Client
from tests.browser.axe import faults, layout_faults
from tests.browser.conftest import OpenWindow
from tests.browser.filed import COLOURS, FILM_S, Filed, Made, document, film, landscape, photo, send, voice
from tests.browser.test_timeline import frames, places, settled
from tests.browser.window import Window
from tests.waiting import PATIENCE_S, until

ROOM: Final = "dengue"
SENDER, READER = "narin.p", "lalita.w"
FILES: Final = re.compile("/api/v1/files/")
GO_TO: Final = """(video, seconds) => new Promise((done) => {
  video.addEventListener("seeked", () => done(video.currentTime), { once: true });
  video.currentTime = seconds;
})"""
PLAY_OUT: Final = """async (video) => {
  const ended = new Promise((done) => video.addEventListener("ended", done, { once: true }));
  video.muted = true;
  await video.play();
  await ended;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def narin(served: Agency) -> Client:
    return await served.login(SENDER)


async def opened(served: Agency, windows: OpenWindow, *, at_end: bool = True, **options: Any) -> Window:
    """Open the room where the files are, at its newest messages."""
    window = await windows(served.url, READER, **options)
    await window.go(f"#/rooms/{served.room(ROOM)}")
    await expect(window.log.get_by_role("article").first).to_be_visible()
    if at_end:
        await window.to_newest()
    return window


def viewer(window: Window) -> Locator:
    """Return the viewer over the screen."""
    return window.page.get_by_role("dialog")


def picture(window: Window, name: str) -> Locator:
    """Return a picture among the messages, which opens the viewer."""
    return window.log.get_by_role("button", name=re.compile(f"^รูปภาพ.*{re.escape(name)}"))


async def drawn(image: Locator) -> None:
    """Wait until a picture has its pixels."""
    await until(lambda: image.evaluate("image => image.complete && image.naturalWidth > 0"), "the picture is drawn")


async def test_a_picture_that_arrives_moves_nothing(served: Agency, narin: Client, windows: OpenWindow) -> None:
    room = served.room(ROOM)
    for n, (width, height) in enumerate([(1200, 900), (900, 1200), (1600, 400)]):
        await send(served, narin, room, "", photo(f"ภาพที่ {n}.jpg", width, height, colours=COLOURS[n]))
    await send(served, narin, room, "หลายภาพ", *(photo(f"ชุด {n}.jpg", colours=COLOURS[n]) for n in range(5)))
    for n in range(3):
        await narin.say(room, f"ข้อความท้าย {n}")
    window = await windows(served.url, READER)
    asked, release = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await release.wait()
        await route.continue_()

    await window.context.route(FILES, hold)
    await window.go(f"#/rooms/{room}")
    await expect(window.log.get_by_role("article").first).to_be_visible()
    await window.to_newest()
    before = {place["key"]: place["top"] for place in await settled(window) if place["seen"]}
    await asyncio.wait_for(asked.wait(), PATIENCE_S)
    release.set()
    last = picture(window, "ชุด 4.jpg").locator("img").first
    await drawn(last)
    await frames(window)
    after = {place["key"]: place["top"] for place in await places(window) if place["seen"]}
    assert {key: round(after[key] - top, 1) for key, top in before.items()} == dict.fromkeys(before, 0.0)


async def test_the_viewer_goes_along_by_keys_and_gives_the_focus_back(
    served: Agency, narin: Client, windows: OpenWindow
) -> None:
    room = served.room(ROOM)
    await send(served, narin, room, "", photo("หนึ่ง.jpg"))
    await send(served, narin, room, "", photo("สอง.jpg", colours=COLOURS[1]), photo("สาม.jpg", colours=COLOURS[2]))
    window = await opened(served, windows)
    first = picture(window, "หนึ่ง.jpg")
    await first.focus()
    await window.page.keyboard.press("Enter")
    dialog = viewer(window)
    await expect(dialog.get_by_role("heading", name="หนึ่ง.jpg")).to_be_visible()
    await expect(dialog).to_contain_text("รายการที่ 1 จาก 3")
    await drawn(dialog.get_by_role("img", name="หนึ่ง.jpg"))
    await window.page.keyboard.press("ArrowRight")
    await expect(dialog.get_by_role("heading", name="สอง.jpg")).to_be_visible()
    await expect(dialog.locator("[aria-live]", has_text="สอง.jpg, รายการที่ 2 จาก 3")).to_be_attached()
    await window.page.keyboard.press("End")
    await expect(dialog.get_by_role("heading", name="สาม.jpg")).to_be_visible()
    await window.page.keyboard.press("Home")
    await expect(dialog.get_by_role("heading", name="หนึ่ง.jpg")).to_be_visible()
    image = dialog.get_by_role("img", name="หนึ่ง.jpg")
    await drawn(image)
    await window.page.keyboard.press("+")
    await expect(image).to_have_css("transform", re.compile(r"^matrix\(1\.5, "))
    # A picture that is larger than the stage is moved by the arrows, and none other comes.
    await window.page.keyboard.press("ArrowRight")
    await expect(dialog.get_by_role("heading", name="หนึ่ง.jpg")).to_be_visible()
    await window.page.keyboard.press("-")
    await expect(image).to_have_css("transform", re.compile(r"^matrix\(1, "))
    assert await faults(window.page) == []
    await window.page.keyboard.press("Escape")
    await expect(dialog).not_to_be_attached()
    await expect(first).to_be_focused()


async def test_fingers_swipe_and_back_closes(served: Agency, narin: Client, windows: OpenWindow) -> None:
    room = served.room(ROOM)
    await send(served, narin, room, "", photo("ซ้าย.jpg"), photo("ขวา.jpg", colours=COLOURS[3]))
    window = await opened(served, windows, viewport={"width": 390, "height": 844}, has_touch=True)
    await picture(window, "ซ้าย.jpg").tap()
    dialog = viewer(window)
    await drawn(dialog.get_by_role("img", name="ซ้าย.jpg"))
    assert await layout_faults(window.page) == []
    await swipe(window, 300, 60)
    await expect(dialog.get_by_role("heading", name="ขวา.jpg")).to_be_visible()
    right = dialog.get_by_role("img", name="ขวา.jpg")
    await drawn(right)
    await pinch(window, 60, 240)
    await expect(right).to_have_css("transform", re.compile(r"^matrix\(4, 0, 0, 4,"))
    # A picture that is larger than the page is moved by one finger, and none other comes.
    await swipe(window, 60, 300)
    await expect(dialog.get_by_role("heading", name="ขวา.jpg")).to_be_visible()
    await pinch(window, 240, 60)
    await expect(right).to_have_css("transform", re.compile(r"^matrix\(1, 0, 0, 1, 0, 0"))
    await window.page.go_back()
    await expect(dialog).not_to_be_attached()
    await expect(window.composer).to_be_visible()


async def swipe(window: Window, start: int, end: int) -> None:
    """Draw a finger across the middle of the page."""
    debugger = await window.context.new_cdp_session(window.page)
    steps = [start + (end - start) * n // 5 for n in range(6)]
    await debugger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": start, "y": 420}]})
    for x in steps:
        await debugger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": 420}]})
    await debugger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def pinch(window: Window, before: int, after: int) -> None:
    """Draw two fingers apart or together across the middle of the page; so many pixels are between them."""
    debugger = await window.context.new_cdp_session(window.page)
    steps = [before + (after - before) * n // 6 for n in range(7)]
    for kind, apart in [("touchStart", steps[0]), *(("touchMove", step) for step in steps[1:])]:
        points = [{"x": 195 - apart / 2, "y": 420, "id": 0}, {"x": 195 + apart / 2, "y": 420, "id": 1}]
        await debugger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    await debugger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.media
async def test_a_video_plays_from_where_one_goes_to(
    served: Agency, narin: Client, windows: OpenWindow, tmp_path: Path
) -> None:
    """By ranges: the end of a film is there without what lies before it, and plays."""
    await send(served, narin, served.room(ROOM), "", film("ซ้อมแผน.mp4", tmp_path))
    window = await opened(served, windows)
    ranges: list[str] = []

    async def note(answer: Response) -> None:
        if answer.request.resource_type == "media":
            ranges.append((await answer.all_headers()).get("content-range", "the whole file"))

    window.page.on("response", note)
    await window.log.get_by_role("button", name=re.compile("ซ้อมแผน.mp4")).click()
    video = viewer(window).locator("video")
    await until(lambda: video.evaluate("video => video.readyState >= 1"), "the film's length is known")
    assert await video.evaluate(GO_TO, FILM_S - 1) == FILM_S - 1
    assert await faults(window.page) == []
    await video.evaluate(PLAY_OUT)
    assert "the whole file" not in ranges
    assert any(not one.startswith("bytes 0-") for one in ranges), ranges


async def test_a_retracted_picture_leaves_the_viewer(served: Agency, narin: Client, windows: OpenWindow) -> None:
    n = await send(served, narin, served.room(ROOM), "", photo("เรียกคืน.jpg"))
    window = await opened(served, windows)
    await picture(window, "เรียกคืน.jpg").click()
    await expect(viewer(window).get_by_role("heading", name="เรียกคืน.jpg")).to_be_visible()
    await narin.delete(f"/rooms/{served.room(ROOM)}/messages/{n}", txn_id="gone")
    await expect(viewer(window)).to_contain_text("ข้อความของไฟล์นี้ไม่มีแล้ว")
    await expect(viewer(window).get_by_role("img", name="เรียกคืน.jpg")).not_to_be_attached()


async def test_retracting_names_the_files_that_go_and_the_copies_that_stay(
    served: Agency, narin: Client, windows: OpenWindow
) -> None:
    files = [document("หนังสือเวียน.pdf", 1), photo("หน้างาน.jpg")]
    await send(served, narin, served.room(ROOM), "ขอส่งเอกสาร", *files)
    window = await windows(served.url, SENDER)
    await window.go(f"#/rooms/{served.room(ROOM)}")
    await window.to_newest()
    await window.act("ขอส่งเอกสาร", "เรียกคืน")
    await expect(window.dialog).to_contain_text("ไฟล์ในข้อความนี้ 2 ไฟล์จะถูกเรียกคืนด้วย")
    await expect(window.dialog.get_by_role("listitem")).to_have_text([file.name for file in files])
    await expect(window.dialog).to_contain_text("ผู้ที่ดาวน์โหลดไฟล์ไว้แล้วจะยังมีสำเนาอยู่")
    assert await faults(window.page) == []


async def test_pages_of_a_document(served: Agency, narin: Client, windows: OpenWindow) -> None:
    name = "รายงานสรุปเหตุขัดข้องของระบบนัดหมายวัคซีนและแนวทางแก้ไขระยะเร่งด่วน ฉบับเสนอผู้บริหาร.pdf"
    await send(served, narin, served.room(ROOM), "โปรดอ่าน", document(name, 9, drawn=3))
    window = await opened(served, windows)
    await expect(window.log.get_by_text("PDF · ", exact=False)).to_contain_text("9 หน้า")
    await window.log.get_by_role("button", name=f"เปิด {name}").click()
    dialog = viewer(window)
    await drawn(dialog.get_by_role("img", name="หน้า 1 จาก 9"))
    await expect(dialog).to_contain_text("แสดง 3 หน้าแรกจาก 9 หน้า")
    # A picture of a page is no text: what is, is said and is one press away.
    await expect(dialog).to_contain_text("หน้าเหล่านี้เป็นภาพ โปรดดาวน์โหลดไฟล์หากต้องการคัดลอกหรือฟังข้อความ")
    links = dialog.get_by_role("group").get_by_role("link", name=f"ดาวน์โหลด {name}")
    await expect(links).to_be_visible()
    await dialog.get_by_role("img", name="หน้า 3 จาก 9").scroll_into_view_if_needed()
    await expect(dialog.get_by_text("หน้า 3 จาก 9", exact=False).first).to_be_visible()
    assert await faults(window.page) == []


async def test_a_voice_message_by_keyboard(served: Agency, narin: Client, windows: OpenWindow) -> None:
    await send(served, narin, served.room(ROOM), "", voice(12), voice(3))
    window = await opened(served, windows)
    players = window.log.get_by_role("group", name="ข้อความเสียง")
    first, second = players.first, players.last
    await expect(first).to_contain_text("0:12")
    slider = first.get_by_role("slider")
    await expect(slider).to_have_attribute("aria-valuetext", "0 วินาที จาก 12 วินาที")
    await slider.focus()
    await window.page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuetext", "1 วินาที จาก 12 วินาที")
    await first.get_by_role("button", name="ความเร็ว 1 เท่า").press("Enter")
    await expect(second.get_by_role("button", name="ความเร็ว 1.5 เท่า")).to_be_visible()
    await first.get_by_role("button", name="เล่น").press("Enter")
    await expect(first.get_by_role("button", name="หยุด")).to_be_visible()
    await second.get_by_role("button", name="เล่น").press("Enter")
    await expect(first.get_by_role("button", name="เล่น")).to_be_visible()
    # At its end it stands at the beginning again.
    await expect(second.get_by_role("button", name="เล่น")).to_be_visible()
    await expect(second.get_by_role("slider")).to_have_attribute("aria-valuetext", "0 วินาที จาก 3 วินาที")


def held_until_scanned(config: Config) -> Config:
    """Change the settings: what was not found clean is held back, and no scanner is there."""
    clamav = replace(config.clamav, socket=str(config.data / "no-clamd"))
    return replace(config, files=replace(config.files, scan="hold"), clamav=clamav)


@pytest_asyncio.fixture(loop_scope="session")
async def holding(world_data: Path) -> AsyncIterator[Agency]:
    """An agency that holds files until they were found clean."""
    async with agency.serve(world_data, held_until_scanned) as running:
        yield running


async def test_every_state_is_said_in_words(holding: Agency, windows: OpenWindow) -> None:
    narin, room = await holding.login(SENDER), holding.room(ROOM)
    await scanner_watch.look(holding.services)
    words = {
        "pending": "ระบบตรวจไวรัสไม่พร้อม จึงยังตรวจและเปิดไม่ได้",
        "unscannable": "ระบบตรวจไวรัสในไฟล์นี้ไม่ได้ จึงยังเปิดไม่ได้",
        "too_big": "ไฟล์ใหญ่เกินกว่าจะตรวจไวรัสได้ จึงยังเปิดไม่ได้",
        "infected": "พบไวรัส ระบบกักไฟล์นี้ไว้ เปิดไม่ได้",
    }
    for scan in words:
        await send(
            holding, narin, room, "", Filed(f"{scan}.zip", "application/zip", FileForm.DOCUMENT, b"PK", scan=scan)
        )
    await send(holding, narin, room, "", photo("ต้นฉบับ.jpg", original=True))
    window = await opened(holding, windows)
    for scan, said in words.items():
        card = window.log.get_by_role("article").filter(has_text=f"{scan}.zip")
        await expect(card).to_contain_text(said)
        await expect(card.get_by_role("link")).to_have_count(0)
    await expect(window.log).to_contain_text("ต้นฉบับ อาจมีข้อมูลตำแหน่ง")
    assert await faults(window.page) == []
    # Whoever has sent it may open it before the scan has ended.
    own = await windows(holding.url, SENDER)
    await own.go(f"#/rooms/{room}")
    await own.to_newest()
    mine = own.log.get_by_role("article").filter(has_text="pending.zip")
    await expect(mine).to_contain_text("ระบบตรวจไวรัสไม่พร้อม ผู้อื่นจึงยังเปิดไม่ได้")
    await expect(mine.get_by_role("link", name="ดาวน์โหลด pending.zip")).to_be_visible()


async def test_a_virus_that_was_released_is_said_and_opens(holding: Agency, windows: OpenWindow) -> None:
    narin, room = await holding.login(SENDER), holding.room(ROOM)
    released = Filed("released.zip", "application/zip", FileForm.DOCUMENT, b"PK", scan="unscannable", released=True)
    await send(holding, narin, room, "", released)
    window = await opened(holding, windows)
    card = window.log.get_by_role("article").filter(has_text="released.zip")
    await expect(card).to_contain_text("เคยพบไวรัส ผู้รับผิดชอบอนุญาตให้เปิด")
    await expect(card.get_by_role("link", name="ดาวน์โหลด released.zip")).to_be_visible()


async def test_where_no_files_are_scanned_it_is_said_once_in_a_message(
    served: Agency, narin: Client, windows: OpenWindow
) -> None:
    room = served.room(ROOM)
    kinds = (("ก.zip", "application/zip"), ("ข.zip", "application/zip"), ("ค.pdf", "application/pdf"))
    files = [Filed(name, kind, FileForm.DOCUMENT, b"PK", scan="pending") for name, kind in kinds]
    await send(served, narin, room, "", *files, photo("ง.jpg"))
    window = await opened(served, windows)
    message = window.log.get_by_role("article").filter(has_text="ก.zip")
    await expect(message.get_by_text("หน่วยงานไม่ได้ตรวจไวรัสในไฟล์")).to_have_count(1)
    await expect(message).not_to_contain_text("โปรดระวัง")
    await expect(message.get_by_role("link")).to_have_count(3)


async def test_the_files_of_a_room_beside_it(served: Agency, narin: Client, windows: OpenWindow) -> None:
    room = served.room(ROOM)
    n = await send(served, narin, room, "", photo("แรก.jpg"), document("แผนที่.pdf", 2))
    await send(served, narin, room, "", photo("หลัง.jpg", colours=COLOURS[1]), voice(3))
    film = [Made("poster", landscape(640, 360), 640, 360), Made("thumb", landscape(320, 180), 320, 180)]
    await send(
        served,
        narin,
        room,
        "",
        Filed(
            "คลิป.avi",
            "video/x-msvideo",
            FileForm.VIDEO,
            b"RIFF",
            made=film,
            facts={"width": 640, "height": 360, "ms": 62_000},
        ),
    )
    window = await opened(served, windows)
    await window.page.get_by_role("button", name="ไฟล์ในห้อง").click()
    panel = window.page.get_by_role("region", name="ไฟล์ในห้อง")
    tiles = panel.get_by_role("button", name=re.compile("^(รูปภาพ|วิดีโอ):"))
    await expect(tiles).to_have_count(3)
    await expect(tiles.first).to_have_accessible_name(re.compile("คลิป.avi"))
    month = panel.get_by_role("region").get_by_role("heading", level=3)
    await expect(month).to_have_text(re.compile(r"^\S+ \d{4}$"))
    assert await faults(window.page) == []
    await tiles.first.click()
    # A format that the browser cannot play is downloaded, and that is said.
    await expect(viewer(window)).to_contain_text("เบราว์เซอร์นี้เล่นวิดีโอชนิดนี้ไม่ได้")
    await window.page.keyboard.press("Escape")
    await panel.get_by_role("tab", name="ไฟล์", exact=True).click()
    await expect(panel.get_by_role("button", name="เปิด แผนที่.pdf")).to_be_visible()
    await panel.get_by_role("tab", name="เสียง", exact=True).click()
    await expect(panel.get_by_role("slider")).to_be_visible()
    await panel.get_by_role("tab", name="ไฟล์", exact=True).click()
    await panel.get_by_role("button", name="ไปยังข้อความของ แผนที่.pdf").click()
    await expect(window.page).to_have_url(re.compile(f"/message/{n}$"))


async def test_pictures_are_there_without_the_network(served: Agency, narin: Client, windows: OpenWindow) -> None:
    await send(served, narin, served.room(ROOM), "", photo("เก็บไว้.jpg"))
    window = await opened(served, windows)
    await window.controlled()
    await drawn(picture(window, "เก็บไว้.jpg").locator("img").first)
    await window.offline()
    await window.reload()
    await drawn(picture(window, "เก็บไว้.jpg").locator("img").first)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"viewport": {"width": 320, "height": 640}}, id="narrow"),
        pytest.param(
            {"viewport": {"width": 640, "height": 800}, "device_scale_factor": 2, "color_scheme": "dark"}, id="200 %"
        ),
    ],
)
async def test_files_fit_narrow_pages(
    served: Agency, narin: Client, windows: OpenWindow, options: dict[str, Any]
) -> None:
    room = served.room(ROOM)
    await send(served, narin, room, "", photo("กว้าง.jpg", 1600, 400), voice(3))
    await send(served, narin, room, "", *(photo(f"{n}.jpg", 400, 300, colours=COLOURS[n % 5]) for n in range(12)))
    window = await opened(served, windows, **options)
    await drawn(picture(window, "0.jpg").locator("img").first)
    assert await layout_faults(window.page) == []
    assert await faults(window.page) == []
