"""Strict reading and writing of typed state and bodies: a frozen dataclass or named tuple from JSON fields, and back.

Rules:
- a field that is missing or of another type raises a `WrongShapeError` that names it, never another exception;
- an unknown field is ignored when read, so that a peer may add one (decision 24), and is never written;
- nothing is converted: a number is no text, `true` is no number, `null` stands for nothing;
- integers are counts, positions or times, so never negative; a list is never empty, has at most
  `MAX_LISTED` values, and no person twice; a person is `id@agency`, and never the program of an agency; a text holds no
  control characters (`log_texts.py`);
- a field that has the value of its default is not written;
- a field's metadata may give its name in the header (`key`), and a further condition (`holds`).

It needs the standard library alone, as do all rules: the offline verifier runs them in a court (`evidence/offline`).
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from appliance.model import MAX_LISTED, Principal, is_person
from appliance.rules.log_texts import is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_INT: Final = 2**53 - 1
S = TypeVar("S")
_ABSENT: Final = object()


class WrongShapeError(ValueError):
    """A field that its type of entry lacks, or has in another kind. `key` is the first such field."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class _Field(NamedTuple):
    name: str
    key: str
    default: object
    read: Callable[[object], object]
    write: Callable[[Any], object]


class Shape(Generic[S]):
    """How one struct is read and written; made once for each type of entry."""

    def __init__(self, struct: type[S]) -> None:
        self.struct = struct
        self._fields = _fields_of(struct)
        needed = any(one.default is MISSING for one in self._fields)
        # The struct of a header that says nothing: what most messages have.
        self._nothing = None if needed else struct()

    def read(self, given: Mapping[str, object]) -> S:
        """Return the struct that these fields make. Raises `WrongShapeError`."""
        if not given and self._nothing is not None:
            return self._nothing
        values: dict[str, object] = {}
        for name, key, default, read, _ in self._fields:
            value = given.get(key, _ABSENT)
            if value is not _ABSENT:
                try:
                    values[name] = read(value)
                except ValueError as error:
                    raise WrongShapeError(key) from error
            elif default is MISSING:
                raise WrongShapeError(key)
        return self.struct(**values)

    def of(self, value: object) -> S:
        """Return the struct that a JSON value makes, which has to be an object. Raises `WrongShapeError`."""
        if not isinstance(value, dict):
            raise WrongShapeError("")
        return self.read(value)

    def write(self, state: S) -> dict[str, object]:
        """Return the fields of a struct."""
        if state == self._nothing:
            return {}
        found: dict[str, object] = {}
        for name, key, default, _, write in self._fields:
            value = getattr(state, name)
            if default is MISSING or value != default:
                found[key] = write(value)
        return found

    @property
    def keys(self) -> dict[str, bool]:
        """The names in the header, and whether the field must be there."""
        return {one.key: one.default is MISSING for one in self._fields}


def _fields_of(struct: type[Any]) -> tuple[_Field, ...]:
    hints = get_type_hints(struct)
    if issubclass(struct, tuple):
        defaults: Mapping[str, object] = getattr(struct, "_field_defaults", {})
        return tuple(_Field(name, name, defaults.get(name, MISSING), *_codec(hint)) for name, hint in hints.items())
    found = []
    for one in fields(struct):
        read, write = _codec(_present(hints[one.name]))
        if holds := one.metadata.get("holds"):
            read = _checked(read, holds)
        found.append(_Field(one.name, one.metadata.get("key", one.name), one.default, read, write))
    return tuple(found)


def _checked(read: Callable[[object], object], holds: Callable[[Any], bool]) -> Callable[[object], object]:
    def read_checked(value: object) -> object:
        found = read(value)
        if not holds(found):
            raise ValueError
        return found

    return read_checked


def _present(hint: Any) -> Any:
    """Return X of `X | None`: what is not there is absent from the header, never `null`."""
    if get_origin(hint) in {UnionType, Union}:
        [hint] = [arg for arg in get_args(hint) if arg is not NoneType]
    return hint


def _codec(hint: Any) -> tuple[Callable[[object], object], Callable[[Any], object]]:
    if get_origin(hint) is tuple:
        one = get_args(hint)[0]
        read, write = _codec(one)
        return _list_of(read, distinct=one is Principal), lambda values: [write(value) for value in values]
    if isinstance(hint, type) and is_dataclass(hint):
        shape = Shape(hint)
        return shape.of, shape.write
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value: hint(_of_kind(value, str)), lambda value: value.value
    read_one = _person if hint is Principal else _READERS.get(getattr(hint, "__supertype__", hint))
    if read_one is None:
        raise TypeError(hint)
    return read_one, _as_is


def _of_kind(value: object, kind: type[S]) -> S:
    if type(value) is not kind:
        raise ValueError
    return value


def _count(value: object) -> int:
    number = _of_kind(value, int)
    if not 0 <= number <= MAX_INT:
        raise ValueError
    return number


def _text(value: object) -> str:
    text = _of_kind(value, str)
    if not is_text(text):
        raise ValueError
    return text


def _person(value: object) -> str:
    person = _of_kind(value, str)
    if not is_person(person):
        raise ValueError
    return person


def _flag(value: object) -> bool:
    return _of_kind(value, bool)


_READERS: Final[dict[type, Callable[[object], object]]] = {int: _count, str: _text, bool: _flag}


def _list_of(read: Callable[[object], object], *, distinct: bool) -> Callable[[object], object]:
    def read_list(value: object) -> tuple[object, ...]:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_LISTED:
            raise ValueError
        found = tuple(map(read, value))
        if distinct and len(set(found)) != len(found):
            raise ValueError
        return found

    return read_list


def _as_is(value: object) -> object:
    return value
