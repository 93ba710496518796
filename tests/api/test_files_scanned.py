"""A file as people meet it while it is scanned, over HTTP with a real clamd: held, opened, and never when infected."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.agency import Agency, Client
from tests.clamd import EICAR, MARKER, Clamd, daemon
from tests.files.prepared import scanning
from tests.uploading import upload
from tests.waiting import until


@asynccontextmanager
async def agency(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]], clamd: Clamd, policy: str
) -> AsyncIterator[tuple[Agency, Client, Client]]:
    """Serve the world with a scanner; give two members of `dengue`, the first of whom sends."""
    async with open_world(
        change=lambda config: replace(config, files=replace(config.files, scan=policy), clamav=scanning(clamd.path))
    ) as running:
        yield running, await running.login("narin.p"), await running.login("lalita.w")


async def sent(running: Agency, client: Client, content: bytes) -> tuple[str, int]:
    """Send a message with a file; return the file's id and the position of the message."""
    made = await upload(client, running.room("dengue"), content, name="ประกาศ.txt", type="text/plain")

    async def ready() -> bool:
        return bool((await client.get(f"/uploads/{made}"))["state"] == "ready")

    await until(ready, "ready to send")
    body = {"txn_id": f"t-{made}", "type": "text", "body": {"text": ""}, "files": [made]}
    answer = await client.post(f"/rooms/{running.room('dengue')}/messages", body)
    return made, int(answer["n"])


async def facts(running: Agency, client: Client, n: int) -> dict[str, Any]:
    page = await client.get(f"/rooms/{running.room('dengue')}/messages", limit=50)
    entry = next(one for one in page["messages"] if one["n"] == n)
    found: dict[str, Any] = entry["body"]["files"][0]
    return found


async def reached(running: Agency, client: Client, n: int, state: str) -> None:
    async def there() -> bool:
        return bool((await facts(running, client, n))["state"] == state)

    await until(there, f"the state {state}")


async def fetched(client: Client, file: str) -> tuple[int, bytes]:
    async with client.raw("GET", f"/files/{file}") as response:
        return response.status, await response.read()


async def test_nobody_gets_what_is_infected_whatever_the_policy(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]], caplog: pytest.LogCaptureFixture
) -> None:
    with daemon() as clamd:
        clamd.stop()
        async with agency(open_world, clamd, "deliver") as (running, narin, lalita):
            file, n = await sent(running, narin, MARKER)
            clean, clean_n = await sent(running, narin, b"clean")
            # The sender's own view is there at once; others wait.
            assert await fetched(narin, file) == (200, MARKER)
            assert (await fetched(lalita, file))[0] == 403
            assert (await facts(running, lalita, n))["held"]
            with caplog.at_level(logging.WARNING):
                await asyncio.to_thread(clamd.start)
                running.services.files.to_prepare.set()
                await reached(running, lalita, n, "infected")
                await reached(running, lalita, clean_n, "clean")
            for client in (narin, lalita):
                status, content = await fetched(client, file)
                assert (status, MARKER in content) == (403, False)
            assert await fetched(lalita, clean) == (200, b"clean")
            assert caplog.text.count("ALERT virus found") == 1
            assert "ประกาศ" not in caplog.text
            # A message with words alone never waits, and says nothing of a scan.
            assert (await lalita.say(running.room("dengue"), "รับทราบค่ะ"))["n"] > n


async def test_what_was_not_scanned_is_held_or_delivered_by_policy(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]],
) -> None:
    with daemon() as clamd:
        clamd.stop()
        async with agency(open_world, clamd, "deliver") as (running, narin, lalita):
            file, n = await sent(running, narin, EICAR[:40])
            assert (await fetched(lalita, file))[0] == 403
            running.clock.pass_(seconds=31)
            assert await fetched(lalita, file) == (200, EICAR[:40])
            assert (await facts(running, lalita, n))["state"] == "pending"
        async with agency(open_world, clamd, "hold") as (running, narin, lalita):
            running.clock.pass_(seconds=3_600)
            assert (await fetched(lalita, file))[0] == 403
            assert await fetched(narin, file) == (200, EICAR[:40])
