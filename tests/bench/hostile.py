"""What an attack costs everybody else: sends and plain requests of others while it goes on, beside none.

Seconds with and without the attack follow one another in one run, so that whatever else the machine does meanwhile
meets both alike: the attack is stopped and goes on (SIGSTOP, SIGCONT). A figure is the median of its windows, a ratio
that of two such medians. What the appliance itself is asked for: the CPU time of its event loop's thread and of all
others, and how long the loop stood still (`appliance/process/loop_watch.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from appliance.process.loop_watch import BEAT_S
from tests.bench.agency import apart, folder, make, places
from tests.bench.attacks import NAMES, READY, Attack
from tests.bench.processes import DRIVER_CORE, before_others, cpu_s, main_thread_s, on_core
from tests.bench.results import Result, at_most, percentile, progress, result
from tests.bench.server import connector, running, sign_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from tests.bench.agency import Layout
    from tests.bench.server import Server

ATTACKER: Final = 0
ROOMS: Final = 4
MEMBERS: Final = 12
PAIRS: Final = int(os.environ.get("GCHAT_BENCH_PAIRS", "6"))
CHOSEN: Final = os.environ.get("GCHAT_BENCH_ATTACKS", "")
WINDOW_S: Final = 2.0
SETTLE_S: Final = 0.5
MAX_SETTLES: Final = 20
RESTING_CORES: Final = 0.05
WARM_UP_S: Final = 2.0
SENDS_A_SECOND: Final = 24.0
REQUESTS_A_SECOND: Final = 30.0
BAR: Final = 1.5
KINDS: Final = ("sends", "requests")
_LATE: Final = re.compile(rb"gchat\.loop late ([\d.]+) ms, own CPU ([\d.]+) ms, at ([\d.]+)")
Figures = dict[str, float]


@dataclass(slots=True)
class _Window:
    """What some seconds were like: waits of others in seconds, what the appliance used, when they were (monotonic)."""

    begun: float
    waits: dict[str, list[float]]
    ended: float = 0.0
    loop_cpu_s: float = 0.0
    loop_waited_s: float = 0.0
    all_cpu_s: float = 0.0
    search_cpu_s: float = 0.0


@dataclass(slots=True)
class _Pairs:
    """The windows of one attack: `quiet` ones and `attacked` ones in turn; `load` is the machine's at the end."""

    quiet: list[_Window] = field(default_factory=list)
    attacked: list[_Window] = field(default_factory=list)
    load: float = 0.0
    answered: str = ""


def bench() -> Result:
    """Measure pairs of windows for each attack; the limits are those that any agency has."""
    with folder(places()["disk"]) as data:
        progress("hostile: making people")
        layout = make(data, apart(ROOMS, MEMBERS), lifted=False, cheap_logins=False)
        log = data / "bench.log"
        with running(data, tls=True, log=log) as server, on_core(DRIVER_CORE):
            alone = [before_others(pid) for pid in (os.getpid(), server.appliance, *server.others)]
            tokens = sign_in(server, layout, [ATTACKER, *(room.members[1] for room in layout.rooms[1:])])
            found = asyncio.run(_measure(server, layout, tokens))
        late = _lateness(log)
    told = {name: _told(pairs, late) for name, pairs in found.items()}
    ratios = {
        (name, kind): _median_share(pairs.attacked, kind, 99) / _median_share(pairs.quiet, kind, 99)
        for name, pairs in found.items()
        for kind in KINDS
    }
    bars = [
        at_most(f"{name}: {kind} of others, p99, beside no attack", ratio, BAR)
        for (name, kind), ratio in ratios.items()
    ]
    used = sum(window.all_cpu_s for pairs in found.values() for window in pairs.attacked)
    details = {
        "bars": bars,
        "attacks": told,
        "limit_is": "the same load without an attack, in the seconds between those of the attack",
        "load": f"{SENDS_A_SECOND:g} messages and {REQUESTS_A_SECOND:g} requests a second over TLS",
        "before_others": all(alone),
        "windows": f"{PAIRS} of {WINDOW_S:g} s each way; medians of them",
        "limits": "those of the product; an attack sends twice as much, from one person and one address",
    }
    return result("hostile", max(ratios.values()), "x", 1.0, used, details)


