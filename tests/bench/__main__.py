"""`python -m tests.bench [NAME]`: run one benchmark, or all; the results are the lines of JSON on standard output."""

from __future__ import annotations

import argparse
import importlib
import resource
import sys

from tests.bench.results import emit, progress

NAMES = (
    *("throughput", "fanout", "latency", "idle", "coldstart", "firstvisit", "sync", "history"),
    *("search-1m", "search-10m", "indexing", "search-lag", "files", "hostile"),
)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="one benchmark; all without a name")
    asked = parser.parse_args().name
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for name in (asked,) if asked else NAMES:
        progress(f"— {name}")
        emit(importlib.import_module(f"tests.bench.{name.replace('-', '_')}").bench())
    return 0


if __name__ == "__main__":
    sys.exit(main())
