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

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_MARKS: Final = 30
"""How many characters that take no place of their own may follow one another."""

_VOICE_MARKS: Final = "\uff9e\uff9f"
_AS_MARKS: Final = "\u3099\u309a"
"""The combining marks that compatibility forms make of the voice marks."""
_MARKS: Final = frozenset(("Mn", "Mc", "Me", "Cf"))
# Finds more than marks (symbols, punctuation), but never less, and at the speed of a regular expression; those that
# begin with a set of characters are the fastest. Only from the beginning of a run, which comes after no other of the
# set: within a run that is short enough there is nothing to find.
_OTHER: Final = r"[^\w\s\x00-\x7f]"
_MAY_BE_TOO_MANY: Final = re.compile(rf"{_OTHER}(?<!{_OTHER}{{2}}){_OTHER}{{{MAX_MARKS},}}")


def takes_no_place(character: str) -> bool:
    """Say whether a character is drawn with the one before it or not at all: a combining mark, a format character."""
    return unicodedata.category(character) in _MARKS or character in _VOICE_MARKS


def is_stream_safe(text: str) -> bool:
    """Say whether nowhere more than `MAX_MARKS` characters without a place follow one another."""
    if len(text) <= MAX_MARKS or text.isascii():
        return True
    return not any(_runs_over(found.group()) for found in _MAY_BE_TOO_MANY.finditer(_with_marks(text)))


def stream_safe(text: str) -> str:
    """Return `text` without what goes beyond `MAX_MARKS` in a row; most texts come back as they are."""
    if _MAY_BE_TOO_MANY.search(_with_marks(text)) is None:
        return text
    return "".join(text[place] for place in places_kept(text))


def places_kept(text: str) -> Iterable[int]:
    """Give the places of the characters that `stream_safe` keeps."""
    run = 0
    for place, character in enumerate(text):
        run = run + 1 if takes_no_place(character) else 0
        if run <= MAX_MARKS:
            yield place


def _with_marks(text: str) -> str:
    """Return a text of the same length in which voice marks are the combining marks they stand for."""
    for voice, mark in zip(_VOICE_MARKS, _AS_MARKS, strict=True):
        text = text.replace(voice, mark)
    return text


def _runs_over(run: str) -> bool:
    return sum(1 for _ in places_kept(run)) < len(run)
