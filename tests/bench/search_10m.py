"""Searches among 10,000,000 messages (search.md, «Bars»); the others, that take hours to fill, have 1,000,000."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.search_queries import measure

if TYPE_CHECKING:
    from tests.bench.results import Result


def bench() -> Result:
    """Fill, ask, and ask the others."""
    return measure("search-10m", 10_000_000, p50_ms=None, p99_ms=100.0)
