"""What the product says of itself: «เกี่ยวกับระบบ» and «ช่วยเหลือ»."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.async_api import expect

from appliance.actions.settings import set_helpdesk
from appliance.demo.world import OPERATOR
from tests.agency import Agency
from tests.browser.conftest import OpenWindow

PHONE: Final = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
PROMISES: Final = {
    "F06, the cabinet's resolution": "ตามมติคณะรัฐมนตรีเมื่อวันที่ 29 มีนาคม 2559",
    "F97, who holds the keys": "กุญแจอยู่กับหน่วยงานของท่าน",
    "F97, not end to end": "ระบบไม่ได้เข้ารหัสจากต้นทางถึงปลายทาง",
    "F97, what this device keeps": "ผู้ที่คัดลอกโปรไฟล์ได้จึงเปิดอ่านได้",
    "F97, no certificate": "ระบบยังไม่ได้รับการรับรองตามมาตรฐานใด",
    "F100, no guarantee": "ไม่มีระบบใดรับประกันได้ว่าข้อมูลจะปลอดภัย",
}


async def test_the_product_says_what_it_promises_and_what_not(served: Agency, windows: OpenWindow) -> None:
    """F06, F97, F100; the terms that were accepted can be read again."""
    await set_helpdesk(served.services, OPERATOR, "02-590-1000 ต่อ 12", "", "")
    window = await windows(served.url, "narin.p")
    await window.page.goto(f"{served.url}/#/settings/about")
    about = window.page.locator(".settings-panel")
    for promise, words in PROMISES.items():
        await expect(about, promise).to_contain_text(words)
    await expect(about).to_contain_text(served.services.config.agency.name_th)
    await expect(about.get_by_role("link", name="02-590-1000 ต่อ 12")).to_be_visible()
    await window.button("อ่านข้อกำหนดการใช้งาน").click()
    await expect(window.dialog).to_contain_text("ข้อกำหนด")


@pytest.mark.parametrize("by", ["pointer", "touch"])
async def test_help_names_buttons_with_their_icons(served: Agency, windows: OpenWindow, by: str) -> None:
    """Icons are drawn, not letters of a font; a finger is told of no pointer and no keys."""
    window = await windows(served.url, "narin.p", **(PHONE if by == "touch" else {}))
    await window.page.goto(f"{served.url}/#/settings")
    await window.button("ช่วยเหลือ").last.click()
    info = window.dialog.locator(".help-press", has_text="ข้อมูลและการตั้งค่าห้อง")
    await expect(info.locator("svg")).to_be_visible()
    await expect(window.dialog).not_to_contain_text(re.compile("[ⓘ⋯]"))
    for words in ("วางตัวชี้", "คลิกขวา", "แป้นพิมพ์ลัด"):
        await expect(window.dialog.get_by_text(words)).to_have_count(0 if by == "touch" else 1)
