"""Nothing of a file lies in clear on a disk: looked for while it arrives, is cleaned, looked at, sent and read.

A photograph, a video, a PDF file and an archive go through the whole of it, with a name that is looked for as well. The
first time shows what is made of them; the second time all of that is looked for, without a pause. Of each content some
pieces of 16 bytes stand for all of it. What processes have open for writing outside of the data folder, those of the
workers too, must lie in memory.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from appliance.model import PersonId
from tests.agency import Client, new_txn
from tests.faults.appliance import Appliance, clients, sign_in
from tests.faults.test_canary import forms
from tests.files import corpus
from tests.files.corpus import from_a_phone
from tests.uploading import upload
from tests.waiting import until

NAME = "ปลาบู่ทองกลางหนองน้ำ-canary-7f3a9c"
WINDOW = 16
WINDOWS = 12
LEAST_DIFFERENT = 8
"""Bytes of a piece that are not alike: what others have too stands for nothing."""


def windows(content: bytes) -> list[bytes]:
    """Return pieces of a content, from its beginning to its end."""
    step = max(1, len(content) // WINDOWS)
    found = (next(_telling(content, at, at + step), b"") for at in range(0, len(content) - WINDOW, step))
    return [piece for piece in found if piece]


def _telling(content: bytes, start: int, stop: int) -> Iterator[bytes]:
    pieces = (content[at : at + WINDOW] for at in range(start, min(stop, len(content) - WINDOW)))
    return (piece for piece in pieces if len(set(piece)) >= LEAST_DIFFERENT)


class Look:
    """Looks for pieces in all files of some folders; those that have not changed are not read again."""

    def __init__(self, served: Appliance, *folders: Path) -> None:
        self._served, self._folders = served, folders
        self._seen: dict[Path, tuple[int, int]] = {}
        self.wanted: list[bytes] = []
        self.found: set[str] = set()
        self.rounds = self.workers = 0

    def want(self, pieces: Iterable[bytes]) -> None:
        """Look for these too, from now on in every file."""
        self.wanted += pieces
        self._seen.clear()

    def look(self) -> None:
        """Look once."""
        self.rounds += 1
        for path in (one for folder in self._folders for one in folder.rglob("*")):
            with suppress(FileNotFoundError):
                seen = path.stat()
                if path.is_file() and self._seen.get(path) != (seen.st_mtime_ns, seen.st_size):
                    content = path.read_bytes()
                    self._seen[path] = (seen.st_mtime_ns, seen.st_size)
                    self.found |= {f"{path}: {piece!r}" for piece in self.wanted if piece in content}
                self.found |= {f"{path}: its name" for piece in self.wanted if piece in path.name.encode()}
        for pid in _family(self._served.pid):
            # One that is just ending has no mounts and no files any more.
            with suppress(OSError):
                self.workers += pid != self._served.pid
                self.found |= set(_on_disk(pid, self._served.data, self._served.log))

    @asynccontextmanager
    async def without_pause(self) -> AsyncIterator[None]:
        """Look all the time while the block runs."""
        stop = asyncio.Event()

        async def again() -> None:
            while not stop.is_set():
                await asyncio.to_thread(self.look)

        looking = asyncio.create_task(again())
        try:
            yield
        finally:
            stop.set()
            await looking


def _family(pid: int) -> list[int]:
    """Return a process and all that came of it."""
    found = [pid]
    for one in found:
        for task in Path("/proc").glob(f"{one}/task/*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, task.read_text().split())
    return found


def _on_disk(pid: int, data: Path, log: Path) -> list[str]:
    """Return what a process has open for writing that lies on a disk and not in the data folder."""
    in_memory, found = _in_memory(pid), []
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            target, flags = str(handle.readlink()), Path(f"/proc/{pid}/fdinfo/{handle.name}").read_text()
            writes = int(flags.partition("flags:")[2].split()[0], 8) & (os.O_WRONLY | os.O_RDWR)
            device = handle.stat().st_dev
            if not writes or not target.startswith("/") or target.startswith("/dev/"):
                continue
            if f"{os.major(device)}:{os.minor(device)}" not in in_memory:
                found += [] if target.startswith((f"{data}/", str(log))) else [f"{pid}: {target}"]
    return found


def _in_memory(pid: int) -> set[str]:
    """Return the devices that a process sees mounted and that lie in memory."""
    mounts = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    return {line.split()[2] for line in mounts if line.partition(" - ")[2].split()[0] in {"tmpfs", "devtmpfs"}}


def files(folder: Path, rng: random.Random) -> list[dict[str, Any]]:
    """Return what is sent: content, and what is said of it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("ภายใน.bin", rng.randbytes(150_000))
    film = corpus.film(folder / "a.mp4", "-c:v", "mpeg4", "-c:a", "aac")
    paper = corpus.pdf(2, trailer="") + b"%" + rng.randbytes(9_000).hex().encode() + b"\n"
    return [
        {"content": from_a_phone(900, 700), "name": f"{NAME}.jpg", "type": "image/jpeg", "form": "picture"},
        {"content": film, "name": f"{NAME}.mp4", "type": "video/mp4", "form": "video"},
        {"content": paper, "name": f"{NAME}.pdf", "type": "application/pdf"},
        {"content": archive.getvalue(), "name": f"{NAME}.zip", "type": "application/zip"},
    ]