async def _measure(server: Server, layout: Layout, tokens: dict[int, str]) -> dict[str, _Pairs]:
    """Return the windows of each attack."""
    async with aiohttp.ClientSession(server.url, connector=connector(server)) as http:
        load = _Load(http, server, layout, tokens)
        await load.window(WARM_UP_S)
        found: dict[str, _Pairs] = {}
        for name in NAMES:
            if CHOSEN and name not in CHOSEN.split(","):
                continue
            attack = await _prepared(http, server, layout, name, tokens[ATTACKER])
            with _under(attack) as process:
                pairs = found[name] = _Pairs()
                await load.window(WARM_UP_S)
                for _ in range(PAIRS):
                    process.send_signal(signal.SIGSTOP)
                    await _at_rest(server)
                    pairs.quiet.append(await load.window(WINDOW_S))
                    process.send_signal(signal.SIGCONT)
                    await asyncio.sleep(SETTLE_S)
                    pairs.attacked.append(await load.window(WINDOW_S))
                pairs.load, pairs.answered = os.getloadavg()[0], await asyncio.to_thread(_stop, process)
            progress(f"hostile: {name}: {_told(pairs, [])}")
            await asyncio.sleep(WARM_UP_S)
    return found


async def _at_rest(server: Server) -> None:
    """Wait until the appliance has done what the attack had asked for already: until it uses next to no CPU time."""
    for _ in range(MAX_SETTLES):
        before = cpu_s([server.appliance, *server.others])
        await asyncio.sleep(SETTLE_S)
        if cpu_s([server.appliance, *server.others]) - before < RESTING_CORES * SETTLE_S:
            return


def _lateness(log: Path) -> list[tuple[float, float, float]]:
    """Return when the event loop was late (monotonic), by how much, and its CPU time in it, in ms, as the log tells."""
    found = []
    for line in log.read_bytes().splitlines():
        if told := _LATE.search(line):
            late, used, at = map(float, told.groups())
            found.append((at, late, used))
    return found


def _told(pairs: _Pairs, late: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    """Return the figures of one attack beside those of the windows between."""
    return {
        "quiet": _figures(pairs.quiet, late),
        "attacked": _figures(pairs.attacked, late),
        "load_average": pairs.load,
        "answered": pairs.answered,
    }


def _figures(windows: list[_Window], late: Sequence[tuple[float, float, float]]) -> Figures:
    """Return the medians of some windows; of the loop's lateness the longest, and the longest of its own doing."""
    inside = [(by, used) for at, by, used in late if any(w.begun <= at <= w.ended for w in windows)]
    figures = {
        f"{kind}_p{share}_ms": _median_share(windows, kind, share) * 1000 for kind in KINDS for share in (50, 99)
    }
    return figures | {
        "loop_cpu_cores": _median(windows, lambda w: w.loop_cpu_s / (w.ended - w.begun)),
        "loop_waits_for_core": _median(windows, lambda w: w.loop_waited_s / (w.ended - w.begun)),
        "all_cpu_cores": _median(windows, lambda w: w.all_cpu_s / (w.ended - w.begun)),
        "search_cpu_cores": _median(windows, lambda w: w.search_cpu_s / (w.ended - w.begun)),
        "loop_late_longest_ms": max((by for by, _ in inside), default=0.0),
        "loop_late_own_cpu_longest_ms": max((min(by, used) for by, used in inside), default=0.0),
        "loop_late_own_cpu_p99_ms": _p99_of_beats(windows, [min(by, used) for by, used in inside]),
    }


def _p99_of_beats(windows: list[_Window], told: list[float]) -> float:
    """Return the 99th percentile over all beats of the watch; what is not told was not late."""
    beats = int(sum(window.ended - window.begun for window in windows) / BEAT_S)
    return percentile([*told, *[0.0] * max(0, beats - len(told))], 99)


def _median_share(windows: list[_Window], kind: str, share: float) -> float:
    return _median(windows, lambda window: percentile(window.waits[kind], share))


def _median(windows: list[_Window], value: Callable[[_Window], float]) -> float:
    return statistics.median(map(value, windows))


async def _prepared(http: aiohttp.ClientSession, server: Server, layout: Layout, name: str, token: str) -> Attack:
    """Return an attack in a new message of the attacker's own room; the one they edit is new each time."""
    room = layout.rooms[0].id
    headers = {"Authorization": f"Bearer {token}"}
    body = {"txn_id": f"target-{name}", "body": {"text": "เป้าหมาย"}}
    async with http.post(f"/api/v1/rooms/{room}/messages", json=body, headers=headers) as response:
        message = (await response.json())["n"]
    async with http.get(f"/api/v1/rooms/{room}", headers=headers) as response:
        people = [member["person"] for member in (await response.json())["room"]["members"]]
    return Attack(name, server.url, server.ca or "", token, layout.password, room, message, people)


@contextmanager
def _under(attack: Attack) -> Iterator[subprocess.Popen[bytes]]:
    """Run an attack for the block."""
    command = (sys.executable, "-m", "tests.bench.attacks")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(attack) + b"\n")
        process.stdin.flush()
        if process.stdout.readline().decode().strip() != READY:
            raise RuntimeError(f"{attack.name} did not begin")
        yield process
    finally:
        process.kill()
        process.wait()


