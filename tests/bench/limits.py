"""Plain limits, measured on the server's core in the same run: what no server on this machine could do better.

A database that only inserts, a disk that only syncs, a process that only writes a prepared frame. What the appliance
does besides (rules, sealing, commitments, the tree, receipts) is what the ratio to these shows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final

from appliance.store.db import connect
from appliance.store.entries import SQL
from appliance.store.migrate import make
from tests.bench.driver import Plan, Seat
from tests.bench.processes import SERVER_CORE, on_core
from tests.bench.results import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

HERE: Final = Path(__file__).parent
INSERT_S: Final = 2.0
ROOMS: Final = 20
HEADER_BYTES: Final = 380
SEALED_BYTES: Final = 360
TXN_ID: Final = "00000000-0000-4000-8000-000000000000"
SYNCS: Final = 300
PAGE: Final = bytes(4096)
FRAME_BYTES: Final = 300


@dataclass(frozen=True, slots=True)
class Inserts:
    """What a database that only inserts does with batches of a size."""

    rows_s: float
    cpu_us_a_row: float


@dataclass(frozen=True, slots=True)
class Limit:
    """A plain server that runs: its port and its process. `confirms` says that it answers the sender too."""

    port: int
    pid: int
    what: str
    confirms: bool


def inserts(data: Path, batch: int) -> Inserts:
    """Insert entries into SQLCipher as the appliance opens it (WAL, FULL), `batch` in a transaction, in a folder."""
    path, key = data / "limit.db", os.urandom(32)
    make(path, key)
    raw = connect(path, key)
    # The rows stand alone: no room, no epoch key.
    raw.execute("PRAGMA foreign_keys = OFF")
    rest = ("moph", None, os.urandom(HEADER_BYTES), 1, os.urandom(SEALED_BYTES), TXN_ID)
    try:
        with on_core(SERVER_CORE):
            done, begun, used = 0, perf_counter(), process_time()
            while perf_counter() - begun < INSERT_S:
                rows = [
                    (n % ROOMS, n // ROOMS, n, n, "message.text", "p_000000000000", None, n, 0, n // ROOMS, *rest)
                    for n in range(done, done + batch)
                ]
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany(SQL.insert_entry, rows)
                raw.execute("COMMIT")
                done += batch
            return Inserts(done / (perf_counter() - begun), (process_time() - used) * 1e6 / done)
    finally:
        raw.close()
        for file in data.glob("limit.db*"):
            file.unlink()


def syncs(data: Path) -> dict[str, float]:
    """Return how long writing one page and `fdatasync` take in a folder, in ms."""
    path = data / "limit.sync"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    waits = []
    try:
        with on_core(SERVER_CORE):
            for number in range(SYNCS):
                begun = perf_counter()
                os.pwrite(descriptor, PAGE, number * len(PAGE))
                os.fdatasync(descriptor)
                waits.append(perf_counter() - begun)
    finally:
        os.close(descriptor)
        path.unlink()
    return milliseconds(waits)


@contextmanager
def echo(sync: Path | None = None) -> Iterator[Limit]:
    """Run the server that writes a prepared frame to each transport, after a sync of `sync` where it is given."""
    command = [sys.executable, "-m", "tests.bench.echo", *(["--sync", str(sync)] if sync else [])]
    yield from _serving(command, "a prepared frame to each transport (uvloop)", confirms=True)


@contextmanager
def send_loop(connections: int) -> Iterator[Limit]:
    """Run the send loop in plain C; without a C compiler the Python one, which `what` says."""
    compiler = shutil.which("cc")
    if compiler is None:
        with echo() as limit:
            yield limit
        return
    with tempfile.TemporaryDirectory() as made:
        program = Path(made) / "send_loop"
        source = str(HERE / "send_loop.c")
        subprocess.run([compiler, "-O2", "-o", str(program), source], check=True)  # noqa: S603 - our own source
        command = [str(program), str(connections), str(FRAME_BYTES)]
        yield from _serving(command, "a loop of write(2) in plain C", confirms=False)


def _serving(command: list[str], what: str, *, confirms: bool) -> Iterator[Limit]:
    with on_core(SERVER_CORE):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    assert process.stdout is not None
    try:
        yield Limit(int(process.stdout.readline()), process.pid, what, confirms)
    finally:
        process.kill()
        process.communicate()


def plan(limit: Limit, rooms: int, members: int, **load: Any) -> Plan:
    """Return the same load on a limit as on an appliance: rooms of members, the first of each sends."""
    seats = [
        Seat(f"/{room}", "", str(room) if member == 0 else None) for room in range(rooms) for member in range(members)
    ]
    return Plan(host="127.0.0.1", port=limit.port, seats=seats, pids=[limit.pid], confirms=limit.confirms, **load)
