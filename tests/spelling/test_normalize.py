from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.spelling.normalize import normalize, normalize_with_origins
from search_index.eras import other_era
from tests.search import corpus

THAI = st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B) | st.sampled_from(" \u200b\u0e4d\u0e32"))


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("น้ํา", "น้ำ"),  # SARA AM as two marks, the tone between
        ("นํ้า", "น้ำ"),
        ("กำ้", "ก้ำ"),
        ("กํา", "กำ"),
        ("ท่ี", "ที่"),  # tone before vowel
        ("ผุ้", "ผ\u0e49\u0e38"),
        ("ค่่ะ", "ค่ะ"),  # a mark twice
        ("เเม่", "แม่"),
        ("๒๕๖๗", "2567"),
        ("Ｂｕｄｇｅｔ　１", "budget 1"),
        ("ประ\u200bชุม", "ประชุม"),
        ("\ufeffSTRASSE", "straße"),
        ("❤\ufe0f", "❤"),
        ("ก  \n\t ข", "ก ข"),
        ("cafe\u0301", "café"),
        ("์", "์"),
        ("", ""),
    ],
)
def test_what_reads_the_same_is_the_same(typed: str, same: str) -> None:
    assert normalize(typed) == normalize(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [("คะ", "ค่ะ"), ("ก", "ข"), ("มา", "ม่า"), ("นำ", "นา"), ("เมล", "แมล"), ("2567", "2024"), ("กำ า", "กำ")],
)
def test_what_reads_otherwise_is_not(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@given(THAI | st.text())
def test_twice_is_once_and_origins_agree(text: str) -> None:
    once = normalize(text)
    origins = normalize_with_origins(text)
    assert origins.text == once
    assert len(origins.starts) == len(origins.ends) == len(once)
    assert list(origins.starts) == sorted(origins.starts)
    assert all(0 <= a < b <= len(text) for a, b in zip(origins.starts, origins.ends, strict=True))


@given(THAI | st.text())
def test_any_text_is_stable(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


def test_real_messages_are_stable_and_their_origins_agree() -> None:
    for message in corpus.messages():
        once = normalize(message)
        assert normalize(once) == once
        assert unicodedata.is_normalized("NFC", once)
        assert normalize_with_origins(message).text == once


def test_origins_lead_back_to_what_was_typed() -> None:
    text = "ดื่มนํ้า  ๓ แก้ว"
    origins = normalize_with_origins(text)
    at = origins.text.index("น้ำ 3")
    assert text[origins.starts[at] : origins.ends[at + len("น้ำ 3") - 1]] == "นํ้า  ๓"


def test_a_long_run_of_marks_takes_no_long_time() -> None:
    assert normalize("ก" + "\u0e4d\u0e48" * 50_000) == "ก\u0e4d\u0e48"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("12/3/2567", "12/3/2024"),
        ("2024-03-12", "2567-03-12"),
        ("12 มี.ค. 2567", "12 มี.ค. 2024"),
        ("12 มีนาคม พ.ศ. 2567", "12 มีนาคม ค.ศ. 2024"),
        ("ปีงบประมาณ 2568", "ปีงบประมาณ 2025"),
        ("march 12, 2024", "march 12, 2567"),
        ("ราคา 2567 บาท", None),
        ("โทร 02-2567890", None),
        ("ปี 1700", None),
        ("ปี 25670", None),
        ("", None),
    ],
)
def test_years_of_dates_read_in_the_other_calendar(text: str, other: str | None) -> None:
    assert other_era(normalize(text)) == (None if other is None else normalize(other))


@given(st.from_regex(r"[0-9/.\- พศค.ปีมกราคม]{0,40}", fullmatch=True))
def test_the_other_reading_is_as_long(text: str) -> None:
    normalized = normalize(text)
    other = other_era(normalized)
    assert other is None or len(other) == len(normalized)
