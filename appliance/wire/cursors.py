"""Cursors: opaque strings that say where a client goes on. Here alone they are made and read.

A client gives one back as it got it, and neither compares cursors nor computes with them: what a cursor names may come
to be more than one log. The letter says what it goes on with, so that a cursor of one list is refused by another.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from msgspec import Meta

from appliance.errors import Invalid

Cursor = Annotated[
    str,
    Meta(max_length=64, description="opaque: give it back as it is, compare it with nothing, compute nothing from it"),
]

FEED: Final = "f"
SNAPSHOT: Final = "s"
VERSIONS: Final = "v"
_WRITTEN: Final = re.compile(r"([a-z])([0-9a-f]{1,14}(?:\.[0-9a-f]{1,14})*)", re.ASCII)


def written(kind: str, *numbers: int) -> str:
    """Return the cursor of a kind that stands for these numbers."""
    return kind + ".".join(f"{number:x}" for number in numbers)


def read(kind: str, cursor: str, many: int = 1, *, field: str = "cursor") -> tuple[int, ...]:
    """Return the `many` numbers of a cursor. Raises Invalid naming `field` for one that is not of this kind."""
    found = _WRITTEN.fullmatch(cursor)
    numbers = tuple(int(number, 16) for number in found[2].split(".")) if found else ()
    if found is None or found[1] != kind or len(numbers) != many or max(numbers) >= 1 << 53:
        raise Invalid(field=field, code="invalid")
    return numbers


def feed_position(since: str | None) -> int:
    """Return the position of the feed that `since` stands for; 0, before everything, without one. Raises Invalid."""
    return 0 if since is None else read(FEED, since, field="since")[0]
