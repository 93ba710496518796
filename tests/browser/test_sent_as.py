"""The tray shows a file as others will get it: cleaned, under its name then, and with what its sender should know."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.test_attaching import _attach, _attached, _sent
from tests.files.corpus import pdf, with_place

pytestmark = pytest.mark.media


def huge() -> bytes:
    """54 million pixels in a JPEG of some hundred kilobytes."""
    file = io.BytesIO()
    Image.new("L", (9_000, 6_000)).save(file, "JPEG")
    return file.getvalue()


async def test_what_is_sent_is_what_the_tray_shows(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    heic = with_place("HEIF")
    await _attach(
        window,
        {"name": "IMG_0042.heic", "mimeType": "image/heic", "buffer": heic},
        {"name": "ระเบียบ.pdf", "mimeType": "application/pdf", "buffer": pdf(1)},
        {"name": "แผนที่.jpg", "mimeType": "image/jpeg", "buffer": huge()},
    )
    photograph = _attached(window, "IMG_0042.jpg")
    await expect(photograph).to_contain_text(re.compile("พร้อมส่ง"))
    await expect(_attached(window, "ระเบียบ.pdf")).to_contain_text("อาจมีชื่อผู้เขียนอยู่ในไฟล์")
    await expect(_attached(window, "แผนที่.jpg")).to_contain_text("จะส่งเป็นไฟล์ที่ไม่มีภาพตัวอย่าง")
    await expect(photograph).not_to_contain_text("ชื่อผู้เขียน")
    shown = await photograph.inner_text()
    await window.composer.focus()
    await window.page.keyboard.press("Enter")
    files = await _sent(window, served.room("dengue"), "IMG_0042.jpg", "ระเบียบ.pdf", "แผนที่.jpg")
    assert files[0]["size"] != len(heic)
    assert f"{round(files[0]['size'] / 1_000)} KB" in shown.replace("\u00a0", " ")
    card = window.page.get_by_text("ภาพใหญ่กว่า 50 ล้านพิกเซล จึงไม่มีภาพตัวอย่าง")
    await expect(card).to_be_visible()


async def test_a_file_that_cannot_be_cleaned_says_why_and_may_go_as_original(
    served: Agency, windows: OpenWindow
) -> None:
    window = await windows(served.url, "narin.p")
    await window.open_room()
    damaged = with_place("JPEG")[:400]
    await _attach(window, {"name": "หลักฐาน.jpg", "mimeType": "image/jpeg", "buffer": damaged})
    picture = _attached(window, "หลักฐาน.jpg")
    await expect(picture).to_contain_text("ไฟล์นี้เสียหาย")
    await picture.get_by_text("ส่งต้นฉบับ (มีข้อมูลตำแหน่งและเครื่อง)").click()
    await expect(picture).to_contain_text("พร้อมส่ง")
    await window.composer.focus()
    await window.page.keyboard.press("Enter")
    (file,) = await _sent(window, served.room("dengue"), "หลักฐาน.jpg")
    assert (file["original"], file["size"]) == (True, len(damaged))
