"""Thai alphabetical order as a text key: sorting keys by code point sorts names as ICU's Thai collation does.

Rules (CLDR root collation with its Thai tailoring, checked against `Intl.Collator('th')` in the tests): a leading vowel
is ordered under the consonant it is written before; tone marks and other signs decide only between names that are
otherwise equal; digits come before Thai letters, these before Latin ones; spaces and punctuation do not count. Thai,
Latin letters, digits and symbols are covered exactly; other scripts come last, by code point.

Example: sorted(["ไก่", "กา", "เก", "ข"], key=sort_key) == ["กา", "เก", "ไก่", "ข"].
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from appliance.spelling.thai import canonical

_LEADING: Final = re.compile("([\u0e40-\u0e44])([\u0e01-\u0e2e])")
_SAME_LETTER: Final = {"\u0e45": "\u0e32"}
# The order of Thai letters is that of their code points, but for NIKHAHIT before the vowels and PHINTHU after them.
_LETTERS: Final = [*range(0x0E01, 0x0E2F), 0x0E4D, *range(0x0E30, 0x0E3A), *range(0x0E40, 0x0E45), 0x0E3A]
_MARKS: Final = [0x0E4E, 0x0E4C, 0x0E47, 0x0E48, 0x0E49, 0x0E4A, 0x0E4B]
_IGNORED_THAI: Final = frozenset("\u0e2f\u0e46\u0e4f\u0e5a\u0e5b")

# Weights are characters from U+0100 on: one level's separator and filler stay below all of them.
_FIRST: Final = 0x0100
_SYMBOL, _CURRENCY, _DIGIT, _THAI, _LATIN, _OTHER = (_FIRST + step for step in (0, 1, 2, 12, 100, 130))
_PRIMARY: Final = {chr(code): chr(_THAI + place) for place, code in enumerate(_LETTERS)}
_SECONDARY: Final = {chr(code): chr(_FIRST + 1 + place) for place, code in enumerate(_MARKS)}
_OTHER_MARK: Final = _FIRST + 1 + len(_MARKS)
_PLAIN: Final = chr(_FIRST)
_VARIANT: Final = chr(_FIRST + 1)
_LEVEL: Final = " "
_FIELD: Final = "\t"


def sort_key(text: str) -> str:
    """Return the key of `text`; equal for texts that collation holds equal."""
    primary, secondary, tertiary = [], [], []
    for letter in unicodedata.normalize("NFD", _reordered(text)):
        mark = _mark(letter)
        if mark is not None:
            secondary.append(mark)
            tertiary.append(_PLAIN)
            continue
        weight = _weight(letter)
        if weight:
            primary.append(weight)
            secondary.append(_PLAIN)
            tertiary.append(_VARIANT if _is_variant(letter) else _PLAIN)
    levels = ("".join(level).rstrip(_PLAIN) for level in (secondary, tertiary))
    return _LEVEL.join(("".join(primary), *levels)).rstrip(_LEVEL)


def name_key(given: str, family: str) -> str:
    """Return the key of a person's name: by given name first, as Thai lists are, then by family name."""
    return f"{sort_key(given)}{_FIELD}{sort_key(family)}"


def _reordered(text: str) -> str:
    return _LEADING.sub(r"\2\1", canonical(text))


def _mark(letter: str) -> str | None:
    known = _SECONDARY.get(letter)
    if known is not None or letter in _PRIMARY or unicodedata.category(letter) != "Mn":
        return known
    return chr(_OTHER_MARK + ord(letter))


def _weight(letter: str) -> str:
    """Return the primary weight, empty for what does not count."""
    letter = _SAME_LETTER.get(letter, letter)
    if letter in _PRIMARY:
        return _PRIMARY[letter]
    category = unicodedata.category(letter)
    if letter in _IGNORED_THAI or category[0] in "PZC":
        return ""
    if category == "Nd":
        return chr(_DIGIT + unicodedata.decimal(letter))
    lower = letter.lower()
    if "a" <= lower <= "z":
        return chr(_LATIN + ord(lower) - ord("a"))
    if category == "Sc":
        return chr(_CURRENCY) + lower
    return chr(_SYMBOL if category[0] == "S" else _OTHER) + lower


def _is_variant(letter: str) -> bool:
    return letter in _SAME_LETTER or letter.isupper()
