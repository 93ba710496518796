"""Which copy of a file a browser gets, and which part of it (RFC 9110, 12.5.3 and 14.2).

Pure: header values in, a decision out. A malformed header counts as absent, so the answer is the whole file. A part is
sent only for a GET of one range of bytes, and only of the same copy that the client has the beginning of: the ETag in
If-Range is compared exactly. A date in If-Range is refused, since copies of one file may share it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

IDENTITY: Final = "identity"
_WEIGHT: Final = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_RANGES: Final = re.compile(r"bytes=(.*)", re.IGNORECASE)
_RANGE: Final = re.compile(r"(\d*)-(\d*)", re.ASCII)
_MAX_DIGITS: Final = 18


class Part(NamedTuple):
    """The bytes from `first` to `last`, both of them included."""

    first: int
    last: int


class Unsatisfiable(Exception):
    """The range begins behind the end of the file, or asks for its last 0 bytes."""


def choose_coding(accepted: str, offered: Sequence[str]) -> str | None:
    """Return the coding that the client likes best, of equals the first offered; None for the file as it is.

    What a client does not name is not sent, whatever it says of `*`; the file as it is goes to everybody.
    """
    weights = dict(map(_weighed, accepted.lower().split(",")))
    as_it_is = weights.get(IDENTITY, weights.get("*", 0))
    best = max(offered, key=lambda coding: weights.get(coding, 0), default=IDENTITY)
    weight = weights.get(best, 0)
    return best if weight > 0 and weight >= as_it_is else None


def asked_part(method: str, ranges: Sequence[str], if_range: str | None, etag: str, size: int) -> Part | None:
    """Return the part of a file that is asked for, None for all of it. Raises Unsatisfiable.

    `ranges` are the Range headers, `etag` and `size` are of the copy that would be sent.
    """
    if method != "GET" or len(ranges) != 1 or if_range not in (None, etag):
        return None
    named = _RANGES.fullmatch(ranges[0].strip())
    specs = [spec.strip() for spec in named[1].split(",") if spec.strip()] if named else []
    found = _RANGE.fullmatch(specs[0]) if len(specs) == 1 else None
    if found is None or not any(found.groups()) or max(map(len, found.groups())) > _MAX_DIGITS:
        return None
    first, last = found.groups()
    if not first:
        return _last_bytes(int(last), size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return Part(int(first), min(int(last), size - 1) if last else size - 1)


def _last_bytes(count: int, size: int) -> Part:
    if count == 0 or size == 0:
        raise Unsatisfiable
    return Part(max(0, size - count), size - 1)


def _weighed(part: str) -> tuple[str, float]:
    """Return a coding and its weight from «gzip;q=0.5»; one that is no weight counts as refused."""
    coding, _, said = part.partition(";")
    weight = _WEIGHT.fullmatch(said.strip())
    if weight is not None:
        return coding.strip(), float(weight[1])
    return coding.strip(), 0 if said.strip() else 1
