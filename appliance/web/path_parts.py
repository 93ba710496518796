"""The variable parts of a path as typed parameters of a handler: `/rooms/{room}/{n}` as `room: RoomId, n: Position`.

A part is either a text (an id, an emoji) or a position in a room. A part that is longer than any valid one is answered
as not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from appliance.errors import NotFound
from appliance.web.texts import refuse_unfit

MAX_PART: Final = 64
"""Characters of a part of a path."""
_MAX_DIGITS: Final = 15
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
Position = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A position in a room, or another number that counts from 0."""


class PathPart(msgspec.Struct, frozen=True):
    """One variable part: its name, how its text is read, and its JSON schema."""

    name: str
    read: Callable[[str, str], object]
    schema: Mapping[str, object]


def path_parts(path: str, hints: Mapping[str, Any]) -> tuple[PathPart, ...]:
    """Return the variable parts of a path, read as a handler's annotations say.

    Raises TypeError where path and parameters differ, or for a type that no part can have.
    """
    names = _VARIABLE.findall(path)
    if set(names) != set(hints):
        raise TypeError(f"{path} has the parts {names}, its handler the parameters {sorted(hints)}")
    return tuple(_part(name, hints[name]) for name in names)


def _part(name: str, hint: Any) -> PathPart:
    if hint == Position:
        return PathPart(name, _position, {"type": "integer", "minimum": 0, "maximum": 2**53 - 1})
    if getattr(hint, "__supertype__", hint) is str:
        return PathPart(name, _text, {"type": "string", "minLength": 1, "maxLength": MAX_PART})
    raise TypeError(f"{name} is declared as {hint}: a part of a path is a text or a Position")


def _text(name: str, value: str) -> str:
    """Return a part that is a text. Raises NotFound, Invalid for characters that no text has."""
    if len(value) > MAX_PART:
        raise NotFound(field=name)
    refuse_unfit(value, name)
    return value


def _position(name: str, value: str) -> int:
    """Return a part that is a position. Raises NotFound when it cannot be one, Invalid as `_text`."""
    _text(name, value)
    if not value.isascii() or not value.isdigit() or len(value) > _MAX_DIGITS:
        raise NotFound(field=name)
    return int(value)
