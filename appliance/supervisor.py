"""`gchat up`: the appliance's processes under one supervisor, for development and small sites.

Owns the listening sockets (so a process that dies and comes back loses no connection attempt), the processes, and the
ready file that outside programs read. A process that ends is started again, with growing pauses if it keeps ending or
does not come up, and each time is told. One that refuses to start the first time has given its reason: then the
supervisor ends too. If the supervisor itself is killed, its processes notice and end cleanly. It imports little, so
that it starts at once.
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
    answers: tuple[str, ...] = field(repr=False)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_S


def run(
    data: Path,
    bound: socket.socket,
    staff_url: str,
    ready_file: Path | None,
    tell: Callable[[str], None],
    *,
    tls: bool,
    answers: tuple[str, ...],
) -> int:
    """Run the appliance until SIGTERM or SIGINT; return the exit code. Raises AppError when it does not start.

    `answers` are what a person typed to open the keys; each start of a process is given them through a pipe.
    """
    alive_read, alive_write = os.pipe()
    os.set_inheritable(alive_read, True)  # noqa: FBT003 - the parameter's name is positional only
    arguments = ["serve", "--data", str(data), "--parent-fd", str(alive_read), *(["--tls"] if tls else [])]
    child = Child("appliance", arguments, bound, answers)
    stop = _Stop()
    try:
        started = False
        while not stop.asked:
            if _start(child, alive_read, stop):
                _write_ready(ready_file, data, staff_url, child)
                if not started:
                    tell(staff_url)
                started = True
            code = _wait(child, stop)
            if code is None:
                break
            if not started and code > 0:
                raise AppError(f"{child.name}: exit code {code}", code="did_not_start")
            tell(f"{child.name} ended with {code}; starting it again")
            _pause(child, stop)
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

    def wait(self, seconds: float | None, readable: int | None = None) -> bool:
        """Sleep so long, or until a signal comes, or something can be read; say whether that was it."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.read, selectors.EVENT_READ)
            if readable is not None:
                selector.register(readable, selectors.EVENT_READ)
            ready = {key.fd for key, _ in selector.select(seconds)}
        if self.read in ready:
            os.read(self.read, 1024)
        return readable in ready


def _start(child: Child, alive_read: int, stop: _Stop) -> bool:
    """Start the process and wait until it accepts logins; False when it ended before, or an end was asked for."""
    ready_read, ready_write = os.pipe()
    listening = child.listening.fileno()
    command = [
        sys.executable, "-m", "appliance.cli", *child.arguments,
        "--listen-fd", str(listening), "--ready-fd", str(ready_write),
    ]  # fmt: skip
    handed = [listening, ready_write, alive_read]
    answers_read = None
    if child.answers:
        answers_read, answers_write = os.pipe()
        os.write(answers_write, "\n".join(child.answers).encode())
        os.close(answers_write)
        handed.append(answers_read)
        command += ["--answers-fd", str(answers_read)]
    child.started = time.monotonic()
    child.process = subprocess.Popen(command, pass_fds=handed, start_new_session=True)  # noqa: S603 - our own program
    os.close(ready_write)
    if answers_read is not None:
        os.close(answers_read)
    with os.fdopen(ready_read, "rb") as ready:
        while not stop.asked:
            if stop.wait(None, ready_read):
                return ready.readline() == b"ready\n"
    return False


def _wait(child: Child, stop: _Stop) -> int | None:
    """Wait for the process to end by itself; None when an end was asked for."""
    assert child.process is not None  # noqa: S101 - _start has made it
    while not stop.asked:
        code = child.process.poll()
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
        code = process.wait(timeout=STOP_S)
        # One that was still starting ends by the signal itself.
        return 0 if code == -signal.SIGTERM else abs(code)
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
