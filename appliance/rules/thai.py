"""One spelling for text that Thai keyboards produce in several: what looks the same becomes the same.

Owns two normal forms. `canonical` keeps the meaning exactly and is used for passwords and names: NFC, SARA AM as one
character, tone marks after the vowel they stand on, two SARA E as SARA AE, nothing of zero width. `fold` is for
searching: also Thai digits as Arabic ones, compatibility forms, letter case and runs of white space (search.md §1).
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_ZERO_WIDTH: Final = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD))
_THAI_DIGITS: Final = {0x0E50 + digit: str(digit) for digit in range(10)}
_TONE: Final = "[\u0e48-\u0e4b]"
# NIKHAHIT + SARA AA, with a tone mark before or between, is how some keyboards and PDFs write SARA AM.
_SARA_AM: Final = re.compile(f"({_TONE}?)\u0e4d({_TONE}?)\u0e32")
_TONE_BEHIND_SARA_AM: Final = re.compile(f"\u0e33({_TONE})")
# A tone mark or THANTHAKHAT typed before the vowel above or below the same consonant.
_MARK_BEFORE_VOWEL: Final = re.compile("([\u0e48-\u0e4c])([\u0e31\u0e34-\u0e3a\u0e47])")


def canonical(text: str) -> str:
    """Return the one spelling of `text`; idempotent."""
    return _settled(_respelled, text)


def fold(text: str) -> str:
    """Return `text` as it is compared in searches; idempotent."""
    return _settled(_folded, text)


def arabic_digits(text: str) -> str:
    """Return `text` with Thai digits written as Arabic ones."""
    return text.translate(_THAI_DIGITS)


def _settled(step: Callable[[str], str], text: str) -> str:
    """Repeat a step until nothing changes: moving one mark can bring the next one to where it has to move."""
    while (after := step(text)) != text:
        text = after
    return text


def _respelled(text: str) -> str:
    plain = unicodedata.normalize("NFC", text.translate(_ZERO_WIDTH)).replace("\u0e40\u0e40", "\u0e41")
    plain = _SARA_AM.sub(lambda found: f"{found[1] or found[2]}\u0e33", plain)
    plain = _TONE_BEHIND_SARA_AM.sub("\\1\u0e33", plain)
    return _MARK_BEFORE_VOWEL.sub(r"\2\1", plain)


def _folded(text: str) -> str:
    # NFKC takes SARA AM apart and the canonical spelling puts it together; a NIKHAHIT typed before it is one too many.
    plain = canonical(unicodedata.normalize("NFKC", text.replace("\u0e4d\u0e33", "\u0e33")))
    return " ".join(plain.translate(_THAI_DIGITS).casefold().split())
