"""Bulk indexing: what a rebuild or a catch-up takes, messages a second of one core's time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench import search_peers
from tests.bench.processes import SERVER_CORE, on_core
from tests.bench.results import Result, at_least, progress, result
from tests.bench.search_queries import folder, worker

if TYPE_CHECKING:
    from typing import Any

MESSAGES: Final = 200_000
BAR: Final = 7_000.0


def bench() -> Result:
    """Index as the follower's batches come, beside FTS5 in SQLCipher and Whoosh as it comes."""
    with folder() as made:
        progress(f"{MESSAGES} messages")
        filled = worker("fill", made / "index", MESSAGES)
        progress("the others")
        with on_core(SERVER_CORE):
            fts5 = search_peers.fts5(made, MESSAGES)
            whoosh = search_peers.whoosh(made)
    details: dict[str, Any] = {
        "bars": [at_least("messages for each second of CPU", filled["messages_cpu_s"], BAR)],
        "reports": {"messages": MESSAGES, **filled},
        "beside": {"sqlite fts5 in sqlcipher": fts5, "whoosh as it comes": whoosh},
    }
    rate, limit = filled["messages_cpu_s"], fts5["messages_cpu_s"]
    return result("indexing", rate, "messages/s of CPU", limit, filled["cpu_s"], details)
