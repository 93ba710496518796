"""How well a person answers a search of the directory: by name first, then by anything else (F14).

Pure. Words and names come folded (`rules/thai.py`). A telephone number is found by its digits, and only where the one
who searches may see it: that is asked by the caller.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from appliance.rules.thai import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORTEST_NUMBER: Final = 4
"""Fewer digits than this are no telephone number, not even an extension."""
_BETWEEN_DIGITS: Final = frozenset(" -().+/")
_COUNTRY: Final = "+66"
# What no folded text has.
_GIVEN: Final = "\1"
_FAMILY: Final = "\2"


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


def name_starts(names: Sequence[str]) -> str:
    """Return the parts of a name as `tiers` looks for their beginnings, given and family names told apart."""
    return "".join(f"{(_GIVEN, _FAMILY)[place % 2]}{name}" for place, name in enumerate(names))


def tiers(
    words: Sequence[str], places: Sequence[int], texts: Sequence[str], starts: Sequence[str], ends: Sequence[int]
) -> Iterator[tuple[Fit, Sequence[int]]]:
    """Give each fit, the best first, with the places that may have it, in their order; `fit` says which do.

    All of a large agency is looked through in each tier, so the tests are single operations of the interpreter, and who
    needs the best few asks for no further tier. `texts` are those of `fit`, `starts` are `name_starts` of the names,
    `ends` where the first lines end.
    """
    first, *others = words
    given, family = f"{_GIVEN}{first}", f"{_FAMILY}{first}"
    named = [p for p in places if given in starts[p]]
    for word in others:
        begins_given, begins_family = f"{_GIVEN}{word}", f"{_FAMILY}{word}"
        named = [p for p in named if begins_given in starts[p] or begins_family in starts[p]]
    yield Fit.GIVEN_NAME, named
    begins = [p for p in places if texts[p].startswith(first) or given in starts[p] or family in starts[p]]
    for word in others:
        given, family = f"{_GIVEN}{word}", f"{_FAMILY}{word}"
        begins = [
            p for p in begins if texts[p].find(word, 0, ends[p]) >= 0 or given in starts[p] or family in starts[p]
        ]
    yield Fit.NAME_BEGINS, begins
    shown = places
    for word in words:
        shown = [p for p in shown if texts[p].find(word, 0, ends[p]) >= 0]
    yield Fit.NAME, shown
    yield Fit.OTHER, places


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
