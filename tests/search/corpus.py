"""Real messages and queries for the tests of search, and an index of them.

`data/messages.txt` is an excerpt of the Wisesight Sentiment Corpus (CC0 1.0); the whole of it, 20,000 messages, is used
where it lies beside the repository. `data/queries.json` holds queries as people type them, by kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from search_index.query import Query, readings
from search_index.searcher import search
from search_index.wire import Before, Hit, IndexEntry, Search
from search_index.writer import Index, in_memory

KEY: Final = bytes(range(32))
NOON: Final = 1_700_000_000_000
DATA: Final = Path(__file__).parent / "data"
WHOLE: Final = Path(__file__).parents[3] / "shared" / "data" / "thai-messages.txt"
CACHE: Final = 64 * 1024 * 1024


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


def messages(path: Path = DATA / "messages.txt") -> list[str]:
    """Return the messages, one a line."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def queries() -> list[tuple[str, str]]:
    """Return (kind, query)."""
    return [(row["kind"], row["query"]) for row in json.loads((DATA / "queries.json").read_text(encoding="utf-8"))]


def entries(texts: Sequence[str], rooms: int = 7, first: int = 0, apart_ms: int = 60_000) -> list[IndexEntry]:
    """Return an entry a text: position counted over all rooms, a minute between them."""
    return [
        IndexEntry(f"r_{n % rooms}", n, f"p_{n % 11}", NOON + n * apart_ms, text, "text", "http" in text)
        for n, text in enumerate(texts, first)
    ]


@contextmanager
def opened(folder: Path, clock: Clock | None = None) -> Iterator[Index]:
    """Open an index, and close it at the end."""
    index = Index(folder, KEY, clock or Clock(), CACHE)
    try:
        yield index
    finally:
        index.close()


def find(index: Index, request: Search) -> list[Hit]:
    """Return one page of what an index finds."""
    return search(request, index.newest_first, in_memory(index), index.names).hits


def find_all(index: Index, request: Search) -> list[Hit]:
    """Return what an index finds on all pages, one after the other."""
    found: list[Hit] = []
    before: Before | None = None
    while True:
        asked = replace(request, before=before)
        page = search(asked, index.newest_first, in_memory(index), index.names)
        found += page.hits
        if not page.more:
            return found
        last = page.hits[-1]
        before = Before(last.at, last.room, last.n)


def truth(query: Query, texts: Sequence[tuple[str, ...]]) -> set[int]:
    """Return which texts, given in their readings, hold every needle as a substring."""
    return {
        place
        for place, either in enumerate(texts)
        if all(any(needle in reading for reading in either) for needle in query.needles)
    }


def all_readings(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the readings of each text."""
    return [readings(text) for text in texts]
