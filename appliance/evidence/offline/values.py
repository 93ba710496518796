"""JSON and base64 text in their only form: another reading of the same bytes than `canonical.py`, with `json` alone.

Profile (`docs/evidence.md` §2): keys sorted and ASCII, no white space, shortest escapes, integers below 2^53, no
floats, nesting at most 6.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.texts import Word

MAX_INT: Final = 2**53 - 1
MAX_DEPTH: Final = 6


def parse_canonical(text: str, what: str, n: int | None = None) -> Any:
    """Return the value of canonical JSON text. Raises `Failed`; `what` is a key of `texts.WORDS`."""
    try:
        value = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
        _check_profile(value, MAX_DEPTH)
        same = encode_canonical(value) == text
    except (ValueError, RecursionError) as error:
        raise Failed("not_canonical", n, what=Word(what)) from error
    if not same:
        raise Failed("not_canonical", n, what=Word(what))
    return value


def encode_canonical(value: object) -> str:
    """Return the canonical text of a value of the profile."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def is_count(value: object) -> bool:
    """Return whether a value is an integer of 0 or more."""
    return type(value) is int and value >= 0


def is_one(value: object) -> bool:
    """Return whether a value is the integer 1, and not `true`."""
    return type(value) is int and value == 1


def decode64(text: str) -> bytes | None:
    """Return the bytes of padded base64, or None unless it is the only text for them."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if b64encode(data).decode() == text else None


def decode64url(text: str) -> bytes | None:
    """Return the bytes of unpadded base64url, or None unless it is the only text for them."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if encode64url(data) == text else None


def encode64url(data: bytes) -> str:
    """Return unpadded base64url text."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _refuse(_: str) -> None:
    raise ValueError("not an integer")


def _check_profile(value: object, depth: int) -> None:
    if isinstance(value, int) and abs(value) > MAX_INT:
        raise ValueError("integer too large")
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair has no UTF-8 form
    if not isinstance(value, dict | list):
        return
    if depth == 0 or (isinstance(value, dict) and not all(map(str.isascii, value))):
        raise ValueError("too deep, or a key that is not ASCII")
    for item in value.values() if isinstance(value, dict) else value:
        _check_profile(item, depth - 1)
