"""A room of ten thousand messages: it opens where reading stopped, scrolls, and never moves what is being read."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any, Final

import pytest_asyncio
from playwright.async_api import Page, Route, expect

from appliance.demo.ministries import MOPH
from tests import agency
from tests.agency import Agency, Client
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.waiting import PATIENCE_S, until

MANY: Final = 10_000
SENDERS: Final = ("narin.p", "suphawadi.c", "amphai.c", "lalita.w")
UNREAD: Final = 120


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def long_room(world_template: Any, tmp_path_factory: Any) -> AsyncIterator[tuple[Agency, str]]:
    """An appliance with a room of `MANY` messages, all sent through the API; lalita.w has read all but `UNREAD`."""
    data = shutil.copytree(world_template, tmp_path_factory.mktemp("long") / "data")
    async with agency.serve(data, agency.unlimited) as served:
        people = [await served.login(user) for user in SENDERS]
        members = [person.person for person in people[1:]]
        made = await people[0].post("/rooms", {"txn_id": "long", "kind": "group", "name": "ห้องยาว", "members": members})
        room = made["room"]["id"]
        texts = [row["text"] for row in MOPH.rows("talk") if row["what"] == "say"]
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(person.stream()) for person in people]
            await asyncio.gather(*(load(streams[i], i, room, texts) for i in range(len(SENDERS))))
        size = (await people[0].get(f"/rooms/{room}"))["room"]["size"]
        for person in people:
            unread = UNREAD if person.user == "lalita.w" else 0
            await person.post(f"/rooms/{room}/receipts", {"upto": size - 1 - unread})
        yield served, room


async def load(stream: agency.Stream, who: int, room: str, texts: list[str]) -> None:
    """Say this sender's share over their stream, a few ahead of the answers."""
    waiting: set[str] = set()
    for n in range(who, MANY, len(SENDERS)):
        waiting.add(f"long-{n}")
        text = f"{n} {texts[n % len(texts)]}" + ("\nบรรทัดที่สอง\nบรรทัดที่สาม" if n % 9 == 0 else "")
        await stream.send("send", room=room, txn_id=f"long-{n}", body={"text": text})
        while len(waiting) > 100:
            waiting.discard((await stream.frame(30)).get("txn_id", ""))
    while waiting:
        waiting.discard((await stream.frame(30)).get("txn_id", ""))


PLACES: Final = """() => {
  const log = document.querySelector("[role=log]");
  const top = log.getBoundingClientRect().top;
  return [...log.querySelectorAll("article")]
    .map((row) => ({ key: row.dataset.row, n: Number(row.querySelector("[id^=m-]").id.split("-")[1]),
                     top: row.getBoundingClientRect().top - top, bottom: row.getBoundingClientRect().bottom - top }))
    .map((place) => ({ ...place, seen: place.bottom > 0 && place.top < log.clientHeight }));
}"""


async def places(window: Window) -> list[dict[str, Any]]:
    return list(await window.evaluate(PLACES))


async def settled(window: Window) -> list[dict[str, Any]]:
    """Return where the rows stand once they stand still. Raises TimeoutError when they never do."""
    before: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await frames(window)
            now = await places(window)
            if now and now == before:
                return now
            before = now


async def frames(window: Window) -> None:
    """Let the page draw twice."""
    await window.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def open_long(windows: OpenWindow, served: Agency, room: str, user: str) -> Window:
    window = await windows(served.url, user)
    await window.go(f"#/rooms/{room}")
    await expect(window.log.get_by_role("article").first).to_be_visible()
    return window


async def has_read(asking: Client, room: str, n: int, person: str) -> bool:
    """Say whether a person is named among the readers of a message."""
    readers = await asking.get(f"/rooms/{room}/messages/{n}/readers")
    return person in {reader["person"] for reader in readers["read"]}


async def until_read(asking: Client, room: str, n: int, person: str) -> None:
    """Wait until a person is named as a reader."""
    await until(lambda: has_read(asking, room, n, person), f"{person} among the readers of {n}")


