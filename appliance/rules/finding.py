"""How well a person answers a search of the directory: by name first, then by anything else (F14).

Pure. Words and names come folded (`rules/thai.py`). A telephone number is found by its digits, and only where the one
who searches may see it: that is asked by the caller.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from appliance.rules.thai import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

SHORTEST_NUMBER: Final = 4
"""Fewer digits than this are no telephone number, not even an extension."""
_BETWEEN_DIGITS: Final = frozenset(" -().+/")
_COUNTRY: Final = "+66"


class Fit(IntEnum):
    """The best first."""

    GIVEN_NAME = 0
    NAME_BEGINS = 1
    NAME = 2
    OTHER = 3


def fit(words: Sequence[str], names: Sequence[str], text: str) -> Fit | None:
    """Say how well a person answers; None: not at all. Every word must be found.

    `names` are the parts of the name without its title, the given names before the family names they belong to; `text`
    is everything that is searched, its first line the name as it is shown.
    """
    if not all(word in text for word in words):
        return None
    shown = text.partition("\n")[0]
    if all(any(name.startswith(word) for name in names) for word in words):
        return Fit.GIVEN_NAME if any(name.startswith(words[0]) for name in names[::2]) else Fit.NAME_BEGINS
    if all(word in shown for word in words):
        return Fit.NAME_BEGINS if shown.startswith(words[0]) else Fit.NAME
    return Fit.OTHER


def digits_of(number: str) -> str:
    """Return the digits of a telephone number as it is dialled within the country, however it is written."""
    plain = fold(number).replace(_COUNTRY, "0", 1)
    return "".join(character for character in plain if character.isdecimal())


def asked_number(q: str) -> str | None:
    """Return the digits that a search asks for, or None when it asks for words."""
    plain = fold(q)
    digits = digits_of(plain)
    if len(digits) < SHORTEST_NUMBER or not all(c.isdecimal() or c in _BETWEEN_DIGITS for c in plain):
        return None
    return digits
