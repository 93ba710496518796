"""Text as grams: every three characters in a row, each a 30-bit number.

Owns how text becomes the terms of the index, and a needle the terms that a text must have to contain it:
- the gram at a character is that character and the two after it; after the last character comes `_END`, so every
  character begins a gram, and a text of any length has one for each of its characters;
- a character is 10 bits: Thai and ASCII have codes of their own, the rest share 768 by a hash. Two that share a code
  make a false candidate, never a lost hit;
- grams sort by their first character, then the second: those that begin with one or two given characters lie side by
  side, which is how needles of one or two characters are found.

Why grams of three and not words: docs/decisions/0009-search-index.md. What grams find are candidates, as a text may
have all grams of a needle and not the needle; the caller verifies (`query.matches`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt

VERSION: Final = 1
"""Changes with the grams: an index made of others is rebuilt."""

GRAM: Final = 3
_BITS: Final = 10
_END: Final = 0
_THAI: Final = 0x0E00
_ASCII_CODES: Final = 128
_SHARED_CODES: Final = 256
_SHARED: Final = (1 << _BITS) - _SHARED_CODES
_SPREAD: Final = np.uint32(2654435761)  # Knuth's multiplier

TWO_CHARACTERS: Final = 1 << _BITS
"""How wide the range of a needle of two characters is; that of one is wider."""

Keys = npt.NDArray[np.uint32]


def codes(points: npt.NDArray[np.uint32]) -> Keys:
    """Return the 10-bit codes of code points; none is `_END` but that of U+0E00, which is no character."""
    shared = _SHARED_CODES + ((points * _SPREAD) >> np.uint32(16)) % np.uint32(_SHARED)
    thai = (points >= _THAI) & (points < _THAI + 128)
    return np.where(points < 128, points + _ASCII_CODES, np.where(thai, points - _THAI, shared)).astype(np.uint32)


def gram_keys(texts: Sequence[str]) -> tuple[Keys, npt.NDArray[np.int64]]:
    """Return the grams of normalised texts, and for each the place of its text in `texts`."""
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    whole = codes(_points("".join(texts)))
    owner: npt.NDArray[np.int64] = np.repeat(np.arange(len(texts)), lengths)
    # In the array of all texts the two places after a character may belong to the next text: there the gram ends.
    second, third = np.zeros_like(whole), np.zeros_like(whole)
    second[:-1] = np.where(owner[1:] == owner[:-1], whole[1:], _END)
    third[:-2] = np.where(owner[2:] == owner[:-2], whole[2:], _END)
    keys: Keys = (whole << np.uint32(2 * _BITS)) | (second << np.uint32(_BITS)) | third
    return keys, owner


def _points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32, copy=False)


@dataclass(frozen=True, slots=True)
class NeedleKeys:
    """What a text must have: every gram of `exact`; of each range at least one gram, from its first up to its end."""

    exact: Keys = field(repr=False)
    ranges: tuple[tuple[int, int], ...] = field(repr=False)


def needle_keys(needles: Sequence[str]) -> NeedleKeys:
    """Return the grams of normalised needles, none empty. Short needles become ranges."""
    exact: set[int] = set()
    ranges: list[tuple[int, int]] = []
    for needle in needles:
        whole = [_code(ord(character)) for character in needle]
        exact.update(
            (a << (2 * _BITS)) | (b << _BITS) | c for a, b, c in zip(whole, whole[1:], whole[2:], strict=False)
        )
        if len(whole) < GRAM:
            open_bits = (GRAM - len(whole)) * _BITS
            first = reduce(lambda key, code: (key << _BITS) | code, whole) << open_bits
            ranges.append((first, first + (1 << open_bits)))
    return NeedleKeys(np.array(sorted(exact), np.uint32), tuple(ranges))


def _code(point: int) -> int:
    """Return the code of one character, as `codes` does of many."""
    if point < _ASCII_CODES:
        return point + _ASCII_CODES
    if _THAI <= point < _THAI + 128:
        return point - _THAI
    return _SHARED_CODES + ((point * int(_SPREAD) & 0xFFFFFFFF) >> 16) % _SHARED
