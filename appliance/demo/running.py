"""Runs the agencies of a demo: the registry's server, and `gchat up` for each agency.

Each of them is a process group of its own, started again when it ends, and ended with this process, also where this one
is killed. When all agencies accept logins, the ready file says where each is. The registry's timestamp is signed anew
every few minutes, as an operator's timer does.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from appliance.demo import agencies
from appliance.errors import AppError
from appliance.locale import both
from appliance.vault.keyfile import replace_file
from federation.registry.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.demo.agencies import Site

STOP_S: Final = 4.5
LOOK_S: Final = 0.1
SIGN_EVERY_S: Final = 300.0
READY: Final = "ready.json"
_PR_SET_PDEATHSIG: Final = 1


@dataclass(slots=True)
class _Running:
    """One program: how it is started, and its process."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes]


def run(data: Path, count: int, port: int | None, ready_file: Path | None, report: Callable[[str], None]) -> int:
    """Make the agencies where there are none, and run them until SIGTERM or SIGINT. Raises AppError."""
    site = agencies.find(data)
    if site is None:
        report(both("up.preparing_demo"))
        site = agencies.make(data, count)
    if len(site.slugs) != count:
        raise AppError(code="up.other_agencies", made=len(site.slugs), asked=count)
    stop = _Stop()
    running = [_start(name, arguments) for name, arguments in _programs(data, site, port)]
    try:
        told, signed = False, float("-inf")
        while not stop.asked:
            if time.monotonic() - signed >= SIGN_EVERY_S:
                Repository(data / agencies.REGISTRY).sign_timestamp(int(time.time()))
                signed = time.monotonic()
            _start_again(running, report)
            if not told and (ready := _all_ready(data, site)):
                _tell(ready, ready_file, report)
                told = True
            time.sleep(LOOK_S)
    finally:
        _end(running)
    return 0


class _Stop:
    """Notes the signal that asks for an end."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.asked = True


def _programs(data: Path, site: Site, port: int | None) -> list[tuple[str, list[str]]]:
    registry = ["registry", "serve", "--folder", str(data / agencies.REGISTRY), "--port", str(site.registry_port)]
    found = [(agencies.REGISTRY, registry)]
    for number, slug in enumerate(site.slugs):
        ready = data / slug / READY
        ready.unlink(missing_ok=True)
        own = 0 if not port else port + number
        found.append((slug, ["up", "--data", str(data / slug), "--port", str(own), "--ready-file", str(ready)]))
    return found


def _start(name: str, arguments: list[str]) -> _Running:
    return _Running(name, arguments, _process(arguments))


def _process(arguments: list[str]) -> subprocess.Popen[bytes]:
    # -P: whatever lies in the current folder is never imported in place of the product or the standard library.
    command = [sys.executable, "-P", "-m", "appliance.cli", *arguments]
    return subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509
    )


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent ends (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _start_again(running: list[_Running], report: Callable[[str], None]) -> None:
    for one in running:
        ended = one.process.poll()
        if ended is not None:
            report(f"{one.name}: {both('supervisor.ended_starting_again', ended=ended)}")
            time.sleep(LOOK_S)
            one.process = _process(one.arguments)


def _all_ready(data: Path, site: Site) -> list[dict[str, Any]]:
    """Return what each agency's ready file says, in order; nothing before all are ready."""
    files = [data / slug / READY for slug in site.slugs]
    if not all(file.exists() for file in files):
        return []
    return [{"slug": slug, **json.loads(file.read_text("utf-8"))} for slug, file in zip(site.slugs, files, strict=True)]


def _tell(ready: list[dict[str, Any]], ready_file: Path | None, report: Callable[[str], None]) -> None:
    for agency in ready:
        report(f"\n{agency['slug']}: {' '.join(agency['page_urls'])}")
        for login in agency["logins"][:3]:
            report(f"  {login['user']}  {login['password']}  {login['name']} · {login['unit']}")
    report(both("up.stop_ctrl_c"))
    if ready_file is not None:
        first = {name: value for name, value in ready[0].items() if name != "slug"}
        replace_file(ready_file, json.dumps({**first, "agencies": ready}, ensure_ascii=False).encode(), 0o600)


def _end(running: list[_Running]) -> None:
    for one in running:
        one.process.terminate()
    deadline = time.monotonic() + STOP_S
    for one in running:
        try:
            one.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait()
