"""Canonical JSON bytes and the entry header: the one byte string that is hashed, sealed and kept.

Rules (docs/evidence.md, a profile of RFC 8785):
  - objects sorted by key, no white space, shortest escapes, UTF-8; keys ASCII, so that byte order is RFC 8785's order;
  - integers with |x| < 2^53, no floats, nesting at most 6, header at most 8 KiB, body at most 64 KiB;
  - `decode` accepts exactly the bytes `encode` would give for the same value, and nothing else;
  - `encode_header` gives only what `decode_header` accepts, so nothing unverifiable is ever sealed.

Example: encode({"b": [1, None], "a": "ไทย"}) == '{"a":"ไทย","b":[1,null]}'.encode()

Does not judge a header's meaning (`rules`), nor hash it (`leaf`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, field

from appliance.evidence import base64url
from appliance.evidence.commitment import COMMITMENT_BYTES, NO_BODY
from appliance.evidence.errors import EvidenceError, NotCanonicalError

JsonValue: TypeAlias = "bool | int | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

MAX_INT: Final = 2**53 - 1  # the largest integer every JSON reader keeps exact (RFC 8785 §3.2.2.3)
MAX_DEPTH: Final = 6
MAX_HEADER: Final = 8 * 1024
MAX_BODY: Final = 64 * 1024
CREATE: Final = "room.create"  # the only type whose header names no room: the room id is the hash of that header
FIRST_TIME: Final = 1_577_836_800_000
LAST_TIME: Final = 4_102_444_800_000
"""2020-01-01 and 2100-01-01 in ms UTC: an entry's time lies from the first to before the last."""
FIRST_COUNTER: Final = 0  # an origin's counter in a room starts here and never skips, as `n` does

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder()

Count = Annotated[int, Meta(ge=0, le=MAX_INT)]
Time = Annotated[int, Meta(ge=FIRST_TIME, lt=LAST_TIME)]


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Entry header, sealed by the sender's agency. Fields are declared in the canonical order of their wire names.

    Keys that are not declared here are of a later release: they stay in the bytes and decide nothing (decision 24).

    Source: docs/evidence.md.
    """

    commitment: Annotated[str, Meta(min_length=43, max_length=43)] = field(name="bc")
    """Body commitment, base64url (`commitment.commit`)."""
    body_length: Annotated[int, Meta(ge=0, le=MAX_BODY)] = field(name="bl")
    """Body length in bytes."""
    id: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
    """Event id (ULID); the idempotency key."""
    origin: Annotated[str, Meta(min_length=1, max_length=63)] = field(name="or")
    """Slug of the sender's agency."""
    counter: Count = field(name="os")
    """Origin's counter in this room, contiguous from `FIRST_COUNTER`."""
    room: Annotated[str, Meta(min_length=28, max_length=28)] | None = None
    """Room id; absent in the create header only."""
    rules_version: Annotated[int, Meta(ge=1, le=MAX_INT)] = field(name="rv")
    """Version of the room rules."""
    seen: tuple[Count, Annotated[str, Meta(min_length=44, max_length=44)]] | None = None
    """Size and root (padded base64, as in a checkpoint) of the last head the origin verified."""
    sender: Annotated[str, Meta(min_length=1, max_length=128)] = field(name="sn")
    """Sender, `p_…@agency`."""
    state: dict[str, Any] | None = field(name="st", default=None)
    """Fields of a state change: authorisation never depends on an erasable body."""
    written_at: Time = field(name="ts")
    """Writing time at the origin, ms UTC."""
    type: Annotated[str, Meta(min_length=1, max_length=64)] = field(name="ty")
    """Entry type."""
    v: Literal[1]
    """Format version."""


_HEADERS: Final = msgspec.json.Decoder(Header)


def encode(value: JsonValue, limit: int = MAX_BODY) -> bytes:
    """Canonical bytes of `value`, at most `limit` of them. Raises `NotCanonicalError` for what the profile excludes."""
    _check(value, 0)
    return _encoded(value, limit)


def encode_fields(fields: Mapping[str, object]) -> bytes:
    """Canonical bytes of fields that a shape has written (`rules/shapes.py`): all of them are of the profile.

    Raises `NotCanonicalError` for more than `MAX_BODY`.
    """
    data = _ENCODER.encode(fields)
    if len(data) > MAX_BODY:
        raise NotCanonicalError(f"{len(data)} bytes, at most {MAX_BODY}")
    return data


def decode(data: bytes, limit: int = MAX_BODY) -> JsonValue:
    """The value of canonical bytes; raises `NotCanonicalError` unless `data` is exactly the canonical form."""
    if len(data) > limit:
        raise NotCanonicalError(f"{len(data)} bytes, at most {limit}")
    try:
        value: JsonValue = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise NotCanonicalError(str(error)) from error
    # Checked before re-encoding: floats survive the round trip, so they must be refused by type.
    _check(value, 0)
    if _encoded(value, limit) != data:
        raise NotCanonicalError("not the canonical form of this value")
    return value


def encode_header(header: Header) -> bytes:
    """Canonical bytes of `header`; raises `NotCanonicalError` for a header that no replica would accept."""
    data = _encoded(header, MAX_HEADER)
    _decoded_header(data)
    return data


def decode_header(data: bytes) -> Header:
    """Header from exactly canonical bytes: no float, and no `null` for a known key. Raises `NotCanonicalError`."""
    if len(data) > MAX_HEADER:
        raise NotCanonicalError(f"header of {len(data)} bytes, at most {MAX_HEADER}")
    header = _decoded_header(data)
    if _ENCODER.encode(header) != data:
        # It is canonical only if it holds more than is declared; then all of it has to be.
        value = decode(data, MAX_HEADER)
        if isinstance(value, Mapping) and any(value.get(key, "") is None for key in Header.__struct_encode_fields__):
            raise NotCanonicalError("null in a header")
    try:
        base64url.decode(header.commitment, COMMITMENT_BYTES)
    except EvidenceError as error:
        raise NotCanonicalError(str(error)) from error
    return header


def _decoded_header(data: bytes) -> Header:
    try:
        header = _HEADERS.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise NotCanonicalError(str(error)) from error
    if header.state is not None:
        _check(header.state, 1)
    if (header.room is None) != (header.type == CREATE):
        raise NotCanonicalError(f"only {CREATE} names no room")
    if (header.body_length == 0) != (header.commitment == NO_BODY):
        raise NotCanonicalError("a body's length that does not go with its commitment")
    return header


def _encoded(value: object, limit: int) -> bytes:
    try:
        data = _ENCODER.encode(value)
    except (TypeError, UnicodeError, OverflowError, RecursionError) as error:
        raise NotCanonicalError(str(error)) from error
    if len(data) > limit:
        raise NotCanonicalError(f"{len(data)} bytes, at most {limit}")
    return data


def _check(value: object, depth: int) -> None:
    """Refuse what the profile excludes; exact types, since subclasses may encode as something else."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -MAX_INT <= value <= MAX_INT:  # type: ignore[operator]
            raise NotCanonicalError("integer of 2^53 or more")
        return
    if depth == MAX_DEPTH:
        raise NotCanonicalError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict) and kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise NotCanonicalError(f"key {key!r} is not ASCII text")
            _check(item, depth + 1)
    elif isinstance(value, list | tuple) and kind in (list, tuple):
        for item in value:
            _check(item, depth + 1)
    else:
        raise NotCanonicalError(f"{kind.__name__} has no canonical form")
