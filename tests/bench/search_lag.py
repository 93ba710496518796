"""How soon after its acknowledgement another member finds a message, and how fast searches are while much is indexed.

`gchat up` with 200 rooms and a past of real messages; somebody who is in all of them searches over HTTP for what others
have just sent: while nobody else writes, under a steady load, and under all the load the server takes. Then the
appliance is stopped, as many messages again are appended, and while the index catches up with them, warm queries go
through `GET /search` and, beside it, straight to the index. The plain limit is the same index without an appliance: one
entry told over its socket, and found there.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from appliance import config, wiring
from appliance.data_folder import search_path
from appliance.model import RoomId
from appliance.wire.cursors import feed_position
from appliance.wire.messages import TextBody
from search_index.client import SearchClient, SearchUnavailable
from search_index.query import parse
from search_index.wire import Add, IndexEntry, Search
from tests.bench import search_load
from tests.bench.agency import Layout, Sizes, folder, load, make, places
from tests.bench.driver import Report, drive
from tests.bench.fill import append
from tests.bench.processes import DRIVER_CORE, SERVER_CORE, cpu_s, on_core
from tests.bench.results import Result, at_most, milliseconds, progress, result
from tests.bench.server import Server, connector, plan, running, sign_in
from tests.bench.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.bench.driver import Plan

ROOMS: Final = 200
MEMBERS: Final = 5
SEARCHER: Final = 0
BUSY_ROOMS: Final = 20
PAST: Final = 100_000
BULK: Final = 200_000
RATE: Final = 300.0
LOAD_S: Final = 30.0
LOW_PROBES: Final = 100
APART_S: Final = 0.25
POLL_S: Final = 0.02
LOST_S: Final = 60.0
REST_S: Final = 1.0
REST_CPU_S: Final = 0.05
"""The index is at rest when its process has used no more than this in REST_S: it looks for work, and finds none."""
UNTOUCHED_S: Final = 10.0
ROUNDS: Final = 2
QUESTIONS: Final = 50
ASK_APART_S: Final = 0.02
PLAIN: Final = 300
BAR_LAG_MS: Final = 2_000.0
BAR_UNTOUCHED: Final = 1.5
"""Background work leaves the appliance's own latency untouched."""
BAR_P50_MS: Final = 2.0
BAR_P99_MS: Final = 25.0


@dataclass(frozen=True, slots=True)
class _Lags:
    """Times in seconds from acknowledgement to found, and what the processes used in `wall_s`."""

    seconds: list[float]
    wall_s: float
    appliance_cpu_s: float
    search_cpu_s: float
    load: Report | None = None

    def figures(self) -> dict[str, Any]:
        """Return what a reader wants to know."""
        return {
            "lag_ms": milliseconds(self.seconds) | {"most": max(self.seconds) * 1000},
            "messages_searched_for": len(self.seconds),
            "appliance_cores": self.appliance_cpu_s / self.wall_s,
            "search_cores": self.search_cpu_s / self.wall_s,
            **({"load": self.load.figures()} if self.load else {}),
        }


def bench() -> Result:
    """Measure the lag at three loads, what indexing costs senders, searches beside a bulk, and the plain limit."""
    with folder(places()["disk"]) as data:
        progress(f"search-lag: {ROOMS} rooms, {PAST:,} messages")
        layout = make(data, _sizes())
        asyncio.run(_grow(data, range(PAST)))
        with running(data) as server, on_core(DRIVER_CORE):
            stage = _Stage(server, layout, data)
            asyncio.run(stage.caught_up())
            lags = _lags(stage)
            progress("search-lag: acknowledgements with and without a search process")
            untouched = _untouched(stage)
        progress(f"search-lag: {BULK:,} messages more")
        asyncio.run(_grow(data, range(PAST, PAST + BULK)))
        with running(data) as server, on_core(DRIVER_CORE):
            bulk = asyncio.run(_Stage(server, layout, data).ask_beside_bulk())
        progress("search-lag: the index without an appliance")
        with _index_alone(data), on_core(DRIVER_CORE):
            plain = asyncio.run(_plain(data, layout))
    return _result(lags, untouched, bulk, milliseconds(plain))


