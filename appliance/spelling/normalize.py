"""The spelling in which texts are compared and searched: what reads the same becomes the same.

Owns these rules, in this order:
1. each character in its compatibility form, without letter case (full-width, circled and ligature forms become plain
   letters), Thai digits as Arabic ones, every white space a space, and what is drawn as nothing left out: zero-width
   characters, variation selectors, controls;
2. the canonical spelling of `thai`: NFC, at most 30 marks in a row, SARA AM one character, marks in one order, เเ as แ;
3. a Thai mark typed twice counts once;
4. runs of spaces are one space.

Example: `normalize("เเม่น้ํา ๒๕๖๗")` is `"แม่น้ำ 2567"`.

Pure. The stored text is never changed; `normalize_with_origins` says where each character came from. It takes the rules
one by one where `normalize` takes them at once; a test holds that both give the same text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from appliance.spelling.stream_safe import is_stream_safe, places_kept
from appliance.spelling.thai import (
    DOUBLE_SARA_E,
    MARK_RUN,
    SARA_AE,
    THAI_DIGITS,
    THAI_MARKS,
    in_order,
    without_variants,
)

VERSION: Final = 3
"""Changes with the rules: an index made under others is rebuilt."""

_REPEATED_MARK: Final = re.compile(f"([{THAI_MARKS}])\\1+")
_SPACES: Final = re.compile(" {2,}")
_KEPT: Final = 0x10000  # what a character becomes is kept for these; others are rare
Piece = tuple[str, int, int]  # a character, and where in the original it begins and ends


class _Plain(dict[int, str]):
    """What rule 1 makes of a character, by code point; worked out when it is first asked for."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if code < _KEPT:
            self[code] = plain
        return plain


def _fixed_characters() -> dict[int, str]:
    spaces = [*range(0x09, 0x0E), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
    invisible = [
        *range(9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x34F, 0x61C, 0x180E,
        *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF,
    ]  # fmt: skip
    return THAI_DIGITS | dict.fromkeys(spaces, " ") | dict.fromkeys(invisible, "")


def _plain(character: str) -> str:
    """Return the compatibility form without case of a character, decomposed; what comes of it stays as it is."""
    plain = unicodedata.normalize("NFKD", character)
    while (folded := unicodedata.normalize("NFKD", plain.casefold())) != plain:
        plain = folded
    return "".join(_FIXED.get(ord(part), part) for part in plain)


_FIXED: Final = _fixed_characters()
_PLAIN: Final = _Plain(_FIXED)


def normalize(text: str) -> str:
    """Return `text` in the one spelling; idempotent. White space at its ends becomes one space."""
    spelled = without_variants(text.translate(_PLAIN))
    return _SPACES.sub(" ", _REPEATED_MARK.sub(r"\1", spelled))


def fold(text: str) -> str:
    """Return `text` as names and other short texts are compared: normalised, without spaces at the ends."""
    return normalize(text).strip()


@dataclass(frozen=True, slots=True)
class Origins:
    """A normalised text; its character i stands for the characters from `starts[i]` up to `ends[i]` of the original."""

    text: str = field(repr=False)
    starts: Sequence[int]
    ends: Sequence[int]


def normalize_with_origins(text: str) -> Origins:
    """Return `normalize(text)` and where each of its characters came from, in characters (code points)."""
    pieces = [
        (character, place, place + 1) for place, original in enumerate(text) for character in _PLAIN[ord(original)]
    ]
    pieces = _replaced(_bounded(pieces), _DOUBLE_E, lambda _: SARA_AE)
    pieces = _bounded(_composed(pieces))
    pieces = _composed(_replaced(pieces, MARK_RUN, in_order))
    pieces = _replaced(pieces, _REPEATED_MARK, lambda run: run[0])
    pieces = _replaced(pieces, _SPACES, lambda _: " ")
    return Origins("".join(p[0] for p in pieces), [p[1] for p in pieces], [p[2] for p in pieces])


_DOUBLE_E: Final = re.compile(DOUBLE_SARA_E)


def _bounded(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces that `stream_safe` keeps."""
    text = "".join(piece[0] for piece in pieces)
    return pieces if is_stream_safe(text) else [pieces[place] for place in places_kept(text)]


def _replaced(pieces: list[Piece], pattern: re.Pattern[str], by: Callable[[str], str]) -> list[Piece]:
    """Return the pieces with every match of the pattern replaced; what replaces it comes from the whole match."""
    text = "".join(piece[0] for piece in pieces)
    result: list[Piece] = []
    done = 0
    for found in pattern.finditer(text):
        result += pieces[done : found.start()]
        start, end = pieces[found.start()][1], pieces[found.end() - 1][2]
        result += [(character, start, end) for character in by(found.group())]
        done = found.end()
    return result + pieces[done:]


def _composed(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces in NFC: a base and what combines with it come from the same place."""
    text = "".join(piece[0] for piece in pieces)
    whole = unicodedata.normalize("NFC", text)
    if whole == text:
        return pieces
    for starts_run in (_at_base, _beside_space):
        result: list[Piece] = []
        run = 0
        for place in range(1, len(text) + 1):
            if place == len(text) or starts_run(text, place):
                start, end = pieces[run][1], pieces[place - 1][2]
                result += [(c, start, end) for c in unicodedata.normalize("NFC", text[run:place])]
                run = place
        if "".join(piece[0] for piece in result) == whole:
            return result
    return [(character, pieces[0][1], pieces[-1][2]) for character in whole]


def _at_base(text: str, place: int) -> bool:
    return not unicodedata.combining(text[place])


def _beside_space(text: str, place: int) -> bool:
    # Jamo and a few vowel signs combine although they are bases; a space never does, so words and spaces stay apart.
    return " " in text[place - 1 : place + 1]
