"""What of a message is shown among the results: the words around the first match, and where the matches are.

Owns the cutting: never inside a consonant with its marks or an emoji with its modifiers, at a space if one is near.
Works on the stored text as it is; pure.

Takes time in proportion to the text, and little of it: the first match is found in the normalised text, and only the
part around it is mapped back to the stored text. The text is cut for that at places where its parts, normalised
each by itself, are the normalised text (`_SEAM`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from appliance.spelling.normalize import normalize, normalize_with_origins
from search_index.eras import other_era
from search_index.query import MAX_CHARACTERS, Query

WIDTH: Final = 160
_BEFORE: Final = 40
_NEAR: Final = 12
_ELLIPSIS: Final = "…"
_LEADING_VOWELS: Final = frozenset("เแโใไ")
_JOINER: Final = "\u200d"
_FIRST_ASTRAL: Final = 0x10000
_PART: Final = 256
# A character that neither combines with what is before it nor forms one character with it: a letter or digit (but no
# Thai vowel, no SARA E, which may be doubled, no part of a Hangul syllable, no halfwidth voice mark, none whose
# compatibility form begins with a space), a visible ASCII character, a symbol or an emoji.
_SEAM: Final = re.compile(
    "[!-~\u2190-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
    "|(?![\u037a\u0e30-\u0e5b\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\ud7b0-\ud7ff\ufc5e-\ufc63\ufe70-\ufe7f\uff65-\uffdf])"
    "[^\\W_]"
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a message. `highlights`: (start, end) of what matched, ascending and apart, in UTF-16 code units of
    `text`, as JavaScript counts.
    """

    text: str = field(repr=False)
    highlights: tuple[Span, ...]


def snippet(query: Query, text: str, width: int = WIDTH) -> Snippet:
    """Return at most about `width` characters of `text` around the first match; its start where nothing matches."""
    spans = occurrences(query, text, width)
    start, end = _window(text, spans[0] if spans else (0, 0), width)
    opening = _ELLIPSIS if start else ""
    shown = opening + text[start:end] + (_ELLIPSIS if end < len(text) else "")
    moved = [
        (max(a, start) - start + len(opening), min(b, end) - start + len(opening))
        for a, b in spans
        if a < end and b > start
    ]
    return Snippet(shown, tuple((_utf16_length(shown[:a]), _utf16_length(shown[:b])) for a, b in moved))


def marks(query: Query, text: str) -> tuple[Span, ...]:
    """Return where the needles occur in a short text that is shown whole, as `Snippet.highlights`."""
    spans = occurrences(query, text, len(text))
    return tuple((_utf16_length(text[:a]), _utf16_length(text[:b])) for a, b in spans)


def occurrences(query: Query, text: str, width: int = WIDTH) -> list[Span]:
    """Return where the needles occur from the first match on, at least over `width` characters of the stored text.

    In characters: whole clusters, ascending, none touching another.
    """
    normalized = normalize(text)
    either = [reading for reading in (normalized, other_era(normalized)) if reading is not None]
    places = [at for reading in either for needle in query.needles if (at := reading.find(needle)) >= 0]
    if not places:
        return []
    start, end, before = _part_to_map(text, min(places), width)
    origins = normalize_with_origins(text[start:end])
    found = set()
    for reading in either:
        part = reading[before : before + len(origins.text)]
        for needle in query.needles:
            for at in _places(part, needle):
                found.add((start + origins.starts[at], start + origins.ends[at + len(needle) - 1]))
    return _merged((_cluster_start(text, a), _cluster_end(text, b)) for a, b in found)


def _places(text: str, needle: str) -> Iterator[int]:
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def _part_to_map(text: str, match: int, width: int) -> tuple[int, int, int]:
    """Return the part of `text` around the normalised place `match`, and how long what precedes it is normalised."""
    before = 0
    seams = _seams(text)
    start = next(seams)
    for end in seams:
        length = len(normalize(text[start:end]))
        if before + length > match:
            needed = end + 2 * width + MAX_CHARACTERS
            return start, next((seam for seam in seams if seam >= needed), len(text)), before
        start, before = end, before + length
    return start, len(text), before


def _seams(text: str) -> Iterator[int]:
    """Give places that cut the text into parts of some hundred characters, its start and its end among them."""
    at = 0
    while at < len(text):
        yield at
        seam = _SEAM.search(text, at + _PART)
        at = seam.start() if seam else len(text)
    yield len(text)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for a, b in sorted(spans):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged


def _window(text: str, found: Span, width: int) -> Span:
    """Return what to show: all that fits, else from a little before the match, which is not cut for a space in it."""
    if len(text) <= width:
        return 0, len(text)
    match, match_end = found
    start = max(0, min(match - _BEFORE, len(text) - width))
    if start:
        space = text.find(" ", start, min(start + _NEAR, match))
        start = space + 1 if space >= 0 else _cluster_start(text, start)
    end = min(len(text), max(start + width, match_end))
    if end < len(text):
        space = text.rfind(" ", end - _NEAR, end)
        end = space if space >= match_end else _cluster_end(text, end)
    return start, end


def _goes_on(text: str, at: int) -> bool:
    """Return whether the character at `at` is one with those before it."""
    if not 0 < at < len(text):
        return False
    character = text[at]
    return (
        unicodedata.category(character) in {"Mn", "Mc", "Me", "Sk", "Cf"}
        or character in "ะาำๅ"
        or text[at - 1] in _LEADING_VOWELS
        or text[at - 1] == _JOINER
    )


def _cluster_start(text: str, at: int) -> int:
    nearest = max(0, at - _NEAR)
    while at > nearest and _goes_on(text, at):
        at -= 1
    return at


def _cluster_end(text: str, at: int) -> int:
    furthest = min(len(text), at + _NEAR)
    while at < furthest and _goes_on(text, at):
        at += 1
    return at


def _utf16_length(text: str) -> int:
    return len(text) + sum(1 for character in text if ord(character) >= _FIRST_ASTRAL)