def _result(
    lags: dict[str, _Lags], untouched: dict[str, dict[str, float]], bulk: dict[str, Any], plain: dict[str, float]
) -> Result:
    main = lags["steady"]
    p99 = {name: milliseconds(found.seconds)["p99"] for name, found in lags.items()}
    touched = untouched["search runs"]["p99"] / untouched["search stands still"]["p99"]
    direct = bulk["while indexing"]["search_process_ms"]
    details = {
        "bars": [
            *(at_most(f"{name} load: ms from acknowledged to found, p99", p99[name], BAR_LAG_MS) for name in lags),
            at_most("acknowledgement p99, indexing to not indexing", touched, BAR_UNTOUCHED),
            at_most("search process while indexing in bulk: ms, p50", direct["p50"], BAR_P50_MS),
            at_most("search process while indexing in bulk: ms, p99", direct["p99"], BAR_P99_MS),
        ],
        "reports": {name: found.figures() for name, found in lags.items()},
        "acknowledged_ms": untouched,
        "bulk": bulk,
        "limits": {"add_and_find_ms": plain},
        "limit_is": "one entry told to the same index over its socket and found there, without an appliance, p99",
        "load": (
            f"{ROOMS} rooms of {MEMBERS}, {PAST:,} messages before, {BULK:,} in bulk; low: one message at a time and "
            f"nothing else; steady: {RATE:g} messages a second beside; full: {BUSY_ROOMS} senders, each with one "
            f"message under way; searched for every {POLL_S * 1000:g} ms, which the lag includes"
        ),
    }
    cpu = main.appliance_cpu_s + main.search_cpu_s
    return result("search-lag", p99["steady"], "ms, p99", plain["p99"], cpu, details)


def _sizes() -> Sizes:
    """Return rooms that share nobody but the one who searches."""
    others = MEMBERS - 1
    rooms = ((SEARCHER, *range(room * others + 1, (room + 1) * others + 1)) for room in range(ROOMS))
    return Sizes(ROOMS * others + 1, tuple(rooms))


async def _grow(data: Path, numbers: range) -> None:
    """Append real messages, the k-th busiest room with 1/k of the first's."""
    layout = load(data)
    bodies = [TextBody(text=text) for text in search_load.texts()]
    chance = random.Random(numbers.start)  # noqa: S311 - a load, no secret
    shares = list(itertools.accumulate(1 / (place + 1) for place in range(ROOMS)))
    async with wiring.services(config.load(data)) as s:
        rooms = [RoomId(room.id) for room in layout.rooms]
        people = [list(map(s.log.home.person, (await s.log.head(room)).state.members))[1:] for room in rooms]
        chosen = chance.choices(range(ROOMS), cum_weights=shares, k=len(numbers))
        await append(
            s,
            ((rooms[at], people[at][n % (MEMBERS - 1)], n) for at, n in zip(chosen, numbers, strict=True)),
            bodies,
        )


def _lags(stage: _Stage) -> dict[str, _Lags]:
    """Measure at each load, after the quiet one."""
    loads: dict[str, dict[str, Any]] = {"steady": {"load": "steady", "rate": RATE}, "full": {"load": "closed"}}
    progress("search-lag: low load")
    found = {"low": asyncio.run(stage.lags_alone())}
    for name, kind in loads.items():
        progress(f"search-lag: {name} load")
        found[name] = asyncio.run(stage.lags_beside(stage.load(seconds=LOAD_S, **kind)))
    return found


def _untouched(stage: _Stage) -> dict[str, dict[str, float]]:
    """Return ack times under the steady load in turns with and without indexing, the quieter round of each."""
    rounds: dict[str, list[dict[str, float]]] = {"search stands still": [], "search runs": []}
    for _ in range(ROUNDS):
        for name, found in rounds.items():
            asyncio.run(stage.caught_up())
            planned = stage.load(load="steady", rate=RATE, seconds=UNTOUCHED_S)
            with stage.standing_still() if name == "search stands still" else nullcontext():
                found.append(drive(planned).ack_ms)
    return {name: min(found, key=lambda times: times["p99"]) for name, found in rounds.items()}


