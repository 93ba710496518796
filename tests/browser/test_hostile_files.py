"""Files that carry scripts, opened as an attacker would have them opened: by their address, and in a frame (C16)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Download, Error, Page, Route

from appliance.attachments import FileForm
from appliance.demo.world import PASSWORD
from tests.agency import API, Agency
from tests.browser.conftest import OpenWindow
from tests.browser.filed import Filed, send
from tests.browser.window import PATIENCE_MS
from tests.waiting import until

ROOM: Final = "dengue"
SENDER, READER = "narin.p", "lalita.w"
RAN: Final = "a script of a file ran"
SCRIPT: Final = f"<script>console.log('{RAN}')</script>".encode()
XHTML: Final = b"<html xmlns='http://www.w3.org/1999/xhtml'><body>" + SCRIPT + b"</body></html>"
# A picture that is a page as well: the comment of a JPEG (FF FE) holds the markup.
POLYGLOT: Final = b"\xff\xd8\xff\xfe\x00\x80" + SCRIPT + b"/*" + b" " * 80 + b"*/ \xff\xd9"
PDF: Final = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert('ran'))>>>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)
DOCUMENT, PICTURE = FileForm.DOCUMENT, FileForm.PICTURE
HOSTILE: Final = (
    Filed("ประกาศ.html", "text/html", DOCUMENT, b"<!doctype html><title>x</title>" + SCRIPT),
    Filed("ผัง.svg", "image/svg+xml", DOCUMENT, b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>"),
    Filed("หน้า.xhtml", "application/xhtml+xml", DOCUMENT, XHTML),
    Filed("ข้อมูล.xml", "text/xml", DOCUMENT, b"<?xml version='1.0'?>" + XHTML),
    Filed("คำสั่ง.pdf", "application/pdf", DOCUMENT, PDF),
    Filed("ต้นฉบับ.jpg", "image/jpeg", PICTURE, POLYGLOT, original=True),
    Filed("ภาพ.jpg", "image/jpeg", PICTURE, POLYGLOT),
)
LOADED: Final = "() => document.readyState === 'complete' && location.href !== 'about:blank'"
SHOWN: Final = "ภาพ.jpg"
"""The only one that a browser may show in place."""


Opening = Callable[["Opened", str], Awaitable[bool]]


@dataclass
class Opened:
    """A browser that is signed in, and what scripts have said in any of its pages and frames."""

    context: BrowserContext
    url: str
    said: list[str] = field(default_factory=list)

    async def at_address(self, address: str) -> bool:
        """Go to the address of a file; return whether it was saved in place of shown."""
        page, saved = await self._page()
        try:
            await page.goto(f"{self.url}{address}")
        except Error as error:
            # A navigation that becomes a download ends so.
            if "Download is starting" not in error.message and "ERR_ABORTED" not in error.message:
                raise
        return await self._seen(page, saved)

    async def in_frame(self, address: str) -> bool:
        """Open a file in a frame of a page of the same origin; return whether it was saved in place of shown."""
        page, saved = await self._page()
        frame = f"<!doctype html><title>frame</title><iframe src='{address}'></iframe>"
        await page.route("**/frame.html", lambda route: route.fulfill(content_type="text/html", body=frame))
        async with page.expect_response(f"**{address}"):
            await page.goto(f"{self.url}/frame.html")
        return await self._seen(page, saved)

    async def _page(self) -> tuple[Page, list[Download]]:
        page, saved = await self.context.new_page(), list[Download]()

        def note(download: Download) -> None:
            saved.append(download)

        page.on("download", note)
        page.on("dialog", lambda dialog: self.said.append(dialog.message))
        return page, saved

    async def _seen(self, page: Page, saved: list[Download]) -> bool:
        """Return whether it was saved, once all that a script could have said has been heard."""

        async def settled() -> bool:
            return bool(saved) or all([await frame.evaluate(LOADED) for frame in page.frames])

        await until(settled, "the file is shown or saved")
        await page.close()
        return bool(saved)


@pytest_asyncio.fixture(loop_scope="session")
async def opened(chromium: Browser, served: Agency) -> AsyncIterator[Opened]:
    """A browser without a service worker, in which nothing but the server's answers keeps scripts from running."""
    context = await chromium.new_context(service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    body = {"user": READER, "password": PASSWORD, "device": "Chromium · Linux"}
    answer = await context.request.post(f"{served.url}{API}/login", data=body, headers={"Origin": served.url})
    assert answer.ok
    lent = Opened(context, served.url)
    context.on("console", lambda message: lent.said.append(message.text) if message.text == RAN else None)
    yield lent
    await context.close()


async def unguarded(kind: str, route: Route) -> None:
    """Answer with a file's bytes and nothing that keeps them from running."""
    answer = await route.fetch()
    await route.fulfill(status=answer.status, headers={"content-type": kind}, body=await answer.body())


async def addresses(served: Agency) -> dict[str, str]:
    """Send every hostile file; return the address of each by its name."""
    narin = await served.login(SENDER)
    n = await send(served, narin, served.room(ROOM), "", *HOSTILE)
    page = await narin.get(f"/rooms/{served.room(ROOM)}/messages", around=n, limit=1)
    return {file["name"]: f"{API}/files/{file['id']}" for file in page["messages"][0]["body"]["files"]}


@pytest.mark.parametrize("opening", [Opened.at_address, Opened.in_frame], ids=["address", "frame"])
async def test_no_script_runs_at_the_address_of_a_file(served: Agency, opened: Opened, opening: Opening) -> None:
    """Acceptance test 8. All are saved but the picture, which is shown as one whatever else it holds."""
    saved = {name: await opening(opened, address) for name, address in (await addresses(served)).items()}
    assert saved == {file.name: file.name != SHOWN for file in HOSTILE}
    assert opened.said == []


@pytest.mark.parametrize("opening", [Opened.at_address, Opened.in_frame], ids=["address", "frame"])
async def test_the_same_files_run_where_the_server_does_not_say_otherwise(
    served: Agency, opened: Opened, opening: Opening
) -> None:
    """What the test above would see: without the headers each of these runs (for a PDF this browser has no viewer)."""
    places = await addresses(served)
    for file in HOSTILE:
        if file.type == "application/pdf":
            continue
        kind = "text/html" if file.content is POLYGLOT else file.type
        opened.said.clear()
        pattern = f"**{places[file.name]}"
        await opened.context.route(pattern, partial(unguarded, kind))
        assert await opening(opened, places[file.name]) is False, file.name
        assert opened.said == [RAN], file.name
        await opened.context.unroute(pattern)


async def test_in_a_room_they_are_files_to_download(served: Agency, windows: OpenWindow) -> None:
    """Neither a frame nor markup of theirs is in the page, and each is saved under its own name."""
    await addresses(served)
    window = await windows(served.url, READER)
    await window.go(f"#/rooms/{served.room(ROOM)}")
    await window.to_newest()
    for file in HOSTILE:
        if file.form is not DOCUMENT:
            continue
        link = window.log.get_by_role("link", name=f"ดาวน์โหลด {file.name}")
        address = await link.get_attribute("href")
        async with window.page.expect_download() as coming:
            await link.click()
        assert (await coming.value).suggested_filename == file.name
        headers = (await window.page.request.get(f"{served.url}{address}")).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-disposition"].startswith("attachment")
        assert "sandbox" in headers["content-security-policy"]
    assert await window.log.locator("iframe, object, embed, svg:not(.icon):not(.wave)").count() == 0
