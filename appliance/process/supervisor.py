"""`gchat up`: the appliance's processes under one supervisor, for development and small sites.

Owns the listening sockets (so a process that dies and comes back loses no connection attempt), the processes, and the
ready file that outside programs read. A process that ends is started again, with growing pauses if it keeps ending or
does not come up, and each restart is logged. One that refuses to start the first time has given its reason: then the
supervisor ends too. If the supervisor itself is killed, its processes notice and end cleanly. To be ready soon, it
imports little, forks the appliance at its first start, and starts the others after the appliance is ready. A restarted
process is a new program, with the files as they are by then.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from appliance.data_folder import DEMO_LOGINS
from appliance.errors import AppError
from appliance.locale import both
from appliance.process.forked import Forked, fork

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

STOP_S: Final = 4.0
FIRST_PAUSE_S: Final = 0.1
MAX_PAUSE_S: Final = 10.0
STEADY_S: Final = 30.0


class Role(Enum):
    """What a process is to the site.

    MAIN: the site is up when it says that it is ready, and its exit code is the supervisor's. HELPER: started when the
    site is up, and taken to be there as soon as it runs; the site works without it until then.
    """

    MAIN = "main"
    HELPER = "helper"


@dataclass(slots=True)
class Child:
    """One process: how to start it, and the one that runs now.

    `secret` goes to each start through a pipe, whose descriptor is the value of `secret_fd_option`: the key that opens
    the keyring, or the one key the process needs. `has_readiness`: it reports when it accepts logins; others count as
    ready when they run.
    `entry`, where there is one, is what the program does with its arguments: the first start forks and calls it.
    """

    name: str
    role: Role
    arguments: list[str]
    listening: socket.socket
    secret_fd_option: str = ""
    secret: str = field(default="", repr=False)
    entry: Callable[[list[str]], int] | None = None
    process: subprocess.Popen[bytes] | Forked | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_S
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class Site:
    """What is run and where it is found: its folder, addresses for programs and for people, the file that says so."""

    data: Path
    staff_url: str
    page_urls: list[str]
    ready_file: Path | None


def run(site: Site, children: list[Child], report: Callable[[str], None]) -> int:
    """Run the processes until SIGTERM or SIGINT; return the exit code. Raises AppError when the first start fails.

    The main process is started first; once it is ready, the site is, and the helpers are started.
    """
    liveness_pipe, liveness_end = os.pipe()
    os.set_inheritable(liveness_pipe, True)  # noqa: FBT003 - the parameter's name is positional only
    stop = _Stop()
    watched = [child for child in children if child.role is Role.MAIN]
    was_ready = False
    try:
        while not stop.asked:
            _reap_exited(watched, report, was_ready=was_ready)
            if _start_due(watched, site.data, liveness_pipe, stop):
                if not was_ready:
                    watched = children
                    _start_due(watched, site.data, liveness_pipe, stop)
                _write_ready(site, children)
                if not was_ready:
                    report(site.staff_url)
                    was_ready = True
            stop.wait(_time_to_next_restart(watched))
        return _end(children)
    finally:
        os.close(liveness_end)
        for child in children:
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


def _reap_exited(children: list[Child], report: Callable[[str], None], *, was_ready: bool) -> None:
    """Log which processes have ended, and when they start again. Raises AppError for a first start refused."""
    for child in children:
        ended = child.process.poll() if child.process is not None else None
        if ended is not None:
            if not was_ready and ended > 0:
                raise AppError(f"{child.name}: exit code {ended}", code="did_not_start")
            report(f"{child.name}: {both('supervisor.ended_starting_again', ended=ended)}")
            _postpone(child)


def _start_due(children: list[Child], data: Path, liveness_pipe: int, stop: _Stop) -> bool:
    """Start what does not run and is due; say whether any came up."""
    due = [child for child in children if child.process is None and child.due <= time.monotonic()]
    return any([_start(child, data, liveness_pipe, stop) for child in due])  # noqa: C419 - every one is started


def _start(child: Child, data: Path, liveness_pipe: int, stop: _Stop) -> bool:
    """Start a process in the data folder; say whether it came up. One that ended before is seen by the next look."""
    ready_read, ready_write = os.pipe()
    handed = [child.listening.fileno(), ready_write, liveness_pipe]
    arguments = [
        *child.arguments, "--parent-fd", str(liveness_pipe),
        "--listen-fd", str(child.listening.fileno()), "--ready-fd", str(ready_write),
    ]  # fmt: skip
    secret_read = None
    if child.secret:
        secret_read, secret_write = os.pipe()
        os.write(secret_write, child.secret.encode())
        os.close(secret_write)
        handed.append(secret_read)
        arguments += [child.secret_fd_option, str(secret_read)]
    child.process = _new_process(child, arguments, handed, data)
    child.started = time.monotonic()
    os.close(ready_write)
    if secret_read is not None:
        os.close(secret_read)
    with os.fdopen(ready_read, "rb") as ready:
        if child.role is Role.HELPER:
            return True
        while not stop.asked:
            if stop.wait(None, ready_read):
                return ready.readline() == b"ready\n"
    return False


def _new_process(child: Child, arguments: list[str], handed: list[int], data: Path) -> subprocess.Popen[bytes] | Forked:
    if child.entry is not None and not child.started:
        return fork(child.entry, arguments, handed, data)
    # -P: whatever lies in the current folder is never imported in place of the product or the standard library.
    command = [sys.executable, "-P", "-m", "appliance.cli", *arguments]
    return subprocess.Popen(  # noqa: S603 - our own program
        command, pass_fds=handed, start_new_session=True, cwd=data
    )


def _postpone(child: Child) -> None:
    """Let a process that ended wait before its next start, longer each time unless it had run steadily."""
    steady = time.monotonic() - child.started > STEADY_S
    child.pause = FIRST_PAUSE_S if steady else min(MAX_PAUSE_S, child.pause * 2)
    child.due = time.monotonic() + child.pause
    child.process = None


def _time_to_next_restart(children: list[Child]) -> float:
    """Return for how long nothing needs doing unless a signal comes."""
    now = time.monotonic()
    return min((max(0.0, child.due - now) for child in children if child.process is None), default=1.0)


def _end(children: list[Child]) -> int:
    """Ask every process to end; return the main one's exit code, 1 where it did not run or had to be killed."""
    running = [(child.role, child.process) for child in children if child.process is not None]
    for _, process in running:
        process.terminate()
    deadline, code = time.monotonic() + STOP_S, 1
    for role, process in running:
        try:
            ended = process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
        else:
            if role is Role.MAIN:
                # One that was still starting ends by the signal itself.
                code = 0 if ended == -signal.SIGTERM else abs(ended)
    return code


