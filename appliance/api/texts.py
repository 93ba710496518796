"""The check of all text that comes over HTTP: every string of a request, by the rules of `rules/text.py`.

Walks whatever was decoded (structs, lists, free objects), so that a new field is checked without being named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from appliance.errors import Invalid
from appliance.rules.text import fault_of
from search_index.stream_safe import MOST_MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse_unfit(value: object, field: str | None = None) -> None:
    """Check every string in a decoded value. Raises Invalid naming the field, the character and its place."""
    for name, text in _texts(value, field or ""):
        if fault := fault_of(text):
            raise Invalid(
                field=name or None,
                code=fault.code.value,
                character=fault.character,
                place=fault.place,
                most=MOST_MARKS,
            )


def _texts(value: object, name: str) -> Iterator[tuple[str, str]]:
    """Give each string with the path of its field, as msgspec writes it: `body.text`, `add[3]`."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _texts(getattr(value, field), f"{name}.{field}" if name else field)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(str(key), name)
            yield from _texts(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _texts(item, f"{name}[{place}]")
