"""The frames of a link: their shapes, their bounds, and the one reader and writer of their bytes.

A frame is a JSON object of at most 1 MiB told apart by `t`. What is hashed or signed (header, body, leaf, statement)
travels in it as a text of exactly those bytes, and is judged by who takes it in. Rules:
- a frame is read strictly (`strict_json`), every text, number and list has a bound, and a key that is not known is
  refused; only the greeting may have further keys, since it is read before the two sides agree on a version;
- bytes that are no frame raise `FrameError` with a stable code, and nothing else;
- `encode` writes only what `parse` reads: parse(encode(frame)) == frame.

Example: parse(b'{"t":"ping","q":7}') == Ping(7)

Does not say when which frame may come (`link`), nor whether what is in it is true (the log's `judge`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from appliance.evidence.canonical import MAX_BODY, MAX_HEADER, Count, Time
from appliance.evidence.leaf import MAX_LEAF
from appliance.evidence.seal import MAX_BATCH, Seal
from federation.protocol.strict_json import FrameError, FrameFault, read_json
from federation.registry.document import Slug

__all__ = ["FrameError", "FrameFault", "encode", "encode_list", "parse", "parse_list"]

MAX_FRAME: Final = 1024 * 1024
MAX_ITEMS: Final = MAX_BATCH
"""Events, entries, results, cosignatures, people of one frame."""
MAX_FRAMES: Final = 64
MAX_LIST: Final = 4 * MAX_FRAME
"""Frames and bytes of one request or answer where a link is made of HTTP requests."""
MAX_CREDIT: Final = 32
MAX_STATEMENT: Final = 256 * 1024
MAX_NOTE: Final = 32 * 1024
MAX_EPHEMERAL: Final = 32 * 1024
MAX_PAUSE_MS: Final = 300_000

Room = Annotated[str, Meta(min_length=28, max_length=28, pattern=r"^r_[a-z2-7]{26}$(?!\n)")]
Person = Annotated[str, Meta(min_length=3, max_length=128)]
Salt = Annotated[str, Meta(min_length=22, max_length=22)]
Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$(?!\n)")]
Credit = Annotated[int, Meta(ge=0, le=MAX_CREDIT)]
EventId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]


class _Frame(msgspec.Struct, frozen=True, tag_field="t", forbid_unknown_fields=True, omit_defaults=True):
    """What all frames have in common."""


class Hello(_Frame, tag="hello", kw_only=True, forbid_unknown_fields=False):
    """The greeting, the first frame of each side.

    `recv` says, by hub, up to which position the sender has taken in that hub's feed; `seq` which of the receiver's
    statements it has seen last. Keys that are not known are of a later version, and read over.
    """

    v: Annotated[int, Meta(ge=1, le=1_000_000)]
    """Newest version of the protocol that the sender speaks."""
    ag: Slug
    """The sender's agency."""
    reg: Count
    """Version of the registry the sender has verified, and of its timestamp."""
    ts: Count
    now: Time
    """The sender's clock, ms UTC."""
    recv: Annotated[dict[Slug, Count], Meta(max_length=MAX_ITEMS)]
    seq: Count = 0
    cred: Credit = MAX_CREDIT
    """How many frames the sender takes before it has answered one."""


class SubmitEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event for the hub: header text, seal, salt and body text; the last two are null together."""

    h: str
    seal: Seal
    s: Salt | None
    b: str | None


class Submit(_Frame, tag="submit"):
    """Events of one room, from the sender's outbox to its hub; answered by the `Res` with the same `q`."""

    q: Count
    room: Room
    ev: Annotated[tuple[SubmitEvent, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What became of one event: its position in the room, or why it was refused."""

    id: EventId
    n: Count | None = None
    err: Code | None = None


class Res(_Frame, tag="res"):
    """The hub's answer to a `Submit`, one result for each event in their order."""

    q: Count
    r: Annotated[tuple[Result, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class FeedEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry for a follower: leaf text, salt and body text; the last two are null together."""

    l: str  # noqa: E741 - the name on the wire, as in an export
    s: Salt | None
    b: str | None


class Feed(_Frame, tag="feed"):
    """Entries of one room, from its hub to a follower; answered by an `Ack` with the same `pos`.

    `pos` is the frame's position in the hub's feed. Rooms take turns, so positions may come out of order; `low` is the
    position up to which nothing is missing once this frame is taken in, and thus the cursor that a follower stores.
    """

    pos: Count
    low: Count
    room: Room
    ent: Annotated[tuple[FeedEntry, ...], Meta(min_length=1, max_length=MAX_ITEMS)]
    cp: Annotated[str, Meta(min_length=1, max_length=MAX_NOTE)]
    """The hub's checkpoint that covers the entries, as a signed note."""


class Ack(_Frame, tag="ack"):
    """A follower has stored the `Feed` with this `pos` and all that came before it on this link.

    `cos` are its cosignatures of the checkpoint; `cred` how many frames it takes from now on.
    """

    pos: Count
    cos: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=1024)], ...], Meta(max_length=MAX_ITEMS)] = ()
    cred: Credit = MAX_CREDIT


class Eph(_Frame, tag="eph"):
    """What is kept nowhere, such as «is typing». It may be dropped by anybody, and is dropped from `exp` on.

    `to` names the people it is for, all members if there are none; `d` is what the kind has to say, as a JSON text.
    """

    room: Room
    k: Code
    u: Person
    exp: Time
    to: Annotated[tuple[Person, ...], Meta(max_length=MAX_ITEMS)] = ()
    d: Annotated[str, Meta(max_length=MAX_EPHEMERAL)] = ""


