"""The cost of a send and of a page of 50 while an agency's history grows from ten thousand to a million messages.

The same 200 rooms at every size, talkative and quiet ones as a Zipf law has it, over a year of weeks. The history is
appended through the room log; each size is measured on the folder as it then is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
import numpy as np

from appliance import config, wiring
from appliance.model import RoomId
from tests.bench.agency import apart, folder, load, make, places
from tests.bench.driver import drive
from tests.bench.fill import append
from tests.bench.processes import cpu_s
from tests.bench.results import Result, at_most, milliseconds, progress, result
from tests.bench.server import Server, connector, plan, running, sign_in

if TYPE_CHECKING:
    from tests.bench.agency import Layout

SIZES: Final = (10_000, 100_000, 1_000_000)
ROOMS: Final = 200
MEMBERS: Final = 5
SENDING_ROOMS: Final = 20
PAGES: Final = 1_000
SECONDS: Final = 5.0
ROUNDS: Final = 3
BAR: Final = 1.3
WEEKS: Final = 52
WEEK_MS: Final = 7 * 86_400_000
CHUNK: Final = 10_240
EXPONENT: Final = 1.1


def bench() -> Result:
    """Grow one folder, measure copies of each size; the largest one's cost is compared with the smallest one's."""
    cache = os.environ.get("GCHAT_BENCH_CACHE")
    if cache:
        Path(cache).mkdir(parents=True, exist_ok=True)
        found = _measure_all(Path(cache))
    else:
        with folder(places()["disk"]) as made:
            found = _measure_all(made)
    small, large = found[SIZES[0]], found[SIZES[-1]]
    send = large["send_cpu_us"] / small["send_cpu_us"]
    page = large["page_cpu_us"] / small["page_cpu_us"]
    details = {
        "bars": [
            at_most("cost of a send, largest to smallest", send, BAR),
            at_most("cost of a page, largest to smallest", page, BAR),
        ],
        "sizes": {str(size): figures for size, figures in found.items()},
        "load": f"{ROOMS} rooms of {MEMBERS}, Zipf with exponent {EXPONENT}; the limit is the smallest size's cost",
    }
    return result("history", large["send_cpu_us"], "us CPU/send", small["send_cpu_us"], large["server_cpu_s"], details)


def _measure_all(cache: Path) -> dict[int, dict[str, Any]]:
    """Measure copies of all sizes in turns, several times over: what disturbs the machine disturbs all alike."""
    filled = _grown(cache)
    rounds: dict[int, list[dict[str, Any]]] = {size: [] for size in SIZES}
    with contextlib.ExitStack() as stack:
        stages = {}
        for size in SIZES:
            copy = stack.enter_context(folder(cache))
            shutil.copytree(filled[size], copy, dirs_exist_ok=True)
            stages[size] = _Stage(stack.enter_context(running(copy)), copy)
        for number in range(ROUNDS):
            for size, stage in stages.items():
                progress(f"history: {size:,} messages, round {number + 1} of {ROUNDS}")
                rounds[size].append(stage.measure(number))
        return {size: _least(found) | {"database_mib": stages[size].mib} for size, found in rounds.items()}


def _least(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the cheapest send and the cheapest page: disturbance only ever adds."""
    send = min(rounds, key=lambda found: float(found["send_cpu_us"]))
    page = min(rounds, key=lambda found: float(found["page_cpu_us"]))
    return send | {name: page[name] for name in ("page_cpu_us", "page_ms")}


def _grown(cache: Path) -> dict[int, Path]:
    filled: dict[int, Path] = {}
    for size in SIZES:
        filled[size] = cache / f"{size}-messages"
        if not filled[size].exists():
            _grow(next((filled[smaller] for smaller in reversed(SIZES) if smaller < size), None), filled[size], size)
    return filled


def _grow(before: Path | None, filled: Path, size: int) -> None:
    """Make the folder of a size from the one before it; it gets its name when it is whole."""
    growing = filled.with_name(f"{filled.name}.growing")
    shutil.rmtree(growing, ignore_errors=True)
    if before is None:
        growing.mkdir(mode=0o700)
        make(growing, apart(ROOMS, MEMBERS))
    else:
        shutil.copytree(before, growing)
    asyncio.run(_fill(growing, SIZES[SIZES.index(size) - 1] if before else 0, size))
    growing.rename(filled)