def _write_ready(site: Site, children: list[Child]) -> None:
    """Write the ready file atomically, once the main process runs. What this release has not is null."""
    if site.ready_file is None or any(child.role is Role.MAIN and child.process is None for child in children):
        return
    ca = site.data / "ca.pem"
    content: dict[str, Any] = {
        "staff_url": site.staff_url,
        "page_urls": site.page_urls,
        "console_url": None,
        "gateway_url": None,
        "ca": str(ca) if ca.exists() else None,
        "data": str(site.data),
        "pids": {child.name: child.process.pid if child.process is not None else None for child in children},
        "logins": read_logins(site.data),
    }
    # It may hold a demo's passwords, and the folder may be shared: a new file, for this user alone, under a name that
    # nobody could have put a file or a link at before.
    descriptor, fresh = tempfile.mkstemp(dir=site.ready_file.parent, prefix=f".{site.ready_file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)
        os.replace(fresh, site.ready_file)  # noqa: PTH105 - of a name, not of a path
    except BaseException:
        os.unlink(fresh)  # noqa: PTH108 - of a name, not of a path
        raise


def read_logins(data: Path) -> list[dict[str, Any]]:
    """Return the logins of a seeded demo; none for a real agency."""
    path = data / DEMO_LOGINS
    logins: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return logins