def _stop(process: subprocess.Popen[bytes]) -> str:
    """End an attack; return how many answers of each status it had."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    return process.stdout.readline().decode().strip()


class _Load:
    """What others do meanwhile, at a rate, whether the last ones are answered or not."""

    def __init__(self, http: aiohttp.ClientSession, server: Server, layout: Layout, tokens: dict[int, str]) -> None:
        self._http, self._server = http, server
        # Nobody of them is in the attacker's room, which is the first.
        self._rooms = [room.id for room in layout.rooms[1:]]
        self._headers = [{"Authorization": f"Bearer {tokens[room.members[1]]}"} for room in layout.rooms[1:]]
        self._txns = itertools.count()

    async def window(self, seconds: float) -> _Window:
        """Return what some seconds are like."""
        appliance, others = self._server.appliance, self._server.others
        ran, waited = main_thread_s(appliance)
        used, searched = cpu_s([appliance]), cpu_s(others)
        window = _Window(time.monotonic(), {kind: [] for kind in KINDS})
        await asyncio.gather(
            self._at(SENDS_A_SECOND, seconds, self._send, window.waits["sends"]),
            self._at(REQUESTS_A_SECOND, seconds, self._ask, window.waits["requests"]),
        )
        window.ended = time.monotonic()
        ran_now, waited_now = main_thread_s(appliance)
        window.loop_cpu_s, window.loop_waited_s = ran_now - ran, waited_now - waited
        window.all_cpu_s, window.search_cpu_s = cpu_s([appliance]) - used, cpu_s(others) - searched
        return window

    async def _at(self, rate: float, seconds: float, do: Callable[[int], Awaitable[None]], waits: list[float]) -> None:
        async def one(number: int, due: float) -> None:
            await do(number)
            waits.append(perf_counter() - due)

        begun = perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(seconds * rate)):
                due = begun + number / rate
                await asyncio.sleep(max(0.0, due - perf_counter()))
                tasks.create_task(one(number, due))

    async def _send(self, number: int) -> None:
        which = number % len(self._headers)
        path = f"/api/v1/rooms/{self._rooms[which]}/messages"
        body = {"txn_id": f"load-{next(self._txns)}", "body": {"text": "ทดสอบระหว่างถูกโจมตี"}}
        await self._done("POST", path, which, 201, json=body)

    async def _ask(self, number: int) -> None:
        await self._done("GET", "/api/v1/me", number % len(self._headers), 200)

    async def _done(self, method: str, path: str, which: int, expected: int, **options: Any) -> None:
        async with self._http.request(method, path, headers=self._headers[which], **options) as response:
            if response.status != expected:
                raise RuntimeError(f"{method} {path}: {response.status} {await response.text()}")
            await response.read()