class _Stage:
    """A running appliance: one who searches, one who is searched for, and those who make the load."""

    def __init__(self, server: Server, layout: Layout, data: Path) -> None:
        self._server, self._layout, self._data = server, layout, data
        self._busy = layout.rooms[:BUSY_ROOMS]
        self._quiet = layout.rooms[-1]
        tokens = sign_in(server, layout, [SEARCHER, self._quiet.members[1]])
        self._searcher, self._sender = tokens[SEARCHER], tokens[self._quiet.members[1]]
        self._loading: dict[int, str] = {}
        self._tags = itertools.count(time.time_ns() // 1_000_000)

    def load(self, **load: Any) -> Plan:
        """Return a load on the busy rooms; the room in which messages are searched for is none of them."""
        senders = {room.members[1]: room.id for room in self._busy}
        if not self._loading:
            members = [member for room in self._busy for member in room.members if member != SEARCHER]
            self._loading = sign_in(self._server, self._layout, members)
        return plan(self._server, senders, self._loading, audience=MEMBERS - 2, **load)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Stop the search process for the block: it takes no time and answers nothing, and the rest goes on."""
        for pid in self._server.others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in self._server.others:
                os.kill(pid, signal.SIGCONT)

    async def caught_up(self) -> None:
        """Wait until the index has everything that was written before."""
        async with self._session() as session, _index(self._data) as index:
            head = await self._head(session)
            await _until(index, head)

    async def lags_alone(self) -> _Lags:
        """Send and search for one message at a time, at moments that have nothing to do with one another."""
        chance = random.Random(1)  # noqa: S311 - a load, no secret
        async with self._session() as session:
            await self._lag(session)
            used = self._used()
            seconds = []
            for _ in range(LOW_PROBES):
                seconds.append(await self._lag(session))
                await asyncio.sleep(chance.random() * APART_S)
            return self._lags_since(used, seconds)

    async def lags_beside(self, planned: Plan) -> _Lags:
        """Search for messages as long as a load lasts. The CPU time is that of the load's own window."""
        async with self._session() as session, _index(self._data) as index:
            before = (await index.status()).received
            running_load = asyncio.create_task(asyncio.to_thread(drive, planned))
            while not running_load.done() and (await index.status()).received < before + RATE:  # noqa: ASYNC110 - a process
                await asyncio.sleep(POLL_S)
            probes = []
            while not running_load.done():
                probes.append(asyncio.create_task(self._lag(session)))
                await asyncio.sleep(APART_S)
            seconds = list(await asyncio.gather(*probes))
            report = await running_load
        return _Lags(seconds, report.wall_s, report.server_cpu_s, report.others_cpu_s, report)

    async def ask_beside_bulk(self) -> dict[str, Any]:
        """Ask warm queries while the index catches up with the bulk, and again when it has nothing left to do."""
        async with self._session() as session, _index(self._data) as index:
            head = await self._head(session)
            await self._ask(session, index, QUESTIONS, apart_s=0.0)
            first, used = (await index.status()).received, self._used()
            waits = await self._ask(session, index, None, until=head)
            indexing = self._lags_since(used, [])
            await self._at_rest(index, head)
            quiet = await self._ask(session, index, len(waits[0]))
        return {
            "messages_indexed": head - first,
            "messages_per_s": (head - first) / indexing.wall_s,
            "appliance_cpu_s": indexing.appliance_cpu_s,
            "search_cpu_s": indexing.search_cpu_s,
            "queries": len(waits[0]),
            "while indexing": _named(waits),
            "quiet": _named(quiet),
        }

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        index: SearchClient,
        most: int | None,
        *,
        until: int | None = None,
        apart_s: float = ASK_APART_S,
    ) -> tuple[list[float], list[float]]:
        """Ask in turns through the appliance and the index itself; return the times of each in seconds.

        Ends after so many questions, or once the index has the feed up to a position.
        """
        rooms = [room.id for room in self._layout.rooms]
        through, direct, hits = [], [], 0
        for needles in itertools.islice(itertools.cycle(_questions()), most):
            if until is not None and (await index.status()).received >= until:
                break
            begun = time.perf_counter()
            hits += len(await self._search(session, " ".join(f'"{needle}"' for needle in needles)))
            through.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            await index.search(Search(needles=list(needles), rooms=rooms, limit=search_load.PAGE))
            direct.append(time.perf_counter() - begun)
            await asyncio.sleep(apart_s)
        if not hits:
            raise RuntimeError("nothing was found, or the bulk was indexed before anything was asked")
        return through, direct

    async def _lag(self, session: aiohttp.ClientSession) -> float:
        """Send a message nobody else has sent; return the seconds from its acknowledgement until it is found."""
        tag = next(self._tags)
        words = f"เลขรับที่ {tag}"
        body = {"txn_id": f"lag-{tag}", "body": {"text": f"{TEXTS[tag % len(TEXTS)]} {words}"}}
        path = f"/api/v1/rooms/{self._quiet.id}/messages"
        async with session.post(path, json=body, headers=_as(self._sender)) as response:
            posted = await response.json()
            if response.status != 201:
                raise RuntimeError(f"{path}: {posted}")
        acknowledged = time.perf_counter()
        while True:
            asked = time.perf_counter()
            hits = await self._search(session, f'"{words}"')
            now = time.perf_counter()
            if [(hit["room"], hit["n"]) for hit in hits] == [(self._quiet.id, posted["n"])]:
                return now - acknowledged
            if hits or now - acknowledged > LOST_S:
                raise RuntimeError(f"{words}: {hits} after {now - acknowledged:.0f} s")
            await asyncio.sleep(max(0.0, asked + POLL_S - now))

    async def _search(self, session: aiohttp.ClientSession, text: str) -> list[dict[str, Any]]:
        params: dict[str, str | int] = {"q": text, "limit": search_load.PAGE}
        async with session.get("/api/v1/search", params=params, headers=_as(self._searcher)) as response:
            answer: dict[str, Any] = await response.json()
            if response.status != 200:
                raise RuntimeError(f"search: {answer}")
            hits: list[dict[str, Any]] = answer["hits"]
            return hits

    async def _head(self, session: aiohttp.ClientSession) -> int:
        async with session.get("/api/v1/sync", headers=_as(self._searcher)) as response:
            return feed_position((await response.json())["pos"])

    async def _at_rest(self, index: SearchClient, head: int) -> None:
        """Wait until the index has everything up to a position in its files, and merges nothing any more."""
        deadline, used = time.monotonic() + LOST_S * 5, 0.0
        while (await index.status()).durable < head or cpu_s(self._server.others) - used > REST_CPU_S:
            if time.monotonic() > deadline:
                raise RuntimeError("the index does not come to rest")
            used = cpu_s(self._server.others)
            await asyncio.sleep(REST_S)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self._server.url, connector=connector(self._server))

    def _used(self) -> tuple[float, float, float]:
        return time.perf_counter(), cpu_s([self._server.appliance]), cpu_s(self._server.others)

    def _lags_since(self, before: tuple[float, float, float], seconds: list[float]) -> _Lags:
        wall, appliance, search = (now - then for now, then in zip(self._used(), before, strict=True))
        return _Lags(seconds, wall, appliance, search)


