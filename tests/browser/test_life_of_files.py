"""A photograph, a long video, a voice message and a document: sent from a phone over a bad line, looked at and found by
name on another machine, and gone everywhere once the key of their messages is destroyed.

Everything is real: two browsers, a line that breaks ten times and more, the workers in their fence, clamd with the
policy `hold`, the search process.
"""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import repeat, takewhile
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Locator, expect

from appliance.actions import disposal, file_check, file_deletion
from appliance.config import Config
from appliance.errors import Unavailable
from appliance.model import RoomId
from appliance.rules.scanning import ScanLimits
from tests import agency
from tests.agency import API, Agency, Client, indexed, search_process
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.clamd import daemon
from tests.faults.bad_line import BadLine, bad_line
from tests.files.corpus import CANARY, PLACE, XMP, exif, pdf, photograph, written
from tests.files.prepared import scanning
from tests.waiting import until

pytestmark = [pytest.mark.media, pytest.mark.timeout(900)]

MEGA: Final = 1_000_000
VIDEO_BYTES: Final = 200 * MEGA
BREAKS_EVERY: Final = 12 * MEGA
CUTS: Final = 10
ROOM: Final = "dengue"
SENDER, READER = "narin.p", "lalita.w"
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PHOTO, DOCUMENT, VIDEO = "ภาพถ่ายท่อระบายน้ำ.jpg", "หนังสือด่วนที่สุด.pdf", "คลิปน้ำล้นตลิ่ง.mp4"
VOICE: Final = "ข้อความเสียง"
WORDS: Final = {PHOTO: "ท่อระบายน้ำ", DOCUMENT: "ด่วนที่สุด", VIDEO: "น้ำล้นตลิ่ง", VOICE: VOICE}
MINUTES_OF_SENDING: Final = 10
"""So long the video may take on a machine that is busy with other tests; half a minute on one that is not."""
WEEK_S: Final = 7 * 86_400
# The scanner looks at the whole of the video, and at what it takes for files inside it a second time. In whole MiB: of
# other sizes it does not tell.
MOST_SCANNED: Final = 256 << 20
LIMITS: Final = ScanLimits(stream=MOST_SCANNED, member=MOST_SCANNED, total=MOST_SCANNED, members=1_000, depth=5)
PIXEL: Final = """(image, [x, y]) => {
  const { naturalWidth: width, naturalHeight: height } = image;
  const drawn = new OffscreenCanvas(width, height).getContext("2d");
  drawn.drawImage(image, 0, 0);
  return { width, height, colour: [...drawn.getImageData(width * x, height * y, 1, 1).data] };
}"""
# What a slider says of itself from now on, however short a while it says it.
LISTEN: Final = """slider => {
  window.said = [];
  const note = () => window.said.push(Number(slider.value));
  new MutationObserver(note).observe(slider, { attributes: true });
}"""
FROM_CACHE: Final = "async address => (await fetch(address, { cache: 'force-cache' })).status"
# How many sealed pictures and pieces of files this device keeps.
KEPT: Final = """async () => {
  let count = 0;
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done, failed) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    for (const table of ["thumbs", "thumbFacts", "uploads", "pieces"]) {
      if (!db.objectStoreNames.contains(table)) continue;
      count += await new Promise((done, failed) => {
        const asked = db.transaction(table).objectStore(table).count();
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
      });
    }
    db.close();
  }
  return count;
}"""


@dataclass(slots=True)
class Place:
    """The agency, and the line over which the phone reaches it."""

    agency: Agency
    line: BadLine

    @property
    def over_the_line(self) -> str:
        """The address that the phone knows."""
        return f"http://127.0.0.1:{self.line.listens_at}"


@pytest_asyncio.fixture(loop_scope="session")
async def place(world_data: Path) -> AsyncIterator[Place]:
    """The ministry with clamd, its search process, and a line that breaks."""
    with daemon(limits=LIMITS) as clamd:

        def strict(config: Config) -> Config:
            return replace(config, files=replace(config.files, scan="hold"), clamav=scanning(clamd.path, LIMITS))

        async with search_process(world_data), agency.serve(world_data, strict) as served:
            port = int(served.url.rpartition(":")[2])
            lengths = takewhile(lambda _: line.cuts < CUTS, repeat(BREAKS_EVERY))
            async with bad_line(port, lengths) as line:
                yield Place(served, line)


def taken_with_a_phone() -> bytes:
    """A photograph of 12 megapixels that was held upright: its top is red, and it says where it was taken."""
    image = photograph(4032, 3024)
    return written(image, "JPEG", exif=exif(6), xmp=XMP, comment=CANARY)


