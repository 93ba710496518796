"""`gchat up`: the appliance's processes under one supervisor, for development and small sites.

Owns the listening sockets (so a process that dies and comes back loses no connection attempt), the processes, and the
ready file that outside programs read. A process that ends is started again, with growing pauses if it keeps ending;
if the supervisor itself is killed, its processes notice and end cleanly. It imports little, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from appliance.errors import AppError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

START_S: Final = 120.0
STOP_S: Final = 4.0
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 10.0
STEADY_S: Final = 30.0
LOGINS_FILE: Final = "demo-logins.json"


@dataclass(slots=True)
class Child:
    """One process: how to start it, and the one that runs now."""

    name: str
    arguments: list[str]
    listening: socket.socket
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_S
    pipes: list[int] = field(default_factory=list)


def run(
    data: Path, bound: socket.socket, staff_url: str, ready_file: Path | None, tell: Callable[[str], None], *, tls: bool
) -> int:
    """Run the appliance until SIGTERM or SIGINT; return the exit code. Raises AppError when it does not start."""
    alive_read, alive_write = os.pipe()
    os.set_inheritable(alive_read, True)  # noqa: FBT003 - the parameter's name is positional only
    arguments = ["serve", "--data", str(data), "--parent-fd", str(alive_read), *(["--tls"] if tls else [])]
    child = Child("appliance", arguments, bound)
    stop = _Stop()
    try:
        _start(child, alive_read)
        _write_ready(ready_file, data, staff_url, child)
        tell(staff_url)
        while not stop.asked:
            assert child.process is not None  # noqa: S101 - _start has made it
            code = _wait(child.process, stop)
            if code is None:
                break
            tell(f"{child.name} ended with {code}; starting it again")
            _pause(child, stop)
            if not stop.asked:
                _start(child, alive_read)
                _write_ready(ready_file, data, staff_url, child)
        return _end(child)
    finally:
        os.close(alive_write)
        if child.process is not None and child.process.poll() is None:
            child.process.kill()


class _Stop:
    """Notes the signal that asks for an end, and wakes whoever waits."""

    def __init__(self) -> None:
        self.asked = False
        self.read, write = os.pipe()
        os.set_blocking(write, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(write)

    def _on_signal(self, *_: object) -> None:
        self.asked = True

    def wait(self, seconds: float) -> None:
        """Sleep, or until a signal comes."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.read, selectors.EVENT_READ)
            if selector.select(seconds):
                os.read(self.read, 1024)


def _start(child: Child, alive_read: int) -> None:
    """Start the process and wait until it accepts logins. Raises AppError with the end of what it said."""
    ready_read, ready_write = os.pipe()
    listening = child.listening.fileno()
    command = [
        sys.executable, "-m", "appliance.cli", *child.arguments,
        "--listen-fd", str(listening), "--ready-fd", str(ready_write),
    ]  # fmt: skip
    child.started = time.monotonic()
    child.process = subprocess.Popen(  # noqa: S603 - our own program
        command, pass_fds=(listening, ready_write, alive_read), start_new_session=True
    )
    os.close(ready_write)
    with os.fdopen(ready_read, "rb") as ready, selectors.DefaultSelector() as selector:
        selector.register(ready, selectors.EVENT_READ)
        said = ready.readline() if selector.select(START_S) else b""
    if said != b"ready\n":
        code = child.process.wait(timeout=5) if child.process.poll() is not None or not said else None
        raise AppError(f"{child.name} did not start (exit code {code})", code="did_not_start")


def _wait(process: subprocess.Popen[bytes], stop: _Stop) -> int | None:
    """Wait for the process to end by itself; None when an end was asked for."""
    while not stop.asked:
        code = process.poll()
        if code is not None:
            return code
        stop.wait(1.0)
    return None


def _pause(child: Child, stop: _Stop) -> None:
    steady = time.monotonic() - child.started > STEADY_S
    child.pause = FIRST_PAUSE_S if steady else min(LONGEST_PAUSE_S, child.pause * 2)
    deadline = time.monotonic() + child.pause
    while not stop.asked and (left := deadline - time.monotonic()) > 0:
        stop.wait(left)


def _end(child: Child) -> int:
    process = child.process
    if process is None:
        return 1
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        return abs(process.wait(timeout=STOP_S))
    process.kill()
    return 1


def _write_ready(path: Path | None, data: Path, staff_url: str, child: Child) -> None:
    """Write the ready file atomically. Addresses and pids of processes that this release has not are null."""
    if path is None or child.process is None:
        return
    ca = data / "ca.pem"
    content: dict[str, Any] = {
        "staff_url": staff_url,
        "console_url": None,
        "gateway_url": None,
        "ca": str(ca) if ca.exists() else None,
        "data": str(data),
        "pids": {"appliance": child.process.pid, "search": None, "gateway": None},
        "logins": read_logins(data),
    }
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
    fresh.replace(path)


def read_logins(data: Path) -> list[dict[str, Any]]:
    """Return the logins of a seeded demo; none for a real agency."""
    path = data / LOGINS_FILE
    logins: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return logins
