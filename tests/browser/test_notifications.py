"""Notifications in a real browser: one for several tabs, by the service worker, and what the page says of them.

A page under test always counts as looked at, so `look_away` takes its focus in the way the browser would.
"""

from __future__ import annotations

from playwright.async_api import expect

from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, Window
from tests.waiting import until

LOOK_AWAY = """() => {
  document.hasFocus = () => false;
  window.dispatchEvent(new Event("blur"));
}"""
ON_SCREEN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, silent, data }) => ({ title, body, silent, hash: data.hash }))"""
PRESSED = """async (hash) => {
  for (const one of await self.clients.matchAll()) one.postMessage({ kind: "notification_pressed", hash });
}"""
# A phone's browser: the constructor throws, and so does the worker.
BROKEN = """() => {
  ServiceWorkerRegistration.prototype.showNotification = () => Promise.reject(new TypeError("no service here"));
}"""


async def open_settings(window: Window) -> None:
    await window.go("/settings/notifications")
    await expect(window.page.get_by_role("heading", name="การแจ้งเตือน", exact=True)).to_be_visible()


async def test_two_tabs_show_one_and_it_leads_to_its_room(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "lalita.w", permissions=["notifications"])
    await window.controlled()
    await open_settings(window)
    await window.flip(window.page.get_by_role("switch", name="แจ้งเตือนเมื่อมีข้อความใหม่"))
    await window.button("แสดงการแจ้งเตือนตัวอย่าง").click()
    await expect(window.page.get_by_text("ส่งการแจ้งเตือนตัวอย่างให้เครื่องแสดงแล้ว")).to_be_visible()
    assert [one["hash"] for one in await window.evaluate(ON_SCREEN)] == ["/settings/notifications"]
    await window.evaluate(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications()).forEach((one) => one.close())"
    )
    await window.go("/rooms")
    second = Window(await window.context.new_page(), served.url, window.watch)
    await second.page.goto(served.url)
    await second.entered()
    other = await served.login("narin.p")
    room = served.room("dengue")
    for tab in (window, second):
        await tab.evaluate(LOOK_AWAY)
    await other.say(room, "เรื่องที่ไม่ควรอยู่บนหน้าจอที่ล็อก")
    # Playwright's `wait_for_function` takes the promise of an asynchronous function for a yes: it is asked again here.
    await until(lambda: window.evaluate(ON_SCREEN), "a notification")
    shown = await window.evaluate(ON_SCREEN)
    assert shown == [{"title": "G-Chat", "body": "มีข้อความใหม่", "silent": False, "hash": f"/rooms/{room}"}]
    await expect(second.page.locator("link[rel='icon']")).to_have_attribute("href", "/icon-unread.svg")
    # Pressed: the worker says where to go.
    await window.context.service_workers[0].evaluate(PRESSED, shown[0]["hash"])
    await expect(window.page.get_by_role("heading", name=ROOM).first).to_be_visible()
    await expect(window.message("เรื่องที่ไม่ควรอยู่บนหน้าจอที่ล็อก")).to_be_visible()


async def test_a_failure_and_a_refusal_are_said_on_the_page(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url, "lalita.w", permissions=["notifications"])
    await window.controlled()
    await window.evaluate(BROKEN)
    other = await served.login("narin.p")
    # Offered after the first message, once; it moves nothing under the reader's hands, but comes with the next place.
    await other.say(served.room("dengue"), "ฉบับแรก")
    await expect(window.row(ROOM)).to_contain_text("ฉบับแรก")
    await expect(window.page.locator(".banner-offer")).to_have_count(0)
    await window.go("/people")
    await window.button("เปิดการแจ้งเตือน").click()
    await window.evaluate(LOOK_AWAY)
    await other.say(served.room("dengue"), "ฉบับที่สอง")
    await expect(window.page.get_by_text("แสดงการแจ้งเตือนไม่สำเร็จ (no service here)")).to_be_visible()
    await window.page.get_by_role("link", name="ดูวิธีแก้ไข").click()
    await expect(window.page.get_by_text("เบราว์เซอร์แจ้งว่า “no service here”")).to_be_visible()
    await window.button("แสดงการแจ้งเตือนตัวอย่าง").click()
    await expect(window.page.get_by_text("แสดงการแจ้งเตือนตัวอย่างไม่สำเร็จ")).to_be_visible()
    blocked = await windows(served.url, "piyanut.s")
    await open_settings(blocked)
    await expect(blocked.page.get_by_text("เมื่อปิดทุกแท็บและทุกหน้าต่างแล้วจะไม่มีการแจ้งเตือน")).to_be_visible()
    said = blocked.page.get_by_text("เบราว์เซอร์ปิดกั้นการแจ้งเตือนของ G-Chat วิธีเปิด")
    switch = blocked.page.get_by_role("switch", name="แจ้งเตือนเมื่อมีข้อความใหม่")
    await expect(said.or_(switch).first).to_be_visible()
    if await switch.count():  # a browser that asks; the one under test answers no by itself
        await blocked.flip(switch)
    await expect(said).to_be_visible()


async def test_what_is_done_to_somebody_is_told_without_naming_a_room(served: Agency, windows: OpenWindow) -> None:
    """Being added, and being taken off, which leads to the requests."""
    window = await windows(served.url, "lalita.w", permissions=["notifications"])
    await window.controlled()
    await open_settings(window)
    await window.flip(window.page.get_by_role("switch", name="แจ้งเตือนเมื่อมีข้อความใหม่"))
    await window.evaluate(LOOK_AWAY)
    narin, lalita = await served.login("narin.p"), await served.login("lalita.w")
    others = [(await served.login(user)).person for user in ("suphawadi.c", "amphai.c")]
    new = {"txn_id": "told", "kind": "group", "name": "ห้องลับ", "members": [lalita.person, *others]}
    room = (await narin.post("/rooms", new))["room"]["id"]
    await until(lambda: window.evaluate(ON_SCREEN), "told of being added")
    added = {"title": "G-Chat", "body": "มีผู้เพิ่มท่านเข้าห้องสนทนา", "silent": False, "hash": f"/rooms/{room}"}
    assert await window.evaluate(ON_SCREEN) == [added]
    await narin.post(f"/rooms/{room}/members", {"remove": [lalita.person], "txn_id": "told-off"})

    off = {**added, "body": "มีผู้นำท่านออกจากห้อง 1 ห้อง", "hash": "/requests"}

    async def told_off() -> bool:
        return off in await window.evaluate(ON_SCREEN)

    await until(told_off, "told of being taken off")
    await window.context.service_workers[0].evaluate(PRESSED, "/requests")
    await expect(window.page.get_by_role("heading", name="คำขอ", exact=True)).to_be_visible()
    await expect(window.page.get_by_text("นำท่านออกจากห้อง “ห้องลับ”")).to_be_visible()


async def test_on_a_phone_an_offer_waits_with_the_list(served: Agency, windows: OpenWindow) -> None:
    """In a room of 640 px it would take a tenth of what is there for messages."""
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    window = await windows(served.url, "lalita.w", permissions=["notifications"], **phone)
    await window.open_room()
    await window.composer.fill("จะไปตามที่นัดไว้ค่ะ")
    await window.button("ส่งข้อความ").tap()
    await expect(window.message("จะไปตามที่นัดไว้ค่ะ")).to_be_visible()
    offer = window.page.locator(".banner-offer")
    await expect(offer).to_have_count(0)
    await window.page.go_back()
    await expect(offer).to_contain_text("เปิดการแจ้งเตือน")
    await expect(window.row(ROOM)).to_be_visible()
    await expect(offer).to_be_visible()
