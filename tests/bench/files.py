"""Files: how fast they go up and down beside plain sealing, what chat feels of four lines, memory, small pictures."""

from __future__ import annotations

import asyncio
import io
import os
import time
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final, TypeVar

import aiohttp
import msgspec
from PIL import Image

from appliance.config import FILE_NAME
from appliance.sealed_file import RECORD_BYTES, Records
from tests.bench.agency import MEMORY_DISK, apart, folder, make, places
from tests.bench.driver import Report, drive
from tests.bench.file_lines import Carried, Lines, carry, check, create, delete, ended, put, start
from tests.bench.processes import SERVER_CORE, cpu_s, memory, on_core
from tests.bench.results import Result, at_least, at_most, milliseconds, progress, result
from tests.bench.server import plan, running, sign_in

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Coroutine

    from tests.bench.agency import Layout
    from tests.bench.server import Server

T = TypeVar("T")
MIB: Final = 1 << 20
PART: Final = float(os.environ.get("GCHAT_BENCH_PART", "1"))
"""How much of everything is done: a part of it shows that the benchmark runs, and measures nothing."""
LINES: Final = 4
SIZE: Final = round(128 * PART) * MIB
LARGE: Final = round(2048 * PART) * MIB
SECONDS: Final = 8.0
LINE_RATE: Final = 12_500_000
"""Bytes a second of a line of 100 Mbit/s, such as an office has for each of its computers."""
MEMBERS: Final = 10
MESSAGES: Final = round(1000 * PART)
"""So many that the 99th percentile is not the second slowest of them all."""
RATE: Final = 50.0
PICTURES: Final = 20
ROUNDS: Final = round(50 * PART)
"""How often each small picture is fetched; before each round the kernel forgets the files."""
BAR_LIMIT: Final = 0.4
BAR_P99: Final = 1.5
BAR_MEMORY_MIB: Final = 20.0
SETTINGS: Final = "largest = 3221225472\nquota_person_year = 1000000000000\ndisk_percent = 95\n"
"""What the section `[files]` says more; the scanner is off there (`world.NO_SCANNER`)."""


def bench() -> Result:
    """Measure lines up and down, the chat beside them, the memory of a large file, and small pictures."""
    with folder(places()["disk"]) as data:
        limit = {"disk": sealing(data), "memory_disk": sealing(MEMORY_DISK)}
        layout = make(data, apart(1, MEMBERS))
        settings = data / FILE_NAME
        settings.write_text(settings.read_text().replace("[files]\n", f"[files]\n{SETTINGS}"))
        with running(data) as server:
            tokens = sign_in(server, layout, range(MEMBERS))
            up, down = _up_and_down(server, layout, tokens[0])
            chat = _chat(server, layout, tokens)
            large = _large(server, layout, tokens[0])
            small = _small_pictures(server, layout, tokens[0])
    bars = [
        at_least(
            "MB for each CPU s, up, to plain copying and sealing",
            up.mb_a_cpu_s / limit["disk"]["mb_a_cpu_s"],
            BAR_LIMIT,
        ),
        at_least(
            "MB for each CPU s, down, to plain copying and opening",
            down.mb_a_cpu_s / limit["disk"]["opened_mb_a_cpu_s"],
            BAR_LIMIT,
        ),
        at_most(f"p99 to the sender, beside {LINES} lines up", _times(chat, "lines", "none"), BAR_P99),
        at_most("MiB more for a file of 2 GiB", large["mib_more"], BAR_MEMORY_MIB),
    ]
    details = {
        "part": PART,
        "bars": bars,
        "up": _figures(up),
        "down": _figures(down),
        "limit": limit,
        "limit_is": "one thread that seals records of 64 KiB from memory, writes, and syncs each 4 MiB; no server",
        "chat_ms": {label: report.figures() for label, report in chat.items()},
        "lines": f"{LINES} of {LINE_RATE / 1e6:g} MB/s; {MESSAGES} messages at {RATE:g} a second, a room of {MEMBERS}",
        "large": large,
        "small_pictures": small,
    }
    return result("files", up.mb_s, "MB/s", limit["disk"]["mb_s"], up.server_cpu_s, details)


