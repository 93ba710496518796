"""Search while its process, the appliance or both are down: chat goes on, and afterwards every message is found.

The index is disposable: whatever happens to it, it ends where a search through all messages by hand would.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from appliance.data_folder import search_path
from search_index.client import SearchClient
from search_index.query import matches, parse
from tests.agency import search_process
from tests.faults.appliance import Appliance, Caller, Refused, clients, gchat, sign_in
from tests.faults.load import at_work
from tests.faults.team import ROOMS, assemble
from tests.waiting import quiet_clock, until

KILLS = int(os.environ.get("GCHAT_FAULT_KILLS", "12"))
DOWN = "ยังค้นหาไม่ได้ในขณะนี้ การสนทนายังใช้งานได้ตามปกติ โปรดลองใหม่ภายหลัง"
Hits = list[tuple[str, int]]


async def find(who: Caller, q: str, **filters: object) -> Hits:
    """Return everything that is found, page by page."""
    hits: Hits = []
    cursor: dict[str, object] = {}
    while True:
        page = await who.call("GET", "/search", q=q, limit=100, **filters, **cursor)
        hits += [(hit["room"], hit["n"]) for hit in page["hits"]]
        if "cursor" not in page:
            return hits
        cursor = {"cursor": page["cursor"]}


async def found_at_last(who: Caller, q: str, expected: Hits, **filters: object) -> None:
    """Wait until a search answers this. Raises AssertionError."""
    answer: Hits | None = None

    async def found() -> bool:
        nonlocal answer
        try:
            answer = await find(who, q, **filters)
        except Refused as error:
            if error.code != "search_unavailable":
                raise
        return answer == expected

    with suppress(AssertionError):  # what follows says what is missing
        await until(found)
    assert answer == expected


async def by_hand(who: Caller, room: str, q: str) -> Hits:
    """Return what a search must find in a room, the newest first."""
    texts = [event for event in await who.history(room) if event["type"] == "message.text" and "body" in event]
    return [(room, event["n"]) for event in reversed(texts) if matches(parse(q), event["body"]["text"])]


async def say(who: Caller, room: str, words: str, count: int) -> Hits:
    """Say something so often; return where, the newest first."""
    said = [await who.say(room, f"{words} {n}", f"{words}-{n}") for n in range(count)]
    return [(room, one["n"]) for one in reversed(said)]


async def refused(who: Caller) -> Refused:
    with pytest.raises(Refused) as refusal:
        await find(who, "ครับ")
    return refusal.value


async def index_state(data: Path) -> Any:
    client = SearchClient(search_path(data))
    try:
        return await client.status()
    finally:
        await client.close()


async def test_down_it_says_so_and_up_again_it_has_missed_nothing(appliance: Callable[..., Appliance]) -> None:
    served = appliance()
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        room = served.room("dengue")
        before = await say(narin, room, "ปูแสมก่อนเปิด", 30)
        error = await refused(narin)
        assert (error.status, error.code, error.message) == (503, "search_unavailable", DOWN)
        async with search_process(served.data):
            await found_at_last(narin, "ปูแสมก่อนเปิด", before)
            old = await by_hand(narin, room, "ครับ")
            assert await find(narin, "ครับ", room=room) == old
        error = await refused(narin)
        assert (error.status, error.code) == (503, "search_unavailable")
        between = await say(narin, room, "ปูแสมระหว่างปิด", 30)
        await narin.call("DELETE", f"/rooms/{room}/messages/{before[0][1]}")
        async with search_process(served.data):
            await found_at_last(narin, "ปูแสมระหว่างปิด", between)
            assert await find(narin, "ปูแสมก่อนเปิด") == before[1:]
            assert await find(narin, "ครับ", room=room) == old
    served.stop()


async def test_a_process_that_hangs_holds_up_nobody_who_writes(appliance: Callable[..., Appliance]) -> None:
    served = appliance(supervised=True)
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        room = served.room("dengue")
        await found_at_last(narin, "ครับ", await by_hand(narin, room, "ครับ"), room=room)
        os.kill(served.pids["search"], signal.SIGSTOP)
        try:
            asked = asyncio.create_task(refused(narin))
            begun = quiet_clock()
            said = await say(narin, room, "ปูแสมระหว่างค้าง", 50)
            assert quiet_clock() - begun < 3
            assert (await asked).message == DOWN
            assert quiet_clock() - begun < 10
        finally:
            os.kill(served.pids["search"], signal.SIGCONT)
        await found_at_last(narin, "ปูแสมระหว่างค้าง", said)
    served.stop()


async def test_kills_under_load_leave_nothing_unfound(appliance: Callable[..., Appliance], rng: random.Random) -> None:
    """The search process, the appliance, and both with their supervisor, in turn."""
    served = appliance(supervised=True)
    served.start()

    def kill_search() -> None:
        with suppress(ProcessLookupError):  # killed before, and not started again yet
            os.kill(served.pids["search"], signal.SIGKILL)

    def kill_appliance() -> None:
        before = served.pid
        served.kill()
        served.wait_ready(before)

    def kill_all() -> None:
        kill_search()
        served.kill()
        served.kill_supervisor()
        served.start()

    async with clients() as session:
        team = await assemble(session, served)
        async with at_work(team.workers):
            for _, kill in zip(range(KILLS), cycle((kill_search, kill_appliance, kill_search, kill_all)), strict=False):
                await team.gets_on()
                await asyncio.sleep(rng.uniform(0, 0.8))
                await asyncio.to_thread(kill)
        assert team.acknowledged > KILLS * 10
        for code in ROOMS:
            room = served.room(code)
            who = team.callers[room]
            for q in ("ขอส่งรายงานประจำวันค่ะ", "ประชุม", "ครับ"):
                expected = await by_hand(who, room, q)
                await found_at_last(who, q, expected, room=room)
            assert len(await by_hand(who, room, "ขอส่งรายงานประจำวันค่ะ")) > KILLS
    served.stop()


async def test_a_killed_index_comes_back_while_nobody_writes(appliance: Callable[..., Appliance]) -> None:
    served = appliance(supervised=True)
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        said = await say(narin, served.room("dengue"), "ปูแสมเงียบ", 5)
        await found_at_last(narin, "ปูแสมเงียบ", said)
        os.kill(served.pids["search"], signal.SIGKILL)
        await found_at_last(narin, "ปูแสมเงียบ", said)
    served.stop()


async def test_a_rebuilt_index_answers_the_same(appliance: Callable[..., Appliance]) -> None:
    served = appliance(supervised=True)
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        said = await say(narin, served.room("dengue"), "ปูแสมสร้างใหม่", 20)
        await found_at_last(narin, "ปูแสมสร้างใหม่", said)
        queries = ("ครับ", "ประชุม", "ข้อมูล", "ปูแสมสร้างใหม่", "10")
        before = [await find(narin, q) for q in queries]
        assert all(before)
        state = await index_state(served.data)
        rebuilt = gchat("search", "--data", served.data, "--rebuild")
        assert rebuilt.returncode == 0, rebuilt.stderr
        assert (await index_state(served.data)).entries < state.entries
        for q, expected in zip(queries, before, strict=True):
            await found_at_last(narin, q, expected)
        assert (await index_state(served.data)).entries == state.entries
    served.stop()


@pytest.mark.parametrize("said_since", [0, 40])
async def test_a_database_from_before_makes_the_index_forget(
    appliance: Callable[..., Appliance], said_since: int
) -> None:
    """Restored, and written on while the search process was away, perhaps further than the index ever was."""
    served = appliance()
    kept = served.data.parent / "kept"
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        room = served.room("dengue")
        first = await say(narin, room, "ปูแสมเดิม", 3)
    served.stop()
    shutil.copytree(served.data, kept, ignore=shutil.ignore_patterns("*.sock"))
    served.start()
    async with clients() as session, search_process(served.data):
        narin = replace(narin, session=session)
        lost = await say(narin, room, "ปูแสมที่หายไป", 10)
        await found_at_last(narin, "ปูแสมที่หายไป", lost)
        forgotten = (await index_state(served.data)).received
    served.stop()
    shutil.copytree(served.data / "search", kept / "search", dirs_exist_ok=True)
    shutil.rmtree(served.data)
    shutil.copytree(kept, served.data)
    served.start()
    async with clients() as session:
        narin = replace(narin, session=session)
        again = await say(narin, room, "ปูแสมเล่าใหม่", said_since)
        async with search_process(served.data):
            await found_at_last(narin, "ปูแสมเดิม", first)
            await found_at_last(narin, "ปูแสมเล่าใหม่", again)
            await found_at_last(narin, "ครับ", await by_hand(narin, room, "ครับ"), room=room)
            assert await find(narin, "ปูแสมที่หายไป") == []
            assert ((await index_state(served.data)).received > forgotten) == (said_since > 0)
    served.stop()


async def test_the_search_process_is_given_its_key_and_no_other(appliance: Callable[..., Appliance]) -> None:
    """It has open files of its index alone, no module that opens a database, and no word of how to open the keys."""
    served = appliance(supervised=True)
    served.start()
    async with clients() as session:
        await found_at_last(await sign_in(session, served, "narin.p"), "ปูแสมไม่มี", [])
    files = {name for name in opened(served.pids["search"]) if name.startswith(f"{served.data}/")}
    assert files
    assert all(name.startswith(f"{served.data}/search/") for name in files), files
    words, maps = (proc(served.pids["search"], name) for name in ("cmdline", "maps"))
    assert b"--key-fd" in words
    assert b"answers-fd" not in words
    assert b"sqlcipher" not in maps
    assert b"sqlcipher" in proc(served.pids["appliance"], "maps")
    served.stop()


def proc(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


def opened(pid: int) -> set[str]:
    return {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}


async def test_the_socket_is_its_owners_alone(appliance: Callable[..., Appliance]) -> None:
    served = appliance(supervised=True)
    served.start()
    assert (served.data / "search.sock").stat().st_mode & 0o777 == 0o600
    served.stop()