class Stmt(_Frame, tag="stmt"):
    """A signed statement, or signed files of the registry (`k`), as a text of exactly its bytes."""

    s: Annotated[str, Meta(min_length=1, max_length=MAX_STATEMENT)]
    k: Literal["statement", "registry"] = "statement"


class Busy(_Frame, tag="busy"):
    """The sender asks for so many ms without new entries; what it has received it still answers."""

    ms: Annotated[int, Meta(ge=1, le=MAX_PAUSE_MS)]


class Ping(_Frame, tag="ping"):
    """Asks for a `Pong` with the same `q`, so that a dead link is noticed."""

    q: Count


class Pong(_Frame, tag="pong"):
    """The answer to a `Ping`, with the sender's clock in ms UTC."""

    q: Count
    now: Time


class Bye(_Frame, tag="bye"):
    """The last frame of a side, and why it ends the link."""

    why: Code


Frame: TypeAlias = Hello | Submit | Res | Feed | Ack | Eph | Stmt | Busy | Ping | Pong | Bye

TYPES: Final = frozenset({"hello", "submit", "res", "feed", "ack", "eph", "stmt", "busy", "ping", "pong", "bye"})
_ENCODER: Final = msgspec.json.Encoder()


def parse(data: bytes) -> Frame:
    """The frame of these bytes. Raises FrameError, whatever the bytes are."""
    value = read_json(data, MAX_FRAME)
    if not isinstance(value, dict):
        raise FrameError(FrameFault.SHAPE, "not an object")
    kind = value.get("t")
    if isinstance(kind, str) and kind not in TYPES:
        raise FrameError(FrameFault.UNKNOWN_TYPE, kind)
    for items in value.values():
        if isinstance(items, list | dict) and len(items) > MAX_ITEMS:
            raise FrameError(FrameFault.TOO_MANY, f"{len(items)} items, at most {MAX_ITEMS}")
    try:
        frame: Frame = msgspec.convert(value, type=Frame)
    except msgspec.ValidationError as error:
        raise FrameError(FrameFault.SHAPE, str(error)) from error
    _check(frame)
    return frame


def encode(frame: Frame) -> bytes:
    """The bytes of a frame. Raises FrameError for one that the other side would refuse for its size or its text."""
    _check(frame)
    try:
        data = _ENCODER.encode(frame)
    except UnicodeEncodeError as error:
        raise FrameError(FrameFault.TEXT, "lone surrogate") from error
    if len(data) > MAX_FRAME:
        raise FrameError(FrameFault.TOO_LARGE, f"{len(data)} bytes, at most {MAX_FRAME}")
    return data


def parse_list(data: bytes) -> list[Frame]:
    """The frames of a JSON array, as HTTP requests carry them. Raises FrameError."""
    if len(data) > MAX_LIST:
        raise FrameError(FrameFault.TOO_LARGE, f"{len(data)} bytes, at most {MAX_LIST}")
    try:
        items = _RAW_LIST.decode(data)
    except RecursionError as error:
        raise FrameError(FrameFault.DEPTH) from error
    except msgspec.ValidationError as error:
        raise FrameError(FrameFault.SHAPE, str(error)) from error
    except msgspec.DecodeError as error:
        raise FrameError(FrameFault.NOT_JSON) from error
    if len(items) > MAX_FRAMES:
        raise FrameError(FrameFault.TOO_MANY, f"{len(items)} frames, at most {MAX_FRAMES}")
    return [parse(bytes(item)) for item in items]


def encode_list(frames: list[bytes]) -> bytes:
    """The JSON array of frames that are encoded already. Raises FrameError for more than one request may carry."""
    data = b"[" + b",".join(frames) + b"]"
    if len(frames) > MAX_FRAMES:
        raise FrameError(FrameFault.TOO_MANY, f"{len(frames)} frames, at most {MAX_FRAMES}")
    if len(data) > MAX_LIST:
        raise FrameError(FrameFault.TOO_LARGE, f"{len(data)} bytes, at most {MAX_LIST}")
    return data


_RAW_LIST: Final[msgspec.json.Decoder[list[msgspec.Raw]]] = msgspec.json.Decoder(list[msgspec.Raw])


def _check(frame: Frame) -> None:
    """Refuse what a struct's bounds cannot say."""
    match frame:
        case Submit():
            for event in frame.ev:
                _check_size(event.h, MAX_HEADER)
                _check_body(event.s, event.b)
        case Feed():
            for entry in frame.ent:
                _check_size(entry.l, MAX_LEAF)
                _check_body(entry.s, entry.b)
        case Res():
            if any((result.n is None) == (result.err is None) for result in frame.r):
                raise FrameError(FrameFault.SHAPE, "a result has either n or err")
        case _:
            pass


def _check_body(salt: str | None, body: str | None) -> None:
    if (salt is None) != (body is None):
        raise FrameError(FrameFault.SHAPE, "salt and body go together")
    if body is not None:
        _check_size(body, MAX_BODY)


def _check_size(text: Any, limit: int) -> None:
    """Refuse a text of more bytes; counted only where so many characters may be too many bytes."""
    if len(text) * 4 > limit and len(text.encode("utf-8", "surrogatepass")) > limit:
        raise FrameError(FrameFault.TOO_LARGE, f"a text of more than {limit} bytes")
