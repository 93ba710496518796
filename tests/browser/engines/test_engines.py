"""The same days at the office in Firefox and in WebKit as in Chromium: what people do most works in each."""

from __future__ import annotations

import asyncio
from typing import Final

from tests.browser.engines.conftest import OpenTab
from tests.browser.window import ROOM
from tests.faults.appliance import Appliance

LALITA: Final = "นางสาวลลิตา วิเศษสุวรรณ"
SEEDED: Final = "พัสดุแจ้งว่าทรายอะเบทจะส่งมอบงวดแรก 2 ตันวันศุกร์นี้"
WAITING: Final = [f"ข้อความที่ {n} ของวันนี้ครับ" for n in range(1, 4)]
BANNER: Final = "ออฟไลน์ตั้งแต่"
TEXT: Final = "[role=log] .msg-text"


async def test_no_question_of_the_browser_holds_anybody_up(tabs: OpenTab) -> None:
    """Browsers 1: Firefox asks about storage after signing in and about notifications; here nobody answers."""
    narin = await tabs("narin.p")
    await narin.reload()
    await narin.entered()
    await narin.go("#/settings/notifications")
    switch = "แจ้งเตือนเมื่อมีข้อความใหม่"
    await narin.sees("label", switch)
    await narin.click("label", switch)
    # The page goes on, with the question open or refused.
    await narin.sees("*", "เมื่อปิดทุกแท็บและทุกหน้าต่างแล้วจะไม่มีการแจ้งเตือน")
    await narin.go("#/settings/devices")
    await narin.sees("*", "อุปกรณ์ที่เข้าใช้งานอยู่")
    await narin.go("#/")
    await narin.open_room()
    await narin.say("ยังทำงานอยู่ครับ")
    await narin.said("ยังทำงานอยู่ครับ")


async def test_two_people_write_to_each_other_and_find_it_again(tabs: OpenTab) -> None:
    narin, lalita = await tabs("narin.p"), await tabs("lalita.w")
    await narin.open_room()
    await lalita.open_room()
    await narin.say("เรียนทุกท่าน น้ำปั๊มที่ญี่ปุ่น ๐๙.๓๐ น. ครับ")
    await lalita.said("เรียนทุกท่าน น้ำปั๊มที่ญี่ปุ่น ๐๙.๓๐ น. ครับ")
    await lalita.say("รับทราบค่ะ")
    await narin.said("รับทราบค่ะ")

    await narin.press("Control+k")
    await narin.sees("input:focus")
    await narin.type("ทรายอะเบท")

    async def found() -> bool:
        # The search process may still be reading what the room said before it began: Enter asks again.
        await narin.press("Enter")
        return bool(await narin.texts(".search-hit", "ทรายอะเบท"))

    await narin.holds(found, "the message is found")
    await narin.click(".search-hit", "ทรายอะเบท")
    await narin.said(SEEDED)

    await lalita.reload()
    await lalita.said("รับทราบค่ะ")


async def test_letters_typed_right_after_picking_a_mention_stay_in_order(tabs: OpenTab) -> None:
    """Browsers 3."""
    narin, lalita = await tabs("narin.p"), await tabs("lalita.w")
    await narin.open_room()
    await lalita.open_room()
    expected: list[str] = []
    for n, pause_ms in enumerate([0, 15, 40] * 2, 1):
        await narin.type(f"ครั้งที่ {n} ขอบคุณ @ลิตา")
        await narin.sees("[role=listbox] [role=option]", LALITA)
        # Enter picks, and the words follow at once.
        await narin.type("สำหรับตัวเลขครับ", first="Enter", pause_ms=pause_ms)
        await narin.press("Enter")
        await lalita.said(f"ครั้งที่ {n} ขอบคุณ")
        expected.append(f"ครั้งที่ {n} ขอบคุณ @{LALITA} สำหรับตัวเลขครับ")
    assert await lalita.texts(TEXT, "ขอบคุณ @") == expected
    await lalita.sees(f"{TEXT} mark", f"@{LALITA}")


async def test_what_is_written_while_the_server_is_away_arrives_once_and_in_order(
    supervised: Appliance, tabs: OpenTab
) -> None:
    narin, lalita = await tabs("narin.p"), await tabs("lalita.w")
    for tab in (narin, lalita):
        await tab.open_room()
        await tab.controlled()
    await asyncio.to_thread(supervised.stop)
    for tab in (narin, lalita):
        await tab.sees("*", BANNER)
    for text in WAITING:
        await narin.say(text)
        await narin.sees("[role=log] article", text)
    # What waits outlives a reload without a server, and so does what was read.
    await narin.reload()
    await narin.sees(".rooms-list a", ROOM)

    async def all_wait() -> bool:
        rows = await narin.texts("[role=log] article", "รอส่ง")
        return len(rows) == len(WAITING) and all(text in row for text, row in zip(WAITING, rows, strict=True))

    await narin.holds(all_wait, "all that was written waits, in order")

    await asyncio.to_thread(supervised.start)
    await lalita.said(WAITING[-1])
    for tab in (narin, lalita):
        await tab.misses("*", BANNER)
        await tab.misses("[role=log]", "รอส่ง")
        assert await tab.texts(TEXT, "ของวันนี้ครับ") == WAITING
