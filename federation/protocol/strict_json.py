"""JSON from a peer, read so that two readers cannot understand it differently.

Rules: UTF-8 without a byte order mark; no key twice in an object; no float, no exponent, no `-0`; integers with
|x| < 2^53; nesting at most `MAX_DEPTH`; no NUL and no lone surrogate in a text. Size is checked before anything is
read, and the work is linear in the bytes.

Example: read_json(b'{"q":1,"q":2}', 100) raises FrameError with the code `duplicate_key`.

Does not know which frames there are (`frames`).
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final, NoReturn

from appliance.evidence.canonical import MAX_DEPTH, MAX_INT

_LONGEST_INT: Final = 17  # a sign and the 16 digits of 2^53: what is longer is refused before it is made a number
_LONGEST_DETAIL: Final = 200


class FrameFault(StrEnum):
    """Why the bytes of a frame are refused; the values are stable, and are told to the peer."""

    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    FLOAT = "float"
    DEPTH = "depth"
    NUMBER = "number"
    TEXT = "text"
    UNKNOWN_TYPE = "unknown_type"
    SHAPE = "shape"


class FrameError(ValueError):
    """Bytes that are no frame. `detail` is for the own log: short, ASCII, and perhaps written by the peer."""

    def __init__(self, code: FrameFault, detail: str = "") -> None:
        self.code = code
        self.detail = ascii(detail[:_LONGEST_DETAIL])[1:-1]
        super().__init__(f"{code}: {self.detail}" if detail else str(code))


def read_json(data: bytes, limit: int) -> Any:
    """The value of strict JSON of at most `limit` bytes. Raises FrameError."""
    if len(data) > limit:
        raise FrameError(FrameFault.TOO_LARGE, f"{len(data)} bytes, at most {limit}")
    try:
        value = _DECODER.decode(data.decode())
    except RecursionError as error:
        raise FrameError(FrameFault.DEPTH) from error
    except FrameError:
        raise
    except ValueError as error:  # of JSON or of UTF-8; its text may hold the input, which nobody needs
        raise FrameError(FrameFault.NOT_JSON) from error
    _check(value, MAX_DEPTH)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise FrameError(FrameFault.DUPLICATE_KEY)
    return made


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INT or text == "-0" or abs(number := int(text)) > MAX_INT:
        raise FrameError(FrameFault.NUMBER)
    return number


def _float(_: str) -> NoReturn:
    raise FrameError(FrameFault.FLOAT)


def _constant(name: str) -> NoReturn:
    raise FrameError(FrameFault.NOT_JSON, name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _check(value: object, levels: int) -> None:
    """Refuse what is nested deeper than so many levels, and text that cannot travel."""
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict | list):
        if not levels:
            raise FrameError(FrameFault.DEPTH)
        if isinstance(value, dict):
            for key, item in value.items():
                _check_text(key)
                _check(item, levels - 1)
        else:
            for item in value:
                _check(item, levels - 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise FrameError(FrameFault.TEXT, "NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise FrameError(FrameFault.TEXT, "lone surrogate") from error
