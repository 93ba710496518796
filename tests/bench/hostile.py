"""What an attack costs everybody else: sends and plain requests of others under each attack, beside none."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from tests.bench.agency import apart, folder, make, places
from tests.bench.attacks import NAMES, READY, Attack
from tests.bench.processes import DRIVER_CORE, cpu_s, on_core
from tests.bench.results import Result, at_most, percentile, progress, result
from tests.bench.server import connector, running, sign_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.bench.agency import Layout
    from tests.bench.server import Server

ATTACKER: Final = 0
ROOMS: Final = 4
MEMBERS: Final = 12
SECONDS: Final = 12.0
WARM_UP_S: Final = 2.0
SENDS_A_SECOND: Final = 24.0
REQUESTS_A_SECOND: Final = 30.0
BAR: Final = 1.5
SHARES: Final = (50, 99)
Window = dict[str, dict[str, float]]


def bench() -> Result:
    """Measure with no attack before and after all, and under each; the limits are those that any agency has."""
    with folder(places()["disk"]) as data:
        progress("hostile: making people")
        layout = make(data, apart(ROOMS, MEMBERS), lifted=False, cheap_logins=False)
        with running(data, tls=True) as server, on_core(DRIVER_CORE):
            tokens = sign_in(server, layout, [ATTACKER, *(room.members[1] for room in layout.rooms[1:])])
            found, used = asyncio.run(_measure(server, layout, tokens))
    quiet = found.pop("none")
    ratios = {
        name: {kind: window[kind]["p99"] / quiet[kind]["p99"] for kind in quiet} for name, window in found.items()
    }
    bars = [
        at_most(f"{name}: {kind} of others, p99, beside no attack", ratio, BAR)
        for name, kinds in ratios.items()
        for kind, ratio in kinds.items()
    ]
    worst = max(ratio for kinds in ratios.values() for ratio in kinds.values())
    details = {
        "bars": bars,
        "ms": {"none": quiet, **found},
        "server_cpu_s": used,
        "limit_is": "the same load without an attack, in the same run",
        "load": f"{SENDS_A_SECOND:g} messages and {REQUESTS_A_SECOND:g} requests a second over TLS, {SECONDS:g} s",
        "limits": "those of the product; an attack sends twice as much, from one person and one address",
    }
    return result("hostile", worst, "x", 1.0, sum(used.values()), details)


async def _measure(
    server: Server, layout: Layout, tokens: dict[int, str]
) -> tuple[dict[str, Window], dict[str, float]]:
    """Return what others saw and what the server used, by attack; `none` is the median of its two windows."""
    async with aiohttp.ClientSession(server.url, connector=connector(server)) as http:
        load = _Load(http, layout, tokens)
        await load.window(WARM_UP_S)
        quiet = [await load.window(SECONDS)]
        found: dict[str, Window] = {}
        used: dict[str, float] = {}
        for name in NAMES:
            progress(f"hostile: {name}")
            attack = await _prepared(http, server, layout, name, tokens[ATTACKER])
            with _under(attack) as process:
                await load.window(WARM_UP_S)
                before = cpu_s([server.appliance])
                found[name] = await load.window(SECONDS)
                used[name] = cpu_s([server.appliance]) - before
                answered = await asyncio.to_thread(_stop, process)
            progress(f"hostile: {name}: {found[name]}, answered {answered}")
            await asyncio.sleep(WARM_UP_S)
        quiet.append(await load.window(SECONDS))
    found["none"] = {
        kind: {share: (quiet[0][kind][share] + quiet[1][kind][share]) / 2 for share in shares}
        for kind, shares in quiet[0].items()
    }
    return found, used


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

    def __init__(self, http: aiohttp.ClientSession, layout: Layout, tokens: dict[int, str]) -> None:
        self._http = http
        # Nobody of them is in the attacker's room, which is the first.
        self._rooms = [room.id for room in layout.rooms[1:]]
        self._headers = [{"Authorization": f"Bearer {tokens[room.members[1]]}"} for room in layout.rooms[1:]]
        self._txns = itertools.count()

    async def window(self, seconds: float) -> Window:
        """Return the waits, in ms, of some seconds."""
        sends: list[float] = []
        requests: list[float] = []
        await asyncio.gather(
            self._at(SENDS_A_SECOND, seconds, self._send, sends),
            self._at(REQUESTS_A_SECOND, seconds, self._ask, requests),
        )
        return {
            kind: {f"p{share}": percentile(waits, share) * 1000 for share in SHARES}
            for kind, waits in (("sends", sends), ("requests", requests))
        }

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
