"""Names of people: in the language of the page, each part whole, with what people say of themselves."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window

THAI, ENGLISH = "นางสาวลลิตา วิเศษสุวรรณ", "Ms. Lalita Wisetsuwan"
STATUS = "ลงพื้นที่ควบคุมโรคทั้งสัปดาห์ ติดต่อทางโทรศัพท์ได้ตลอดเวลา และจะกลับเข้าสำนักงานในวันจันทร์หน้า"
BROKEN = """() => [...document.querySelectorAll(".name-part")].filter((part) => part.offsetParent !== null)
  .filter((part) => part.getBoundingClientRect().height > 1.9 * parseFloat(getComputedStyle(part).lineHeight)
    && part.getBoundingClientRect().width < part.parentElement.parentElement.getBoundingClientRect().width - 1)
  .map((part) => part.textContent)"""


async def speak_english(window: Window) -> None:
    await window.go("#/settings/display")
    await window.page.locator("label").filter(has_text=re.compile("^English$")).click()
    await expect(window.page.locator("html")).to_have_attribute("lang", "en")


async def test_an_english_page_has_english_names_and_mentions_work_in_both(served: Agency, windows: OpenWindow) -> None:
    """F01 and F20: the head of a room says its kind and scope."""
    lalita, narin = await windows(served.url, "lalita.w"), await windows(served.url, "narin.p")
    await speak_english(narin)
    await narin.go(f"#/rooms/{served.room('dengue')}")
    await expect(narin.page.locator(".room-head-facts")).to_contain_text(
        re.compile("people.*Group room.*Within the agency")
    )
    field = narin.page.locator("textarea")
    await field.fill("@วิเศษ")
    await narin.page.get_by_role("option", name=re.compile(ENGLISH)).click()
    await expect(field).to_have_value(f"@{ENGLISH} ")
    await field.press_sequentially("please confirm")
    await field.press("Enter")
    said = narin.message("please confirm")
    await expect(said.locator("mark")).to_have_text(f"@{ENGLISH}")

    await lalita.open_room()
    await expect(lalita.page.locator(".room-head-facts")).to_contain_text(re.compile("คน · ห้องกลุ่ม · ภายในหน่วยงาน"))
    called = lalita.message("please confirm")
    await expect(called).to_have_class(re.compile("msg-mentions-me"))
    await expect(called.locator("mark")).to_have_text(f"@{ENGLISH}")

    await narin.page.get_by_role("button", name="Room details and settings").click()
    members = narin.page.locator(".member-list")
    await expect(members).to_contain_text(ENGLISH)
    await expect(members).to_contain_text("Public Health Technical Officer")
    await expect(members.get_by_text(THAI)).to_have_count(0)
    await members.get_by_role("button", name=re.compile(f"^{ENGLISH}")).first.click()
    profile = narin.page.locator(".profile-head")
    await expect(profile.get_by_role("heading", name=ENGLISH)).to_be_visible()
    await expect(profile.locator("[lang=th]")).to_have_text(THAI)


async def test_name_parts_stay_whole_and_a_status_stands_beside_them(served: Agency, windows: OpenWindow) -> None:
    """Ux, «Also seen»: «น้ำ⏎ใส» on a narrow page, and a status message only in the profile."""
    lalita = await served.login("lalita.w")
    await lalita.patch("/me", {"status": STATUS})
    narrow = await windows(served.url, "narin.p", viewport={"width": 320, "height": 800})
    await narrow.open_room()
    await expect(narrow.page.locator(".msg").first).to_be_visible()
    assert await narrow.evaluate(BROKEN) == []
    await narrow.open_info()
    status = narrow.page.locator(".member-list .status-line").filter(has_text=STATUS)
    await expect(status).to_be_visible()
    assert await status.evaluate("(line) => line.scrollWidth > line.clientWidth && line.clientHeight < 30")
    assert await narrow.evaluate(BROKEN) == []
    assert await narrow.evaluate("document.documentElement.scrollWidth") <= 320
    await narrow.go(f"#/rooms/~{lalita.person}")
    await expect(narrow.page.locator(".room-head .status-line")).to_have_text(STATUS)
