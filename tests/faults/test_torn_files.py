"""Files on a disk whose power is cut: what was acknowledged is there, and no answer comes before it is safe."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch as replaced

import pytest

from appliance.files.content import acknowledged, append_clear, read_clear, records_of, sealed_length, write_sealed
from appliance.files.keys import new_file_key
from appliance.files.objects import Objects
from appliance.sealed_file import RECORD_BYTES, SEALED_RECORD_BYTES
from tests.agency import API, Agency, Client
from tests.files.corpus import from_a_phone
from tests.power import CachedDisk, cached_disk
from tests.uploading import begin, head, patch
from tests.waiting import until

CONTENT = os.urandom(9 * RECORD_BYTES + 123)
PARTS = (RECORD_BYTES, 4 * RECORD_BYTES, 5 * RECORD_BYTES + 77, len(CONTENT))
FILE = {"name": "a.dat", "type": "application/octet-stream"}


@pytest.fixture
def disk(running: Agency, rng: random.Random) -> Iterator[CachedDisk]:
    with cached_disk(running.services.files.objects.folder, rng) as made:
        yield made


async def ready(client: Client, upload: str) -> str:
    """Wait until nothing more is done with an upload; return the id of its file."""

    async def is_ready() -> bool:
        view = await client.get(f"/uploads/{upload}")
        return bool(view["state"] == "ready" and not view["file"].get("preparing"))

    await until(is_ready, "the upload is ready")
    return str((await client.get(f"/uploads/{upload}"))["file"]["id"])


async def bytes_of(client: Client, file: str) -> bytes:
    async with client.raw("GET", f"/files/{file}") as response:
        assert response.status == 200
        return await response.read()


@pytest.mark.parametrize("summed", [False, True])
async def test_what_was_acknowledged_is_there_after_each_cut(
    running: Agency,
    disk: CachedDisk,
    summed: bool,  # noqa: FBT001
) -> None:
    narin = await running.login("narin.p")
    where = await begin(narin, running.room("dengue"), len(CONTENT), **FILE)
    upload = where.rpartition("/")[2]
    at = 0
    for stop in PARTS:
        part = CONTENT[at:stop]
        checksum = {"Upload-Checksum": f"sha256 {b64encode(sha256(part).digest()).decode()}"} if summed else {}
        answer = await patch(narin, where, at, part, **checksum)
        assert answer.status == 204, answer
        if stop == len(CONTENT):
            await ready(narin, upload)
        disk.cut_power()
        at = (await head(narin, where)).offset
        assert at >= answer.offset, stop
    assert await bytes_of(narin, await ready(narin, upload)) == CONTENT


def test_of_a_torn_end_whole_records_stay_and_the_upload_goes_on(tmp_path: Path, rng: random.Random) -> None:
    """What was written and not waited for may be there in part, with zeros behind it."""
    objects, key, upload = Objects(tmp_path / "files"), new_file_key(), "f_a1"
    records = records_of(upload, key)
    kept = set()
    for _ in range(20):
        with cached_disk(tmp_path, rng) as disk:
            objects.create(upload)
            append_clear(objects, upload, records, 0, CONTENT[: 3 * RECORD_BYTES])
            objects.sync(upload)
            append_clear(objects, upload, records, 3, CONTENT[3 * RECORD_BYTES : 8 * RECORD_BYTES])
            disk.cut_power()
            at = acknowledged(objects, upload, key, len(CONTENT))
            assert at % RECORD_BYTES == 0
            assert at >= 3 * RECORD_BYTES
            assert objects.size(upload) == at // RECORD_BYTES * SEALED_RECORD_BYTES
            # The same content again: whoever goes on sends what was not acknowledged.
            append_clear(objects, upload, records, at // RECORD_BYTES, CONTENT[at:], ended=True)
            assert acknowledged(objects, upload, key, len(CONTENT)) == len(CONTENT)
            objects.delete(upload)
            kept.add(at)
    assert len(kept) > 1
    objects.close()


async def test_no_part_is_answered_before_it_is_on_the_disk(running: Agency, disk: CachedDisk) -> None:
    narin = await running.login("narin.p")
    where = await begin(narin, running.room("dengue"), len(CONTENT), **FILE)
    upload, loop = where.rpartition("/")[2], asyncio.get_running_loop()
    waits, go_on = asyncio.Event(), threading.Event()

    def hold(path: Path) -> None:
        if path.name == upload:
            loop.call_soon_threadsafe(waits.set)
            go_on.wait()

    disk.on_fsync = hold
    try:
        answer = asyncio.create_task(patch(narin, where, 0, CONTENT[: 2 * RECORD_BYTES]))
        reached = asyncio.create_task(waits.wait())
        await asyncio.wait((answer, reached), return_when=asyncio.FIRST_COMPLETED)
        assert reached.done(), "answered without having waited for the disk"
        # Whatever could be answered before has been answered before this.
        await narin.get("/me")
        assert not answer.done()
    finally:
        go_on.set()
    assert (await answer).offset == 2 * RECORD_BYTES


@pytest.mark.media
async def test_what_was_made_of_a_picture_is_there_after_a_cut(running: Agency, disk: CachedDisk) -> None:
    narin = await running.login("narin.p")
    photo = from_a_phone(900, 700)
    where = await begin(narin, running.room("dengue"), len(photo), name="a.jpg", type="image/jpeg", form="picture")
    await patch(narin, where, 0, photo)
    file = await ready(narin, where.rpartition("/")[2])
    view = (await narin.get(where.partition(API)[2]))["file"]
    ids = [file, *(variant["id"] for variant in view["variants"])]
    assert len(ids) == 3
    before = [await bytes_of(narin, one) for one in ids]
    disk.cut_power()
    assert [await bytes_of(narin, one) for one in ids] == before


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 100_000):
        yield content[at : at + 100_000]


async def test_an_object_is_there_once_it_was_written_and_gone_once_it_was_deleted(
    tmp_path: Path, rng: random.Random
) -> None:
    objects, key = Objects(tmp_path / "files"), new_file_key()
    with cached_disk(tmp_path, rng) as disk:
        for name in ("f_a1", "f_b1", "f_c2"):
            await write_sealed(objects, name, key, chunks(CONTENT))
        await write_sealed(objects, "f_new1", new := new_file_key(), chunks(CONTENT[:9]), as_id="f_a1")
        objects.replace("f_a1", "f_new1")
        objects.delete("f_b1")
        disk.cut_power()
        assert disk.lost == 0
        assert set(objects.list()) == {"f_a1", "f_c2"}
        assert b"".join([piece async for piece in read_clear(objects, "f_a1", new, 9)]) == CONTENT[:9]
        assert b"".join([piece async for piece in read_clear(objects, "f_c2", key, len(CONTENT))]) == CONTENT
    objects.close()


async def test_the_disk_takes_what_nobody_waited_for(tmp_path: Path, rng: random.Random) -> None:
    """Without the waiting for a file, or for its folder, these tests fail."""
    objects, key = Objects(tmp_path / "files"), new_file_key()
    with cached_disk(tmp_path, rng) as disk:
        with replaced.object(Objects, "sync", lambda _self, _name: None):
            await write_sealed(objects, "f_a1", key, chunks(CONTENT))
        disk.cut_power()
        assert objects.size("f_a1") != sealed_length(len(CONTENT)) or disk.lost > 0
        with replaced("appliance.files.objects._sync_folder", lambda _folder: None):
            await write_sealed(objects, "f_b2", key, chunks(CONTENT))
        disk.cut_power()
        assert set(objects.list()) == {"f_a1"}
    objects.close()
