"""A room log as a file: JSON Lines that can be streamed, kept and checked offline by `gchat-verify room`.

Format, every line canonical JSON, in this order:
  - {"origin": checkpoint origin, "room": id, "t": "gchat-room-export", "v": 1, "vkey": the log's verifier key}
  - one line for each entry, n = 0, 1, 2 …: {"b": body text or null, "l": leaf text, "s": salt in base64url or null};
    body and salt are null together, when there never was a body or it was erased
  - {"cp": signed note, "t": "checkpoint"}

Does not: read an export. `offline` does, and judges it; it shares no code with this module on purpose.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from appliance.evidence import base64url
from appliance.evidence.canonical import MAX_BODY
from appliance.evidence.errors import ExportError
from appliance.evidence.leaf import MAX_LEAF
from appliance.evidence.note import MAX_NOTE

_BOTH_OR_NEITHER: Final = "salt and body are kept or erased together"


class ExportHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First line: which log this is, and the key it claims; a court takes the key from elsewhere."""

    origin: Annotated[str, Meta(min_length=1, max_length=256)]
    room: Annotated[str, Meta(min_length=28, max_length=28)]
    t: Literal["gchat-room-export"] = "gchat-room-export"
    v: Literal[1] = 1
    vkey: Annotated[str, Meta(min_length=1, max_length=512)]


class ExportEntry(msgspec.Struct, frozen=True):
    """One entry: exact leaf bytes, and salt and body where they still exist."""

    leaf: bytes
    salt: bytes | None
    body: bytes | None


class ExportCheckpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Last line: the signed note over exactly the entries above."""

    cp: Annotated[str, Meta(max_length=MAX_NOTE)]
    t: Literal["checkpoint"] = "checkpoint"


class _EntryLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    body: Annotated[str, Meta(max_length=MAX_BODY)] | None = msgspec.field(name="b")
    leaf: Annotated[str, Meta(max_length=MAX_LEAF)] = msgspec.field(name="l")
    salt: str | None = msgspec.field(name="s")


_ENCODER: Final = msgspec.json.Encoder()


def head_line(head: ExportHead) -> bytes:
    """The first line, with its newline."""
    return _ENCODER.encode(head) + b"\n"


def entry_line(entry: ExportEntry) -> bytes:
    """One entry's line, with its newline; raises `ExportError` if only one of salt and body is there."""
    if (entry.salt is None) != (entry.body is None):
        raise ExportError(_BOTH_OR_NEITHER)
    try:
        line = _EntryLine(
            body=None if entry.body is None else entry.body.decode(),
            leaf=entry.leaf.decode(),
            salt=None if entry.salt is None else base64url.encode(entry.salt),
        )
    except UnicodeDecodeError as error:
        raise ExportError("leaf or body is not UTF-8") from error
    return _ENCODER.encode(line) + b"\n"


def checkpoint_line(note: str) -> bytes:
    """The last line, with its newline."""
    return _ENCODER.encode(ExportCheckpoint(cp=note)) + b"\n"
