from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.layout import suggest

# The web client's twin, `core/text.ts: otherLayout`, is run on the same cases.
CASES: list[tuple[str, str | None]] = json.loads(
    (Path(__file__).parent / "data" / "other_layout.json").read_text("utf-8")
)


@pytest.mark.parametrize(("typed", "meant"), CASES)
def test_the_other_layout_is_offered_where_it_reads(typed: str, meant: str | None) -> None:
    assert suggest(typed) == meant


@given(st.text(max_size=100))
def test_any_text_has_a_reading_or_none(typed: str) -> None:
    meant = suggest(typed)
    assert meant is None or (len(meant) == len(typed) and meant != typed)
