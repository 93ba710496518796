"""WebKit, the engine of Safari, as Debian has it: WebKitGTK's MiniBrowser, driven over W3C WebDriver.

A driver has one session and starts one browser, so each person has a driver of their own; and a screen that nobody sees
(Xvfb), since of the windows on one screen only one has the focus. The pages come over TLS with a certificate that the
browser does not know and is told to accept: over plain HTTP WebKit keeps no sign-in.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.browser.engines.process import running
from tests.browser.engines.tab import SIZE, Tab, encoded, wrapped
from tests.waiting import PATIENCE_S, until

PROGRAMS: Final = ("WebKitWebDriver", "Xvfb")
CAPABILITIES: Final = {"acceptInsecureCerts": True, "pageLoadStrategy": "normal"}
BARS: Final = 60  # what MiniBrowser's own bars take of a window's height
ANSWER_S: Final = 5.0  # of a document that is there; one that is not is asked again
_LOADED: Final = "return document.readyState !== 'loading' && location.protocol !== 'about:'"
_ASYNC: Final = """
const done = arguments[arguments.length - 1];
({function})(arguments[0]).then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));
"""


@dataclass(eq=False, kw_only=True)
class WebKitTab(Tab):
    """The window of one MiniBrowser."""

    session: ClientSession
    address: str

    async def send(self, path: str, body: dict[str, Any] | None = None, timeout_s: float = PATIENCE_S) -> Any:
        """Return what a command answers. Raises AssertionError with the driver's words when it refuses."""
        method = "GET" if body is None else "POST"
        limit = ClientTimeout(total=timeout_s)
        async with self.session.request(method, f"{self.address}/{path}", json=body, timeout=limit) as response:
            answer = await response.json()
        assert response.status == 200, f"{path}: {answer}"
        return answer["value"]

    async def navigate(self, address: str) -> None:
        await self.send("url", {"url": address})
        await self._settled()

    async def refresh(self) -> None:
        await self.send("refresh", {})
        await self._settled()

    async def _settled(self) -> None:
        """Wait until the new document answers.

        WebKit gives a new site a new process, and a script that it had handed to the former one is never answered.
        """

        async def answers() -> bool:
            with suppress(TimeoutError, AssertionError):
                return bool(await self.send("execute/sync", {"script": _LOADED, "args": []}, ANSWER_S))
            return False

        await until(answers, "the document answers")

    async def call(self, function: str, arguments: list[Any]) -> Any:
        script = _ASYNC.format(function=wrapped(function))
        answer = await self.send("execute/async", {"script": script, "args": [encoded(arguments)]})
        assert "error" not in answer, answer["error"]
        return json.loads(answer["value"])

    async def perform(self, actions: list[dict[str, Any]]) -> None:
        await self.send("actions", {"actions": actions})

    async def picture(self) -> str:
        return str(await self.send("screenshot"))


@dataclass(eq=False, frozen=True)
class WebKit:
    """A maker of windows; what they write goes into `folder`."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=count)
    tls: bool = True

    @asynccontextmanager
    async def tab(self, url: str) -> AsyncIterator[Tab]:
        """Lend a window of a browser of its own, whose profile lives in memory."""
        folder = self.folder / str(next(self.numbers))
        folder.mkdir(mode=0o700)
        env = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "TZ": "Asia/Bangkok"}
        env |= {"GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1"}
        async with (
            _screen(folder, env) as display,
            _driver(folder, {**env, "DISPLAY": display}) as driver,
            ClientSession() as session,
        ):
            capabilities = {"capabilities": {"alwaysMatch": CAPABILITIES}}
            async with session.post(f"{driver}/session", json=capabilities) as response:
                made = await response.json()
            assert response.status == 200, made
            tab = WebKitTab(url, session=session, address=f"{driver}/session/{made['value']['sessionId']}")
            width, height = SIZE
            await tab.send("window/rect", {"x": 0, "y": 0, "width": width, "height": height + BARS})
            try:
                yield tab
            finally:
                async with session.delete(tab.address):
                    pass


@asynccontextmanager
async def webkit(folder: Path) -> AsyncIterator[WebKit]:
    """Lend WebKit; its browsers run for as long as their windows are lent."""
    yield WebKit(folder)


@asynccontextmanager
async def _screen(folder: Path, env: Mapping[str, str]) -> AsyncIterator[str]:
    """Run a screen that nobody sees; return its name."""
    log = folder / "screen.log"
    read, write = os.pipe()
    command = [_program("Xvfb"), "-displayfd", str(write), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with os.fdopen(read, "rb") as told:
        async with running(command, log, env, pass_fds=[write]):
            os.close(write)
            number = await asyncio.to_thread(told.readline)
            assert number.strip(), log.read_text("utf-8", "replace")
            yield f":{int(number)}"


@asynccontextmanager
async def _driver(folder: Path, env: Mapping[str, str]) -> AsyncIterator[str]:
    """Run a driver; return its address."""
    port, log = _free_port(), folder / "driver.log"
    address = f"http://127.0.0.1:{port}"
    async with running([_program("WebKitWebDriver"), f"--port={port}"], log, env) as process, ClientSession() as asking:

        async def answers() -> bool:
            assert process.returncode is None, log.read_text("utf-8", "replace")
            with suppress(ClientError):
                async with asking.get(f"{address}/status") as response:
                    return response.status == 200
            return False

        await until(answers, "WebKit's driver answers")
        yield address


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed"
    return found


def _free_port() -> int:
    """Return a port of loopback that nobody listens on: WebKit's driver cannot choose one itself."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
