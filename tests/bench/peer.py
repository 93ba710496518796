"""ejabberd on SQLite beside the appliance, where Debian's package is installed; nothing depends on it.

It is set up in its own favour: one scheduler that does not spin, write-ahead log, only what a durable room needs
(multi-user chat with its archive), no presence among members, no limits of use, no TLS.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance.process.sockets import listening_socket
from tests.bench.driver import Plan, Report, Seat, drive
from tests.bench.processes import SERVER_CORE, on_core

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PASSWORD: Final = "bench"
START_S: Final = 60.0
LIBRARIES: Final = Path("/usr/lib")
SCHEMA: Final = Path("/usr/share/ejabberd/sql/lite.sql")
MISSING: Final = "peer not installed"
WHAT: Final = "ejabberd, SQLite with its log and archive, one scheduler"
CONFIG: Final = """\
hosts: [localhost]
loglevel: error
default_db: sql
sql_type: sqlite
sql_database: "{database}"
auth_method: [sql]
auth_password_format: plain
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: false, max_stanza_size: 262144, shaper: none}}
modules:
  mod_mam: {{default: never, request_activates_archiving: false}}
  mod_muc:
    access_create: all
    max_users: 2000
    min_message_interval: 0
    min_presence_interval: 0
    user_message_shaper: none
    room_shaper: none
    default_room_options: {{persistent: true, mam: true, max_users: 2000, presence_broadcast: []}}
"""


class Peer:
    """A running ejabberd."""

    def __init__(self, port: int, pid: int) -> None:
        self._port, self._pid = port, pid

    def plan(self, rooms: int, members: int, **load: Any) -> Plan:
        """Return the same load as on an appliance: rooms of members, the first of each sends."""
        seats = [
            Seat(f"bench{room * members + member} r{room}", PASSWORD, f"r{room}" if member == 0 else None)
            for room in range(rooms)
            for member in range(members)
        ]
        return Plan(host="127.0.0.1", port=self._port, seats=seats, pids=[self._pid], protocol="xmpp", **load)


def measure(data: Path, rooms: int, members: int, **load: Any) -> Report | None:
    """Run a load on ejabberd with its data in a folder; None where it is not installed."""
    if not is_installed():
        return None
    with running(data, rooms * members) as peer:
        return drive(peer.plan(rooms, members, audience=members - 1, **load))


def figures(reports: Mapping[str, Report | None]) -> dict[str, Any] | str:
    """Return what a reader wants to know of the peer, by kind of disk."""
    found = {name: report.figures() for name, report in reports.items() if report is not None}
    return {WHAT: found} if found else MISSING


def is_installed() -> bool:
    """Say whether ejabberd, Erlang and its SQLite are there."""
    return bool(shutil.which("erl") and SCHEMA.exists() and _library("ejabberd") and _library("p1_sqlite3"))


def _library(name: str) -> Path | None:
    return next((found for depth in ("*", "*/*") for found in LIBRARIES.glob(f"{depth}/{name}-*/ebin")), None)


@contextmanager
def running(data: Path, people: int) -> Iterator[Peer]:
    """Run ejabberd with its data in a folder. Raises RuntimeError when it does not start."""
    home = data / "peer"
    home.mkdir()
    database = home / "ejabberd.db"
    _make_database(database, people)
    with listening_socket("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
    config = home / "ejabberd.yml"
    config.write_text(CONFIG.format(database=database, port=port), encoding="utf-8")
    erl = shutil.which("erl") or "erl"
    command = [
        *(erl, "-noinput", "+S", "1:1", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "+K", "true"),
        *("-mnesia", "dir", f'"{home}/mnesia"', "-s", "ejabberd"),
    ]
    libraries = (_library("ejabberd") or LIBRARIES).parent.parent
    environment = os.environ | {
        "ERL_LIBS": str(libraries),
        "EJABBERD_CONFIG_PATH": str(config),
        "EJABBERD_LOG_PATH": str(home / "ejabberd.log"),
        "HOME": str(home),
    }
    with on_core(SERVER_CORE):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - a peer to measure
    try:
        _wait_until_listening(process, port)
        yield Peer(port, process.pid)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _make_database(path: Path, people: int) -> None:
    database = sqlite3.connect(path)
    database.executescript(SCHEMA.read_text(encoding="utf-8"))
    database.execute("PRAGMA journal_mode = WAL")
    database.executemany(
        "INSERT INTO users (username, password) VALUES (?, ?)", [(f"bench{n}", PASSWORD) for n in range(people)]
    )
    database.commit()
    database.close()


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("ejabberd did not start")
