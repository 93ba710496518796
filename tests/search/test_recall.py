"""Recall and precision on real messages: what is found, against what holds the query as a substring."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from search_index.query import matches, parse
from search_index.wire import Search
from tests.search import corpus

MAX_CANDIDATES_PER_HIT = 1.1


def measured(folder: Path, texts: list[str]) -> tuple[Counter[str], int]:
    """Return counts over all queries: true, found, candidates, verified; and how many queries have any truth."""
    either = corpus.all_readings(texts)
    counts: Counter[str] = Counter()
    with_truth = 0
    rooms = [f"r_{n}" for n in range(7)]
    with corpus.opened(folder) as index:
        entries = corpus.entries(texts)
        for start in range(0, len(entries), 2_000):
            index.apply(start, start + 2_000, entries[start : start + 2_000])
        index.settle()
        for _, text in corpus.queries():
            query = parse(text)
            true = corpus.truth(query, either)
            request = Search(needles=list(query.needles), rooms=rooms, limit=500)
            candidates = {hit.n for hit in corpus.find_all(index, request)}
            verified = {n for n in candidates if matches(query, texts[n])}
            assert verified <= true, f"precision after verification: {text}"
            assert true <= candidates, f"recall: {text}"
            with_truth += bool(true)
            counts += Counter(
                true=len(true), found=len(true & verified), candidates=len(candidates), verified=len(verified)
            )
    return counts, with_truth


def test_the_set_is_large_and_of_all_kinds() -> None:
    kinds = Counter(kind for kind, _ in corpus.queries())
    assert kinds.total() >= 200
    assert {"word", "phrase", "name", "number", "mixed script", "marks typed otherwise", "emoji", "date"} <= set(kinds)


@pytest.mark.slow
def test_recall_on_the_excerpt(tmp_path: Path) -> None:
    counts, with_truth = measured(tmp_path / "index", corpus.messages())
    assert with_truth == len(corpus.queries())
    assert counts["found"] / counts["true"] >= 0.99
    assert counts["verified"] == counts["found"]
    assert counts["candidates"] <= MAX_CANDIDATES_PER_HIT * counts["true"]


@pytest.mark.slow
@pytest.mark.skipif(not corpus.WHOLE.exists(), reason="the 20,000 messages are not beside the repository")
def test_recall_on_all_messages(tmp_path: Path) -> None:
    counts, with_truth = measured(tmp_path / "index", corpus.messages(corpus.WHOLE))
    assert with_truth == len(corpus.queries())
    assert counts["found"] / counts["true"] >= 0.99
    assert counts["verified"] == counts["found"]
    assert counts["candidates"] <= MAX_CANDIDATES_PER_HIT * counts["true"]
