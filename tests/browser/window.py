"""One person's browser window: what tests do in it, in the words of the page, and what must never happen in it.

Elements are found the way people and screen readers find them, by role and name; names are Thai unless a test switches
the language. Every window is watched: a breach of the content policy, an uncaught error, words without a translation,
or a request to anything but the appliance fails the test that opened it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Locator, Page, Request, expect

from appliance.demo.world import PASSWORD
from tests.agency import API
from tests.waiting import PATIENCE_S, until

PATIENCE_MS: Final = 1_000 * PATIENCE_S
expect.set_options(timeout=PATIENCE_MS)
PRESS_AGAIN_MS: Final = 10_000
ROOM: Final = "ติดตามสถานการณ์ไข้เลือดออก"
TWO_FRAMES: Final = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_REPORT: Final = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy breached: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


@dataclass
class Watch:
    """What happened in a window that must not happen. Without slots, since Playwright keeps notes on listeners."""

    url: str
    breaches: list[str] = field(default_factory=list)

    async def begin(self, context: BrowserContext) -> None:
        """Listen to everything the window says and asks for."""
        await context.add_init_script(_REPORT)
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.breaches.append(f"uncaught: {error.error}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.breaches.append(f"asked elsewhere: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if any(sign in text for sign in ("policy breached", "Content Security Policy", "Uncompiled message")):
            self.breaches.append(text)


@dataclass(slots=True)
class Window:
    """A page of its own in a browser profile of its own."""

    page: Page
    url: str
    watch: Watch

    @property
    def context(self) -> BrowserContext:
        """The browser profile."""
        return self.page.context

    # --- signing in ---

    async def enter(self, user: str) -> None:
        """Sign in over the API, as a browser that kept its session, and open the page."""
        body = {"user": user, "password": PASSWORD, "device": "Chromium · Linux"}
        answer = await self.context.request.post(f"{self.url}{API}/login", data=body, headers={"Origin": self.url})
        assert answer.ok, await answer.text()
        await self.page.goto(self.url)
        await self.entered()

    async def entered(self) -> None:
        """Wait until the rooms are there."""
        await expect(self.page.locator(".rooms-list li").first).to_be_visible()

    async def sign_in(self, user: str, password: str = PASSWORD) -> None:
        """Fill in the form and press the button."""
        await self.page.get_by_label("ชื่อผู้ใช้").fill(user)
        await self.page.get_by_label("รหัสผ่าน").fill(password)
        await self.button("เข้าสู่ระบบ").click()

    # --- finding things ---

    def button(self, name: str) -> Locator:
        """Return the button of exactly this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, room: str) -> Locator:
        """Return a room's line in the list."""
        return self.page.get_by_role("navigation", name="ห้องสนทนา").get_by_role("link", name=room)

    @property
    def log(self) -> Locator:
        """The messages of the open room."""
        return self.page.get_by_role("log")

    @property
    def composer(self) -> Locator:
        """The field in which messages are written."""
        return self.page.get_by_role("textbox", name=re.compile("^ข้อความถึง"))

    @property
    def side(self) -> Locator:
        """The panel beside the room."""
        return self.page.get_by_role("complementary", name="รายละเอียด")

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.get_by_role("dialog").or_(self.page.get_by_role("alertdialog"))

    @property
    def search(self) -> Locator:
        """The search, beside the work or over it."""
        return self.page.get_by_role("region", name="ค้นหา", exact=True)

    def message(self, text: str) -> Locator:
        """Return the message that says this."""
        return self.log.get_by_role("article").filter(has_text=text)

    # --- doing things ---

    async def open_room(self, room: str = ROOM) -> None:
        """Open a room from the list and wait for its messages."""
        heading = self.page.get_by_role("heading", name=room).first

        async def opened() -> bool:
            # Like a person, press once more when a notice came above the list and moved the row from under the pointer.
            await self.row(room).click()
            try:
                await expect(heading).to_be_visible(timeout=PRESS_AGAIN_MS)
            except AssertionError:
                return False
            return True

        await until(opened, f"the room {room} opens")
        await expect(self.composer).to_be_visible()
        await expect(self.log.get_by_role("article").first).to_be_visible()

    async def to_newest(self) -> None:
        """Leave the first unread message, where a room opens, for the newest."""
        await expect(self.log.get_by_role("article").first).to_be_visible()
        await self.page.keyboard.press("Control+Shift+Home")
        await expect(self.log.locator("[data-row]:focus")).to_be_visible()
        await self.page.keyboard.press("End")
        await expect(self.log.get_by_role("article").last).to_be_in_viewport()
        await self.composer.focus()

    async def say(self, text: str) -> None:
        """Write and send with Enter."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def act(self, text: str, action: str) -> None:
        """Choose an action from the menu of a message."""
        message = self.message(text)
        await message.hover()
        await message.get_by_role("button", name="ตัวเลือกของข้อความนี้").click()
        await self.page.get_by_role("menuitem", name=action).click()

    async def start(self, what: str) -> None:
        """Choose «สร้างห้องใหม่» or «สนทนาส่วนตัว» from the menu over the list of rooms."""
        await self.button("เริ่มการสนทนา").click()
        await self.page.get_by_role("menuitem", name=what, exact=True).click()

    async def open_info(self) -> Locator:
        """Open the room's settings and return the panel."""
        await self.page.get_by_role("button", name=re.compile("^ข้อมูลและการตั้งค่าห้อง")).click()
        panel = self.page.get_by_role("region", name="ข้อมูลห้อง")
        await expect(panel).to_be_visible()
        return panel

    async def flip(self, choice: Locator) -> None:
        """Turn a checkbox, radio or switch with the space bar."""
        await choice.focus()
        await choice.press("Space")

    async def reach(self, element: Locator) -> None:
        """Move the keyboard focus to an element, so that what keyboards get to see is shown."""
        await self.page.keyboard.press("Tab")
        await element.scroll_into_view_if_needed()
        # What is shown on focus closes when the page scrolls: the focus comes once that has settled, and comes anew.
        await self.page.evaluate(TWO_FRAMES)
        await element.blur()
        await element.focus()

    async def texts(self) -> list[str]:
        """Return what the messages in the document say, in reading order."""
        return await self.log.locator(".msg-text").all_inner_texts()

    async def go(self, route: str) -> None:
        """Follow an address within the client."""
        await self.page.evaluate("route => { location.hash = route }", route)

    async def offline(self) -> None:
        """Cut this window off the network."""
        await self.context.set_offline(True)

    async def online(self) -> None:
        """Give the network back."""
        await self.context.set_offline(False)

    async def evaluate(self, script: str, argument: Any = None) -> Any:
        """Run a script in the page."""
        return await self.page.evaluate(script, argument)

    async def controlled(self) -> None:
        """Wait until the service worker has the shell and answers for this page."""
        await self.evaluate(
            """async () => {
              const { serviceWorker } = navigator;
              await serviceWorker.ready;
              while (serviceWorker.controller === null) {
                await new Promise((done) => serviceWorker.addEventListener("controllerchange", done, { once: true }));
              }
            }"""
        )

    async def reload(self) -> None:
        """Reload; offline, the page comes from the service worker."""
        try:
            await self.page.reload(wait_until="domcontentloaded")
        except Error as error:
            raise AssertionError(f"the page does not come back: {error}") from error
