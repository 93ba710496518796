"""Uploads that nobody ends, after kills at any point: once their time is over nothing is left. And a full disk."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import config, wiring
from appliance.actions import file_check, file_deletion
from appliance.actions.file_faults import Fault
from appliance.vault import unlock
from tests.agency import Client
from tests.bureau import Bureau, Clock
from tests.commands import carried_out
from tests.faults.appliance import Appliance, clients, sign_in
from tests.faults.conftest import on_small_disk
from tests.filing import Filing
from tests.forking import forks
from tests.uploading import TUS, Said, about, ask, begin, patch
from tests.waiting import until

DAY_MS = 86_400_000
RECORD = 64 * 1024
UPLOADS = 12
# Every write is tried in a soak; a sample otherwise.
EVERY = int(os.environ.get("GCHAT_FAULT_EVERY", "29"))


async def one(client: Client, room: str, rng: random.Random, acknowledged: list[str]) -> None:
    """Go as far with an upload as chance has it: begun, in the middle, whole, or taken away again."""
    size = rng.randrange(1, 6 * RECORD)
    upload = await begin(client, room, size)
    acknowledged.append(upload)
    offset = 0
    while offset < size and rng.random() < 0.9:
        part = min(size - offset, rng.choice((RECORD, 2 * RECORD)))
        if (await patch(client, upload, offset, os.urandom(part))).status != 204:
            return
        offset += part
    if rng.random() < 0.3:
        await ask(client, "DELETE", upload, TUS)


async def left_of(data: Path, later_ms: int) -> tuple[list[str], list[tuple[str, int]], list[Fault]]:
    """Sweep and check in a time to come; return objects, what is used and reserved, and faults."""
    loaded = config.load(data)
    keys = unlock.unlock_keys(loaded, wiring.no_terminal)
    sources = wiring.Sources(clock=lambda: wiring.system_clock() + later_ms)
    async with wiring.compose(loaded, keys, sources) as s:
        await file_deletion.sweep(s)
        await file_check.check_nightly(s)
        again = await file_check.check_files(s, "test")
        async with s.store.read() as reader:
            used = await reader.run(
                lambda rows: rows.all("SELECT scope, bytes + reserved FROM file_use WHERE bytes + reserved > 0")
            )
        objects = await s.files.objects.run(lambda: list(s.files.objects.list()))
    return objects, used, again.faults


async def test_uploads_that_kills_abandoned_leave_nothing_after_their_time(
    appliance: Callable[..., Appliance], data: Path, rng: random.Random
) -> None:
    served = appliance()
    made: list[str] = []
    for _ in range(3):
        served.start()
        async with clients() as session:
            narin = (await sign_in(session, served, "narin.p")).client
            before = len(made)
            tasks = [asyncio.create_task(one(narin, served.room("dengue"), rng, made)) for _ in range(UPLOADS)]
            enough = before + rng.randrange(1, UPLOADS)
            await until(lambda: len(made) >= enough or any(task.done() for task in tasks))  # noqa: B023 - awaited here
            served.kill()
            # Their address still takes connections, which nobody answers until the next start.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    assert len(made) > 3
    # What is still good is kept: before their time nothing but what was taken away is gone.
    objects, used, faults = await left_of(data, 0)
    assert faults == []
    assert len(objects) > 0
    assert used
    assert await left_of(data, DAY_MS + 2 * 3_600_000) == ([], [], [])


async def fill_with_files(data: Path) -> None:
    """Leave uploads whose time was over days ago, some with a file and variants, and an object of no row."""
    loaded = config.load(data)
    keys = unlock.unlock_keys(loaded, wiring.no_terminal)
    past = wiring.system_clock() - 3 * DAY_MS
    async with wiring.compose(loaded, keys, wiring.Sources(clock=lambda: past)) as s:
        filing = Filing(Bureau(s, Clock(past)))
        for _ in range(3):
            await filing.upload(content=b"x" * RECORD)
            await filing.upload(blob=await filing.blob(variants=2))
        s.files.objects.create("zz_lone")
        os.utime(s.files.objects.folder / "ne" / "zz_lone", (past / 1000, past / 1000))


@pytest.mark.media
def test_a_deletion_killed_at_any_write_is_finished_by_repeating(data: Path, broken_disk: Path, tmp_path: Path) -> None:
    asyncio.run(fill_with_files(data))
    killed, at = 0, 1
    with forks(LD_PRELOAD=str(broken_disk)) as forked:
        while True:
            folder = shutil.copytree(data, tmp_path / "killed")
            words = ("files", "check", "--repair", "--data", str(folder))
            done = forked.run(*words, BROKEN_DISK_KILL=str(at), BROKEN_DISK_PATH=str(folder))
            finished = done.code == 0
            if not finished:
                assert done.code == -signal.SIGKILL, done.said
                killed += 1
                repeated = carried_out(*words)
                assert repeated.code == 0, repeated.out + repeated.err
            objects, used, faults = asyncio.run(left_of(folder, 0))
            assert (objects, used, faults) == ([], [], [])
            shutil.rmtree(folder)
            if finished:
                break
            at += max(1, EVERY // 2)
    assert killed > 5


@pytest.fixture
def small_disk(template: Path, tmp_path: Path) -> Iterator[Path]:
    with on_small_disk(template, tmp_path / "small", "96m") as folder:
        yield folder


async def test_a_disk_that_is_nearly_full_takes_messages_and_no_files(
    appliance: Callable[..., Appliance], small_disk: Path
) -> None:
    served = appliance(small_disk)
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        room = served.room("dengue")
        client, waiting = narin.client, await begin(narin.client, room, 4 * RECORD)
        ballast = small_disk / "ballast"
        space = os.statvfs(small_disk)
        keep = space.f_blocks * space.f_frsize * 2 // 100
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - keep)

        async def begun() -> Said:
            return await ask(client, "POST", "/uploads", {**TUS, "Upload-Length": str(RECORD), **about(room)})

        async def refused() -> bool:
            return (await begun()).status != 201

        await until(refused)
        told = await begun()
        assert (told.status, told.code) == (507, "disk_nearly_full")
        assert "เหลืออีก" in (told.message or "")
        # Nor do bytes of one that was begun before; messages go on, and so does whoever asks for readiness.
        assert (await patch(client, waiting, 0, bytes(RECORD))).status == 507
        for n in range(20):
            await narin.say(room, "ดิสก์ใกล้เต็ม แต่ยังส่งข้อความได้", f"near-{n}")
        async with session.get(f"{served.url}/readyz") as ready:
            assert ready.status == 200
        ballast.unlink()

        async def taken() -> bool:
            return (await begun()).status == 201

        await until(taken)
        assert (await patch(client, waiting, 0, bytes(4 * RECORD))).status == 204
    served.stop()
