"""Whoosh's own writer and searcher through the adapter, against our own on the same entries."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from whoosh.query import And, Every, Term
from whoosh.reading import SegmentReader
from whoosh.searching import Searcher
from whoosh.writing import SegmentWriter

from search_index.analyzer import needle_keys
from search_index.query import parse
from search_index.segments import Document, build
from search_index.whoosh_adapter import SCHEMA, TEXT, ArrayCodec, ArraySegment, WhooshStorage
from search_index.wire import Range, Search
from tests.search import corpus

ROOMS = [f"r_{n}" for n in range(7)]


def whoosh_finds(searcher: Searcher, needle: str) -> set[int]:
    terms = [Term(TEXT, key.to_bytes(4, "big")) for key in needle_keys([needle]).exact.tolist()]
    return {int(n) for n in searcher.docs_for_query(And(terms))}


@pytest.fixture(scope="module")
def needles() -> list[str]:
    parsed = (parse(text).needles for _, text in corpus.queries())
    return [needle for some in parsed for needle in some if len(needle) > 2][::6]


def test_whooshs_searcher_finds_the_same(tmp_path: Path, needles: list[str]) -> None:
    with corpus.opened(tmp_path / "index") as index:
        index.apply(0, 1, corpus.entries(corpus.messages()))
        index.flush()
        index.apply(1, 2, [], [Range("r_3", 0, 300)])
        [segment] = index.segments.values()
        gone = np.flatnonzero(segment.gone if segment.gone is not None else [])
        described = ArraySegment(segment.record.name, segment.record.documents, gone.tolist())
        searcher = Searcher(SegmentReader(WhooshStorage(index.storage), SCHEMA, described))
        numbers = segment.columns.column("n")
        for needle in needles:
            ours = {hit.n for hit in corpus.find_all(index, Search(needles=[needle], rooms=ROOMS, limit=500))}
            assert {int(numbers[place]) for place in whoosh_finds(searcher, needle)} == ours
        assert searcher.doc_count() == segment.record.documents - len(gone)
        column = searcher.reader().column_reader("at")
        assert [column[place] for place in range(5)] == segment.columns.column("at")[:5].tolist()
        assert len(set(searcher.docs_for_query(Every()))) == searcher.doc_count()
        terms = list(searcher.reader().all_terms())
        assert len(terms) == segment.terms.term_count
        assert terms == sorted(terms)


def test_whooshs_writer_writes_the_same_terms(tmp_path: Path, needles: list[str]) -> None:
    entries = corpus.entries(corpus.messages()[:60])
    with corpus.opened(tmp_path / "index") as index:
        arrays = build([Document.of(entry) for entry in entries])
        writer = whoosh_writer(storage := WhooshStorage(index.storage))
        for entry in entries:
            writer.add_document(text=entry.text, at=entry.at, n=entry.n, has_link=int(entry.has_link))
        writer._flush_segment()  # noqa: SLF001 - committing would pickle a table of contents, which nothing here reads
        segment = writer.get_segment()
        searcher = Searcher(SegmentReader(WhooshStorage(index.storage), SCHEMA, segment))
        terms = ArrayCodec().terms_reader(storage, segment).file
        keys, bounds, documents = terms.everything()
        assert np.array_equal(keys, arrays.keys)
        assert np.array_equal(bounds, arrays.bounds)
        assert np.array_equal(documents, arrays.documents)
        assert list(searcher.reader().column_reader("n")) == [entry.n for entry in entries]
        assert any(whoosh_finds(searcher, needle) for needle in needles)


def test_whoosh_writes_and_reads_sealed_files(tmp_path: Path) -> None:
    with corpus.opened(tmp_path / "index") as index:
        storage = WhooshStorage(index.storage)
        file = storage.create_file("w")
        file.write_string(b"words")
        file.close()
        assert storage.open_file("w").read_string() == b"words"
        assert b"words" not in (tmp_path / "index" / "w").read_bytes()
        assert storage.file_length("w") == len(b"words") + 1
        assert storage.file_exists("w")
        storage.delete_file("w")
        assert "w" not in storage.list()


def whoosh_writer(storage: Any) -> SegmentWriter:
    """Return Whoosh's writer with our codec, on an index that is nothing but this segment."""
    toc = SimpleNamespace(generation=0, schema=SCHEMA, segments=[])
    index = SimpleNamespace(storage=storage, indexname="w", _read_toc=lambda: toc)
    return SegmentWriter(index, _lk=False, codec=ArrayCodec(), compound=False)
