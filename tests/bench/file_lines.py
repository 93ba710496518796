"""Uploads and downloads as a load: `python -m tests.bench.file_lines`, a process of its own on the driver's core.

It reads a plan (JSON) from standard input and speaks tus 1.0 in chunks of 4 MiB, as the web client does. Bytes come
from one random block, so that the load generator costs little; what is downloaded is counted, and its length must be
right. With `seconds` it goes on with new uploads until the time is over.
"""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final, Literal

import aiohttp
import msgspec
import uvloop

from tests.bench.processes import DRIVER_CORE, cpu_s, on_core

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK: Final = 4 << 20
BLOCK: Final = os.urandom(1 << 20)
PIECE: Final = 64 << 10
TUS: Final = {"Tus-Resumable": "1.0.0"}


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """So many lines at a time, each with files of `size` bytes. `rate` is bytes a second of each line, 0 for no bound.

    `up` makes uploads for `room` and deletes them again; `keep` has them stay and their ids reported; `down` reads the
    files of `ids`, in turn.
    """

    what: Literal["up", "down"]
    url: str
    token: str
    pids: list[int]
    room: str = ""
    ids: list[str] = []
    size: int
    lines: int
    rate: int = 0
    seconds: float = 0
    keep: bool = False


class Carried(msgspec.Struct, frozen=True):
    """What the lines carried within their time, and the CPU seconds of server and driver."""

    bytes: int
    wall_s: float
    server_cpu_s: float
    driver_cpu_s: float
    ids: list[str]

    @property
    def mb_s(self) -> float:
        """Megabytes a second."""
        return self.bytes / self.wall_s / 1e6

    @property
    def mb_a_cpu_s(self) -> float:
        """Megabytes for each CPU second of the server."""
        return self.bytes / self.server_cpu_s / 1e6


def carry(lines: Lines) -> Carried:
    """Run the lines to their end in a process of their own. Raises RuntimeError."""
    return ended(start(lines))


def ended(process: subprocess.Popen[bytes]) -> Carried:
    """Wait for lines that were begun and return what they carried. Raises RuntimeError where they failed."""
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the lines failed with {process.returncode}")
    return msgspec.json.decode(said, type=Carried)


def start(lines: Lines) -> subprocess.Popen[bytes]:
    """Begin the lines; the process writes a `Carried` when they have ended."""
    with on_core(DRIVER_CORE):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.file_lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(lines) + b"\n")
    process.stdin.flush()
    return process


async def _run(plan: Lines) -> Carried:
    headers = {"Authorization": f"Bearer {plan.token}"}
    connector = aiohttp.TCPConnector(limit=plan.lines)
    async with aiohttp.ClientSession(plan.url, headers=headers, connector=connector, read_bufsize=1 << 20) as session:
        begun, used, own = perf_counter(), cpu_s(plan.pids), process_time()
        line = _uploading if plan.what == "up" else _downloading
        parts = await asyncio.gather(*(line(session, plan, number) for number in range(plan.lines)))
        wall, server, driver = perf_counter() - begun, cpu_s(plan.pids) - used, process_time() - own
        ids = [one for _, made in parts for one in made]
        if not plan.keep:
            await delete(session, ids)
            ids = []
    return Carried(sum(carried for carried, _ in parts), wall, server, driver, ids)


async def create(
    session: aiohttp.ClientSession, room: str, name: str, size: int, media_type: str, form: str = "document"
) -> str:
    """Begin an upload; return where its bytes go."""
    said = {"name": name, "type": media_type, "room": room, "form": form}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
    async with session.post("/api/v1/uploads", headers=headers) as answer:
        check(answer, 201)
        return answer.headers["Location"]


async def put(session: aiohttp.ClientSession, location: str, offset: int, data: bytes | AsyncIterator[bytes]) -> None:
    """Send bytes of an upload from an offset on."""
    headers = TUS | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    async with session.patch(location, data=data, headers=headers) as answer:
        check(answer, 204)


async def delete(session: aiohttp.ClientSession, ids: list[str]) -> None:
    """Delete uploads."""
    for one in ids:
        async with session.delete(f"/api/v1/uploads/{one}", headers=TUS) as answer:
            check(answer, 204)


def check(answer: aiohttp.ClientResponse, status: int) -> None:
    """Raise RuntimeError for an answer with another status."""
    if answer.status != status:
        raise RuntimeError(f"{answer.method} {answer.url.path}: {answer.status}")


async def _uploading(session: aiohttp.ClientSession, plan: Lines, number: int) -> tuple[int, list[str]]:
    until, carried, made = perf_counter() + plan.seconds, 0, list[str]()
    while True:
        name = f"แฟ้มทดสอบ {number}-{len(made)}.dat"
        location = await create(session, plan.room, name, plan.size, "application/octet-stream")
        made.append(location.rpartition("/")[2])
        for offset in range(0, plan.size, CHUNK):
            length = min(CHUNK, plan.size - offset)
            await put(session, location, offset, _bytes(length, plan.rate))
            carried += length
            if plan.seconds and perf_counter() > until:
                break
        if perf_counter() > until:
            return carried, made
        if not plan.keep:
            # A person may have so many uploads and no more.
            await delete(session, [made.pop()])


async def _bytes(length: int, rate: int) -> AsyncIterator[bytes]:
    """Give so many bytes, at a line's rate; a line that was kept waiting catches up at once, as TCP does."""
    begun, given = perf_counter(), 0
    while given < length:
        piece = BLOCK[: min(PIECE, length - given)]
        yield piece
        given += len(piece)
        if rate:
            await asyncio.sleep(begun + given / rate - perf_counter())


async def _downloading(session: aiohttp.ClientSession, plan: Lines, number: int) -> tuple[int, list[str]]:
    until, carried, at = perf_counter() + plan.seconds, 0, number
    while True:
        async with session.get(f"/api/v1/files/{plan.ids[at % len(plan.ids)]}") as answer:
            check(answer, 200)
            got = 0
            async for piece in answer.content.iter_any():
                got += len(piece)
            if got != int(answer.headers["Content-Length"]):
                raise RuntimeError(f"{got} bytes of a file of {answer.headers['Content-Length']}")
        carried += got
        at += plan.lines
        if (plan.seconds and perf_counter() > until) or (not plan.seconds and at >= len(plan.ids)):
            return carried, []


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.readline(), type=Lines)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_run(given))))
