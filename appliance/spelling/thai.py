"""The canonical spelling of text that Thai keyboards produce in several: what looks the same becomes the same.

Owns `canonical`, which keeps the meaning exactly and is used for passwords and names: NFC, SARA AM as one character,
the marks of a consonant in one order, two SARA E as SARA AE, nothing of zero width. Also owns the order of marks, which
`normalize` uses too, and Thai digits.

It costs the length of the text. More than 30 marks in a row (`stream_safe`) are cut: no edge lets such text in, and
what was stored earlier must not stop the appliance.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from appliance.spelling.stream_safe import stream_safe

_ZERO_WIDTH: Final = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD))
THAI_DIGITS: Final = {0x0E50 + digit: str(digit) for digit in range(10)}
_HAS_THAI_DIGIT: Final = re.compile("[\u0e50-\u0e59]")
DOUBLE_SARA_E: Final = "\u0e40\u0e40"
SARA_AE: Final = "\u0e41"
_SARA_AM: Final = "\u0e33"
_SARA_AA: Final = "\u0e32"
_NIKHAHIT: Final = "\u0e4d"
# The order of the marks on one consonant: PHINTHU, vowel below, vowel above, MAITAIKHU and NIKHAHIT, tone mark,
# THANTHAKHAT. It agrees with the combining classes (9, 103, 107), so that NFC leaves it as it is.
_ORDER: Final = {
    "\u0e3a": 0,
    **dict.fromkeys("\u0e38\u0e39", 1),
    **dict.fromkeys("\u0e31\u0e34\u0e35\u0e36\u0e37", 2),
    **dict.fromkeys(("\u0e47", _NIKHAHIT), 3),
    **dict.fromkeys("\u0e48\u0e49\u0e4a\u0e4b", 4),
    **dict.fromkeys("\u0e4c\u0e4e", 5),
}
THAI_MARKS: Final = "".join(_ORDER) + _SARA_AM
_OTHER_MARK: Final = 6
_LAST: Final = 7
# What is no letter, space or ASCII may be a mark; `in_order` looks closer.
MARK_RUN: Final = re.compile(f"(?:[^\\w\\s\\x00-\\x7f]|[{_SARA_AA}{_SARA_AM}]){{2,}}")


def canonical(text: str) -> str:
    """Return the one spelling of `text`; idempotent."""
    return text if text.isascii() else without_variants(text.translate(_ZERO_WIDTH))


def without_variants(visible: str) -> str:
    """Return the one spelling of a text that has no characters of zero width."""
    joined = stream_safe(visible).replace(DOUBLE_SARA_E, SARA_AE)
    plain = unicodedata.normalize("NFC", joined)
    if plain != joined:  # a few marks are two in NFC: what was bounded before need not be after
        plain = stream_safe(plain)
    return unicodedata.normalize("NFC", MARK_RUN.sub(lambda found: in_order(found.group()), plain))


def in_order(run: str) -> str:
    """Return a run of marks with those of each consonant in order; from memory for the few that Thai is made of."""
    known = _ordered_runs.get(run)
    if known is None:
        known = _ordered(run)
        if len(run) <= _MAX_KNOWN_LENGTH and _IS_THAI.fullmatch(run):
            _ordered_runs[run] = known
    return known


# Of runs this short there are some thousands; what nobody writes is not kept.
_MAX_KNOWN_LENGTH: Final = 3
_IS_THAI: Final = re.compile("[\u0e31-\u0e3a\u0e47-\u0e4e]*")
_ordered_runs: Final[dict[str, str]] = {}


def _ordered(run: str) -> str:
    """Return the marks of each consonant in order, SARA AM last; NIKHAHIT and SARA AA become SARA AM."""
    written: list[str] = []
    marks: list[str] = []
    nikhahits = 0
    for character in run:
        if character == _NIKHAHIT:
            nikhahits += 1
        elif character == _SARA_AA and nikhahits:
            nikhahits -= 1
            marks.append(_SARA_AM)
        elif character == _SARA_AM or unicodedata.category(character).startswith("M"):
            marks.append(character)
        else:
            written += (*_sorted(marks, nikhahits), character)
            marks, nikhahits = [], 0
    return "".join((*written, *_sorted(marks, nikhahits)))


def _sorted(marks: list[str], nikhahits: int) -> list[str]:
    return sorted(
        [*marks, *_NIKHAHIT * nikhahits], key=lambda m: _LAST if m == _SARA_AM else _ORDER.get(m, _OTHER_MARK)
    )


def arabic_digits(text: str) -> str:
    """Return `text` with Thai digits written as Arabic ones."""
    return text.translate(THAI_DIGITS) if _HAS_THAI_DIGIT.search(text) else text
