"""kill −9 at any moment of writing and merging: the index opens, and what it lacks the feed tells again."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from search_index.client import SearchClient, SearchUnavailable
from search_index.process import NICENESS
from search_index.query import parse
from search_index.wire import Add, IndexEntry, Range, Search, State
from tests.search import corpus

ROUNDS = 12
STEP = 40


async def start(folder: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.search.process", folder / "index", folder / "run" / "s.sock",
        cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


class Feed:
    """A feed that first tells entries, then goes on telling them anew as edited; and how far it has told."""

    def __init__(self, entries: list[IndexEntry]) -> None:
        self.entries = entries
        self.told = 0
        self.states: list[State] = []

    def batch(self, position: int) -> Add:
        """Return what follows after a position."""
        start = position % len(self.entries)
        told = self.entries[start : start + STEP]
        if position >= len(self.entries):
            told = [IndexEntry(e.room, e.n, e.sender, e.at, e.text, e.type, e.has_link, replaces=True) for e in told]
        return Add(position, position + len(told), told)

    async def run(self, client: SearchClient, until: float) -> None:
        """Tell it from where the index has it."""
        state = await client.status()
        self.states.append(state)
        position = state.received
        while position < until:
            batch = self.batch(position)
            self.told = max(self.told, batch.upto)
            position = await client.add(batch)


@pytest.mark.fault
@pytest.mark.slow
async def test_killed_at_any_moment_it_opens_and_catches_up(tmp_path: Path) -> None:
    entries = corpus.entries(corpus.messages()[:400], apart_ms=12 * 60 * 60 * 1000)
    chance = random.Random(7)  # noqa: S311 - moments to kill at
    feed = Feed(entries)
    for _ in range(ROUNDS):
        process = await start(tmp_path)
        client = SearchClient(tmp_path / "run" / "s.sock")
        feeding = asyncio.create_task(feed.run(client, math.inf))
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        with contextlib.suppress(SearchUnavailable):
            await feeding
        await client.close()
    durable = [state.durable for state in feed.states]
    assert durable == sorted(durable), "what was durable stays so"
    assert durable[-1] > 0
    await check_answers(tmp_path, feed)


async def check_answers(folder: Path, feed: Feed) -> None:
    """Tell the feed to where it was, then hold every answer against brute force."""
    entries = feed.entries
    process = await start(folder)
    client = SearchClient(folder / "run" / "s.sock")
    await feed.run(client, max(feed.told, len(entries)))
    received = (await client.status()).received
    await client.add(Add(received, received + 1, [], [Range("r_0")]))
    either = corpus.all_readings([entry.text for entry in entries])
    for _, text in corpus.queries():
        query = parse(text)
        found = await client.search(
            Search(needles=list(query.needles), rooms=[f"r_{n}" for n in range(7)], limit=500)
        )  # fmt: skip
        true = {n for n in corpus.truth(query, either) if entries[n].room != "r_0"}
        numbers = [hit.n for hit in found.hits]
        assert len(numbers) == len(set(numbers))
        assert true <= set(numbers)
    assert (await client.status()).entries == sum(entry.room != "r_0" for entry in entries)
    await client.close()
    process.terminate()
    assert await process.wait() == 0


async def test_it_runs_below_the_appliance(tmp_path: Path) -> None:
    """Searching and indexing take no core from those who write."""
    process = await start(tmp_path)
    try:
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        assert NICENESS > 0
    finally:
        process.terminate()
        await process.wait()
