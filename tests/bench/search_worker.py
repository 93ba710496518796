"""One process that fills an index, or asks one, and prints its figures: `python -m tests.bench.search_worker fill|ask`.

A process of its own, so that memory and CPU time are those of the work and nothing else.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from search_index.searcher import search
from search_index.wire import Search
from search_index.writer import Index, in_memory
from tests.bench import search_load
from tests.bench.results import percentile
from tests.search.corpus import Clock

CACHE_BYTES = 512 * 1024 * 1024


def fill(folder: Path, count: int) -> dict[str, Any]:
    """Fill an index as a catch-up does; the time to invent the entries is not counted."""
    index = Index(folder, search_load.KEY, Clock(), CACHE_BYTES)
    wall = cpu = 0.0
    position = 0
    for batch in search_load.entries(count):
        begun, used = perf_counter(), process_time()
        index.apply(position, position + len(batch), batch)
        position += len(batch)
        while (job := index.next_job()) is not None:
            job.run()
            index.install(job)
        wall += perf_counter() - begun
        cpu += process_time() - used
    begun, used = perf_counter(), process_time()
    index.settle()
    wall += perf_counter() - begun
    cpu += process_time() - used
    state = index.state()
    index.close()
    return {
        "messages_s": count / wall, "messages_cpu_s": count / cpu, "cpu_s": cpu, "bytes_a_message":
        state.bytes_on_disk / count, "segments": state.segments, "peak_mib": _peak_mib(),
    }  # fmt: skip


def ask(folder: Path) -> dict[str, Any]:
    """Open an index, ask everything once with nothing decrypted yet, then again."""
    begun = perf_counter()
    index = Index(folder, search_load.KEY, Clock(), CACHE_BYTES)
    opened = perf_counter() - begun
    rounds = [_ask_all(index) for _ in range(2)]
    index.close()
    return {"open_s": opened, "cold": rounds[0], "warm": rounds[1], "peak_mib": _peak_mib()}


def _ask_all(index: Index) -> dict[str, float]:
    wall: list[float] = []
    cpu: list[float] = []
    hits = 0
    for question in search_load.questions():
        request = Search(
            needles=list(question.query.needles), rooms=list(question.rooms), limit=search_load.PAGE
        )  # fmt: skip
        begun, used = perf_counter(), process_time()
        found = search(request, index.newest_first, in_memory(index), index.names)
        cpu.append(process_time() - used)
        wall.append(perf_counter() - begun)
        hits += len(found.hits)
    return {
        "p50_ms": percentile(wall, 50) * 1000, "p99_ms": percentile(wall, 99) * 1000,
        "cpu_p50_ms": percentile(cpu, 50) * 1000, "cpu_p99_ms": percentile(cpu, 99) * 1000,
        "cpu_s": sum(cpu), "hits": hits,
    }  # fmt: skip


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Do what was asked for; print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search_worker", description=__doc__)
    parser.add_argument("what", choices=("fill", "ask"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=0)
    given = parser.parse_args()
    json.dump(fill(given.folder, given.count) if given.what == "fill" else ask(given.folder), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
