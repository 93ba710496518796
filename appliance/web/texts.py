"""Checks all text that comes over HTTP: every string of a request, by the rules of `rules/text.py`.

It walks through whatever was decoded (structs, lists, free objects), so a new field is checked without being named
here. The cost grows with the number of values: nesting is bounded by `DEEPEST`, and the path of a field is put together
only for the faulty one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import Invalid
from appliance.rules.text import Fault, fault_of
from appliance.spelling.stream_safe import MAX_MARKS, is_stream_safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEEPEST: Final = 16
"""Levels of objects and lists within each other; no request that we define has more than five."""

_PLAIN: Final = (bool, int, float, type(None))
_NESTED: Final = (msgspec.Struct, dict, list, tuple)


class _UnfitError(Exception):
    """A string with a fault. `steps` are the fields and positions that lead to it, the innermost first."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault
        self.steps: list[str | int] = []


def refuse_unfit(value: object, field: str = "", *, json: str = "") -> None:
    """Check every string in a decoded value, in its order.

    `json` is the text that a value of a fixed shape was decoded from, where it is at hand. Every string of the value is
    a part of it where nothing in it is escaped; so where all of it is printable, and has no long run of marks, no
    string has a fault.

    Raises Invalid naming the field, the character and its place; `bad_json` for what is nested too deep.
    """
    if json and "\\" not in json and json.isprintable() and is_stream_safe(json):
        return
    try:
        _check(value, 0)
    except _UnfitError as unfit:
        fault = unfit.fault
        raise Invalid(
            field=_name([field, *reversed(unfit.steps)]) or None,
            code=fault.code.value,
            character=fault.character,
            place=fault.place,
            most=MAX_MARKS,
        ) from None


def _check(value: object, depth: int) -> None:
    """Check what lies in a value. Raises as above."""
    if isinstance(value, str):
        _check_text(value)
    elif not isinstance(value, _PLAIN):
        if depth >= DEEPEST and isinstance(value, _NESTED):
            raise Invalid("nested too deep", code="bad_json")
        for step, item in _within(value):
            try:
                _check(item, depth + 1)
            except _UnfitError as unfit:
                unfit.steps.append(step)
                raise


def _check_text(text: str) -> None:
    if fault := fault_of(text):
        raise _UnfitError(fault)


def _within(value: object) -> Iterable[tuple[str | int, object]]:
    """Give what lies directly in a value, by field or position."""
    if isinstance(value, msgspec.Struct):
        return [(field, getattr(value, field)) for field in value.__struct_fields__]
    if isinstance(value, dict):
        return _within_object(value)
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _within_object(value: dict[object, object]) -> Iterator[tuple[str, object]]:
    """Give what lies in an object; its keys count as texts of the object itself."""
    for key, item in value.items():
        _check_text(str(key))
        yield str(key), item


def _name(steps: list[str | int]) -> str:
    """Return the path of a field as msgspec writes it: `body.text`, `add[3]`."""
    name = ""
    for step in steps:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name
