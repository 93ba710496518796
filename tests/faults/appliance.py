"""A real appliance to be hurt: `gchat up` or `gchat serve` as processes of their own on a seeded data folder.

The tests' only ways in are those of the outside world: HTTP and WebSockets, signals, files, and the command line.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from appliance.demo.world import PASSWORD
from appliance.model import PersonId
from tests.agency import API, Client
from tests.waiting import PATIENCE_S, quiet_clock, wait_until

GCHAT: Final = (sys.executable, "-m", "appliance.cli")


def gchat(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [*GCHAT, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE_S, check=False, **options
    )


@dataclass(slots=True)
class Appliance:
    """One data folder and the processes that serve it.

    `supervised` runs `gchat up`; otherwise `gchat serve` on a socket that the test holds, as systemd would, so that
    the address stays the same whatever happens to the process. `env` and `limits` (resource, soft limit) are for it.
    `tls`, for `gchat up` alone, serves staff over HTTPS with a certificate of the appliance's own CA.
    """

    data: Path
    supervised: bool = False
    tls: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    bound: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where staff connect."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What its processes said, all starts together."""
        return self.data.parent / f"{self.data.name}.log"

    @property
    def _ready(self) -> Path:
        return self.data.parent / f"{self.data.name}.ready.json"

    @property
    def pid(self) -> int:
        """The appliance process that runs now, as the ready file says."""
        assert self.process is not None
        if not self.supervised:
            return self.process.pid
        return self.pids["appliance"]

    @property
    def pids(self) -> dict[str, int]:
        """The processes under the supervisor, as the ready file says."""
        return {name: pid for name, pid in json.loads(self._ready.read_text())["pids"].items() if pid}

    def begin(self) -> None:
        """Start it and do not wait."""
        self._ready.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = self._up(log) if self.supervised else self._serve(log)

    def start(self) -> None:
        """Start it and wait until it accepts logins. Raises AssertionError with what it said when it does not."""
        self.begin()
        self.wait_ready()

    def _up(self, log: Any) -> subprocess.Popen[bytes]:
        command = [*GCHAT, "up", "--data", str(self.data), "--port", str(self.port), "--ready-file", str(self._ready)]
        return self._popen([*command, *(["--tls"] if self.tls else [])], log)

    def _serve(self, log: Any) -> subprocess.Popen[bytes]:
        if self.bound is None:
            self.bound = socket.create_server(("127.0.0.1", self.port), backlog=4096)
            self.port = self.bound.getsockname()[1]
        read, write = os.pipe()
        listening = self.bound.fileno()
        command = [*GCHAT, "serve", "--data", str(self.data), "--listen-fd", str(listening), "--ready-fd", str(write)]
        process = self._popen(command, log, pass_fds=(listening, write))
        os.close(write)
        self._ready_pipe(read)
        return process

    def _ready_pipe(self, read: int) -> None:
        """Write the ready file when the pipe says so, as the supervisor does for its child."""

        def watch() -> None:
            with os.fdopen(read, "rb") as pipe:
                if pipe.readline() == b"ready\n":
                    self._ready.write_text("{}")

        threading.Thread(target=watch, daemon=True).start()

    def _popen(self, command: list[str], log: Any, **options: Any) -> subprocess.Popen[bytes]:
        limits = dict(self.limits)

        def limit() -> None:
            for which, soft in limits.items():
                resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))

        return subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **self.env},
            preexec_fn=limit if limits else None,  # noqa: PLW1509 - no threads are held across it
            **options,
        )

    def wait_ready(self, but: int | None = None) -> None:
        """Wait until logins are accepted, by another process than `but` where one is given."""
        assert self.process is not None
        process = self.process
        wait_until(lambda: self._is_ready(but) or process.poll() is not None, self.said)
        assert process.poll() is None, f"it ended with {process.returncode}: {self.said()}"
        if self.supervised:
            self.port = int(json.loads(self._ready.read_text())["staff_url"].rpartition(":")[2])

    def _is_ready(self, but: int | None) -> bool:
        return self._ready.exists() and self.pid != but

    def said(self) -> str:
        """Return the end of what its processes said."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def kill(self) -> None:
        """Kill -9 the appliance process; alone, wait for it to be gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        if not self.supervised and self.process is not None:
            self.process.wait()

    def kill_supervisor(self) -> None:
        """Kill -9 the supervisor; its process is left to notice."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; return the seconds until the end (`quiet_clock`). Raises AssertionError unless it ends cleanly."""
        assert self.process is not None
        begun = quiet_clock()
        self.process.terminate()
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it does not end: {self.said()}") from None
        assert code == 0, f"it ended with {code}: {self.said()}"
        return quiet_clock() - begun

    def end(self) -> None:
        """Leave nothing running, whatever state the test is in."""
        if self.process is not None and self.process.poll() is None:
            running: list[int] = []
            with suppress(FileNotFoundError):
                running += self.pids.values() if self.supervised else ()
            self.process.kill()
            self.process.wait()
            for pid in running:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self.bound is not None:
            self.bound.close()

    def room(self, code: str) -> str:
        """Return the id of a room of the demo world by its code."""
        return str(json.loads((self.data / "demo-cast.json").read_text())["rooms"][code])

    def person(self, user: str) -> str:
        """Return the id of a person of the demo world by user name."""
        return str(json.loads((self.data / "demo-cast.json").read_text())["people"][user])


