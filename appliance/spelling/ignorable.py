"""Characters that are drawn as nothing: the one rule for names of rooms, people, accounts and files.

Pure, and of the standard library alone.
"""

from __future__ import annotations

import unicodedata
from typing import Final

EMPTY_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters by their category that nobody sees: fillers of Hangul, and the Braille pattern without dots."""
_JOINERS: Final = "\u200c\u200d"
_EMOJI_STYLE: Final = "\ufe0f"


def is_ignorable(character: str) -> bool:
    """Return whether Unicode draws a character as nothing, whatever stands beside it (Default_Ignorable_Code_Point)."""
    return (
        unicodedata.category(character) == "Cf"
        or character in EMPTY_LETTERS
        or character in "\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0000" <= character <= "\U000e0fff"
    )


def hides_something(text: str) -> bool:
    """Return whether a text has an ignorable character that changes nothing of how it reads.

    Some do: between two letters of a script that joins them, or two emoji, U+200C and U+200D; behind an emoji U+FE0F.
    """
    return any(is_ignorable(character) and not _is_needed(text, place) for place, character in enumerate(text))


def _is_needed(text: str, place: int) -> bool:
    before, after = text[max(0, place - 1) : place], text[place + 1 : place + 2]
    if text[place] == _EMOJI_STYLE:
        return _is_of(before, "S")
    return text[place] in _JOINERS and _is_of(before, "LMS") and _is_of(after, "LMS")


def _is_of(neighbour: str, categories: str) -> bool:
    return neighbour > "\x7f" and unicodedata.category(neighbour)[0] in categories and neighbour not in EMPTY_LETTERS
