"""A real appliance under measurement: `gchat up` on one core, and what a load needs to know about it."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

from tests.bench.driver import Plan, Seat
from tests.bench.processes import SERVER_CORE, on_core, pin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.bench.agency import Layout

START_S: Final = 60.0
STOP_S: Final = 15.0
LOGINS_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Server:
    """A running appliance: its address, its CA where it speaks TLS, and its processes.

    `appliance` is the one that people talk to, `others` run beside it (search), `supervisor` has started them all.
    """

    url: str
    ca: str | None
    appliance: int
    others: tuple[int, ...]
    supervisor: int

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0


@contextmanager
def running(data: Path, *, tls: bool = False, log: Path | None = None) -> Iterator[Server]:
    """Run an existing appliance until the block ends, with what it logs (INFO) in a file where one is given.

    Raises RuntimeError when it does not start.
    """
    ready = data / "bench-ready.json"
    ready.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "appliance.cli", "up", "--data", str(data), "--port", "0"),
        *("--ready-file", str(ready), *(["--tls"] if tls else [])),
    ]
    environment = os.environ | ({"GCHAT_LOG": "INFO"} if log else {})
    with ExitStack() as stack:
        stack.enter_context(on_core(SERVER_CORE))
        errors = stack.enter_context(log.open("wb")) if log else None
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.DEVNULL, stderr=errors, env=environment
        )
    try:
        yield _when_ready(process, ready)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _when_ready(process: subprocess.Popen[bytes], ready: Path) -> Server:
    deadline = time.monotonic() + START_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the appliance did not start")
        time.sleep(0.005)
    said: dict[str, Any] = msgspec.json.decode(ready.read_bytes())
    pids = {name: pid for name, pid in said["pids"].items() if pid}
    for pid in pids.values():
        pin(pid, SERVER_CORE)
    others = tuple(pid for name, pid in pids.items() if name != "appliance")
    return Server(said["staff_url"], said["ca"], pids["appliance"], others, process.pid)


def sign_in(server: Server, layout: Layout, people: Iterable[int]) -> dict[int, str]:
    """Sign people in by number; return their tokens."""
    return asyncio.run(_sign_in(server, layout, list(people)))


async def _sign_in(server: Server, layout: Layout, people: list[int]) -> dict[int, str]:
    gate = asyncio.Semaphore(LOGINS_AT_ONCE)
    tokens: dict[int, str] = {}
    async with aiohttp.ClientSession(server.url, connector=connector(server)) as session:

        async def one(number: int) -> None:
            user, password = layout.users[number], layout.password
            body = {"user": user, "password": password, "device": "bench"}
            async with gate, session.post("/api/v1/login", json=body) as response:
                answer = await response.json()
                if response.status != 200:
                    raise RuntimeError(f"login: {answer}")
                tokens[number] = answer["token"]

        await asyncio.gather(*map(one, people))
    return tokens


def connector(server: Server) -> aiohttp.TCPConnector:
    """Return what an HTTP client needs to trust the appliance's CA."""
    context = ssl.create_default_context(cafile=server.ca) if server.ca else None
    return aiohttp.TCPConnector(ssl=context) if context else aiohttp.TCPConnector()


def position(server: Server, token: str) -> str:
    """Return the cursor of the feed's end."""
    return asyncio.run(_position(server, token))


async def _position(server: Server, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(server.url, connector=connector(server), headers=headers) as session,
        session.get("/api/v1/sync") as response,
    ):
        pos: str = (await response.json())["pos"]
        return pos


def plan(server: Server, senders: dict[int, str], tokens: dict[int, str], **load: Any) -> Plan:
    """Return a load on an appliance: everybody in `tokens` connects, `senders` (by number) send to the rooms given."""
    host, port = server.address
    since = position(server, next(iter(tokens.values())))
    path = f"/api/v1/stream?since={since}"
    seats = [Seat(path, token, senders.get(number)) for number, token in tokens.items()]
    ca = server.ca if server.url.startswith("https") else None
    pids, others = [server.appliance], list(server.others)
    return Plan(host=host, port=port, ca=ca, seats=seats, pids=pids, others=others, **load)
