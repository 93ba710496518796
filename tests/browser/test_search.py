"""Searching as one types, from anywhere, with a mouse and without; what is found, where it leads (C18, F19, L10)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from appliance.actions import messages
from appliance.wire.messages import TextBody
from search_index.query import matches, parse
from tests.agency import Agency, indexed, new_txn, search_process, serve, unlimited
from tests.browser.axe import faults
from tests.browser.conftest import OpenWindow
from tests.browser.filed import document, photo, send
from tests.browser.window import ROOM, Window
from tests.search.corpus import WHOLE
from tests.search.corpus import messages as corpus
from tests.waiting import until

ROOMS: Final = ("dengue", "epid", "d3")
WORDS: Final = "ประชุมลับปลาบู่"
AT_ONCE: Final = 200
QUERIES: Final = ("อร่อย", "โปรโมชั่น", "iphone", "555")


@dataclass(slots=True)
class Searched:
    """An appliance with its search process, which can be ended."""

    agency: Agency
    process: asyncio.subprocess.Process
    stack: AsyncExitStack
    data: Path

    async def restart(self) -> None:
        """Start the search process again."""
        self.process = await self.stack.enter_async_context(search_process(self.data))


@pytest_asyncio.fixture(loop_scope="session")
async def searched(world_data: Path) -> AsyncIterator[Searched]:
    """The seeded ministry with its search process."""
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(search_process(world_data))
        agency = await stack.enter_async_context(serve(world_data, unlimited))
        await indexed(agency)
        yield Searched(agency, process, stack, world_data)


async def tell(searched: Searched, texts: list[str]) -> None:
    """Have Narin say all this in three rooms."""
    agency = searched.agency
    narin = agency.person("narin.p")
    rooms = cycle([agency.room(code) for code in ROOMS])
    for start in range(0, len(texts), AT_ONCE):
        bodies = [TextBody(text=text) for text in texts[start : start + AT_ONCE]]
        said = (messages.send_message(agency.services, narin, next(rooms), body, new_txn(), None) for body in bodies)
        await asyncio.gather(*said)
    await indexed(agency)


def results(window: Window) -> Locator:
    """Return what was found."""
    return window.search.get_by_role("region", name="ผลการค้นหา")


def hits(window: Window) -> Locator:
    """Return the lines that were found."""
    return results(window).locator(".search-hit")


async def open_search(window: Window) -> Locator:
    """Open the search by keyboard, and return its field."""
    await window.page.keyboard.press("Control+K")
    words = window.search.get_by_role("searchbox", name="ค้นหาข้อความ ห้อง หรือบุคคล")
    await expect(words).to_be_focused()
    return words


async def landed(window: Window, text: str) -> None:
    """Wait until a message is in view and has the focus."""
    row = window.log.locator("[data-row]:focus")
    await expect(row).to_contain_text(text)
    await expect(row).to_be_in_viewport()


async def all_marked(window: Window, query: str, count: int) -> bool:
    """Say whether so many hits are there and each is marked where it answers the whole query."""
    marked = await hits(window).locator("mark").all_inner_texts()
    return len(marked) >= count and all(matches(parse(query), mark) for mark in marked)


async def test_searching_many_real_messages_as_one_types(searched: Searched, windows: OpenWindow) -> None:
    texts = [text for text in (corpus(WHOLE) if WHOLE.exists() else corpus()) if text.strip()]
    # More than a page of hits for each, in a clone that has no other data beside it too.
    texts += [f"{query} เป็นครั้งที่ {n}" for query in QUERIES for n in range(80)]
    await tell(searched, texts)
    window = await windows(searched.agency.url, "narin.p")
    await window.button("ค้นหา").click()
    typed = window.search.get_by_role("searchbox", name="ค้นหาข้อความ ห้อง หรือบุคคล")
    for query in QUERIES:
        await typed.fill("")
        await expect(hits(window)).to_have_count(0)
        await typed.press_sequentially(query, delay=40)
        expected = sum(matches(parse(query), text) for text in texts)
        await until(partial(all_marked, window, query, min(30, expected)), f"hits for {query}")
        await expect(results(window)).to_have_attribute("aria-busy", "false")
        await expect(hits(window)).to_have_count(min(30, expected))
    await typed.fill("อร่อย")
    await expect(hits(window).locator("mark").first).to_have_text("อร่อย")
    more = results(window).get_by_role("button", name="แสดงข้อความที่เก่ากว่า")
    await more.click()
    await expect(hits(window)).to_have_count(60)
    oldest = hits(window).locator("nth=-1")
    words = (await oldest.locator(".search-hit-text").inner_text()).strip("…").strip()
    await oldest.click()
    await landed(window, words[:40].strip())
    again = await open_search(window)
    await expect(again).to_have_value("อร่อย")
    await expect(hits(window)).to_have_count(60)


async def test_without_a_mouse(searched: Searched, windows: OpenWindow) -> None:
    await tell(searched, [f"{WORDS} ครั้งที่ {n}" for n in range(4)] + ["คั่น"] * 200)
    window = await windows(searched.agency.url, "narin.p")
    page = window.page
    typed = await open_search(window)
    await typed.press_sequentially(WORDS)
    await expect(hits(window)).to_have_count(4)
    await expect(window.search.get_by_text("พบ 4 ข้อความ").first).to_be_visible()
    for key, expected in (("ArrowDown", 0), ("End", 3), ("Home", 0), ("ArrowDown", 1)):
        await page.keyboard.press(key)
        await expect(hits(window).nth(expected)).to_be_focused()
    text = await hits(window).nth(1).locator(".search-hit-text").inner_text()
    await page.keyboard.press("Enter")
    await landed(window, text)
    await page.keyboard.press("Escape")
    await expect(window.composer).to_be_focused()
    await open_search(window)
    await page.keyboard.press("Delete")
    recent = results(window).get_by_role("button", name=WORDS, exact=True)
    await expect(recent).to_be_visible()
    await expect(hits(window)).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(window.composer).to_be_focused()
    await page.keyboard.press("Control+/")
    await expect(window.dialog.get_by_text("ค้นหาข้อความ ห้อง และบุคคล")).to_be_visible()


async def arrived(window: Window, text: str) -> str:
    """Wait until the message of the address is in view and marked; return the address after `#`."""
    marked = window.log.locator(".msg-found")
    await expect(marked).to_contain_text(text)
    await expect(marked).to_be_in_viewport()
    return str(await window.evaluate("() => location.hash.slice(1)"))


async def test_hits_stay_listed_and_have_addresses(searched: Searched, windows: OpenWindow) -> None:
    """One hit after the other beside the list, each with an address that Back, a reload and others can use."""
    await tell(searched, [f"{WORDS} ครั้งที่ {n}" for n in range(6)] + ["คั่น"] * 60)
    window = await windows(searched.agency.url, "narin.p")
    page = window.page
    await (await open_search(window)).fill(WORDS)
    await expect(hits(window)).to_have_count(6)
    texts = await hits(window).locator(".search-hit-text").all_inner_texts()
    await hits(window).nth(0).click()
    await landed(window, texts[0])
    first = await arrived(window, texts[0])
    assert re.fullmatch(r"/rooms/[^/]+/message/\d+", first)
    await expect(hits(window)).to_have_count(6)
    await expect(hits(window).nth(0)).to_have_attribute("aria-current", "true")
    await hits(window).nth(1).click()
    await arrived(window, texts[1])
    following = window.search.get_by_role("button", name="ผลถัดไป")
    await following.click()
    third = await arrived(window, texts[2])
    await expect(window.search.get_by_text("3 จาก 6")).to_be_visible()
    await expect(following).to_be_focused()
    await page.go_back()
    assert await arrived(window, texts[0]) == first
    await page.go_forward()
    assert await arrived(window, texts[2]) == third
    # Esc closes and keeps the words; the address goes on meaning the message.
    await (await open_search(window)).press("Escape")
    await expect(window.search).to_have_count(0)
    await expect(await open_search(window)).to_have_value(WORDS)
    await page.keyboard.press("Escape")
    await window.reload()
    assert await arrived(window, texts[2]) == third
    # Sent to somebody else, it opens there too.
    await (await open_search(window)).fill(WORDS)
    shared = results(window).get_by_role("region", name=ROOM).locator(".search-hit").first
    text = await shared.locator(".search-hit-text").inner_text()
    await shared.click()
    sent = await arrived(window, text)
    lalita = await windows(searched.agency.url, "lalita.w")
    await lalita.go(sent)
    assert await arrived(lalita, text) == sent


async def test_on_a_phone_back_leads_from_the_hit_to_the_list(searched: Searched, windows: OpenWindow) -> None:
    """Back closes the topmost sheet, and hits stay listed."""
    await tell(searched, [f"{WORDS} ครั้งที่ {n}" for n in range(6)])
    window = await windows(
        searched.agency.url, "narin.p", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = window.page
    await window.open_room()
    await page.go_back()
    await window.button("ค้นหา").tap()
    await window.search.get_by_role("searchbox").fill(WORDS)
    await expect(hits(window)).to_have_count(6)
    texts = await hits(window).locator(".search-hit-text").all_inner_texts()
    await hits(window).nth(3).tap()
    await arrived(window, texts[3])
    # The message has the focus, and its tools cover neither author nor time.
    await expect(window.log.locator("[data-row]:focus .msg-tools")).to_have_css("opacity", "0")
    await expect(window.search).to_be_hidden()
    await page.get_by_role("button", name="ผลก่อนหน้า").tap()
    await arrived(window, texts[2])
    await page.go_back()
    await expect(hits(window).nth(3)).to_be_focused()
    await page.go_back()
    await expect(window.search).to_have_count(0)
    await expect(window.row(ROOM)).to_be_visible()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/rooms/%", "ไม่พบหน้าที่ท่านเปิด"),
        ("/nowhere", "ไม่พบหน้าที่ท่านเปิด"),
        ("/rooms/r_gone/message/5", "ไม่พบห้องนี้ หรือท่านไม่ได้เป็นสมาชิกแล้ว"),
        ("/rooms/~", "ไม่พบหน้าที่ท่านเปิด"),
        ("/rooms/~p_none", "ไม่พบหน้าที่ท่านเปิด"),
        ("/rooms/~{me}", "ไม่พบหน้าที่ท่านเปิด"),
        ("/people/all/p_none", "ไม่พบหน้าที่ท่านเปิด"),
        ("/people/u_none", "ไม่พบหน้าที่ท่านเปิด"),
        ("/rooms/{room}/message/99999", "ไม่พบข้อความนี้ในห้อง"),
    ],
)
async def test_an_address_that_leads_nowhere_says_so(
    served: Agency, windows: OpenWindow, address: str, words: str
) -> None:
    """A clear page for every address."""
    window = await windows(served.url, "lalita.w")
    await window.go(address.format(room=served.room("dengue"), me=served.person("lalita.w")))
    await expect(window.page.get_by_text(words)).to_be_visible()
    await window.reload()
    await expect(window.page.get_by_text(words)).to_be_visible()


async def test_rooms_are_found_by_name_and_searches_are_forgotten(searched: Searched, windows: OpenWindow) -> None:
    window = await windows(searched.agency.url, "narin.p")
    await (await open_search(window)).fill("ไข้เลือดออก")
    await results(window).get_by_role("region", name="ห้อง").get_by_role("button", name=ROOM).click()
    await expect(window.composer).to_be_focused()
    await (await open_search(window)).fill("")
    await expect(results(window).get_by_text("คำที่ค้นล่าสุด").first).to_be_visible()
    await results(window).get_by_role("button", name="ล้างคำที่ค้นล่าสุดทั้งหมด").click()
    await expect(results(window).get_by_text("พิมพ์คำที่ต้องการค้น")).to_be_visible()
    kept = await window.evaluate("() => JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert "ไข้เลือดออก" not in kept


async def test_a_conversation_cleared_from_the_screen_opens_at_what_was_found(
    searched: Searched, windows: OpenWindow
) -> None:
    """F19."""
    await tell(searched, [f"{WORDS} ก่อนล้าง {n}" for n in range(150)])
    narin = await searched.agency.login("narin.p")
    await narin.post(f"/rooms/{searched.agency.room('dengue')}/clear")
    window = await windows(searched.agency.url, "narin.p")
    await expect(window.row(ROOM)).to_have_count(0)
    await (await open_search(window)).fill(f'"{WORDS} ก่อนล้าง 0"')
    await expect(hits(window)).to_have_count(1)
    await hits(window).click()
    await landed(window, f"{WORDS} ก่อนล้าง 0")
    await expect(window.page.get_by_role("heading", name=ROOM).first).to_be_visible()


async def test_filters_by_sender_room_and_link(searched: Searched, windows: OpenWindow) -> None:
    await tell(searched, [f"{WORDS} {n}" + (" https://moph.test" if n % 3 == 0 else "") for n in range(9)])
    lalita = await searched.agency.login("lalita.w")
    await lalita.say(searched.agency.room("dengue"), f"{WORDS} จากลลิตา")
    await indexed(searched.agency)
    window = await windows(searched.agency.url, "narin.p")
    dialog = window.search
    await (await open_search(window)).fill(WORDS)
    await expect(hits(window)).to_have_count(10)
    await dialog.get_by_role("button", name="ผู้ส่ง", exact=True).click()
    pick = window.page.get_by_role("dialog", name="ผู้ส่ง")
    await pick.get_by_role("searchbox").press_sequentially("ลลิตา")
    await pick.get_by_role("button", name=re.compile("ลลิตา")).first.click()
    await expect(hits(window)).to_have_count(1)
    await dialog.get_by_role("button", name="ไม่จำกัดผู้ส่ง").click()
    await dialog.get_by_role("button", name="มีลิงก์").click()
    await expect(hits(window)).to_have_count(3)
    await dialog.get_by_role("button", name="ห้อง", exact=True).click()
    await window.page.get_by_role("dialog", name="ห้อง", exact=True).get_by_role("button", name=ROOM).click()
    await expect(hits(window)).to_have_count(3)
    await expect(results(window).locator("section")).to_have_count(1)
    await dialog.get_by_role("button", name="ล้างตัวกรอง").click()
    await expect(hits(window)).to_have_count(10)


async def open_days(window: Window) -> tuple[Locator, Locator]:
    """Open the filter by days; return its two fields."""
    await window.search.get_by_role("button", name=re.compile("^ช่วงวันที่")).first.click()
    panel = window.page.get_by_role("dialog", name="ช่วงวันที่")
    return panel.get_by_role("textbox", name="ตั้งแต่วันที่"), panel.get_by_role("textbox", name="ถึงวันที่")


async def test_days_in_either_calendar_and_the_year_does_not_grow(searched: Searched, windows: OpenWindow) -> None:
    """L2, L3."""
    window = await windows(searched.agency.url, "narin.p")
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url) if "/search?" in request.url else None)
    await open_search(window)
    since, until = await open_days(window)
    for typed in ("1 ต.ค. 2569", "๑/๑๐/๖๙", "1 October 2569", "2026-10-01"):
        await since.fill(typed)
        await since.press("Enter")
        await expect(since).to_have_value("1 ต.ค. 2569")
    for _ in range(5):
        await window.page.get_by_role("button", name="เลือกจากปฏิทิน (ตั้งแต่วันที่)").click()
        month = window.page.get_by_role("application")
        await expect(month.get_by_text("ตุลาคม 2569", exact=True)).to_be_visible()
        await window.page.keyboard.press("Enter")
        await expect(since).to_have_value("1 ต.ค. 2569")
    assert "from=1790787600000" in asked[-1]  # midnight in Bangkok, 2026-10-01
    await until.fill("5 ต.ค. 2026")
    await until.press("Tab")
    await window.page.get_by_role("button", name="หมายถึง 5 ต.ค. 2569").click()
    await expect(until).to_have_value("5 ต.ค. 2569")
    await until.fill("31 ก.พ. 2569")
    await until.press("Enter")
    await expect(window.page.get_by_text("อ่านวันที่ไม่ได้")).to_be_visible()
    assert f"to={1790787600000 + 5 * 86_400_000}" in asked[-1]


async def test_what_it_says_when_there_is_nothing_to_show(searched: Searched, windows: OpenWindow) -> None:
    await tell(searched, [f"{WORDS} สวัสดีชาวโลก"])
    window = await windows(searched.agency.url, "narin.p")
    typed = await open_search(window)
    await typed.fill("ก")
    await expect(results(window).get_by_text("อย่างน้อย 2 ตัวอักษร")).to_be_visible()
    await typed.fill("ไม่มีคำนี้ที่ไหนแน่นอน")
    await expect(results(window).get_by_text("ไม่พบข้อความ")).to_be_visible()
    await typed.fill("l;ylfu=k;F]d")
    await results(window).get_by_role("button", name="หมายถึง สวัสดีชาวโลก หรือไม่").click()
    await expect(hits(window)).to_have_count(1)
    searched.process.kill()
    await searched.process.wait()
    await typed.fill(WORDS)
    await expect(results(window).get_by_text("ยังค้นหาไม่ได้ในขณะนี้")).to_be_visible()
    await searched.restart()
    await indexed(searched.agency)
    await results(window).get_by_role("button", name="ลองใหม่").click()
    await expect(hits(window)).to_have_count(1)
    await window.page.keyboard.press("Escape")
    await window.open_room()
    await window.offline()
    await (await open_search(window)).fill(WORDS)
    await expect(results(window).get_by_text("ค้นเฉพาะข้อความที่เก็บไว้ในเครื่องนี้")).to_be_visible()
    await expect(hits(window)).to_have_count(1)


@pytest.mark.parametrize(
    "look",
    [{}, {"viewport": {"width": 320, "height": 640}}, {"color_scheme": "dark"}],
    ids=["wide", "320", "dark"],
)
async def test_nothing_is_wrong_with_the_page(searched: Searched, windows: OpenWindow, look: dict[str, Any]) -> None:
    await tell(searched, [f"{WORDS} {n} เรื่องยาวพอสมควรที่ต้องตัดบรรทัดเมื่อจอแคบ" for n in range(40)])
    window = await windows(searched.agency.url, "narin.p", **look)
    await window.button("ค้นหา").click()
    typed = window.search.get_by_role("searchbox", name="ค้นหาข้อความ ห้อง หรือบุคคล")
    await expect(typed).to_be_focused()
    assert await faults(window.page) == []
    await typed.fill(WORDS)
    await expect(hits(window)).to_have_count(30)
    await window.search.get_by_role("button", name="มีลิงก์").click()
    await expect(results(window).get_by_text("ไม่พบข้อความ")).to_be_visible()
    assert await faults(window.page) == []
    await window.search.get_by_role("button", name="ล้างตัวกรอง").click()
    await expect(hits(window)).to_have_count(30)
    assert await faults(window.page) == []
    await open_days(window)
    await window.page.get_by_role("button", name="เลือกจากปฏิทิน (ตั้งแต่วันที่)").click()
    await expect(window.page.get_by_role("application")).to_be_visible()
    assert await faults(window.page) == []


async def test_names_of_files_stand_on_lines_of_their_own(searched: Searched, windows: OpenWindow) -> None:
    """Words and names are never one text: a name has its sign, and only what was asked for is marked."""
    agency = searched.agency
    narin = await agency.login("narin.p")
    files = [photo("ภาพหน้างาน ซอย ๑๒.jpg"), document("แผนปลาบู่สวรรค์.pdf", 2), document("อื่น.pdf", 1)]
    await send(agency, narin, agency.room("dengue"), "โปรดดูเอกสารครับ", *files)
    await indexed(agency)
    window = await windows(agency.url, "lalita.w", viewport={"width": 320, "height": 640})
    await (await open_search(window)).fill("ปลาบู่สวรรค์")
    hit = hits(window)
    await expect(hit.locator(".search-hit-text")).to_have_text("โปรดดูเอกสารครับ")
    name = hit.locator(".search-hit-file")
    await expect(name).to_have_text("แผนปลาบู่สวรรค์.pdf")
    await expect(name.get_by_role("img", name="ไฟล์")).to_be_visible()
    await expect(hit.locator("mark")).to_have_text("ปลาบู่สวรรค์")
    await expect(hit).to_contain_text("และอีก 2 ไฟล์")
    assert await faults(window.page) == []
