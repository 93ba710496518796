"""A search process of its own, for tests that kill it: `python -m tests.search.process FOLDER SOCKET`.

Its clock runs fast: what comes in is due to be written at once, so that kills fall into writes and merges.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from search_index.process import run
from search_index.server import Options
from tests.search.corpus import CACHE, KEY

FAST = 100  # nanoseconds for what it takes for a millisecond


def main() -> None:
    """Serve until told to end; prints a line when it answers."""
    folder, path = map(Path, sys.argv[1:])
    options = Options(folder, path, KEY, lambda: time.time_ns() // FAST, CACHE, work_every_s=0.001)
    run(options, lambda: print("ready", flush=True))  # noqa: T201 - what the test waits for


if __name__ == "__main__":
    main()
