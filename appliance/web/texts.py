"""The check of all text that comes over HTTP: every string of a request, by the rules of `rules/text.py`.

Walks whatever was decoded (structs, lists, free objects), so that a new field is checked without being named here. What
that takes grows with the number of values, however deep they lie: nothing is nested deeper than `DEEPEST`, and the path
of a field is written for the one at fault alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from appliance.errors import Invalid
from appliance.rules.text import fault_of
from appliance.spelling.stream_safe import MOST_MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST: Final = 16
"""Levels of objects and lists within each other; no request that we define has more than five."""


class _Place(NamedTuple):
    """A value, the field or position that leads to it, and what it lies in."""

    value: object
    step: str | int
    above: _Place | None
    depth: int


def refuse_unfit(value: object, field: str = "") -> None:
    """Check every string in a decoded value, in its order.

    Raises Invalid naming the field, the character and its place; `bad_json` for what is nested too deep.
    """
    waiting = [_Place(value, field, None, 0)]
    while waiting:
        place = waiting.pop()
        if isinstance(place.value, str):
            _refuse_text(place.value, place)
        elif place.depth < DEEPEST:
            waiting.extend(reversed([*_within(place)]))
        elif isinstance(place.value, msgspec.Struct | dict | list | tuple):
            raise Invalid("nested too deep", code="bad_json")


def _refuse_text(text: str, place: _Place) -> None:
    if fault := fault_of(text):
        raise Invalid(
            field=_name(place) or None,
            code=fault.code.value,
            character=fault.character,
            place=fault.place,
            most=MOST_MARKS,
        )


def _within(place: _Place) -> Iterator[_Place]:
    """Give what lies directly in a value; the keys of an object count as texts of the object itself."""
    value, depth = place.value, place.depth + 1
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield _Place(getattr(value, field), field, place, depth)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield place._replace(value=str(key))
            yield _Place(item, str(key), place, depth)
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            yield _Place(item, at, place, depth)


def _name(place: _Place) -> str:
    """Return the path of a field as msgspec writes it: `body.text`, `add[3]`."""
    steps: list[str | int] = []
    at: _Place | None = place
    while at is not None:
        steps.append(at.step)
        at = at.above
    name = ""
    for step in reversed(steps):
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name
