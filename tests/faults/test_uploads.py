"""Uploads over a line that breaks, to an appliance that is killed; a full disk; and nothing in clear at any time."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from appliance.sealed_file import RECORD_BYTES
from tests.agency import API
from tests.faults.appliance import Appliance, Caller, clients, sign_in
from tests.faults.bad_line import BUFFER, bad_line
from tests.faults.conftest import on_small_disk
from tests.faults.test_disk import SMALL_DISK, fill
from tests.tus_clients import line, node_client
from tests.uploading import CONTENT, TUS, about, ask, begin, head, patch, upload
from tests.waiting import until

MEGA = 1 << 20
SIZE = int(os.environ.get("GCHAT_FAULT_UPLOAD_MB", "40")) * MEGA
"""`make soak` takes more; the largest file is 500 MB."""
LONGEST = min(18 * MEGA, SIZE // 6)
"""Bytes after which a line is cut at the latest."""
MORE_MEMORY = 20 * MEGA
LOOKS = 10
"""How often a large file is looked for in clear while it is sent."""
UNIT = b"K7f3a9cQ"
"""Every 16 bytes of a file that is made of it alone hold it once; of `made`, every 23."""
logger = logging.getLogger(__name__)


def made(path: Path, size: int) -> str:
    """Write a file in which eight random bytes follow each `UNIT`; return its SHA-256."""
    digest, left = sha256(), size
    with path.open("wb") as file:
        while left:
            piece = bytearray(os.urandom(min(MEGA, left)))
            for at, of_unit in enumerate(UNIT):
                piece[at::16] = bytes([of_unit]) * len(piece[at::16])
            file.write(piece)
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()


async def test_a_large_file_over_a_bad_line(
    appliance: Callable[..., Appliance], tmp_path: Path, rng: random.Random
) -> None:
    """Acceptance 1: cuts, two kills of the appliance, one of the client; the bytes are equal, little is sent twice.

    Each life of the appliance takes a part of the file, the last one more than its memory may grow by. Acceptance 2:
    nothing of it lies in clear meanwhile.
    """
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    served = appliance(env={"TMPDIR": str(temporary)})
    served.start()
    narrow(served)
    file = tmp_path / "ข้อมูล.dat"
    expected = made(file, SIZE)
    lengths = (rng.randint(2 * MEGA, LONGEST) for _ in repeat(None))
    async with clients() as session, bad_line(served.port, lengths) as bad:
        narin = await sign_in(session, served, "narin.p")
        killing: list[asyncio.Task[None]] = []
        looking: list[asyncio.Task[list[str]]] = []
        memory = Memory(served)

        def look() -> None:
            looking.append(asyncio.create_task(asyncio.to_thread(in_clear, served.data, temporary)))

        for part in range(LOOKS):
            bad.at(SIZE * part // LOOKS, look)
        for part in (2, 4):
            bad.at(SIZE * part // 10, lambda: killing.append(asyncio.create_task(killed(served, memory))))
        restart = asyncio.Event()
        bad.at(SIZE * 8 // 10, restart.set)
        endpoint = f"http://127.0.0.1:{bad.listens_at}{API}/uploads"
        said = {"name": file.name, "type": "application/octet-stream", "room": served.room("dengue")}
        async with node_client(endpoint, narin.token, file, said) as client:
            where = await line(client, "at")
            await restart.wait()
        async with node_client(endpoint, narin.token, file, said, upload_url=where) as client:
            await line(client, "done")
        await asyncio.gather(*killing)
        assert len(killing) == 2
        # Each kill, and the end of the first client, may end a line that was about to be cut.
        assert bad.cuts >= min(20, SIZE // LONGEST - 3)
        assert bad.sent <= SIZE * 1.1, (bad.sent, bad.cuts)
        assert await downloaded(narin, where) == expected
        memory.note()
        assert len(memory.grown) == 3
        assert max(memory.grown) <= MORE_MEMORY, memory.grown
        look()
        assert await asyncio.gather(*looking) == [[]] * (LOOKS + 1)
        logger.info("%d bytes, %.3f times sent, %d cuts, %s more memory", SIZE, bad.sent / SIZE, bad.cuts, memory.grown)


class Memory:
    """By how many bytes the memory of an appliance has grown since it was ready, at most, in each of its lives."""

    def __init__(self, served: Appliance) -> None:
        self._served = served
        self.grown: list[int] = []
        self.begin()

    def begin(self) -> None:
        """Begin a life."""
        self._before = _status(self._served.pid, "VmRSS")

    def note(self) -> None:
        """End a life, before it is killed."""
        self.grown.append(_status(self._served.pid, "VmHWM") - self._before)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def narrow(served: Appliance) -> None:
    """Have the system keep little that the appliance has not read: that is lost when it is killed."""
    assert served.bound is not None
    served.bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)


async def killed(served: Appliance, memory: Memory) -> None:
    """Kill -9 and start again; the address stays, so that whoever connects meanwhile waits."""
    memory.note()
    served.kill()
    await asyncio.to_thread(served.start)
    memory.begin()


async def downloaded(caller: Caller, where: str) -> str:
    """Return the SHA-256 of what came of an upload, once it is ready."""
    view: dict[str, Any] = {}

    async def ready() -> bool:
        view.update(await caller.call("GET", f"/uploads/{where.rpartition('/')[2]}"))
        return bool(view["state"] == "ready")

    await until(ready, "the upload is ready")
    digest, url = sha256(), f"{caller.appliance.url}{API}/files/{view['file']['id']}"
    async with caller.session.get(url, headers=caller.headers) as response:
        assert response.status == 200
        async for piece in response.content.iter_any():
            digest.update(piece)
    return digest.hexdigest()


def in_clear(*folders: Path) -> list[str]:
    """Return the files that show the unit that a file is made of."""
    found = []
    for path in (one for folder in folders for one in folder.rglob("*")):
        try:
            if path.is_file() and UNIT in path.read_bytes():
                found.append(str(path))
        except FileNotFoundError:
            continue
    return found


def open_elsewhere(pid: int, *folders: Path) -> list[str]:
    """Return the files outside of these folders that a process has open for writing, those without a name too."""
    found = []
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target, flags = os.readlink(handle), (Path(f"/proc/{pid}/fdinfo") / handle.name).read_text()  # noqa: PTH115
        except FileNotFoundError:
            continue
        writes = int(flags.partition("flags:")[2].split()[0], 8) & (os.O_WRONLY | os.O_RDWR)
        if writes and target.startswith("/") and not target.startswith("/dev/"):
            found += [target] if not any(target.startswith(f"{folder}/") for folder in folders) else []
    return found


def test_the_look_for_clear_bytes_can_fail(tmp_path: Path) -> None:
    (tmp_path / "sealed").write_bytes(os.urandom(100_000))
    assert in_clear(tmp_path) == []
    (tmp_path / "open").write_bytes(b"x" * 777 + (UNIT * 3)[5:21] + b"y")
    assert in_clear(tmp_path) == [str(tmp_path / "open")]
    made(tmp_path / "open", 1_000)
    assert in_clear(tmp_path) == [str(tmp_path / "open")]


async def test_nothing_of_an_upload_lies_in_clear(appliance: Callable[..., Appliance], tmp_path: Path) -> None:
    """Acceptance 2: looked for after every piece that was sent, with and without a checksum, and after kill -9."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    served = appliance(env={"TMPDIR": str(temporary)})
    served.start()
    content = UNIT * (10 * RECORD_BYTES // len(UNIT)) + UNIT * 11
    looked: list[str] = []

    def look() -> None:
        looked.append("")
        assert UNIT not in served.log.read_bytes()
        assert in_clear(served.data, temporary) == []

    async def pieces(start: int, stop: int) -> AsyncIterator[bytes]:
        for at in range(start, stop, 150_000):
            yield content[at : min(at + 150_000, stop)]
            await asyncio.to_thread(look)
            assert set(open_elsewhere(served.pid, served.data)) <= {str(served.log)}

    async with clients() as session:
        narin, room = (await sign_in(session, served, "narin.p")).client, served.room("dengue")
        where = await begin(narin, room, len(content), name="a.dat", type="application/octet-stream")
        first = await patch(narin, where, 0, pieces(0, 4 * RECORD_BYTES))
        summed = {"Upload-Checksum": f"sha256 {'A' * 43}="}
        assert (await patch(narin, where, first.offset, pieces(first.offset, len(content)), **summed)).status == 460
        served.kill()
        look()
        served.start()
        again = await head(narin, where)
        assert (await patch(narin, where, again.offset, pieces(again.offset, len(content)))).offset == len(content)
        look()
    served.stop()
    assert in_clear(served.data, temporary) == []
    assert len(looked) >= 8


@pytest.fixture
def small_disk(template: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder on a file system of its own with a few MiB."""
    with on_small_disk(template, tmp_path / "small", SMALL_DISK) as folder:
        yield folder


async def test_a_disk_that_fills_up_meanwhile(
    small_disk: Path,
    appliance: Callable[..., Appliance],
) -> None:
    """The part is refused, what was acknowledged stays, and with space the upload goes on."""
    served = appliance(small_disk)
    served.start()
    content, ballast = os.urandom(20 * RECORD_BYTES), small_disk / "ballast"

    async def pieces(at: int) -> AsyncIterator[bytes]:
        yield content[at : at + 4 * RECORD_BYTES]
        await until(lambda: kept(at + 4 * RECORD_BYTES), "the first records are kept")
        await asyncio.to_thread(fill, ballast)
        yield content[at + 4 * RECORD_BYTES :]

    async with clients() as session:
        caller = await sign_in(session, served, "narin.p")
        narin, room = caller.client, served.room("dengue")
        where = await begin(narin, room, len(content), name="a.dat", type="application/octet-stream")

        async def kept(offset: int) -> bool:
            return bool((await narin.get(where.partition(API)[2]))["offset"] >= offset)

        refused = await patch(narin, where, 0, pieces(0))
        assert (refused.status, refused.code) == (507, "upload_disk_full")
        assert (await head(narin, where)).offset >= 4 * RECORD_BYTES
        begun = await ask(narin, "POST", "/uploads", {**TUS, "Upload-Length": "10", **about(room)})
        assert begun.status in (503, 507)
        assert await caller.history(room)
        ballast.unlink()

        async def takes_again() -> bool:
            at = (await head(narin, where)).offset
            return (await ask(narin, "PATCH", where, {**CONTENT, "Upload-Offset": str(at)}, content[at:])).status == 204

        await until(takes_again, "the upload goes on")
        assert await downloaded(caller, where) == sha256(content).hexdigest()
        await caller.say(room, "แชตยังใช้ได้", "after-full")
        assert await upload(narin, room, b"x" * 10, name="b.dat", type="application/octet-stream")


async def test_a_part_that_waited_for_its_sum_is_gone_after_a_kill(appliance: Callable[..., Appliance]) -> None:
    served = appliance()
    served.start()
    aside, killed = served.data / "files" / "aside", asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield os.urandom(30 * RECORD_BYTES)
        await killed.wait()

    async with clients() as session:
        narin, room = (await sign_in(session, served, "narin.p")).client, served.room("dengue")
        where = await begin(narin, room, 60 * RECORD_BYTES)
        checked = {"Upload-Checksum": f"sha256 {base64.b64encode(bytes(32)).decode()}"}
        sending = asyncio.create_task(patch(narin, where, 0, pieces(), **checked))
        await until(lambda: any(path.stat().st_size for path in aside.glob("*")), "a part waits for its sum")
        served.kill()
        killed.set()
        with suppress(aiohttp.ClientError):
            await sending
        await asyncio.to_thread(served.start)
        assert [*aside.iterdir()] == []
    served.stop()