async def _fill(data: Path, first: int, size: int) -> None:
    """Append messages `first` to `size` of the same endless year, whatever sizes were made before."""
    layout = load(data)
    now = wiring.system_clock()
    at = [0]
    clock = wiring.Sources(clock=lambda: now - WEEKS * WEEK_MS + at[0])
    async with wiring.services(config.load(data), sources=clock) as s:
        rooms = [RoomId(room.id) for room in layout.rooms]
        people = [list(map(s.log.home.person, (await s.log.head(room)).state.members)) for room in rooms]
        chosen = _talkative(size)
        begun = time.monotonic()
        for start in range(first, size, CHUNK):
            numbers = range(start, min(size, start + CHUNK))
            at[0] = start * WEEKS * WEEK_MS // SIZES[-1]
            await append(s, ((rooms[chosen[n]], people[chosen[n]][n % MEMBERS], n) for n in numbers))
            progress(
                f"history: {numbers.stop:,} of {size:,}, {(numbers.stop - first) / (time.monotonic() - begun):,.0f}/s"
            )


def _talkative(size: int) -> list[int]:
    """Return the room of each message."""
    weights = 1 / np.arange(1, ROOMS + 1) ** EXPONENT
    chosen: list[int] = np.random.default_rng(1).choice(ROOMS, SIZES[-1], p=weights / weights.sum())[:size].tolist()
    return chosen


class _Stage:
    """A running appliance of one size, with everybody signed in who will be asked for."""

    def __init__(self, server: Server, data: Path) -> None:
        self._server, self._layout = server, load(data)
        self.mib = (data / "gchat.db").stat().st_size / 2**20
        self._busy = self._layout.rooms[:: ROOMS // SENDING_ROOMS]
        members = [member for room in self._busy for member in room.members]
        self._tokens = sign_in(
            server, self._layout, dict.fromkeys((*members, *(r.members[0] for r in self._layout.rooms)))
        )
        self._heard = {member: self._tokens[member] for member in members}

    def measure(self, seed: int) -> dict[str, Any]:
        pages, used = asyncio.run(_pages(self._server, self._layout, self._tokens, seed))
        senders = {room.members[0]: room.id for room in self._busy}
        report = drive(plan(self._server, senders, self._heard, load="closed", audience=MEMBERS - 1, seconds=SECONDS))
        return {
            "send_cpu_us": report.server_cpu_s * 1e6 / report.messages,
            "page_cpu_us": used * 1e6 / PAGES,
            "page_ms": milliseconds(pages),
            "server_cpu_s": report.server_cpu_s,
            "send": report.figures(),
        }


async def _pages(server: Server, layout: Layout, tokens: dict[int, str], seed: int) -> tuple[list[float], float]:
    """Read pages of 50 at places all over the rooms, talkative ones more often; return times and the server's CPU."""
    generator = np.random.default_rng(seed)
    rooms, places_in = _talkative(PAGES * 2), generator.random(PAGES * 2)
    waits: list[float] = []
    used = 0.0
    async with aiohttp.ClientSession(server.url, connector=connector(server)) as session:

        async def ask(room: int, before: int | None) -> list[dict[str, Any]]:
            path = f"/api/v1/rooms/{layout.rooms[room].id}/messages"
            headers = {"Authorization": f"Bearer {tokens[layout.rooms[room].members[0]]}"}
            params = {"limit": 50, **({"before": before} if before is not None else {})}
            async with session.get(path, headers=headers, params=params) as response:
                answer: dict[str, Any] = msgspec.json.decode(await response.read())
                if response.status != 200:
                    raise RuntimeError(f"{path}: {answer}")
                return answer["messages"]  # type: ignore[no-any-return]

        newest = {room: (await ask(room, None))[0]["n"] for room in set(rooms)}
        for number, (room, place) in enumerate(zip(rooms, places_in, strict=True)):
            if number == PAGES:
                used = cpu_s([server.appliance])
            begun = time.perf_counter()
            await ask(room, max(51, int(place * newest[room])))
            waits.append(time.perf_counter() - begun)
    return waits[PAGES:], cpu_s([server.appliance]) - used
