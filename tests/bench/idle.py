"""2,000 people connected who say nothing: the memory of the processes, and of one connection."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from appliance.process.sockets import listening_socket
from tests.bench.agency import apart, folder, make, places
from tests.bench.driver import Holder, Plan, Seat
from tests.bench.processes import SERVER_CORE, Memory, cpu_s, memory, on_core
from tests.bench.results import Result, at_most, progress, result
from tests.bench.server import plan, running, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.agency import Layout

CONNECTIONS: Final = 2_000
ROOM_OF: Final = 50
SETTLE_S: Final = 3.0
BAR_KIB: Final = 20
BAR_EMPTY_MIB: Final = 150
BAR_FULL_MIB: Final = 190


def bench() -> Result:
    """Measure without and with connections, plain and TLS, and a bare aiohttp server beside it."""
    with folder(places()["disk"]) as data:
        progress("idle: making people")
        layout = make(data, apart(CONNECTIONS // ROOM_OF, ROOM_OF))
        with running(data) as server:
            tokens = sign_in(server, layout, range(CONNECTIONS))
        progress("idle: plain")
        plain = _appliance(data, layout, tokens)
        progress("idle: TLS")
        secured = _appliance(data, layout, tokens, tls=True)
    progress("idle: limit")
    bare = _bare()
    details = {
        "bars": [
            at_most("KiB for one connection", plain["kib_a_connection"], BAR_KIB),
            at_most("MiB (PSS) of the processes, no connection", plain["pss_mib_none"], BAR_EMPTY_MIB),
            at_most(f"MiB (PSS) of the processes, {CONNECTIONS} connections", plain["pss_mib_all"], BAR_FULL_MIB),
        ],
        "appliance": plain,
        "appliance_tls": secured,
        "limit_bare_aiohttp": bare,
        "connections": CONNECTIONS,
        "processes": "the appliance, search and their supervisor",
        "logins": "made in an earlier run of the server",
    }
    return result(
        "idle", plain["kib_a_connection"], "KiB/connection", bare["kib_a_connection"], plain["cpu_s"], details
    )


def _appliance(data: Path, layout: Layout, tokens: dict[int, str], *, tls: bool = False) -> dict[str, Any]:
    with running(data, tls=tls) as server:
        sign_in(server, layout, [0])
        pids = [server.appliance, *server.others, server.supervisor]
        time.sleep(SETTLE_S)
        before = memory(pids)
        with Holder(plan(server, {}, tokens, load="hold")):
            used = cpu_s(pids)
            time.sleep(SETTLE_S)
            return {**_slope(before, memory(pids)), "cpu_s": cpu_s(pids) - used}


def _bare() -> dict[str, Any]:
    with bare_server() as (port, pid):
        time.sleep(SETTLE_S)
        before = memory([pid])
        seats = [Seat("/stream", "") for _ in range(CONNECTIONS)]
        with Holder(Plan(load="hold", host="127.0.0.1", port=port, seats=seats, pids=[pid])):
            time.sleep(SETTLE_S)
            return _slope(before, memory([pid]))


def _slope(before: Memory, after: Memory) -> dict[str, float]:
    return {
        "rss_mib_none": before.rss / 1024,
        "pss_mib_none": before.pss / 1024,
        "rss_mib_all": after.rss / 1024,
        "pss_mib_all": after.pss / 1024,
        "kib_a_connection": (after.pss - before.pss) / CONNECTIONS,
    }


@contextmanager
def bare_server() -> Iterator[tuple[int, int]]:
    """Run the bare aiohttp server on the server's core; give its port and pid at once: its socket already listens."""
    with listening_socket("127.0.0.1", 0) as bound:
        command = [sys.executable, "-m", "tests.bench.bare_aiohttp", str(bound.fileno())]
        with on_core(SERVER_CORE):
            process = subprocess.Popen(command, pass_fds=(bound.fileno(),))  # noqa: S603 - our own program
        try:
            yield bound.getsockname()[1], process.pid
        finally:
            process.kill()
            process.wait()
