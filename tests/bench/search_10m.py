"""Searches among 10,000,000 messages.

The other benchmarks have 1,000,000: more takes hours to fill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.search_queries import measure

if TYPE_CHECKING:
    from tests.bench.results import Result


def bench() -> Result:
    """Fill, ask, and ask the others."""
    return measure("search-10m", 10_000_000, p50_ms=None, p99_ms=100.0)