def run(*words: str) -> None:
    line = ["ffmpeg", "-v", "error", "-y", *words]
    subprocess.run(line, check=True, stdin=subprocess.DEVNULL, timeout=120)  # noqa: S603 -- words of the test alone


def long_film(folder: Path) -> Path:
    """A video of more than `VIDEO_BYTES` that says where it was taken: four seconds of noise, over and over."""
    once, whole = folder / "once.mp4", folder / VIDEO
    noise = "testsrc=s=640x360:r=25:d=4,noise=alls=100:allf=t+u"
    run("-f", "lavfi", "-i", noise, "-f", "lavfi", "-i", "sine=440:d=4", "-c:v", "libx264", "-preset", "ultrafast",
        "-qp", "4", "-pix_fmt", "yuv420p", "-c:a", "aac", str(once))  # fmt: skip
    times = str(VIDEO_BYTES // once.stat().st_size)
    run("-stream_loop", times, "-i", str(once), "-c", "copy", "-metadata", f"location={PLACE}",
        "-movflags", "+faststart", str(whole))  # fmt: skip
    assert VIDEO_BYTES <= whole.stat().st_size < MOST_SCANNED
    return whole


async def attach(window: Window, what: str, file: Path) -> None:
    """Choose a file with the paper clip."""
    async with window.page.expect_file_chooser() as chooser:
        await window.button("แนบไฟล์").tap()
        await window.page.get_by_role("menuitem", name=what, exact=True).tap()
    await (await chooser.value).set_files([file])


async def send_all(phone: Window, folder: Path) -> None:
    """Send the four from the phone, and wait until nothing waits there."""
    photo, document = folder / PHOTO, folder / DOCUMENT
    photo.write_bytes(taken_with_a_phone())
    document.write_bytes(pdf(3))
    await attach(phone, "รูปภาพหรือวิดีโอ", photo)
    await attach(phone, "ไฟล์", document)
    await phone.composer.fill("ส่งเอกสารกับภาพครับ")
    await phone.button("ส่งข้อความ").tap()
    await phone.button("บันทึกข้อความเสียง").tap()
    await expect(phone.page.get_by_role("timer")).to_have_text(re.compile("^0:0[3-9]|0:[1-5]|[1-9]"))
    await phone.button("ส่งข้อความเสียง").tap()
    await attach(phone, "รูปภาพหรือวิดีโอ", await asyncio.to_thread(long_film, folder))
    await phone.composer.fill("คลิปตามไปครับ")
    await phone.button("ส่งข้อความ").tap()


async def sent_files(client: Client, room: str) -> dict[str, dict[str, Any]]:
    """Return the files of a room as the server lists them: by name, the voice message by what it is."""
    listed = (await client.get(f"/rooms/{room}/files"))["files"]
    return {VOICE if one["file"]["form"] == "voice" else one["file"]["name"]: one for one in listed}


def is_whole(one: dict[str, Any]) -> bool:
    """Return whether a file was found clean and everything was made of it."""
    file = one["file"]
    return file["state"] == "clean" and not file.get("preparing") and not file.get("held")


def parts(files: dict[str, dict[str, Any]]) -> list[str]:
    """Return the ids of the files and of everything that was made of them."""
    return [each["id"] for one in files.values() for each in (one["file"], *one["file"]["variants"])]


async def arrived(client: Client, room: str) -> dict[str, dict[str, Any]]:
    """Wait until all four are there, found clean, and everything was made of them; return them."""
    seen: dict[str, dict[str, Any]] = {}

    async def there() -> bool:
        seen.clear()
        seen.update(await sent_files(client, room))
        return seen.keys() == WORDS.keys() and all(map(is_whole, seen.values()))

    await until(there, "all four files are there and clean", timeout_s=MINUTES_OF_SENDING * 60)
    return seen


async def fetched(client: Client, file: str, **headers: str) -> bytes:
    async with client.raw("GET", f"/files/{file}", headers=headers) as response:
        assert response.status in (200, 206)
        return await response.read()


async def tells_no_place(client: Client, files: dict[str, dict[str, Any]]) -> None:
    """See that neither place nor device is in what others can fetch."""
    photo, video = files[PHOTO]["file"], files[VIDEO]["file"]
    assert not photo.get("original")
    content = await fetched(client, photo["id"])
    image = Image.open(io.BytesIO(content))
    assert image.size == (3024, 4032)
    assert not image.getexif()
    for variant in photo["variants"]:
        content += await fetched(client, variant["id"])
    assert CANARY not in content
    ends = await fetched(client, video["id"], Range="bytes=0-1048575")
    ends += await fetched(client, video["id"], Range="bytes=-1048576")
    assert len(ends) == 2 << 20
    assert b"moov" in ends
    assert PLACE.encode() not in ends
    assert CANARY not in ends


async def drawn(image: Locator, x: float, y: float) -> dict[str, Any]:
    """Return the size of a picture on the screen, and its colour at a place between 0 and 1."""
    await until(lambda: image.evaluate("image => image.complete && image.naturalWidth > 0"), "a picture is drawn")
    seen: dict[str, Any] = await image.evaluate(PIXEL, [x, y])
    return seen


def is_red(seen: dict[str, Any]) -> bool:
    red, green, blue, _ = seen["colour"]
    return bool(red > 200 and green < 60 and blue < 60)


async def looks_at_the_photograph(window: Window) -> None:
    await window.log.get_by_role("button", name=re.compile(f"^รูปภาพ.*{PHOTO}")).click()
    image = window.dialog.get_by_role("img", name=PHOTO)
    await expect(image).to_be_visible()
    top, bottom = await drawn(image, 0.5, 0.2), await drawn(image, 0.5, 0.8)
    assert top["height"] > top["width"] >= 600
    assert is_red(top)
    assert not is_red(bottom)
    await window.page.keyboard.press("Escape")
    await expect(window.dialog).to_have_count(0)


async def reads_the_document(window: Window) -> None:
    await window.log.get_by_role("button", name=f"เปิด {DOCUMENT}").click()
    for page in (1, 3):
        image = window.dialog.get_by_role("img", name=f"หน้า {page} จาก 3")
        await image.scroll_into_view_if_needed()
        assert is_red(await drawn(image, 0.05, 0.95))
    await window.page.keyboard.press("Escape")
    await expect(window.dialog).to_have_count(0)


async def hears_the_voice(window: Window) -> None:
    player = window.log.get_by_role("group", name=VOICE)
    await player.get_by_role("slider").evaluate(LISTEN)
    await player.get_by_role("button", name=f"เล่น {VOICE}").click()
    await until(lambda: window.evaluate("() => window.said.some((at) => at > 0)"), "the voice message plays")


async def watches_the_video(window: Window, seconds: float) -> None:
    await window.log.get_by_role("button", name=re.compile(f"^วิดีโอ.*{VIDEO}")).click()
    video = window.dialog.locator("video")
    await video.focus()
    await window.page.keyboard.press("Space")
    await until(lambda: video.evaluate("video => video.currentTime > 0.5"), "the video plays")
    await video.evaluate("(video, to) => { video.currentTime = to }", seconds * 0.8)
    shown = "(video, from) => !video.seeking && video.readyState >= 2 && video.currentTime >= from"
    await until(lambda: video.evaluate(shown, seconds * 0.8), "the video plays from its last part")
    assert await video.evaluate("video => [video.videoWidth, video.videoHeight]") == [640, 360]
    await window.page.keyboard.press("Escape")
    await expect(window.dialog).to_have_count(0)


async def finds(window: Window, words: str) -> Locator:
    """Search, and return the hits once there is an answer."""
    await window.page.keyboard.press("Control+K")
    field = window.search.get_by_role("searchbox")
    await field.fill(words)
    await field.press("Enter")
    results = window.search.get_by_role("region", name="ผลการค้นหา")
    await expect(results).to_have_attribute("aria-busy", "false")
    return results.locator(".search-hit")


async def open_files(window: Window) -> Locator:
    """Open the files of the room beside it, and return the panel."""
    await window.button("ไฟล์ในห้อง").click()
    return window.page.get_by_role("region", name="ไฟล์ในห้อง")


async def test_files_from_a_phone_live_and_end(place: Place, windows: OpenWindow, tmp_path: Path) -> None:
    served, room = place.agency, place.agency.room(ROOM)
    reader = await windows(served.url, READER)
    await reader.open_room()
    await reader.to_newest()
    phone = await windows(place.over_the_line, SENDER, permissions=["microphone"], **PHONE)
    await phone.open_room()
    await send_all(phone, tmp_path)
    narin, lalita = await served.login(SENDER), await served.login(READER)
    files = await arrived(lalita, room)
    assert place.line.cuts >= CUTS
    assert place.line.sent >= VIDEO_BYTES
    assert files[VIDEO]["file"]["size"] >= VIDEO_BYTES

    await tells_no_place(lalita, files)
    await looks_at_the_photograph(reader)
    await reads_the_document(reader)
    await hears_the_voice(reader)
    await watches_the_video(reader, files[VIDEO]["file"]["seconds"])
    waveform = files[VOICE]["file"]["waveform"]
    assert len(waveform) == 100
    assert max(waveform) > 10

    await indexed(served)
    for name, words in WORDS.items():
        await expect((await finds(reader, words)).filter(has_text=words), name).to_have_count(1)
    await reader.page.keyboard.press("Escape")
    panel = await open_files(reader)
    tiles = panel.get_by_role("button", name=re.compile("^(รูปภาพ|วิดีโอ):"))
    await expect(tiles).to_have_count(2)
    await panel.get_by_role("tab", name="เสียง", exact=True).click()
    await expect(panel.get_by_role("slider")).to_have_count(1)
    await panel.get_by_role("tab", name="ไฟล์", exact=True).click()
    await expect(panel.get_by_role("button", name=f"เปิด {DOCUMENT}")).to_be_visible()
    await phone.log.get_by_role("button", name=re.compile(f"^รูปภาพ.*{PHOTO}")).tap()
    await drawn(phone.dialog.get_by_role("img", name=PHOTO), 0.5, 0.5)
    for window in (reader, phone):
        assert await window.evaluate(KEPT) > 0

    await destroyed(served, room, files)
    await gone_from_the_server(served, (narin, lalita), room, files)
    await expect(panel.get_by_text("ยังไม่มีไฟล์")).to_be_visible()
    await expect(phone.dialog).to_contain_text("ข้อความของไฟล์นี้ไม่มีแล้ว")
    await phone.page.keyboard.press("Escape")
    for window in (reader, phone):
        await gone_from(window, room, files)
        await window.reload()
        await gone_from(window, room, files)


async def destroyed(served: Agency, room: RoomId, files: dict[str, dict[str, Any]]) -> None:
    """A week later the messages are erased by a rule of retention, and the key of their files is destroyed."""
    served.clock.pass_(seconds=WEEK_S)
    positions = [one["n"] for one in files.values()]
    await disposal.erase_bodies(served.services, room, min(positions), max(positions), "ระเบียบ 7 วัน")


async def rows(served: Agency, statement: str, *values: object) -> list[tuple[Any, ...]]:
    async with served.services.store.read() as reader:
        return await reader.run(lambda rows: rows.all(statement, values))


async def gone_from_the_server(
    served: Agency, clients: Sequence[Client], room: RoomId, files: dict[str, dict[str, Any]]
) -> None:
    """Nobody is given anything of them; no key, no object and no word of the index is left."""
    s = served.services
    for client in clients:
        assert await sent_files(client, room) == {}
        for each in parts(files):
            await client.refused("GET", f"/files/{each}", status=404, code="not_found")
        for one in files.values():
            listed = (await client.get(f"/rooms/{room}/messages", around=one["n"], limit=1))["messages"]
            assert [entry.get("body") for entry in listed] == [None]
    assert await rows(served, "SELECT 1 FROM epoch_key WHERE kind = 'file' AND wrapped IS NOT NULL") == []
    assert await rows(served, "SELECT 1 FROM blob") == []
    assert await s.files.objects.run(lambda: set(s.files.objects.list())) == set()
    assert not [path for path in (s.config.data / "files").rglob("*") if path.is_file()]
    assert (await file_check.check_files(s, "test")).faults == []

    async def forgotten() -> bool:
        # The index says so once it has written on its disk what it was told.
        with suppress(Unavailable):
            await file_deletion.note_index(s)
        told = await rows(served, "SELECT blob FROM file_receipt WHERE store = 'index'")
        return {one for (one,) in told} >= {one["file"]["id"] for one in files.values()}

    await until(forgotten, "the index has forgotten the names")


async def gone_from(window: Window, room: RoomId, files: dict[str, dict[str, Any]]) -> None:
    """Nothing of them is on the screen, found, kept on the device, or given by the browser's own cache."""
    await window.go(f"#/rooms/{room}")
    await expect(window.log.get_by_text("ข้อความนี้แสดงไม่ได้").first).to_be_visible()
    for name in WORDS:
        await expect(window.page.locator("main")).not_to_contain_text(name)
    await expect(window.log.get_by_role("button", name=re.compile("^(รูปภาพ|วิดีโอ|เปิด|เล่น)"))).to_have_count(0)
    await expect(window.log.locator("img.file-image, video, audio")).to_have_count(0)
    await until(lambda: nothing_is_kept(window), "the device keeps nothing of them")
    for each in parts(files):
        assert await window.evaluate(FROM_CACHE, f"{API}/files/{each}") == 404
    for words in WORDS.values():
        await expect(await finds(window, words)).to_have_count(0)
        await expect(window.search.get_by_role("region", name="ผลการค้นหา").get_by_text("ไม่พบข้อความ")).to_be_visible()
    await window.page.keyboard.press("Escape")


async def nothing_is_kept(window: Window) -> bool:
    return bool(await window.evaluate(KEPT) == 0)
