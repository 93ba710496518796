"""What else could search Thai in this place, doing the same work: SQLite FTS5 in SQLCipher, and Whoosh as it comes.

Both in their best light: FTS5 with its trigram tokenizer on texts normalised by us, contentless, rows in the order of
time so that the newest come first without sorting; Whoosh with grams of three and its default codec. Neither finds
needles of fewer than three characters, so they are not asked for any. Whoosh does not seal its files.
"""

from __future__ import annotations

import shutil
from itertools import islice
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

from whoosh import fields, index
from whoosh.analysis import NgramTokenizer
from whoosh.query import And, Or, Term

from appliance.spelling.normalize import normalize
from appliance.store.db import connect
from search_index.analyzer import GRAM
from tests.bench import search_load
from tests.bench.results import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from search_index.wire import IndexEntry

WHOOSH_MESSAGES: Final = 10_000
WHOOSH_QUERIES: Final = 60
_MADE: Final = """
CREATE VIRTUAL TABLE found USING fts5(text, tokenize = 'trigram', content = '', detail = 'full');
CREATE TABLE message (id INTEGER PRIMARY KEY, room TEXT NOT NULL, at INTEGER NOT NULL, sender TEXT NOT NULL);
CREATE TEMP TABLE mine (room TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_ASKED: Final = """
SELECT message.room, message.id, message.at, message.sender
FROM found JOIN message ON message.id = found.rowid
WHERE found MATCH ? AND message.room IN (SELECT room FROM mine)
ORDER BY found.rowid DESC LIMIT ?
"""


def questions() -> list[search_load.Question]:
    """Return the questions that every competitor can answer."""
    return [q for q in search_load.questions() if all(len(needle) >= GRAM for needle in q.query.needles)]


def fts5(folder: Path, count: int) -> dict[str, Any]:
    """Fill SQLite FTS5 in SQLCipher as the appliance opens it, and ask it."""
    raw = connect(folder / "fts5.db", search_load.KEY)
    try:
        raw.executescript(_MADE)
        wall, cpu = _timed(lambda batch: _insert(raw, batch), count)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("PRAGMA cache_size = -524288")  # as much memory as our cache
        rounds = [_ask_fts5(raw) for _ in range(2)]
        size = (folder / "fts5.db").stat().st_size
    finally:
        raw.close()
    return {
        "messages": count, "messages_s": count / wall, "messages_cpu_s": count / cpu, "bytes_a_message": size / count,
        "cold": rounds[0], "warm": rounds[1],
    }  # fmt: skip


def _timed(take: Callable[[list[IndexEntry]], None], count: int) -> tuple[float, float]:
    """Return wall and CPU seconds to take so many entries; to invent them is not counted."""
    wall = cpu = 0.0
    for batch in search_load.entries(count):
        begun, used = perf_counter(), process_time()
        take(batch)
        wall += perf_counter() - begun
        cpu += process_time() - used
    return wall, cpu


def _insert(raw: Any, batch: list[IndexEntry]) -> None:
    raw.execute("BEGIN IMMEDIATE")
    raw.executemany("INSERT INTO found (rowid, text) VALUES (?, ?)", [(e.n, normalize(e.text)) for e in batch])
    raw.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", [(e.n, e.room, e.at, e.sender) for e in batch])
    raw.execute("COMMIT")


def _ask_fts5(raw: Any) -> dict[str, float]:
    waits: list[float] = []
    for question in questions():
        match = " AND ".join('"' + needle.replace('"', '""') + '"' for needle in question.query.needles)
        begun = perf_counter()
        raw.execute("DELETE FROM mine")
        raw.executemany("INSERT INTO mine VALUES (?)", [(room,) for room in question.rooms])
        raw.execute(_ASKED, (match, search_load.PAGE)).fetchall()
        waits.append(perf_counter() - begun)
    times = milliseconds(waits)
    return {"p50_ms": times["p50"], "p99_ms": times["p99"]}


def whoosh(folder: Path) -> dict[str, Any]:
    """Fill and ask Whoosh as it comes; a hundredth of the messages, as it takes its time."""
    schema = fields.Schema(
        text=fields.TEXT(analyzer=NgramTokenizer(GRAM), phrase=False), room=fields.ID, n=fields.NUMERIC(sortable=True)
    )
    (folder / "whoosh").mkdir()
    made = index.create_in(str(folder / "whoosh"), schema)
    writer = made.writer(limitmb=256)

    def take(batch: list[IndexEntry]) -> None:
        for entry in batch:
            writer.add_document(text=normalize(entry.text), room=entry.room, n=entry.n)

    wall, _ = _timed(take, WHOOSH_MESSAGES)
    begun = perf_counter()
    writer.commit()
    wall += perf_counter() - begun
    waits: list[float] = []
    with made.searcher() as searcher:
        for question in islice(questions(), WHOOSH_QUERIES):
            grams = {n[at : at + GRAM] for n in question.query.needles for at in range(len(n) - GRAM + 1)}
            begun = perf_counter()
            searcher.search(
                And([Term("text", gram) for gram in grams]), limit=search_load.PAGE, sortedby="n", reverse=True,
                filter=Or([Term("room", room) for room in question.rooms]),
            )  # fmt: skip
            waits.append(perf_counter() - begun)
    made.close()
    shutil.rmtree(folder / "whoosh")
    times = milliseconds(waits)
    return {
        "messages": WHOOSH_MESSAGES, "messages_s": WHOOSH_MESSAGES / wall, "p50_ms": times["p50"],
        "p99_ms": times["p99"],
    }  # fmt: skip
