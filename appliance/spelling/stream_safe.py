"""A bound on combining marks, so that normalising a text costs its length.

Unicode normalisation sorts the marks on one base character, which takes time that grows with the square of their
number. No language puts more than a few marks on a character; UAX #15 (D4, «Stream-Safe Text Format») therefore allows
30 in a row. Owns that rule: which characters count (`takes_no_place`), whether a text keeps to it, and the cut.

Format characters such as the zero-width joiner count with the marks: they are dropped before a text is normalised, and
the marks around them would then form one run. The halfwidth katakana voice marks count because compatibility forms
(NFKC) turn them into combining marks.

Pure. Does not refuse: `appliance/rules/text.py` refuses what people send; the index and the reads cut what is stored.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_MARKS: Final = 30
"""How many characters that take no place of their own may follow one another."""

_VOICE_MARKS: Final = "\uff9e\uff9f"
_MARKS: Final = frozenset(("Mn", "Mc", "Me", "Cf"))


def takes_no_place(character: str) -> bool:
    """Return whether a character is drawn with the one before it, or not at all: combining marks, format characters."""
    return unicodedata.category(character) in _MARKS or character in _VOICE_MARKS


def is_stream_safe(text: str) -> bool:
    """Return whether nowhere more than `MAX_MARKS` characters without a place follow one another."""
    if len(text) <= MAX_MARKS or text.isascii():
        return True
    # Looks backwards from where a run that is too long could end, so most characters of most texts are never looked at.
    end = MAX_MARKS
    while end < len(text):
        place = end
        while takes_no_place(text[place]):
            if place == end - MAX_MARKS:
                return False
            place -= 1
        end = place + MAX_MARKS + 1
    return True


def stream_safe(text: str) -> str:
    """Return `text` without what goes beyond `MAX_MARKS` in a row; most texts come back as they are."""
    if is_stream_safe(text):
        return text
    return "".join(text[place] for place in places_kept(text))


def places_kept(text: str) -> Iterable[int]:
    """Give the places of the characters that `stream_safe` keeps."""
    run = 0
    for place, character in enumerate(text):
        run = run + 1 if takes_no_place(character) else 0
        if run <= MAX_MARKS:
            yield place
