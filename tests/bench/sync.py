"""A day away: 5,000 events in 50 rooms, caught up by paging `GET /sync` from the last position."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import aiohttp

from appliance import config, wiring
from appliance.model import PersonId, RoomId
from appliance.store.db import connect
from appliance.vault import unlock
from appliance.wire.cursors import FEED, written
from tests.bench.agency import Layout, Sizes, folder, make, places
from tests.bench.fill import append
from tests.bench.processes import SERVER_CORE, cpu_s, on_core
from tests.bench.results import Result, at_most, milliseconds, progress, result
from tests.bench.server import Server, connector, running, sign_in

if TYPE_CHECKING:
    from pathlib import Path

ROOMS: Final = 50
MEMBERS: Final = 10
EVENTS: Final = 5_000
RECEIPTS: Final = 4
PAGE: Final = 1_000
TIMES: Final = 20
BAR_MS: Final = 300
EVERYTHING: Final = """
SELECT l.place & 4294967295, l.pos, l.at, l.type, l.sender, l.target, l.header, l.epoch, l.sealed
FROM log l CROSS JOIN room_member m ON m.room = l.place >> 32 AND m.person = :person
WHERE l.pos > :since ORDER BY l.pos"""


def bench() -> Result:
    """Measure the catching up of the one person who is in all rooms, and reading the same rows with bare SQL."""
    sizes = Sizes(
        ROOMS * (MEMBERS - 1) + 1,
        tuple((0, *range(room * (MEMBERS - 1) + 1, (room + 1) * (MEMBERS - 1) + 1)) for room in range(ROOMS)),
    )
    with folder(places()["disk"]) as data:
        progress("sync: making a day")
        layout = make(data, sizes)
        person, since = asyncio.run(_day(data, layout))
        with running(data) as server:
            token = sign_in(server, layout, [0])[0]
            progress("sync: catching up")
            walls, used, events = asyncio.run(_catch_up(server, token, since))
        plain = _bare(data, person, since)
    cpu_ms = used * 1000 / TIMES
    details = {
        "bars": [at_most("ms of server CPU for the whole day", cpu_ms, BAR_MS)],
        "wall_ms": milliseconds(walls),
        "events": events,
        "requests": -(-events // PAGE),
        "limit_is": "the same rows with bare SQL, still sealed",
        "load": f"{EVENTS} events in {ROOMS} rooms, pages of {PAGE}, {TIMES} times",
    }
    return result("sync", cpu_ms, "ms", plain, used, details)


async def _day(data: Path, layout: Layout) -> tuple[PersonId, int]:
    """Let everybody else talk and read; return the one who was away, and where they stood."""
    async with wiring.services(config.load(data)) as s:
        since = s.log.feed.pos
        messages = EVENTS - RECEIPTS * ROOMS
        rooms = [RoomId(room.id) for room in layout.rooms]
        heads = [await s.log.head(room) for room in rooms]
        others = [list(map(s.log.home.person, head.state.members))[1:] for head in heads]
        for turn in range(RECEIPTS):
            share = range(turn * messages // RECEIPTS, (turn + 1) * messages // RECEIPTS)
            await append(s, ((rooms[n % ROOMS], others[n % ROOMS][n % (MEMBERS - 1)], n) for n in share))
            for room, people in zip(rooms, others, strict=True):
                await s.receipts.read(room, people[turn], (await s.log.head(room)).size - 1)
            await s.receipts.flushed()
        return s.log.home.person(heads[0].state.owner), since


async def _catch_up(server: Server, token: str, since: int) -> tuple[list[float], float, int]:
    headers = {"Authorization": f"Bearer {token}"}
    walls, events, used = [], 0, 0.0
    async with aiohttp.ClientSession(server.url, connector=connector(server), headers=headers) as session:
        for number in range(TIMES + 1):
            if number == 1:
                used = cpu_s([server.appliance])
            begun = time.perf_counter()
            events, at, more = 0, written(FEED, since), True
            while more:
                async with session.get("/api/v1/sync", params={"since": at, "limit": PAGE}) as response:
                    answer = await response.json()
                events, at, more = events + len(answer["events"]), answer["pos"], answer["more"]
            walls.append(time.perf_counter() - begun)
    return walls[1:], cpu_s([server.appliance]) - used, events


def _bare(data: Path, person: PersonId, since: int) -> float:
    """Return the CPU time in ms of reading the rows with SQL alone."""
    loaded = config.load(data)
    raw = connect(loaded.database, unlock.unlock_keys(loaded, wiring.no_terminal).database_key)
    try:
        with on_core(SERVER_CORE):
            rows = len(raw.execute(EVERYTHING, {"since": since, "person": person}).fetchall())
            if rows < EVENTS - RECEIPTS * ROOMS:
                raise RuntimeError(f"{rows} rows")
            begun = time.process_time()
            for _ in range(TIMES):
                raw.execute(EVERYTHING, {"since": since, "person": person}).fetchall()
            return (time.process_time() - begun) * 1000 / TIMES
    finally:
        raw.close()
