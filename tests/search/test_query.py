from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.spelling.normalize import normalize
from search_index.query import MAX_CHARACTERS, MAX_NEEDLES, QueryRefused, matches, parse, readings


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ("", ()),
        ("  \u200b ", ()),
        ("ประชุม", ("ประชุม",)),
        ("ประชุม งบ", ("ประชุม", "งบ")),
        ('"ชั้น ๔" ประชุม', ("ชั้น 4", "ประชุม")),
        ("“ชั้น 4” «ห้อง ใหญ่»", ("ห้อง ใหญ่", "ชั้น 4")),
        ('"เปิดค้าง ไว้', ("เปิดค้าง ไว้",)),
        ('""', ()),
        ('"ก ข" ขคค งงง', ("ก ข", "ขคค", "งงง")),
        ("กิน กินข้าว กิน", ("กินข้าว",)),
        ("ข้อ 5", ("ข้อ", "5")),
        ("👍", ("👍",)),
        ("水", ("水",)),
        ("room:r_1 from:2024", ("from:2024", "room:r_1")),  # filters are no words of the text
        ("NOT (ก OR ข) *", ("not", "(ก", "or", "ข)", "*")),
    ],
)
def test_parsing(text: str, needles: tuple[str, ...]) -> None:
    assert parse(text).needles == needles


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ก", "query_too_short"),
        ('"a"', "query_too_short"),
        ("ก ข ค", "query_too_short"),
        ("ก" * (MAX_CHARACTERS + 1), "query_too_long"),
        (" ".join(f"{n:03}" for n in range(MAX_NEEDLES + 1)), "query_too_long"),
    ],
)
def test_refusals_have_a_code(text: str, code: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse(text)
    assert refused.value.code == code


@given(st.text(max_size=MAX_CHARACTERS + 5) | st.text(st.sampled_from('"“”«» กขั่ำ\u0e4d\u0e32เ1a๑\u200b'), max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        query = parse(text)
    except QueryRefused:
        return
    assert len(query.needles) <= MAX_NEEDLES
    assert all(query.needles)
    for needle in query.needles:
        assert needle == needle.strip()
        assert not any(needle in other for other in query.needles if other != needle)


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_a_text_matches_what_is_cut_from_it(middle: str, before: str, after: str) -> None:
    """The needle must survive normalising within its neighbours: then it is found."""
    try:
        query = parse(middle)
    except QueryRefused:
        return
    text = f"{before} {middle} {after}"
    whole = readings(text)
    assert matches(query, text) == all(any(n in reading for reading in whole) for n in query.needles)
    if all(needle in normalize(text) for needle in query.needles):
        assert matches(query, text)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("ประชุม", "เชิญประชุมด่วน", True),
        ("ประชุม งบ", "งบอยู่ที่ห้องประชุม", True),
        ('"ประชุม งบ"', "งบอยู่ที่ห้องประชุม", False),
        ("นํ้า", "ดื่มน้ำ", True),
        ("12/3/2024", "นัดวันที่ ๑๒/๓/๒๕๖๗", True),
        ("2567", "ปี 2024", True),
        ("2024", "ราคา 2567 บาท", False),
        ("คะ", "ค่ะ", False),
    ],
)
def test_matching(query: str, text: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert matches(parse(query), text) is expected


def test_a_hostile_query_takes_no_long_time() -> None:
    began = time.process_time()
    for text in ('"' * MAX_CHARACTERS, "ก\u0e4d" * (MAX_CHARACTERS // 2), " ".join("กข" for _ in range(130))):
        parse(text)
    assert time.process_time() - began < 0.5
