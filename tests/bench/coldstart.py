"""From starting the program to the first login that succeeds, on an existing agency, at a password's real cost."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from appliance.process.sockets import listening_socket
from tests.bench.agency import apart, folder, make, places
from tests.bench.idle import bare_server
from tests.bench.processes import SERVER_CORE, cpu_s, on_core
from tests.bench.results import Result, at_most, percentile, progress, result
from tests.bench.server import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.agency import Layout

STARTS: Final = 7
ROOMS: Final = 20
MEMBERS: Final = 10
BAR_S: Final = 1.0
BAR_BARE: Final = 2.2


def bench() -> Result:
    """Start `gchat serve`, `gchat up` and a bare aiohttp server several times; the middle one counts."""
    with folder(places()["disk"]) as data:
        layout = make(data, apart(ROOMS, MEMBERS), cheap_logins=False)
        served, used, up, bare = [], [], [], []
        for number in range(STARTS):
            progress(f"coldstart: {number + 1} of {STARTS}")
            seconds, cpu = _serve(data, layout)
            served.append(seconds)
            used.append(cpu)
            begun = time.perf_counter()
            with running(data) as server:
                _log_in(server.address[1], layout)
                up.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            with bare_server() as (port, _):
                _ask(port, "GET", "/", None)
                bare.append(time.perf_counter() - begun)
    value = percentile(served, 50)
    details = {
        "bars": [
            at_most("seconds to the first login, `gchat serve`", value, BAR_S),
            at_most("seconds to the first login, `gchat up`", percentile(up, 50), BAR_S),
            at_most("`gchat up` to a bare aiohttp server's start", percentile(up, 50) / percentile(bare, 50), BAR_BARE),
        ],
        "serve_s": sorted(served),
        "up_s": sorted(up),
        "limit_bare_aiohttp_s": sorted(bare),
        "people": len(layout.users),
        "logins": "argon2id at the default cost",
    }
    return result("coldstart", value, "s", percentile(bare, 50), percentile(used, 50), details)


def _serve(data: Path, layout: Layout) -> tuple[float, float]:
    begun = time.perf_counter()
    with _serving(data) as (port, pid):
        _log_in(port, layout)
        return time.perf_counter() - begun, cpu_s([pid])


@contextmanager
def _serving(data: Path) -> Iterator[tuple[int, int]]:
    with listening_socket("127.0.0.1", 0) as bound:
        command = [
            *(sys.executable, "-m", "appliance.cli", "serve", "--data", str(data)),
            *("--listen-fd", str(bound.fileno())),
        ]
        with on_core(SERVER_CORE):
            process = subprocess.Popen(command, pass_fds=(bound.fileno(),))  # noqa: S603 - our own program
        try:
            yield bound.getsockname()[1], process.pid
        finally:
            process.terminate()
            process.wait()


def _log_in(port: int, layout: Layout) -> None:
    body = {"user": layout.users[0], "password": layout.password, "device": "bench"}
    _ask(port, "POST", "/api/v1/login", json.dumps(body).encode())


def _ask(port: int, method: str, path: str, body: bytes | None) -> None:
    """Ask at once: the socket listens already, the answer comes when the server is up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {answer.read()!r}")
    connection.close()
