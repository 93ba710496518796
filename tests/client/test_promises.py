"""The real core of the web client against the real appliance, over a line that is cut: C3, C4, C5 and C15.

The core runs in Node (`client/tests/real`), behind a TCP proxy of its own; this serves the appliance and has others
act.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from appliance.actions import messages
from appliance.actions.accounts import revoke_account
from appliance.demo.world import OPERATOR, PASSWORD
from appliance.files.content import read_clear
from appliance.reads.files import open_file
from appliance.wire.messages import TextBody
from tests.agency import Agency, new_txn, serve, unlimited
from tests.waiting import PATIENCE_S

ROOT: Final = Path(__file__).parents[2]
CLIENT: Final = ROOT / "appliance" / "client"
USER: Final = "lalita.w"
OTHER: Final = "narin.p"
ROOM: Final = "dengue"
AT_ONCE: Final = 200
BYTES: Final = int(os.environ.get("GCHAT_REAL_FILE_BYTES", "0"))
"""Of the file that is sent in pieces; 0 for a short one. `make soak` takes the largest that an agency allows."""


class Others:
    """What happens at the appliance while the device is somewhere else, asked for by the tests over HTTP."""

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        self._room = agency.room(ROOM)
        self._person = agency.person(OTHER)

    async def say(self, asked: dict[str, Any]) -> None:
        """Say so many things in the room."""
        for start in range(0, asked["count"], AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, asked["count"]))
            await asyncio.gather(*(self._send(f"เรื่องที่ {n}") for n in numbers))

    async def edit(self, asked: dict[str, Any]) -> None:
        """Put other words to the newest message."""
        newest = (await self._entries())[-1]
        body = TextBody(text=asked["text"])
        await messages.edit_message(self._agency.services, self._person, self._room, newest["n"], body, new_txn())

    async def texts(self, _asked: dict[str, Any]) -> list[str]:
        """Return what the messages of the room say, in its order."""
        return [entry["body"]["text"] for entry in await self._entries()]

    async def files(self, _asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the files of the newest message that has some: name, size and SHA-256 of what is stored."""
        newest = next(entry["body"]["files"] for entry in reversed(await self._entries()) if entry["body"].get("files"))
        return [await self._stored(file["id"]) for file in newest]

    async def _stored(self, file: str) -> dict[str, Any]:
        s = self._agency.services
        found, digest = await open_file(s, self._person, file), sha256()
        size = found.stored.size
        async for part in read_clear(s.files.objects, found.stored.id, found.key, size):
            digest.update(part)
        return {"name": found.said.name, "size": size, "sha256": digest.hexdigest()}

    async def a_day_passes(self, _asked: dict[str, Any]) -> None:
        """Move the appliance's clock on by a day."""
        self._agency.clock.pass_(days=1)

    async def revoke(self, _asked: dict[str, Any]) -> None:
        """End the account of the device's owner."""
        await revoke_account(self._agency.services, OPERATOR, self._agency.person(USER), "ลาออก")

    async def _send(self, text: str) -> None:
        await messages.send_message(
            self._agency.services, self._person, self._room, TextBody(text=text), new_txn(), None
        )

    async def _entries(self) -> list[dict[str, Any]]:
        client = await self._agency.login(OTHER)
        found: list[dict[str, Any]] = []
        older: dict[str, int] = {}
        while True:
            page = await client.get(f"/rooms/{self._room}/messages", limit=200, **older)
            found += page["messages"]
            if not page["has_more"]:
                break
            older = {"before": min(entry["n"] for entry in page["messages"])}
        said = (entry for entry in found if entry["type"] == "message.text" and "body" in entry)
        return sorted(said, key=itemgetter("n"))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Lend the address at which these are asked for."""
        actions: tuple[Callable[[dict[str, Any]], Awaitable[Any]], ...]
        actions = (self.say, self.edit, self.texts, self.files, self.a_day_passes, self.revoke)

        def handler(action: Callable[[dict[str, Any]], Awaitable[Any]]) -> Callable[..., Awaitable[web.Response]]:
            async def answer(request: web.Request) -> web.Response:
                return web.json_response(await action(json.loads(await request.text())))

            return answer

        app = web.Application()
        app.add_routes([web.post(f"/{action.__name__.replace('_', '-')}", handler(action)) for action in actions])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@pytest.mark.slow
async def test_what_the_client_promises_holds_against_the_appliance(world_data: Path) -> None:
    """C3: 20 cuts around messages on the stream, 20 by POST. C5: 5,000 events. C4: revoked. C15: 10 cuts in a file."""
    async with serve(world_data, unlimited) as agency, Others(agency).listening() as others:
        given = {
            "GCHAT_URL": agency.url,
            "GCHAT_OTHERS": others,
            "GCHAT_USER": USER,
            "GCHAT_PASSWORD": PASSWORD,
            "GCHAT_ROOM": agency.room(ROOM),
            "NODE_OPTIONS": "--experimental-websocket",  # Node 20 has it behind this
        }
        run = await asyncio.create_subprocess_exec(
            ROOT / "packaging" / "node.sh",
            *("npx", "vitest", "run", "--config", "vitest.real.config.ts"),
            cwd=CLIENT,
            env={**os.environ, **given},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(run.communicate(), 4 * PATIENCE_S + BYTES / 1e6)
        finally:
            if run.returncode is None:
                run.kill()
        assert run.returncode == 0, said.decode(errors="replace")[-6000:]