def sealing(place: Path) -> dict[str, float]:
    """Copy bytes into sealed records and back on the server's core, as plainly as it can be done."""
    clear, path = os.urandom(4 * MIB), place / f"limit-{os.getpid()}.sealed"
    records, rounds = Records(os.urandom(32), b"limit"), 64
    try:
        with on_core(SERVER_CORE):
            begun, used = perf_counter(), process_time()
            with path.open("wb", buffering=0) as out:
                for number in range(rounds * len(clear) // RECORD_BYTES):
                    at = number * RECORD_BYTES % len(clear)
                    out.write(records.seal(number, memoryview(clear)[at : at + RECORD_BYTES], last=False))
                    if (number + 1) * RECORD_BYTES % len(clear) == 0:
                        os.fdatasync(out.fileno())
            wall, cpu = perf_counter() - begun, process_time() - used
            used = process_time()
            with path.open("rb", buffering=0) as sealed, open(os.devnull, "wb", buffering=0) as out:  # noqa: PTH123
                for number in range(rounds * len(clear) // RECORD_BYTES):
                    out.write(records.open(number, sealed.read(RECORD_BYTES + 16), last=False))
            opened = process_time() - used
    finally:
        path.unlink(missing_ok=True)
    carried = rounds * len(clear) / 1e6
    return {"mb_s": carried / wall, "mb_a_cpu_s": carried / cpu, "opened_mb_a_cpu_s": carried / opened}


def _up_and_down(server: Server, layout: Layout, token: str) -> tuple[Carried, Carried]:
    lines = _lines(server, layout, token)
    progress("files: up")
    up = carry(lines)
    _with_session(server, token, lambda session: _ready(session, up.ids))
    progress("files: down")
    down = carry(msgspec.structs.replace(lines, what="down", ids=up.ids))
    _with_session(server, token, lambda session: delete(session, up.ids))
    return up, down


def _lines(server: Server, layout: Layout, token: str) -> Lines:
    """Return lines that go up and stay."""
    room, pids = layout.rooms[0].id, [server.appliance]
    return Lines(what="up", url=server.url, token=token, pids=pids, room=room, size=SIZE, lines=LINES, keep=True)


def _chat(server: Server, layout: Layout, tokens: dict[int, str]) -> dict[str, Report]:
    reports = {}
    for label, rate in (("none", None), ("lines", LINE_RATE), ("unbounded", 0)):
        progress(f"files: chat beside {label}")
        lines = None
        if rate is not None:
            seconds = MESSAGES / RATE + SECONDS
            up = _lines(server, layout, tokens[0])
            lines = start(msgspec.structs.replace(up, rate=rate, seconds=seconds, keep=False))
            time.sleep(1.0)
        senders = {1: layout.rooms[0].id}
        reports[label] = drive(
            plan(server, senders, tokens, load="paced", audience=MEMBERS - 1, messages=MESSAGES, rate=RATE)
        )
        if lines is not None:
            if lines.poll() is not None:
                raise RuntimeError("the lines ended before the messages did")
            ended(lines)
    return reports


def _large(server: Server, layout: Layout, token: str) -> dict[str, float]:
    """Send and fetch one file of 2 GiB; return how much more memory the appliance held at its highest."""
    progress("files: 2 GiB")
    pids = [server.appliance]
    before = memory(pids).rss
    lines = msgspec.structs.replace(_lines(server, layout, token), size=LARGE, lines=1)
    process = start(lines)
    highest = _highest(process, pids)
    up = ended(process)
    _with_session(server, token, lambda session: _ready(session, up.ids))
    process = start(msgspec.structs.replace(lines, what="down", ids=up.ids))
    highest = max(highest, _highest(process, pids))
    down = ended(process)
    _with_session(server, token, lambda session: delete(session, up.ids))
    return {"mib_more": (highest - before) / 1024, "up_mb_s": up.mb_s, "down_mb_s": down.mb_s}


def _highest(process: subprocess.Popen[bytes], pids: list[int]) -> int:
    highest = 0
    while process.poll() is None:
        highest = max(highest, memory(pids).rss)
        time.sleep(0.1)
    return highest


def _small_pictures(server: Server, layout: Layout, token: str) -> dict[str, Any]:
    """Send photographs, wait for what is made of them, and fetch each small picture from cold, again and again."""
    progress(f"files: {PICTURES} photographs, {PICTURES * ROUNDS} small pictures")
    return _with_session(server, token, lambda session: _pictures(session, server, layout.rooms[0].id))


async def _pictures(session: aiohttp.ClientSession, server: Server, room: str) -> dict[str, Any]:
    begun, used = perf_counter(), cpu_s([server.appliance])
    for number in range(PICTURES):
        location = await create(session, room, f"ภาพ {number}.jpg", len(PHOTOGRAPH), "image/jpeg", "picture")
        await put(session, location, 0, PHOTOGRAPH)
        one = location.rpartition("/")[2]
        await _ready(session, [one])
        said = {"txn_id": f"picture-{number}", "body": {"text": ""}, "files": [one]}
        async with session.post(f"/api/v1/rooms/{room}/messages", json=said) as answer:
            check(answer, 201)
    small = await _thumbs(session, room)
    made, making = perf_counter() - begun, cpu_s([server.appliance]) - used
    used, times, cold = cpu_s([server.appliance]), list[float](), True
    for _ in range(ROUNDS):
        cold = _forget_files() and cold
        for one in small:
            since = perf_counter()
            async with session.get(f"/api/v1/files/{one}") as answer:
                check(answer, 200)
                await answer.read()
            times.append(perf_counter() - since)
    return {
        "photographs_a_s": PICTURES / made,
        "cpu_ms_a_photograph_without_its_worker": making * 1000 / PICTURES,
        "fetched": len(times),
        "cold": cold,
        "cold_is": "the kernel forgot the files before each of them was fetched; false where this needs more rights",
        "fetched_ms": milliseconds(times),
        "cpu_ms_a_small_picture": (cpu_s([server.appliance]) - used) * 1000 / len(times),
    }


async def _thumbs(session: aiohttp.ClientSession, room: str) -> list[str]:
    """Wait until every photograph of a room was looked at; return the ids of their small pictures.

    Raises RuntimeError where one has none, as on a machine so busy that the worker's time was over.
    """
    while True:
        async with session.get(f"/api/v1/rooms/{room}/files", params={"form": "picture", "limit": "200"}) as answer:
            check(answer, 200)
            files = (await answer.json())["files"]
        if len(files) == PICTURES and not any(one["file"].get("preparing") for one in files):
            made = [one["file"]["variants"] for one in files]
            found = [each["id"] for variants in made for each in variants if each["kind"] == "thumb"]
            if len(found) != PICTURES:
                raise RuntimeError(f"{len(found)} small pictures of {PICTURES} photographs")
            return found
        await asyncio.sleep(0.05)


async def _ready(session: aiohttp.ClientSession, ids: list[str]) -> None:
    """Wait until uploads can be sent. Raises RuntimeError for one that was refused."""
    for one in ids:
        while True:
            async with session.get(f"/api/v1/uploads/{one}") as answer:
                check(answer, 200)
                said = await answer.json()
            if said["state"] == "ready":
                break
            if said["state"] == "refused":
                raise RuntimeError(f"refused: {said['refused']}")
            await asyncio.sleep(0.02)


def _with_session(server: Server, token: str, run: Callable[[aiohttp.ClientSession], Coroutine[Any, Any, T]]) -> T:
    async def inside() -> T:
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(server.url, headers=headers) as session:
            return await run(session)

    return asyncio.run(inside())


def _forget_files() -> bool:
    """Have the kernel forget what it keeps of files in memory (proc(5)); return whether this process may ask that."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("1\n")
    except OSError:
        return False
    return True


def _photograph() -> bytes:
    """Return a photograph of 12 megapixels: noise in large areas of one colour, about as hard to read as a real one."""
    noise = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    Image.merge("RGB", (noise, noise.rotate(90).resize(noise.size), noise)).save(out, "JPEG", quality=88)
    return out.getvalue()


PHOTOGRAPH: Final = _photograph()


def _figures(carried: Carried) -> dict[str, float]:
    return {
        "mb_s": carried.mb_s,
        "mb_a_cpu_s": carried.mb_a_cpu_s,
        "server_cores": carried.server_cpu_s / carried.wall_s,
        "driver_cores": carried.driver_cpu_s / carried.wall_s,
    }


def _times(chat: dict[str, Report], beside: str, alone: str) -> float:
    return chat[beside].ack_ms["p99"] / chat[alone].ack_ms["p99"]
