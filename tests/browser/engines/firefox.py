"""Firefox, driven over WebDriver BiDi, which it speaks itself: one process a run, a container a person.

A container has cookies, storage and service workers of its own. Firefox runs without a screen, and asks nobody about
permissions: a question stands unanswered, as before a person who does not look at it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.browser.engines.process import running
from tests.browser.engines.tab import SIZE, WATCH, Tab, encoded, wrapped
from tests.waiting import PATIENCE_S, until

PROGRAMS: Final = ("firefox-esr",)
# The rest of what automation needs Firefox sets by itself when it is started for it.
PREFERENCES: Final = {
    "intl.accept_languages": "th-TH, th",
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}

_FOCUSED: Final = "() => document.hasFocus()"


@dataclass(eq=False)
class Connection:
    """Commands and their answers over one WebSocket."""

    socket: ClientWebSocketResponse
    _waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=count)

    async def send(self, method: str, **parameters: Any) -> Any:
        """Return what a command answers. Raises AssertionError with the browser's words when it refuses."""
        number = next(self._ids)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(self._waiting[number], PATIENCE_S)
        assert answer["type"] == "success", f"{method}: {answer}"
        return answer["result"]

    async def listen(self) -> None:
        """Hand each answer to who waits for it, until the browser ends."""
        async for message in self.socket:
            answer = json.loads(message.data)
            if (waiting := self._waiting.pop(answer.get("id", -1), None)) and not waiting.done():
                waiting.set_result(answer)


@dataclass(eq=False, kw_only=True)
class FirefoxTab(Tab):
    """A window in a container."""

    connection: Connection
    context: str
    container: str

    async def navigate(self, address: str) -> None:
        await self.connection.send("browsingContext.navigate", context=self.context, url=address, wait="interactive")

    async def refresh(self) -> None:
        await self.connection.send("browsingContext.reload", context=self.context, wait="interactive")

    async def call(self, function: str, arguments: list[Any]) -> Any:
        answer = await self.connection.send(
            "script.callFunction",
            functionDeclaration=wrapped(function),
            arguments=[{"type": "string", "value": encoded(arguments)}],
            awaitPromise=True,
            target={"context": self.context},
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    async def perform(self, actions: list[dict[str, Any]]) -> None:
        # Of several windows one has the focus: this person's, while it is their turn.
        if not await self.evaluate(_FOCUSED):
            await self.connection.send("browsingContext.activate", context=self.context)
            await self.holds(lambda: self.evaluate(_FOCUSED), "the window has the focus")
        await self.connection.send("input.performActions", context=self.context, actions=actions)

    async def picture(self) -> str:
        answer = await self.connection.send("browsingContext.captureScreenshot", context=self.context)
        return str(answer["data"])


@dataclass(eq=False, frozen=True)
class Firefox:
    """A running Firefox. It keeps sign-ins over plain HTTP on loopback, where people try a demo with it."""

    connection: Connection
    tls: bool = False

    @asynccontextmanager
    async def tab(self, url: str) -> AsyncIterator[Tab]:
        """Lend a window in a container of its own."""
        send = self.connection.send
        container = (await send("browser.createUserContext"))["userContext"]
        created = await send("browsingContext.create", type="window", userContext=container)
        context = created["context"]
        await send("script.addPreloadScript", functionDeclaration=WATCH, contexts=[context])
        width, height = SIZE
        await send("browsingContext.setViewport", context=context, viewport={"width": width, "height": height})
        try:
            yield FirefoxTab(url, connection=self.connection, context=context, container=container)
        finally:
            await send("browser.removeUserContext", userContext=container)


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Firefox]:
    """Run Firefox with a profile in this folder."""
    profile = folder / "profile"
    profile.mkdir()
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines), "utf-8")
    told = profile / "WebDriverBiDiServer.json"
    executable = shutil.which(PROGRAMS[0])
    assert executable, f"{PROGRAMS[0]} is not installed"
    command = [executable, "--headless", "--profile", str(profile), "--remote-debugging-port", "0", "about:blank"]
    env = {**os.environ, "HOME": str(folder), "TZ": "Asia/Bangkok"}
    async with running(command, folder / "firefox.log", env) as process, ClientSession() as session:
        await until(lambda: _address(told) is not None or process.returncode is not None, "Firefox listens")
        address = _address(told)
        assert address, (folder / "firefox.log").read_text("utf-8", "replace")
        async with session.ws_connect(address, max_msg_size=0, heartbeat=None) as socket:
            connection = Connection(socket)
            listening = asyncio.create_task(connection.listen())
            await connection.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
            yield Firefox(connection)
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


def _address(told: Path) -> str | None:
    """Return where Firefox listens, as it writes into its profile."""
    try:
        server = json.loads(told.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return f"ws://{server['ws_host']}:{server['ws_port']}/session"
