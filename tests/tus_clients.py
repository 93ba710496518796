"""tus-js-client under Node, as a process of its own (`tus_client.mjs`)."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.waiting import PATIENCE_S

ROOT: Final = Path(__file__).parents[1]
CHUNK: Final = 4 << 20


@asynccontextmanager
async def node_client(
    endpoint: str, token: str, file: Path, metadata: Mapping[str, str], *, upload_url: str = "", chunk: int = CHUNK
) -> AsyncIterator[Process]:
    """Run the client; it is ended with the block, whatever it does."""
    told = {
        "ENDPOINT": endpoint, "TOKEN": token, "FILE": str(file), "METADATA": json.dumps(metadata),
        "UPLOAD_URL": upload_url, "CHUNK": str(chunk),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        ROOT / "packaging" / "node.sh", "node", ROOT / "tests" / "tus_client.mjs",
        cwd=ROOT / "appliance" / "client", env=os.environ | told, stdout=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def line(process: Process, begins: str) -> str:
    """Return what stands behind the next line that begins so, passing over others. Raises AssertionError."""
    assert process.stdout is not None
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while text := (await process.stdout.readline()).decode().rstrip("\n"):
            if text.startswith(begins):
                return text.removeprefix(begins).strip()
            seen.append(text)
    raise AssertionError(f"it ended before «{begins}»: {seen[-5:]}")
