"""Indexing text that was made to cost more than its length: what is stored already must not stop the search process."""

from __future__ import annotations

from functools import partial

import pytest

from search_index.query import QueryRefused, parse
from search_index.segments import Document, build
from search_index.wire import IndexEntry
from tests.hostile import TEXTS, cost, costs_its_length, full


@pytest.mark.parametrize("piece", TEXTS)
def test_a_document_costs_the_length_of_its_text(piece: str) -> None:
    def index(text: str) -> None:
        build([Document.of(IndexEntry("r_1", 1, "p_1", 1, text, "text", has_link=False, replaces=False))])

    assert costs_its_length(index, partial(full, TEXTS[piece]), 20_000)


@pytest.mark.parametrize("piece", TEXTS)
def test_a_query_costs_its_length(piece: str) -> None:
    def ask() -> None:
        try:
            parse(full(TEXTS[piece], 400))
        except QueryRefused:
            return

    assert cost(ask) < 0.05
