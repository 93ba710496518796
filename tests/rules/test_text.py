from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.rules.names import emoji, room_name
from appliance.rules.text import (
    DEEPEST_DIRECTION,
    Fault,
    TextFault,
    closed_directions,
    fault_of,
    has_visible,
    is_visible,
    one_line,
    unprintable,
    written,
)
from appliance.spelling.ignorable import is_ignorable
from tests.hostile import TEXTS, cost, costs_its_length, full

PDF, RLO, RLI, LRI, PDI = "\u202c", "\u202e", "\u2067", "\u2066", "\u2069"


@pytest.mark.parametrize(
    ("text", "character", "place"),
    [
        ("\x00", "U+0000", 1),
        ("สี\x1b[31m", "U+001B", 3),
        ("a\x0bb", "U+000B", 2),
        ("\x7f", "U+007F", 1),
        ("\x9b31m", "U+009B", 1),
        ("\ufffe", "U+FFFE", 1),
        ("\ufdd0", "U+FDD0", 1),
        ("\U0001ffff", "U+1FFFF", 1),
        ("\U0010ffff", "U+10FFFF", 1),
        ("\ud800", "U+D800", 1),
    ],
)
def test_what_no_text_may_have_is_named(text: str, character: str, place: int) -> None:
    """XML cannot carry these, or terminals obey them (bug R)."""
    assert fault_of(text) == Fault(TextFault.CHARACTER, character, place)


@pytest.mark.parametrize(
    "text", ["", "ก\tข\nค\r\n", "\u0085\u00a0\u3000", "\ufffd", "👨\u200d👩\u200d👧", "\ue000", "ครู" * 9]
)
def test_other_text_is_kept(text: str) -> None:
    assert fault_of(text) is None


def test_marks_are_bounded() -> None:
    assert fault_of("ก" + "\u0e48" * 30) is None
    assert fault_of("ก" + "\u0e48" * 31) == Fault(TextFault.MARKS)
    assert fault_of("a" + "\u0300\u200b" * 16) == Fault(TextFault.MARKS)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        (f"a{RLO}b", f"a{RLO}b{PDF}"),
        (f"a{RLI}b{RLO}c", f"a{RLI}b{RLO}c{PDF}{PDI}"),
        (f"a{RLI}b{RLO}c{PDI}d", f"a{RLI}b{RLO}c{PDI}d"),
        (f"{RLO}a\nb{RLI}", f"{RLO}a{PDF}\nb{RLI}{PDI}"),
        (f"a{PDI}{PDF}b", f"a{PDI}{PDF}b"),
        (f"{RLI}{PDF}a", f"{RLI}{PDF}a{PDI}"),
        ("\u200eสวัสดี\u200f", "\u200eสวัสดี\u200f"),
    ],
)
def test_directions_are_closed_where_their_paragraph_ends(text: str, closed: str) -> None:
    """Shown in one line with other text, a message turns nothing but itself (bug R)."""
    assert closed_directions(text) == closed
    assert closed_directions(closed) == closed


def test_directions_are_nested_no_deeper_than_unicode_allows() -> None:
    assert fault_of(RLO * 30 + f"a{LRI}" * (DEEPEST_DIRECTION - 30)) is None
    assert fault_of(f"a{LRI}" * (DEEPEST_DIRECTION + 1)) == Fault(TextFault.DIRECTIONS)
    assert fault_of(f"a{LRI}b{PDI}" * 1000) is None
    assert closed_directions(f"a{RLO}" * 1000) == "a" * 1000


@pytest.mark.parametrize(
    "piece", ["125 embeddings open, then closers of isolates", "125 isolates open, then closers of embeddings"]
)
@pytest.mark.parametrize("rule", [fault_of, closed_directions])
def test_a_closer_costs_the_same_whatever_is_open(rule: Callable[[str], object], piece: str) -> None:
    assert fault_of(full(TEXTS[piece], 20_000)) is None
    plain = cost(lambda: rule(full(f"{LRI}{PDI * 29}a", 20_000)), runs=5)
    assert cost(lambda: rule(full(TEXTS[piece], 20_000)), runs=5) < 4 * plain


@given(st.text(alphabet=f"ab\n{PDF}{RLO}{RLI}{LRI}{PDI}", max_size=60))
def test_what_is_closed_leaves_nothing_open(text: str) -> None:
    closed = closed_directions(text)
    assert closed_directions(closed) == closed
    for line in closed.split("\n"):
        assert sum(line.count(opening) for opening in (RLI, LRI)) <= line.count(PDI)


# Default_Ignorable_Code_Point of Unicode (DerivedCoreProperties.txt), without code points that are not assigned.
IGNORABLE = [
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180E, 0x180F),
    *(0x3164, 0xFEFF, 0xFFA0),
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070),
    *range(0xFE00, 0xFE10), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), 0xE0001, *range(0xE0020, 0xE0080),
    *range(0xE0100, 0xE01F0),
]  # fmt: skip


@pytest.mark.parametrize("code", [*IGNORABLE, 0x2800], ids=hex)
def test_what_is_drawn_as_nothing_is_no_name(code: int) -> None:
    character = chr(code)
    assert is_ignorable(character)
    assert not is_visible(character)
    assert room_name(character * 3) is None
    assert one_line(f"ก{character}ข") == "กข"


@pytest.mark.parametrize("text", ["", "  ", "\u200b\u2060", "\u3164", " \u2800 ", "\u202e", "\u0e31"], ids=ascii)
def test_a_reason_in_which_nothing_can_be_seen_is_none(text: str) -> None:
    assert written(text) == ""
    assert written(f" ย้าย{text}งาน\u202e ") == closed_directions(f"ย้าย{text}งาน\u202e")


def test_what_stands_alone_is_visible() -> None:
    for code in (*range(0x21, 0x7F), *range(0xE01, 0xE31), 0x1F600, 0x4E00, 0xB7):
        assert has_visible(chr(code)), hex(code)
    for code in range(0x110000):
        if unicodedata.category(chr(code))[0] in "MZC":
            assert not is_visible(chr(code)), hex(code)


def test_every_kind_of_space_is_a_space() -> None:
    assert one_line("\u00a0สม\u3000ชาย\u2009ใจดี\u200e\t") == "สม ชาย ใจดี"
    assert unprintable("สม\u0007ชาย") == Fault(TextFault.CHARACTER, "U+0007", 3)
    assert unprintable("สม ชาย") is None


@pytest.mark.parametrize(
    "rule", [fault_of, closed_directions, has_visible, one_line, unprintable, written, room_name, emoji]
)
@pytest.mark.parametrize("piece", TEXTS)
def test_a_rule_costs_the_length_of_its_text(rule: Callable[[str], object], piece: str) -> None:
    assert costs_its_length(rule, partial(full, TEXTS[piece]), 20_000)


def test_printable_texts_are_judged_as_all_others() -> None:
    """A space that does not count as printable takes the shortcut away and has no fault itself."""
    for letter in map(chr, range(sys.maxunicode + 1)):
        assert fault_of(letter) == fault_of(letter + "\u00a0"), hex(ord(letter))
