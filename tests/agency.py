"""A running agency of the demo world, in this process, and clients that speak to it over HTTP and WebSocket.

Fixtures (`tests/conftest.py`):

    world_data a data folder of the seeded Ministry of Public Health, a fresh copy for each test
    running    that appliance, served on loopback: an `Agency`; `async with search_process(data)` adds its search
    open_world gives `async with open_world(change=…) as agency` for tests that need another configuration

    async def test_reply(running: Agency) -> None:
        narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
        room = running.room("dengue")
        async with lalita.stream() as stream:
            sent = await narin.say(room, "ขอบคุณครับ")
            event = await stream.event("message.text")
        assert event["n"] == sent["n"]
        await lalita.refused("PATCH", f"/rooms/{room}", {"name": "x"}, code="not_owner", status=403)

People are named by user name and rooms by code (`appliance/demo/world.py`). `running.clock.pass_(seconds=…)` moves the
clock that the appliance reads, which otherwise runs with the real one. Limits and policies are the product's defaults,
but hashing passwords is cheap and files are not scanned.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final, cast

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, WSMsgType, web

from appliance import config, wiring
from appliance.config import Config
from appliance.demo.world import PASSWORD
from appliance.errors import Unavailable
from appliance.model import PersonId, RoomId
from appliance.process.sockets import listening_socket
from appliance.services import Services
from appliance.store import feed
from appliance.web.listener import Listener
from appliance.web.proxies import Proxies
from search_index.client import SearchClient, SearchUnavailable
from tests.waiting import PATIENCE_S, until

API: Final = "/api/v1"
# Product defaults, but a password hash takes a microsecond and not twenty milliseconds, and no file is scanned.
CHEAP: Final = '[argon2]\ntime_cost = 1\nmemory_kib = 8\n[files]\nscan = "off"\nfence = "bwrap"\n'
_TXN: Final = count(1)


class Clock:
    """The real time, moved by what the test says."""

    def __init__(self) -> None:
        self._offset = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self._offset

    def pass_(self, *, seconds: float = 0, days: float = 0) -> None:
        """Let time pass, or go back."""
        self._offset += int((seconds + days * 86_400) * 1000)


@dataclass(frozen=True, slots=True)
class Stream:
    """An open stream. The cursor after its last events is in `at[0]`."""

    socket: ClientWebSocketResponse
    at: list[str] = field(default_factory=lambda: [""])
    rest: deque[dict[str, Any]] = field(default_factory=deque)

    async def frame(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """Return the next frame."""
        message = await asyncio.wait_for(self.socket.receive(), timeout_s)
        assert message.type is WSMsgType.TEXT, message
        decoded = cast("dict[str, Any]", json.loads(message.data))
        self.at[0] = decoded.get("pos", self.at[0])
        return decoded

    async def event(self, kind: str, timeout_s: float = PATIENCE_S, **fields: object) -> dict[str, Any]:
        """Return the next event of a type whose fields are these, passing over all others.

        What follows it in the same frame is kept for the next call: a stream that catches up tells several at once.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            while self.rest:
                event = self.rest.popleft()
                if event["type"] == kind and all(event.get(name) == value for name, value in fields.items()):
                    return event
            self.rest.extend((await self.frame(deadline - time.monotonic())).get("events", ()))

    async def answer(self, txn_id: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """Return the answer to a sent frame, passing over all others."""
        deadline = time.monotonic() + timeout_s
        while True:
            frame = await self.frame(deadline - time.monotonic())
            if frame.get("txn_id") == txn_id:
                return frame

    async def send(self, kind: str, **fields: object) -> None:
        """Send one client frame."""
        await self.socket.send_str(json.dumps({"type": kind, **fields}))


@dataclass(frozen=True, slots=True)
class Client:
    """Someone signed in. Paths are below `/api/v1`; answers are decoded JSON."""

    session: ClientSession
    base: str
    user: str
    person: PersonId
    token: str
    language: str = "th"

    @property
    def headers(self) -> dict[str, str]:
        """What every request of this client carries."""
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": self.language}

    @asynccontextmanager
    async def raw(self, method: str, path: str, **options: Any) -> AsyncIterator[ClientResponse]:
        """Lend the response to a request, whatever it is."""
        headers = {**self.headers, **options.pop("headers", {})}
        async with self.session.request(method, self.base + API + path, headers=headers, **options) as response:
            yield response

    async def call(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Return the answer to a request that is expected to succeed; None for 204."""
        params = {name: str(value) for name, value in query.items()}
        options: dict[str, Any] = {} if body is None else {"json": body}
        async with self.raw(method, path, params=params, **options) as response:
            text = await response.text()
            assert response.status < 300, f"{method} {path}: {response.status} {text}"
            return json.loads(text) if text else None

    async def get(self, path: str, **query: object) -> Any:
        """GET."""
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: object = None, **query: object) -> Any:
        """POST."""
        return await self.call("POST", path, body, **query)

    async def patch(self, path: str, body: object, **query: object) -> Any:
        """PATCH."""
        return await self.call("PATCH", path, body, **query)

    async def put(self, path: str, body: object = None, **query: object) -> Any:
        """PUT."""
        return await self.call("PUT", path, body, **query)

    async def delete(self, path: str, body: object = None, **query: object) -> Any:
        """DELETE."""
        return await self.call("DELETE", path, body, **query)

    async def refused(
        self, method: str, path: str, body: object = None, *, status: int, code: str, **options: Any
    ) -> dict[str, Any]:
        """Return the error of a request that is expected to be refused so."""
        if body is not None:
            options["json"] = body
        async with self.raw(method, path, **options) as response:
            text = await response.text()
            error = cast("dict[str, Any]", json.loads(text)["error"])
            assert (response.status, error["code"]) == (status, code), f"{method} {path}: {response.status} {text}"
            return error

    async def say(self, room: str, text: str, *, txn_id: str | None = None, **fields: object) -> dict[str, Any]:
        """Send a message; `mentions` and `everyone` belong to its body, `reply_to` to the message."""
        body: dict[str, object] = {"text": text}
        body |= {name: fields.pop(name) for name in ("mentions", "everyone") if name in fields}
        command = {"txn_id": txn_id or new_txn(), "type": "text", "body": body, **fields}
        return cast("dict[str, Any]", await self.post(f"/rooms/{room}/messages", command))

    @asynccontextmanager
    async def stream(self, since: str | None = None) -> AsyncIterator[Stream]:
        """Lend a stream from a cursor; without one, from now on."""
        position = (await self.get("/sync"))["pos"] if since is None else since
        url = f"{self.base}{API}/stream?since={position}"
        async with self.session.ws_connect(url, headers=self.headers) as socket:
            yield Stream(socket)


@dataclass(slots=True)
class Agency:
    """A served appliance."""

    services: Services
    url: str
    clock: Clock
    session: ClientSession
    _people: dict[str, PersonId]
    _rooms: dict[str, RoomId]

    def person(self, user: str) -> PersonId:
        """Return the id of a person by user name."""
        return self._people[user]

    def room(self, code: str) -> RoomId:
        """Return the id of a room by its code."""
        return self._rooms[code]

    async def login(self, user: str, password: str = PASSWORD, *, language: str = "th") -> Client:
        """Sign someone in."""
        body = {"user": user, "password": password, "device": "test"}
        async with self.session.post(f"{self.url}{API}/login", json=body) as response:
            answer = await response.json()
            assert response.status == 200, answer
        return Client(self.session, self.url, user, answer["person"]["id"], answer["token"], language)

    def anonymous(self, language: str = "th") -> Client:
        """Return a client whose token is nobody's."""
        return Client(self.session, self.url, "", PersonId(""), "nobody", language)


def unlimited(config: Config) -> Config:
    """Let a loader say in seconds what a room says in years."""
    limits = replace(
        config.limits,
        user_requests_s=1e6,
        user_requests_burst=1e6,
        user_entries_s=1e6,
        user_entries_burst=1e6,
        room_entries_s=1e6,
        room_entries_burst=1e6,
    )
    return replace(config, limits=limits)


@asynccontextmanager
async def serve(
    data: Path, change: Callable[[Config], Config] | None = None, monotonic: Callable[[], float] = time.monotonic
) -> AsyncIterator[Agency]:
    """Serve a data folder on a free port of loopback; `change` gives another configuration than the folder's.

    `monotonic` is the clock of the rate limits, in seconds.
    """
    loaded = config.load(data)
    clock = Clock()
    cast_file = json.loads((data / "demo-cast.json").read_text(encoding="utf-8"))
    sources = wiring.Sources(clock=clock, monotonic=monotonic)
    async with wiring.application(change(loaded) if change else loaded, sources=sources) as (services, app):
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        assert runner.server is not None
        bound = listening_socket("127.0.0.1", 0)
        host, port = bound.getsockname()
        proxies = Proxies(services.config.staff.proxies)
        listener = Listener(runner.server, bound, services.config.limits, proxies=proxies)
        listener.start()
        try:
            async with ClientSession() as session:
                yield Agency(services, f"http://{host}:{port}", clock, session, cast_file["people"], cast_file["rooms"])
        finally:
            await listener.close()
            await services.hub.close()
            await runner.cleanup()


@asynccontextmanager
async def search_process(data: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the search process of a data folder: `gchat search`, which answers when it is lent."""
    read, write = os.pipe()
    command = (sys.executable, "-m", "appliance.cli", "search", "--data", str(data), "--ready-fd", str(write))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, pass_fds=(write,))
    os.close(write)
    with os.fdopen(read, "rb") as ready:
        assert await asyncio.to_thread(ready.readline) == b"ready\n"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def indexed(agency: Agency) -> None:
    """Wait until the search process has been told everything that was committed."""
    async with agency.services.store.read() as reader:
        head = await reader.run(feed.last_pos)

    async def told() -> bool:
        return await _received(agency) >= head

    await until(told, "the index has caught up")


async def answers(search: SearchClient) -> bool:
    """Say whether a search process answers; to wait for."""
    with suppress(SearchUnavailable):
        await search.status()
        return True
    return False


async def _received(agency: Agency) -> int:
    try:
        return (await agency.services.search.status()).received
    except Unavailable:
        return -1


def new_txn() -> str:
    """Return a transaction id that no other command of this run has."""
    return f"test-{next(_TXN)}"