async def through(client: Client, room: str, content: bytes, **said: Any) -> list[bytes]:
    """Upload a file, send it, wait until all is made of it; return its bytes and those of its variants as read."""
    made = await upload(client, room, content, **said)

    async def is_ready() -> bool:
        view = await client.get(f"/uploads/{made}")
        assert view["state"] != "refused", view
        return bool(view["state"] == "ready" and not view["file"].get("preparing"))

    await until(is_ready, f"{said['type']} is ready")
    file = (await client.get(f"/uploads/{made}"))["file"]
    body = {"txn_id": new_txn(), "type": "text", "body": {"text": ""}, "files": [made]}
    await client.post(f"/rooms/{room}/messages", body)
    return [await _bytes_of(client, one) for one in (file["id"], *(variant["id"] for variant in file["variants"]))]


async def _bytes_of(client: Client, file: str) -> bytes:
    async with client.raw("GET", f"/files/{file}") as response:
        assert response.status == 200
        return await response.read()


def test_the_look_finds_what_lies_in_clear(tmp_path: Path) -> None:
    """The tests can fail: a part of a file is found, and a name; a process that writes to a disk too."""
    content = os.urandom(50_000)
    served = Appliance(tmp_path / "data")
    with pytest.MonkeyPatch.context() as patched, (tmp_path / "elsewhere").open("wb"):
        patched.setattr("tests.faults.test_canary_files._in_memory", lambda _pid: set())
        assert _on_disk(os.getpid(), served.data, served.log) != []
    (tmp_path / "data").mkdir()
    look = Look(served, tmp_path / "data")
    look.want(windows(content))
    (tmp_path / "data" / "part").write_bytes(b"x" * 333 + content[20_000:30_000])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.faults.test_canary_files._family", lambda _pid: [])
        patched.setattr(Appliance, "pid", 0)
        look.look()
        assert len(look.found) in {2, 3}
        look.want([NAME.encode()])
        (tmp_path / "data" / f"{NAME}.pdf").touch()
        look.look()
    assert any(one.endswith("its name") for one in look.found)


@pytest.mark.media
async def test_nothing_of_files_lies_in_clear(
    appliance: Callable[..., Appliance], tmp_path: Path, rng: random.Random
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    served = appliance(env={"TMPDIR": str(temporary)})
    served.start()
    look, sent = Look(served, served.data, temporary), files(tmp_path, rng)
    look.want(piece for one in sent for piece in windows(one["content"]))
    look.want(form for name in (NAME, "กลางหนองน้ำ") for form in forms(name))
    async with clients() as session:
        caller = await sign_in(session, served, "narin.p")
        narin = Client(caller.session, served.url, "", PersonId(caller.person), caller.token)
        room = served.room("dengue")
        async with look.without_pause():
            first = [await through(narin, room, **one) for one in sent]
        assert [len(made) for made in first] == [3, 3, 4, 1]
        look.want(piece for made in first for content in made for piece in windows(content))
        rounds = look.rounds
        async with look.without_pause():
            again = [await through(narin, room, **one) for one in sent]
            assert NAME in str(await narin.get(f"/rooms/{room}/files"))
        assert again == first, "what is looked for is what was made"
        assert look.rounds >= rounds + 3
        served.kill()
        look.look()
    assert look.found == set()
    assert look.workers > 0
