"""One spelling for text that Thai keyboards produce in several: what looks the same becomes the same.

Owns two normal forms. `canonical` keeps the meaning exactly and is used for passwords and names: NFC, SARA AM as one
character, tone marks after the vowel they stand on, two SARA E as SARA AE, nothing of zero width. `fold` is for
searching: also Thai digits as Arabic ones, compatibility forms, letter case and runs of white space (search.md §1).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ZERO_WIDTH: Final = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD))
_THAI_DIGITS: Final = {0x0E50 + digit: str(digit) for digit in range(10)}
_HAS_THAI_DIGIT: Final = re.compile("[\u0e50-\u0e59]")
_TONE: Final = "[\u0e48-\u0e4b]"
# NIKHAHIT + SARA AA, with a tone mark before or between, is how some keyboards and PDFs write SARA AM.
_SARA_AM: Final = re.compile(f"({_TONE}?)\u0e4d({_TONE}?)\u0e32")
_TONE_BEHIND_SARA_AM: Final = re.compile(f"\u0e33({_TONE})")
# A tone mark or THANTHAKHAT typed before the vowel above or below the same consonant.
_MARK_BEFORE_VOWEL: Final = re.compile("([\u0e48-\u0e4c])([\u0e31\u0e34-\u0e3a\u0e47])")
_TO_RESPELL: Final = re.compile(
    "[\u00ad\u200b-\u200d\u2060\ufeff]|\u0e40\u0e40|"
    f"{_SARA_AM.pattern}|{_TONE_BEHIND_SARA_AM.pattern}|{_MARK_BEFORE_VOWEL.pattern}"
)
# NFKC takes SARA AM apart, so it is put aside as a private character meanwhile.
_ASIDE: Final = "\uf8ff"


def canonical(text: str) -> str:
    """Return the one spelling of `text`; idempotent."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFC", text)
    # Moving one mark can bring the next one to where it has to move: each round moves at least one to its place.
    while _TO_RESPELL.search(plain):
        plain = plain.translate(_ZERO_WIDTH).replace("\u0e40\u0e40", "\u0e41")
        plain = _SARA_AM.sub(lambda found: f"{found[1] or found[2]}\u0e33", plain)
        plain = _TONE_BEHIND_SARA_AM.sub("\\1\u0e33", plain)
        plain = unicodedata.normalize("NFC", _MARK_BEFORE_VOWEL.sub(r"\2\1", plain))
    return plain


def fold(text: str) -> str:
    """Return `text` as it is compared in searches; idempotent."""
    while (folded := _folded(text)) != text:
        text = folded
    return text


def arabic_digits(text: str) -> str:
    """Return `text` with Thai digits written as Arabic ones."""
    return text.translate(_THAI_DIGITS) if _HAS_THAI_DIGIT.search(text) else text


def _folded(text: str) -> str:
    if not text.isascii():
        aside = canonical(text).replace("\u0e33", _ASIDE)
        text = arabic_digits(canonical(unicodedata.normalize("NFKC", aside).replace(_ASIDE, "\u0e33")))
    return " ".join(text.casefold().split())
