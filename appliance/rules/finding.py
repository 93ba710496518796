"""How well a person matches a search of the directory: by name first, then by anything else (F14).

Pure. Words and names come folded (`spelling/normalize.py`). A telephone number is found by its digits. The caller
decides whether the one who searches may see the number.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from appliance.spelling.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MIN_NUMBER_LENGTH: Final = 4
"""Fewer digits than this are no telephone number, not even an extension."""
_BETWEEN_DIGITS: Final = frozenset(" -().+/")
_COUNTRY: Final = "+66"
_SAMPLE: Final = 100
_AT_ONCE: Final = 4
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


def rarest_first(words: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return words in the order in which looking for them ends soonest, judged by a sample of the texts.

    A word that another one holds is left out: whoever has the other has it too.
    """
    needed = [word for word in words if not any(word in other for other in words if other != word)]
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    return sorted(needed, key=lambda word: (sum(word in text for text in sample), -len(word)))


def holding(words: Sequence[str], places: Sequence[int], texts: Sequence[str] | Mapping[int, str]) -> Sequence[int]:
    """Return the places whose text has every word: several words in one pass, for the texts are far more than a cache.

    The words had better come `rarest_first`: nobody is asked for a further word who lacks one, and once nobody is left
    no word is looked for.
    """
    found = places
    for start in range(0, len(words), _AT_ONCE):
        # Every text has the empty word.
        a, b, c, d = (*words[start : start + _AT_ONCE], "", "", "")[:_AT_ONCE]
        if not b:
            found = [p for p in found if a in texts[p]]
        else:
            found = [p for p in found if a in (text := texts[p]) and b in text and c in text and d in text]
    return found


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
    heads = {p: texts[p][: ends[p]] for p in places}
    yield Fit.NAME, holding(rarest_first(words, list(heads.values())), places, heads)
    yield Fit.OTHER, places


def digits_of(number: str) -> str:
    """Return the digits of a telephone number as it is dialled within the country, however it is written."""
    plain = fold(number).replace(_COUNTRY, "0", 1)
    return "".join(character for character in plain if character.isdecimal())


def asked_number(q: str) -> str | None:
    """Return the digits that a search asks for, or None when it asks for words."""
    plain = fold(q)
    digits = digits_of(plain)
    if len(digits) < MIN_NUMBER_LENGTH or not all(c.isdecimal() or c in _BETWEEN_DIGITS for c in plain):
        return None
    return digits
