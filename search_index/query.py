"""What a person typed, as what must be found; and whether a text has it.

Owns the rules:
- a query is terms separated by spaces; all must occur, in any order, anywhere, inside words too (Thai has no spaces);
- «"…"» makes one phrase of several words, its spaces counted; a quotation mark left open runs to the end;
- text and query are compared in one spelling (`normalize`), and years of dates in either calendar;
- rooms, people, dates and types are filters of the request, never words of the text: no text can widen a search.

Example: `parse('ประชุม "ชั้น 4" ประ').needles` is `("ชั้น 4", "ประชุม")`: who has «ประชุม» has «ประ».

Pure and bounded: time and memory grow with the length of the text, which is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from appliance.spelling.normalize import normalize
from search_index.eras import other_era

MAX_CHARACTERS: Final = 400
MAX_NEEDLES: Final = 16
_QUOTES: Final = '"“”„«»'
_TOKEN: Final = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)(?:[{_QUOTES}]|$)|([^ {_QUOTES}]+)")
# From the arrows on, one character says a thing by itself: symbols, emoji, Chinese.
_TELLS_ALONE: Final = 0x2190


class QueryRefused(Exception):
    """A query that cannot be searched for. `code`: `query_too_short` (no term has two characters), `query_too_long`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Query:
    """What must all occur in a text. `needles` are normalised, none is empty, none lies within another."""

    needles: tuple[str, ...] = field(repr=False)


def parse(text: str) -> Query:
    """Return what `text` asks for; no needles if it is blank. Raises QueryRefused."""
    if len(text) > MAX_CHARACTERS:
        raise QueryRefused("query_too_long")
    normalized = normalize(text)
    found = (phrase.strip() or term for phrase, term in _TOKEN.findall(normalized))
    needles = _outermost({needle for needle in found if needle})
    # Folding its case can make a text longer.
    if len(normalized) > MAX_CHARACTERS or len(needles) > MAX_NEEDLES:
        raise QueryRefused("query_too_long")
    if needles and not any(worth_searching(needle) for needle in needles):
        raise QueryRefused("query_too_short")
    return Query(needles)


def worth_searching(needle: str) -> bool:
    """Return whether a normalised needle can be searched for alone: two characters, or one of a script like Chinese."""
    return len(needle) > 1 or ord(needle) >= _TELLS_ALONE


def _outermost(needles: set[str]) -> tuple[str, ...]:
    """Return the needles that lie in no other, longest first: who has the longer has the shorter."""
    kept: list[str] = []
    for needle in sorted(needles, key=lambda n: (-len(n), n)):
        if not any(needle in other for other in kept):
            kept.append(needle)
    return tuple(kept)


def readings(text: str) -> tuple[str, ...]:
    """Return the one or two normalised readings of a stored text: as written, and with its dates in the other era."""
    normalized = normalize(text)
    other = other_era(normalized)
    return (normalized,) if other is None else (normalized, other)


def matches(query: Query, text: str) -> bool:
    """Return whether a stored text has everything the query asks for: the truth that candidates are verified by."""
    either = readings(text)
    return all(any(needle in reading for reading in either) for needle in query.needles)