async def middle(window: Window, among: list[int]) -> int:
    """Return the position of a row in the middle of the screen, one of these."""
    seen = [place["n"] for place in await settled(window) if place["seen"]]
    seen = [n for n in seen[2:-2] if n in among]
    return int(seen[len(seen) // 2])


async def test_it_opens_at_the_first_unread_and_jumps_to_the_newest(
    long_room: tuple[Agency, str], windows: OpenWindow
) -> None:
    """F16: whoever jumped across messages has nothing left to look at, and is no reader of theirs until they look."""
    served, room = long_room
    narin = await served.login("narin.p")
    lalita = served.person("lalita.w")
    page = await narin.get(f"/rooms/{room}/messages", limit=200)
    others = [message["n"] for message in page["messages"] if message["sender"] != lalita]
    window = await open_long(windows, served, room, "lalita.w")
    line = window.log.get_by_role("separator", name="ข้อความใหม่")
    await expect(line).to_be_in_viewport()
    opened_at = await middle(window, others)
    await until_read(narin, room, opened_at, lalita)
    jumps = window.page.get_by_role("group", name="ไปยังข้อความ")
    await jumps.get_by_role("button").last.click()
    await expect(window.message(f"{MANY - 1} ").last).to_be_in_viewport()
    await expect(jumps).not_to_be_visible()
    # Nothing is left to look at: the count of the room goes away.
    await expect(window.row("ห้องยาว")).not_to_contain_text("ยังไม่อ่าน")
    newest = await middle(window, others)
    await until_read(narin, room, newest, lalita)
    skipped = next(n for n in others if n <= (opened_at + newest) // 2)
    assert not await has_read(narin, room, skipped, lalita), "it was on no screen of hers"
    other = await open_long(windows, served, room, "suphawadi.c")
    await expect_readers(other, room, newest, "อ่านครบ 3", 3)
    await expect_readers(other, room, skipped, "อ่านแล้ว 2", 2)
    await scroll_up_to(window, skipped)
    await until_read(narin, room, skipped, lalita)
    await expect_readers(other, room, skipped, "อ่านครบ 3", 3)
    await jumps.get_by_role("button", name="ข้อความแรกที่ยังไม่อ่าน").click()
    await expect(line).to_be_in_viewport()


async def scroll_up_to(window: Window, n: int) -> None:
    """Scroll back until a message is on the screen."""
    await window.page.mouse.move(700, 400)
    async with asyncio.timeout(PATIENCE_S):
        while n not in [place["n"] for place in await settled(window) if place["seen"]]:
            await window.page.mouse.wheel(0, -300)


async def expect_readers(window: Window, room: str, n: int, words: str, readers: int) -> None:
    """Expect what stands beside a message, and its list, to tell of so many readers."""
    await window.go(f"#/rooms/{room}/readers/{n}")
    panel = window.page.get_by_role("region", name="ผู้อ่านข้อความ")
    await expect(panel.get_by_role("tab", name=f"อ่านแล้ว {readers}")).to_be_visible()
    await expect(panel).to_contain_text("ข้อความที่กดข้ามไปยังไม่นับว่าอ่าน")
    await scroll_up_to(window, n)
    await expect(window.log.get_by_role("article").filter(has=window.page.locator(f"#m-{n}-text"))).to_contain_text(
        words
    )


async def test_it_scrolls_far_back_in_reading_order(long_room: tuple[Agency, str], windows: OpenWindow) -> None:
    window = await open_long(windows, *long_room, "narin.p")
    await expect(window.log).to_have_attribute("role", "log")
    await window.page.mouse.move(700, 400)
    oldest = (await settled(window))[0]["n"]
    begun = oldest
    for _ in range(200):
        if begun - oldest >= 400:
            break
        await window.page.mouse.wheel(0, -2_500)
        now = await settled(window)
        # The order in the document is the order of reading, and of the log; nothing is missing or drawn over another.
        assert [place["n"] for place in now] == sorted(place["n"] for place in now)
        seen = [place for place in now if place["seen"]]
        assert seen, "an empty screen"
        assert all(after["top"] >= before["bottom"] - 1 for before, after in pairwise(seen))
        oldest = min(oldest, now[0]["n"])
    assert begun - oldest >= 400
    # However far one scrolls, the document holds a screen's worth of rows.
    assert await window.log.get_by_role("article").count() < 100


async def test_an_older_page_moves_nothing(long_room: tuple[Agency, str], windows: OpenWindow) -> None:
    window = await open_long(windows, *long_room, "suphawadi.c")
    await settled(window)
    held = await hold_older_pages(window.page)
    await window.page.mouse.move(700, 400)
    async with asyncio.timeout(PATIENCE_S):
        while not held:
            await window.page.mouse.wheel(0, -400)
            await settled(window)
    before = {place["key"]: place["top"] for place in await settled(window) if place["seen"]}
    height = await window.evaluate("document.querySelector('[role=log]').scrollHeight")
    held.pop().set()
    async with asyncio.timeout(PATIENCE_S):
        while await window.evaluate("document.querySelector('[role=log]').scrollHeight") == height:
            await frames(window)
    after = {place["key"]: place["top"] for place in await settled(window) if place["seen"]}
    assert before.keys() & after.keys() == before.keys()
    assert {key: round(after[key] - top, 1) for key, top in before.items()} == dict.fromkeys(before, 0.0)


async def hold_older_pages(page: Page) -> list[asyncio.Event]:
    """Keep back the answers to requests for older messages until their event is set."""
    held: list[asyncio.Event] = []

    async def hold(route: Route) -> None:
        release = asyncio.Event()
        held.append(release)
        await release.wait()
        await route.continue_()

    await page.route(re.compile(r"/messages\?.*before="), hold)
    return held


async def test_a_reader_in_the_past_is_not_pulled_to_the_present(
    long_room: tuple[Agency, str], windows: OpenWindow
) -> None:
    served, room = long_room
    window = await open_long(windows, served, room, "amphai.c")
    await settled(window)
    await window.page.mouse.move(700, 400)
    await window.page.mouse.wheel(0, -1_500)
    before = {place["key"]: place["top"] for place in await settled(window) if place["seen"]}
    sender: Client = await served.login("narin.p")
    await sender.say(room, "ข่าวล่าสุด")
    await expect(window.page.get_by_role("group", name="ไปยังข้อความ")).to_contain_text(re.compile("ใหม่ [0-9]+ ข้อความ"))
    after = {place["key"]: place["top"] for place in await settled(window) if place["seen"]}
    assert after == before
