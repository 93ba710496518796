"""A profile photograph in the browser: chosen by keyboard, waiting, approved, seen by others, removed (F17)."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.async_api import FilePayload, Locator, Page, expect

from appliance.actions.portraits import approve_photo
from appliance.demo.world import OPERATOR
from tests.agency import Agency
from tests.browser.axe import faults, layout_faults
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window

pytestmark = pytest.mark.media

NARROW = {"viewport": {"width": 320, "height": 640}}
DRAWN = "element => element.complete && element.naturalWidth > 0"


def _picture() -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(file, "JPEG")
    return {"name": "หน้าตรง.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


async def _drawn(image: Locator) -> None:
    """Wait until a photograph is on the screen."""
    await expect(image).to_be_visible()
    handle = await image.element_handle()
    assert handle is not None
    await handle.evaluate("element => element.decode()")
    assert await image.evaluate(DRAWN)


async def _choose(page: Page, picture: FilePayload | None = None) -> None:
    """Choose a picture with the keyboard, once the server has said what there is: until then the button waits."""
    button = page.get_by_role("button", name="เลือกรูป")
    await expect(button).to_be_enabled()
    async with page.expect_file_chooser() as chooser:
        await button.press("Enter")
    await (await chooser.value).set_files([picture or _picture()])


async def _seen_by(window: Window, person: str) -> Locator:
    await window.go(f"#/people/all/{person}")
    return window.page.locator(".avatar-xl .avatar-photo")


async def test_a_photograph_is_chosen_waits_is_seen_and_is_removed(served: Agency, windows: OpenWindow) -> None:
    narin = await windows(served.url, "narin.p", **NARROW)
    me = served.person("narin.p")
    await narin.go("#/settings/me")
    page = narin.page
    await expect(page.get_by_text("ยังไม่มีรูปโปรไฟล์")).to_be_visible()
    await _choose(page)
    await _drawn(page.locator(".settings-photo .avatar-photo"))
    await page.get_by_role("button", name="ใช้รูปนี้").press("Enter")
    await expect(page.get_by_text("รอการอนุมัติ")).to_be_visible()
    await expect(page.get_by_role("heading", name="รูปโปรไฟล์")).to_be_focused()
    await _drawn(page.locator(".settings-photo .avatar-photo"))
    assert await faults(page) == []
    assert await layout_faults(page) == []
    lalita = await windows(served.url, "lalita.w")
    photo = await _seen_by(lalita, me)
    await expect(lalita.page.locator(".avatar-xl")).to_be_visible()
    await expect(photo).to_have_count(0)
    async with served.services.store.read() as reader:
        [(waiting,)] = await reader.run(lambda rows: rows.all("SELECT waiting FROM portrait WHERE person = ?", (me,)))
    await approve_photo(served.services, OPERATOR, me, waiting)
    await lalita.page.reload()
    await _drawn(await _seen_by(lalita, me))
    await page.reload()
    await expect(page.get_by_text("ผู้อื่นเห็นรูปนี้")).to_be_visible()
    await page.get_by_role("button", name="ลบรูป").press("Enter")
    await expect(page.get_by_text("ยังไม่มีรูปโปรไฟล์")).to_be_visible()
    await lalita.page.reload()
    await expect(lalita.page.locator(".avatar-xl")).to_be_visible()
    await expect(lalita.page.locator(".avatar-xl .avatar-photo")).to_have_count(0)


async def test_a_moderator_refuses_one_and_approves_another(served: Agency, windows: OpenWindow) -> None:
    """Both see what the other does at once; a refusal has its reason."""
    narin = await windows(served.url, "narin.p", **NARROW)
    amphai = await windows(served.url, "amphai.c")
    await amphai.go("#/requests")
    await expect(amphai.page.get_by_text("ยังไม่มีคำขอ")).to_be_visible()
    await narin.go("#/settings/me")
    await _choose(narin.page)
    await narin.page.get_by_role("button", name="ใช้รูปนี้").click()
    await expect(amphai.page.get_by_role("link", name=re.compile("มีคำขอรอท่าน 1 เรื่อง"))).to_be_attached()
    waiting = amphai.page.get_by_role("img", name=re.compile("นรินทร์.*เลือก"))
    await amphai.page.set_viewport_size({"width": 320, "height": 640})
    await _drawn(waiting.locator("img"))
    assert await faults(amphai.page) == []
    assert await layout_faults(amphai.page) == []
    await amphai.page.get_by_role("button", name=re.compile("^ไม่อนุมัติรูปของ")).press("Enter")
    refuse = amphai.dialog.get_by_role("button", name="ไม่อนุมัติ")
    await expect(refuse).to_be_disabled()
    await amphai.dialog.get_by_role("textbox", name="เหตุผล").fill("โปรดใช้รูปหน้าตรง")
    assert await faults(amphai.page) == []
    await expect(refuse).to_be_enabled()
    await refuse.press("Enter")
    await expect(waiting).to_have_count(0)
    await expect(narin.page.get_by_text("รูปโปรไฟล์ไม่ได้รับอนุมัติ: โปรดใช้รูปหน้าตรง")).to_be_visible()
    await narin.go("#/requests")
    await expect(narin.page.get_by_text("รูปโปรไฟล์ไม่ได้รับอนุมัติ: โปรดใช้รูปหน้าตรง")).to_be_visible()
    await narin.go("#/settings/me")
    await _choose(narin.page)
    await narin.page.get_by_role("button", name="ใช้รูปนี้").click()
    await amphai.page.get_by_role("button", name=re.compile("^อนุมัติรูปของ")).press("Enter")
    await expect(narin.page.get_by_text("ผู้อื่นเห็นรูปนี้")).to_be_visible()
    await expect(amphai.page.get_by_text("ยังไม่มีคำขอ")).to_be_visible()


async def test_one_that_no_browser_draws_is_never_a_torn_sign(served: Agency, windows: OpenWindow) -> None:
    """Damaged, or of a kind that the browser does not know: initials and words; what helps attachments is not said."""
    window = await windows(served.url, "narin.p")
    await window.go("#/settings/me")
    await _choose(
        window.page,
        {"name": "เสีย.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500)},
    )
    await expect(window.page.get_by_text("เบราว์เซอร์นี้แสดงรูปนี้ไม่ได้ ท่านจะเห็นเมื่อส่งแล้ว")).to_be_visible()
    await expect(window.page.locator(".settings-photo img")).to_have_count(0)
    await window.button("ใช้รูปนี้").click()
    await expect(window.page.get_by_role("alert").filter(has_text="ไฟล์นี้เสียหาย")).to_be_visible()
    await expect(window.page.get_by_text("ส่งต้นฉบับ")).to_have_count(0)
