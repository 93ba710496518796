"""Clients of others, unchanged: tuspy, aiotus, and tus-js-client under Node."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path

import aiotus
import pytest
from tusclient.client import TusClient

from tests.agency import API, Agency
from tests.tus_clients import line, node_client
from tests.uploading import stored

CONTENT = os.urandom(1_300_000)
NAME = "หนังสือ ที่ กค 0402.dat"


@pytest.mark.parametrize(("chunk", "checksum"), [(1 << 30, False), (300_000, False), (300_000, True), (1 << 30, True)])
async def test_tuspy(running: Agency, chunk: int, checksum: bool) -> None:  # noqa: FBT001 - a table
    narin = await running.login("narin.p")
    client = TusClient(f"{running.url}{API}/uploads", headers={"Authorization": f"Bearer {narin.token}"})

    def upload() -> str:
        uploader = client.uploader(
            file_stream=io.BytesIO(CONTENT),
            chunk_size=chunk,
            metadata={"name": NAME, "room": running.room("dengue")},
            upload_checksum=checksum,
        )
        # Parts that end inside a record are kept up to it, and the client sends on from there.
        uploader.upload()
        return str(uploader.url)

    assert await stored(running, await asyncio.to_thread(upload)) == CONTENT


@pytest.mark.parametrize("chunk", [300_000, 1 << 20])
async def test_aiotus(running: Agency, chunk: int) -> None:
    narin = await running.login("narin.p")
    where = await aiotus.upload(
        f"{running.url}{API}/uploads",
        io.BytesIO(CONTENT),
        metadata={"name": NAME.encode(), "room": running.room("dengue").encode()},
        headers={"Authorization": f"Bearer {narin.token}"},
        chunksize=chunk,
    )
    assert await stored(running, str(where)) == CONTENT
    told = await aiotus.metadata(str(where), headers={"Authorization": f"Bearer {narin.token}"})
    assert told is not None
    assert told["name"] == NAME.encode()


@pytest.mark.parametrize("chunk", [300_000, 4 << 20])
async def test_tus_js_client(running: Agency, tmp_path: Path, chunk: int) -> None:
    narin = await running.login("narin.p")
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    metadata = {"name": NAME, "room": running.room("dengue")}
    async with node_client(f"{running.url}{API}/uploads", narin.token, file, metadata, chunk=chunk) as process:
        where = await line(process, "at")
        await line(process, "done")
    assert await stored(running, where) == CONTENT
