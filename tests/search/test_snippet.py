from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.spelling.normalize import normalize
from search_index import snippet as snippet_module
from search_index.query import Query, QueryRefused, matches, parse
from search_index.snippet import WIDTH, occurrences, snippet
from tests.hostile import TEXTS, behind_a_letter, costs_its_length, full
from tests.search import corpus


def highlighted(text: str, spans: tuple[tuple[int, int], ...]) -> list[str]:
    """Cut as JavaScript does, in UTF-16 code units."""
    units = text.encode("utf-16-le")
    return [units[2 * a : 2 * b].decode("utf-16-le") for a, b in spans]


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("ประชุม", "😀😀 เชิญประชุมและประชุม", ["ประชุม", "ประชุม"]),
        ("น้ำ", "ดื่มนํ้า", ["นํ้า"]),
        ("budget ๒๐๒๔", "Ｂudget ปี 2567", ["Ｂudget", "2567"]),
        ("วันท", "วันที่", ["วันที่"]),  # never half of a consonant with its marks
        ("ข้าว าวส", "ข้าวสวย", ["ข้าวส"]),  # what overlaps is one
        ("ไม่มี", "อะไร", []),
    ],
)
def test_highlights(query: str, text: str, marked: list[str]) -> None:
    found = snippet(parse(query), text)
    assert highlighted(found.text, found.highlights) == marked


def test_a_long_message_is_cut_around_the_match() -> None:
    text = "ก่อนหน้า " * 60 + "งบประมาณ" + " ตามหลัง" * 60
    found = snippet(parse("งบประมาณ"), text)
    assert found.text.startswith("…ก่อนหน้า")
    assert found.text.endswith("…")
    assert len(found.text) <= WIDTH + 20
    assert highlighted(found.text, found.highlights) == ["งบประมาณ"]


def test_a_short_message_is_shown_whole() -> None:
    assert snippet(parse("สั้น"), "ข้อความสั้น").text == "ข้อความสั้น"


@given(st.text(max_size=400), st.text(max_size=10), st.integers(20, 200))
def test_any_text_gives_a_snippet_whose_highlights_lie_in_it(text: str, wanted: str, width: int) -> None:
    try:
        query = parse(wanted)
    except QueryRefused:
        query = Query(())
    found = snippet(query, text, width)
    assert found.text.removeprefix("…").removesuffix("…").strip("…") in text
    ends = [bound for span in found.highlights for bound in span]
    assert ends == sorted(ends)
    assert not ends or ends[-1] <= len(found.text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.slow
def test_every_real_match_shows_why_it_is_one() -> None:
    for _, text in corpus.queries()[::5]:
        query = parse(text)
        for message in corpus.messages():
            if matches(query, message):
                assert occurrences(query, message)
                assert snippet(query, message).highlights


LETTERS = st.text(
    st.sampled_from(
        "aAéกขเาำิุ่์ํ ๒2!“—か\u3099ｶ\uff9e\u1100\u1161\uac00\u11a8\u0300\u0316\u0344\u200b\u200d\u202e😀❤\ufe0f🏽\ufdfa"
    ),
    max_size=60,
)


@given(LETTERS, LETTERS)
def test_a_text_cut_at_a_seam_is_normalised_by_its_parts(before: str, after: str) -> None:
    text = before + after
    for seam in range(len(text)):
        if snippet_module._SEAM.match(text, seam):  # noqa: SLF001 - the claim that the cutting stands on
            assert normalize(text[:seam]) + normalize(text[seam:]) == normalize(text)


@pytest.mark.slow
def test_no_letter_at_a_seam_joins_what_is_before_it() -> None:
    for character in filter(snippet_module._SEAM.match, map(chr, range(0x10000))):  # noqa: SLF001 - as above
        alone = normalize(character)
        for before in "กaかเํ \u1100":
            assert normalize(before) + alone == normalize(before + character)


@given(LETTERS, st.integers(0, 3), st.integers(0, 3))
@example("\u0300" + "2" * 24, 1, 0)  # the window ends in the match, behind a space
@example("\uac00\u11a8", 0, 1)  # two characters that are one although neither is a mark
def test_a_match_deep_in_a_text_is_shown_as_one_alone(text: str, before: int, after: int) -> None:
    long = f"{(text + ' ') * before * 20}งบประมาณ ปี 2567{(' ' + text) * after * 20}"
    for wanted in ("งบประมาณ", '"ปี 2024"'):
        found = snippet(parse(wanted), long)
        assert highlighted(found.text, found.highlights)[0] in {"งบประมาณ", "ปี 2567"}


@pytest.mark.parametrize("shape", [full, behind_a_letter])
@pytest.mark.parametrize("piece", TEXTS)
def test_matching_and_cutting_cost_the_length_of_the_text(piece: str, shape: Callable[[str, int], str]) -> None:
    """20,000 characters that cost seconds before."""
    make = partial(shape, TEXTS[piece])
    for query in (Query(("aa",)), Query(("zz", "ก้")), Query((normalize(TEXTS[piece] * 2)[:100] or "a",))):
        assert costs_its_length(partial(matches, query), make, 20_000)
        assert costs_its_length(partial(snippet, query), make, 20_000)
