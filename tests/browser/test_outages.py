"""What a window does when the server dies, the network goes, or its owner's account ends meanwhile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest_asyncio
from playwright.async_api import expect

from appliance.actions.accounts import revoke_account
from appliance.demo.world import OPERATOR
from tests.agency import Agency
from tests.browser.conftest import OpenWindow
from tests.browser.window import ROOM, Window
from tests.faults.appliance import Appliance, clients, sign_in
from tests.waiting import until

BANNER: Final = re.compile(r"ออฟไลน์ตั้งแต่ \d\d\.\d\d\sน\.")
SAID: Final = [f"ข้อความที่ {n} ของวันนี้ครับ" for n in range(1, 13)]


@pytest_asyncio.fixture(loop_scope="session")
async def supervised(world_data: Path) -> AsyncIterator[Appliance]:
    """The same world under `gchat up`, as processes of their own."""
    appliance = Appliance(world_data, supervised=True)
    await asyncio.to_thread(appliance.start)
    yield appliance
    appliance.end()


async def test_a_killed_server_comes_back_with_everything_it_acknowledged(
    supervised: Appliance, windows: OpenWindow
) -> None:
    narin, lalita = await windows(supervised.url, "narin.p"), await windows(supervised.url, "lalita.w")
    await narin.open_room()
    await lalita.open_room()
    await lalita.to_newest()
    for n, text in enumerate(SAID):
        await narin.say(text)
        if n in (3, 7):
            before = supervised.pid
            supervised.kill()
            await asyncio.to_thread(supervised.wait_ready, before)
    # Both pages find the server by themselves: no reload, no message twice, none missing, in the order of writing.
    await expect(narin.log.get_by_text("รอส่ง")).to_have_count(0)
    await expect(lalita.message(SAID[-1])).to_be_visible()
    assert [text for text in await lalita.texts() if text in SAID] == SAID
    assert [text for text in await narin.texts() if text in SAID] == SAID
    async with clients() as session:
        history = await (await sign_in(session, supervised, "lalita.w")).history(supervised.room("dengue"))
    kept = [entry["body"]["text"] for entry in history if entry["type"] == "message.text" and "body" in entry]
    assert [text for text in kept if text in SAID] == SAID


async def test_offline_the_composer_queues_and_sends_once_when_back(served: Agency, windows: OpenWindow) -> None:
    narin, lalita = await windows(served.url, "narin.p"), await windows(served.url, "lalita.w")
    await narin.open_room()
    await lalita.open_room()
    await lalita.to_newest()
    await narin.controlled()
    await narin.offline()
    await expect(narin.page.get_by_text(BANNER)).to_be_visible()
    for text in SAID[:5]:
        await narin.say(text)
        await expect(narin.message(text)).to_contain_text("รอส่ง")
    # What waits outlives a reload; the page itself comes from the service worker.
    await narin.reload()
    await expect(narin.message(SAID[4])).to_contain_text("รอส่ง")
    await narin.online()
    await expect(lalita.message(SAID[4])).to_be_visible()
    assert [text for text in await lalita.texts() if text in SAID] == SAID[:5]
    await expect(narin.page.get_by_text(BANNER)).not_to_be_visible()
    await expect(narin.log.get_by_text("รอส่ง")).to_have_count(0)
    assert [text for text in await narin.texts() if text in SAID] == SAID[:5]


async def keeps(window: Window, table: str, key: str) -> bool:
    """Say whether the device has written a record."""
    return bool(
        await window.evaluate(
            """async ([table, key]) => {
              const db = await new Promise((resolve, reject) => {
                const opening = indexedDB.open("gchat");
                opening.onsuccess = () => resolve(opening.result);
                opening.onerror = () => reject(opening.error);
              });
              const found = await new Promise((resolve) => {
                const looking = db.transaction(table).objectStore(table).getKey(key);
                looking.onsuccess = () => resolve(looking.result);
              });
              db.close();
              return found !== undefined;
            }""",
            [table, key],
        )
    )


async def test_a_room_read_before_is_readable_offline(served: Agency, windows: OpenWindow) -> None:
    lalita = await windows(served.url, "lalita.w")
    await lalita.open_room()
    await lalita.to_newest()
    # Its members come after its messages, and with them the names: a device that has not heard them cannot keep them.
    await expect(lalita.message("พรุ่งนี้ยังสรุปยอดเวลาเดิมนะครับ")).to_contain_text("นายแพทย์นรินทร์ พิพัฒน์พงศ์")
    await lalita.controlled()
    # Names are written a moment after they are shown, and what is written waits for what was before.
    await until(lambda: keeps(lalita, "people", served.person("narin.p")), "the name is kept")
    await lalita.offline()
    await lalita.reload()
    await expect(lalita.page.get_by_text(BANNER)).to_be_visible()
    await expect(lalita.row(ROOM)).to_be_visible()
    await expect(lalita.message("พรุ่งนี้ยังสรุปยอดเวลาเดิมนะครับ")).to_be_visible()
    await expect(lalita.message("พรุ่งนี้ยังสรุปยอดเวลาเดิมนะครับ")).to_contain_text("นายแพทย์นรินทร์ พิพัฒน์พงศ์")


async def test_revoked_while_offline_the_next_contact_leaves_nothing(served: Agency, windows: OpenWindow) -> None:
    lalita = await windows(served.url, "lalita.w")
    await lalita.open_room()
    await lalita.controlled()
    assert await kept(lalita) > 0
    await lalita.offline()
    await expect(lalita.page.get_by_text(BANNER)).to_be_visible()
    await revoke_account(served.services, OPERATOR, served.person("lalita.w"), "ลาออก")
    await lalita.online()
    await expect(lalita.page.get_by_text("ข้อมูลที่เก็บไว้ในอุปกรณ์นี้ถูกลบแล้ว")).to_be_visible()
    await expect(lalita.log).to_have_count(0)
    assert await kept(lalita) == 0
    await lalita.offline()
    await lalita.reload()
    await expect(lalita.page.get_by_text(ROOM)).to_have_count(0)


async def kept(window: Window) -> int:
    """Count the records in all databases of this origin."""
    return int(
        await window.evaluate(
            """async () => {
              let records = 0;
              for (const { name } of await indexedDB.databases()) {
                const db = await new Promise((resolve, reject) => {
                  const opening = indexedDB.open(name);
                  opening.onsuccess = () => resolve(opening.result);
                  opening.onerror = () => reject(opening.error);
                });
                for (const store of db.objectStoreNames) {
                  records += await new Promise((resolve) => {
                    const counting = db.transaction(store).objectStore(store).count();
                    counting.onsuccess = () => resolve(counting.result);
                  });
                }
                db.close();
              }
              return records;
            }"""
        )
    )
