from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.layout import suggest


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("l;ylfu", "สวัสดี"),
        ("-v[86I", "ขอบคุณ"),
        ("xit=6", "ประชุ"),
        ("xit=6,", "ประชุม"),
        ("'[xitik", "งบประรา"),
        ("gxHo", "เป็น"),
        ("l;ylfu -v[86I", "สวัสดี ขอบคุณ"),
        ("้ำสสน", "hello"),
        ("ทำำะรืเ", "meeting"),
        ("hello", None),
        ("meeting", None),
        ("test", None),
        ("Budget 2024", None),
        ("สวัสดี", None),
        ("ประชุม", None),
        ("งบประมาณ", None),
        ("2567", None),
        ("😀", None),
        ("", None),
        ("สวัสดี hello", None),
    ],
)
def test_the_other_layout_is_offered_where_it_reads(typed: str, meant: str | None) -> None:
    assert suggest(typed) == meant


@given(st.text(max_size=100))
def test_any_text_has_a_reading_or_none(typed: str) -> None:
    meant = suggest(typed)
    assert meant is None or (len(meant) == len(typed) and meant != typed)
