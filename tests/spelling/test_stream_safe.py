from __future__ import annotations

import sys
import unicodedata

from appliance.spelling.stream_safe import MOST_MARKS, is_stream_safe, stream_safe, takes_no_place


def test_every_character_that_normalising_sorts_is_counted() -> None:
    missed = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0])
        and (not takes_no_place(chr(code)) or is_stream_safe(chr(code) * (MOST_MARKS + 1)))
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
