"""A new agency's first day, as docs/first-day.md tells it: its commands, its files, and a person in a real browser."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import FilePayload, Locator, expect

from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.files.corpus import with_place
from tests.waiting import PATIENCE_S

PAGE: Final = Path(__file__).parents[2] / "docs" / "first-day.md"
PASSPHRASE: Final = "ต้นจามจุรีหน้าโรงเรียนเก่า"
PASSWORD: Final = "ถ้วยชามสังคโลกสีเขียว"
PHOTO: Final = "ภาพถ่ายท่อระบายน้ำ.jpg"


class Guide:
    """The English half of the page: its files are written, its commands run in order, its expectations held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blocks: list[tuple[str, str]] = [
            (kind.strip(), re.sub("^ +", "", body, flags=re.MULTILINE))
            for kind, body in re.findall(r"^ *```(.*)\n((?:.*\n)*?) *```$", PAGE.read_text("utf-8"), re.MULTILINE)
        ]

    def words(self, line: str) -> list[str]:
        """Return the arguments of a command line, on this test's folder."""
        words = shlex.split(line)
        assert words[0] == "gchat", line
        return [sys.executable, "-m", "appliance.cli", *(word.replace("~", str(self.folder)) for word in words[1:])]

    async def run(self, command: str) -> str:
        """Run one of the page's commands to its end; return what it printed."""
        process = await asyncio.create_subprocess_exec(
            *self.words(command),
            cwd=self.folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(f"{PASSPHRASE}\n{PASSPHRASE}\n".encode()), PATIENCE_S)
        assert process.returncode == 0, (command, out.decode(), err.decode())
        return out.decode()

    @asynccontextmanager
    async def up(self, command: str) -> AsyncIterator[str]:
        """Run `gchat up` while in use, on a free port; lend what it printed when it was ready."""
        ready = self.folder / "ready.json"
        process = await asyncio.create_subprocess_exec(
            *self.words(command),
            *("--port", "0", "--ready-file", str(ready)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{PASSPHRASE}\n".encode())
            said = await asyncio.wait_for(process.stdout.readuntil(b"Ctrl+C\n"), PATIENCE_S)
            yield said.decode()
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), PATIENCE_S)

    @property
    def url(self) -> str:
        """The running appliance's address."""
        return str(json.loads((self.folder / "ready.json").read_text("utf-8"))["staff_url"])


def picture(window: Window) -> Locator:
    return window.log.get_by_role("button", name=re.compile(f"^รูปภาพ.*{PHOTO}"))


async def send_a_picture(window: Window) -> None:
    """Send a photograph with the paper clip: it is cleaned by what the page has installed, and shown."""
    async with window.page.expect_file_chooser() as chooser:
        await window.button("แนบไฟล์").click()
        await window.page.get_by_role("menuitem", name="รูปภาพหรือวิดีโอ", exact=True).click()
    content = with_place("JPEG")
    photo: FilePayload = {"name": PHOTO, "mimeType": "image/jpeg", "buffer": content}
    await (await chooser.value).set_files([photo])
    attached = window.page.get_by_role("list", name="ไฟล์ที่แนบ").get_by_role("group", name=PHOTO)
    await expect(attached).to_contain_text("พร้อมส่ง")
    await window.button("ส่งข้อความ").click()
    await expect(picture(window)).to_be_visible()


@pytest.mark.media
async def test_from_an_empty_folder_to_the_first_message(tmp_path: Path, windows: OpenWindow) -> None:
    """F80, «A new machine»: no step that the page does not name."""
    guide = Guide(tmp_path)
    printed: list[str] = []
    started = setup = ""
    for kind, body in guide.blocks:
        if kind.startswith("csv "):
            (tmp_path / kind.removeprefix("csv ")).write_text(body, "utf-8")
        elif kind == "sh":
            commands = body.splitlines()
            if commands[0].startswith("gchat up"):
                started = commands[0]
                continue
            printed = [await guide.run(command) for command in commands]
            if commands[0].startswith("gchat setup"):
                setup = printed[0]
        elif kind == "expected" and printed:
            for line in body.splitlines():
                assert line in printed[0], (line, printed)
            printed = []
    (code,) = re.findall(r"shown this once: (\S+)", setup)

    async with guide.up(started) as said:
        assert "open in a browser:\n  http://localhost:" in said
        window = await windows(guide.url)
        await window.sign_in("somchai.j", code)
        # The code was typed a moment ago, and is not asked for again.
        await expect(window.page.get_by_label("รหัสผ่านใหม่")).to_be_focused()
        await expect(window.page.get_by_label("รหัสผ่านเดิมหรือรหัสที่ได้รับ")).to_have_count(0)
        await window.page.get_by_label("รหัสผ่านใหม่").fill(PASSWORD)
        await window.button("บันทึกรหัสผ่าน").click()
        terms = "ข้อกำหนดการใช้งานระบบสื่อสารของกรมตัวอย่าง"
        await expect(window.page.get_by_role("heading", name=terms)).to_be_visible()
        await expect(window.page.get_by_role("region", name=terms)).to_have_attribute("lang", "th")
        await expect(window.page.get_by_text("ฉบับที่ 1 มีผลตั้งแต่")).to_be_visible()
        await window.button("ยอมรับข้อกำหนด").click()
        await window.start("สร้างห้องใหม่")
        await window.dialog.get_by_label("ชื่อห้อง").fill("ห้องแรก")
        await window.dialog.get_by_label("ค้นหาชื่อ ตำแหน่ง หน่วยงาน หรือโทรศัพท์").fill("มาลี")
        await window.flip(window.dialog.get_by_role("checkbox", name="นางสาวมาลี มีสุข"))
        await window.dialog.get_by_role("button", name="สร้างห้อง", exact=True).click()
        await expect(window.page.get_by_role("heading", name="ห้องแรก").first).to_be_visible()
        await window.say("สวัสดีครับ")
        await expect(window.message("สวัสดีครับ")).to_be_visible()
        await send_a_picture(window)
        await window.reload()
        await window.open_room("ห้องแรก")
        await expect(window.message("สวัสดีครับ")).to_be_visible()
        await expect(picture(window)).to_be_visible()


async def test_without_terms_nobody_is_asked_to_accept_any(tmp_path: Path, windows: OpenWindow) -> None:
    """F80: never «version 0 since 1970»."""
    guide = Guide(tmp_path)
    (setup,) = (body for kind, body in guide.blocks if kind == "sh" and "gchat setup" in body)
    said = await guide.run(setup.strip().replace("--keys passphrase", "--keys file --no-terms"))
    (code,) = re.findall(r"shown this once: (\S+)", said)
    async with guide.up("gchat up --data ~/gchat"):
        window = await windows(guide.url)
        await window.sign_in("somchai.j", code)
        await expect(window.page.get_by_label("รหัสผ่านใหม่")).to_be_focused()
        # It was kept in memory alone: after a reload it has to be typed.
        await window.reload()
        await window.page.get_by_label("รหัสผ่านเดิมหรือรหัสที่ได้รับ").fill(code)
        await window.page.get_by_label("รหัสผ่านใหม่").fill(PASSWORD)
        await window.button("บันทึกรหัสผ่าน").click()
        await expect(window.button("เริ่มการสนทนา")).to_be_visible()
        await expect(window.page.get_by_text("ฉบับที่")).to_have_count(0)