@dataclass(eq=False)
class Refused(Exception):
    """An answer that is no success."""

    status: int
    code: str
    message: str
    retry_after: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone signed in, over HTTP. Every call either answers, is `Refused`, or fails as networks do."""

    session: ClientSession
    appliance: Appliance
    token: str
    person: str

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def client(self) -> Client:
        """The same person for what takes a `Client`: uploads by hand (`tests/uploading.py`)."""
        return Client(self.session, self.appliance.url, "", PersonId(self.person), self.token)

    async def call(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Return the decoded answer. Raises Refused, aiohttp.ClientError, TimeoutError."""
        params = {name: str(value) for name, value in query.items()}
        url = self.appliance.url + API + path
        async with self.session.request(method, url, json=body, params=params, headers=self.headers) as response:
            answer = json.loads(await response.text() or "null")
            if response.status >= 300:
                error = answer["error"]
                raise Refused(response.status, error["code"], error["message"], response.headers.get("Retry-After"))
            return answer

    async def say(self, room: str, text: str, txn_id: str) -> dict[str, Any]:
        """Send a message."""
        body = {"txn_id": txn_id, "type": "text", "body": {"text": text}}
        return cast("dict[str, Any]", await self.call("POST", f"/rooms/{room}/messages", body))

    async def history(self, room: str) -> list[dict[str, Any]]:
        """Return every entry of a room, in order."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            query = {"before": found[-1]["n"]} if found else {}
            page = await self.call("GET", f"/rooms/{room}/messages", limit=200, **query)
            found += page["messages"]
            more = page["has_more"]
        return found[::-1]

    async def size(self, room: str) -> int:
        """Return how many entries a room has."""
        return int((await self.call("GET", f"/rooms/{room}"))["room"]["size"])


@asynccontextmanager
async def clients(timeout_s: float = PATIENCE_S) -> AsyncIterator[ClientSession]:
    """Lend a session for any number of connections."""
    async with ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=timeout_s)) as session:
        yield session


async def sign_in(session: ClientSession, appliance: Appliance, user: str) -> Caller:
    """Sign someone of the demo world in."""
    body = {"user": user, "password": PASSWORD, "device": "fault"}
    async with session.post(f"{appliance.url}{API}/login", json=body) as response:
        answer = await response.json()
        assert response.status == 200, answer
    return Caller(session, appliance, answer["token"], answer["person"]["id"])
