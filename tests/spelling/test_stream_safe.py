from __future__ import annotations

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from appliance.spelling.stream_safe import MAX_MARKS, is_stream_safe, stream_safe, takes_no_place


def test_every_character_that_normalising_sorts_is_counted() -> None:
    missed = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0])
        and (not takes_no_place(chr(code)) or is_stream_safe(chr(code) * (MAX_MARKS + 1)))
    ]
    assert missed == []


def test_marks_beyond_thirty_are_cut_and_nothing_else() -> None:
    thirty = "ก" + "\u0300\u0316" * 15
    assert stream_safe(thirty) == thirty
    assert is_stream_safe(thirty)
    assert stream_safe(f"{thirty}\u0300ข") == f"{thirty}ข"
    assert not is_stream_safe(f"{thirty}\u0300ข")
    assert stream_safe("😀" * 100 + "!" * 100 + "—" * 100) == "😀" * 100 + "!" * 100 + "—" * 100
    assert stream_safe("a" + "\u0300\u200b" * 20) == "a" + "\u0300\u200b" * 15
    assert is_stream_safe("👨\u200d👩\u200d👧" * 50)


RUNS = st.lists(
    st.tuples(
        st.sampled_from(["a", "ก", " ", "\n", "๏", "—", "😀", "\u0e31", "\u0300", "\u200d", "\uff9e", "\uff9f"]),
        st.integers(1, MAX_MARKS + 2),
    ),
    max_size=6,
)


@given(RUNS)
def test_a_text_is_safe_when_nothing_of_it_is_cut(runs: list[tuple[str, int]]) -> None:
    """Character by character, without leaving any out."""
    text, run, most = "".join(letter * times for letter, times in runs), 0, 0
    for character in text:
        run = run + 1 if takes_no_place(character) else 0
        most = max(most, run)
    assert is_stream_safe(text) is (most <= MAX_MARKS)
    assert (stream_safe(text) == text) is (most <= MAX_MARKS)
