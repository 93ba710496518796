"""Searches among 1,000,000 messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.search_queries import measure

if TYPE_CHECKING:
    from tests.bench.results import Result


def bench() -> Result:
    """Fill, ask, and ask the others."""
    return measure("search-1m", 1_000_000, p50_ms=2.0, p99_ms=25.0)
