"""Cursors: opaque strings that say where a client continues. Here alone they are made and read.

A client gives one back as it got it, and neither compares cursors nor computes with them: what a cursor names may come
to be more than one log. The letter says what it continues, so that a cursor of one list is refused by another.
Behind it come the parts, parted by dots: numbers as hexadecimal digits, ids as they are. Does not know whether what an
id names is there: the list says so.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Generic, TypeVarTuple, cast

from msgspec import Meta

from appliance.errors import Invalid

Cursor = Annotated[
    str,
    Meta(max_length=200, description="opaque: give it back as it is, compare it with nothing, compute nothing from it"),
]

P = TypeVarTuple("P")
_PATTERNS: Final[dict[type[int | str], str]] = {int: r"([0-9a-f]{1,14})", str: r"([\w@-]{0,128})"}
_NUMBERS_END: Final = 1 << 53


class Kind(Generic[*P]):
    """One kind of cursor: the letter that it begins with, and which of its parts are numbers and which are ids."""

    __slots__ = ("letter", "parts", "pattern")

    def __init__(self, letter: str, *parts: type[int | str]) -> None:
        """Name a kind by a letter that no other has."""
        self.letter, self.parts = letter, parts
        self.pattern = letter + r"\.".join(_PATTERNS[part] for part in parts)


FEED: Final[Kind[int]] = Kind("f", int)
SNAPSHOT: Final[Kind[int, int]] = Kind("s", int, int)
VERSIONS: Final[Kind[int]] = Kind("v", int)
READERS: Final[Kind[int, int, int, str]] = Kind("r", int, int, int, str)
ROOMS: Final[Kind[int]] = Kind("l", int)
REMOVAL_REQUESTS: Final[Kind[str]] = Kind("q", str)
MEMBER_SUGGESTIONS: Final[Kind[str]] = Kind("g", str)
MY_REQUESTS: Final[Kind[int, int, str]] = Kind("m", int, int, str)
UNITS: Final[Kind[str]] = Kind("u", str)
PEOPLE: Final[Kind[str]] = Kind("p", str)
ROOM_FILES: Final[Kind[int, int]] = Kind("d", int, int)
HITS: Final[Kind[int, str, int]] = Kind("h", int, str, int)


def written(kind: Kind[*P], *parts: *P) -> str:
    """Return the cursor of a kind that stands for these parts."""
    return kind.letter + ".".join([f"{part:x}" if isinstance(part, int) else str(part) for part in parts])


def read(kind: Kind[*P], cursor: str, *, field: str = "cursor") -> tuple[*P]:
    """Return the parts of a cursor. Raises Invalid naming `field` for one that is not of this kind."""
    found = re.fullmatch(kind.pattern, cursor, re.ASCII)
    if found is None:
        raise Invalid(field=field, code="invalid")
    parts = [int(text, 16) if of is int else text for of, text in zip(kind.parts, found.groups(), strict=True)]
    if any(isinstance(part, int) and part >= _NUMBERS_END for part in parts):
        raise Invalid(field=field, code="invalid")
    return cast("tuple[*P]", tuple(parts))


def feed_position(since: str | None) -> int:
    """Return the position of the feed that `since` stands for; 0, before everything, without one. Raises Invalid."""
    return 0 if since is None else read(FEED, since, field="since")[0]
