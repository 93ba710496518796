"""Searches in a large index, the first page, by callers with 200 rooms: in a process of their own, cold and warm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench import search_peers
from tests.bench.processes import SERVER_CORE, on_core
from tests.bench.results import Result, at_most, progress, result

if TYPE_CHECKING:
    from collections.abc import Iterator

PEER_MESSAGES: Final = 1_000_000
MAX_MEMORY_MIB: Final = 2048


def worker(what: str, folder: Path, count: int = 0) -> dict[str, Any]:
    """Let a process fill or ask an index (`search_worker`) on the server's core; return its figures."""
    command = [sys.executable, "-m", "tests.bench.search_worker", what, str(folder), "--count", str(count)]
    with on_core(SERVER_CORE):
        done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own program
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder on the disk to measure."""
    made = Path(tempfile.mkdtemp(prefix="gchat-search-", dir=os.environ.get("GCHAT_BENCH_DIR", "/var/tmp")))  # noqa: S108
    try:
        yield made
    finally:
        shutil.rmtree(made)


def measure(name: str, count: int, p50_ms: float | None, p99_ms: float) -> Result:
    """Fill an index with so many messages and ask it, beside FTS5 in SQLCipher and Whoosh as it comes."""
    with folder() as made:
        progress(f"fill {count} messages")
        filled = worker("fill", made / "index", count)
        asked = worker("ask", made / "index")
        shutil.rmtree(made / "index")
        progress(f"SQLite FTS5, {min(count, PEER_MESSAGES)} messages")
        with on_core(SERVER_CORE):
            fts5 = search_peers.fts5(made, min(count, PEER_MESSAGES))
            whoosh = search_peers.whoosh(made)
    warm = asked["warm"]
    bars = [
        at_most("p99 ms", warm["p99_ms"], p99_ms),
        at_most("memory of the asking process, MiB", asked["peak_mib"], MAX_MEMORY_MIB),
    ]
    if p50_ms is not None:
        bars.insert(0, at_most("p50 ms", warm["p50_ms"], p50_ms))
    details = {
        "bars": bars,
        "reports": {"messages": count, "filling": filled, "asking": asked},
        "beside": {"sqlite fts5 in sqlcipher": fts5, "whoosh as it comes": whoosh},
    }
    return result(name, warm["p99_ms"], "ms, p99", fts5["warm"]["p99_ms"], warm["cpu_s"], details)