def _questions() -> list[tuple[str, ...]]:
    """Return the needles of some questions, those that quoting leaves as they are."""
    asked = (question.query.needles for question in search_load.questions())
    same = (needles for needles in asked if parse(" ".join(f'"{needle}"' for needle in needles)).needles == needles)
    return list(itertools.islice(same, QUESTIONS))


def _named(waits: tuple[list[float], list[float]]) -> dict[str, dict[str, float]]:
    through, direct = waits
    return {"get_search_ms": milliseconds(through), "search_process_ms": milliseconds(direct)}


def _as(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def _index(data: Path) -> AsyncIterator[SearchClient]:
    """Connect to the search process itself."""
    client = SearchClient(search_path(data))
    try:
        yield client
    finally:
        await client.close()


async def _until(index: SearchClient, head: int) -> None:
    deadline = time.monotonic() + LOST_S * 5
    while (await index.status()).received < head:
        if time.monotonic() > deadline:
            raise RuntimeError("the index does not catch up")
        await asyncio.sleep(0.1)


@contextmanager
def _index_alone(data: Path) -> Iterator[None]:
    """Run the search process of a data folder without the appliance."""
    with on_core(SERVER_CORE):
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "appliance.cli", "search", "--data", str(data)]
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def _plain(data: Path, layout: Layout) -> list[float]:
    """Tell the index one entry and find it, over and over; return the seconds that both together take."""
    rooms = [room.id for room in layout.rooms]
    async with _index(data) as index:
        at = await _answering(index)
        seconds = []
        for number in range(PLAIN):
            words = f"เลขรับที่ {number:08}"
            text = f"{TEXTS[number % len(TEXTS)]} {words}"
            entry = IndexEntry(rooms[-1], at + number, "p_plain", time.time_ns() // 1_000_000, text, "text")
            request = Search(needles=list(parse(f'"{words}"').needles), rooms=rooms, limit=search_load.PAGE)
            begun = time.perf_counter()
            await index.add(Add(at + number, at + number + 1, [entry]))
            found = await index.search(request)
            seconds.append(time.perf_counter() - begun)
            if [hit.n for hit in found.hits] != [at + number]:
                raise RuntimeError(f"{words}: {found.hits}")
        return seconds


async def _answering(index: SearchClient) -> int:
    """Wait until the process answers; return up to where it has the feed."""
    deadline = time.monotonic() + LOST_S
    while True:
        try:
            return (await index.status()).received
        except SearchUnavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
