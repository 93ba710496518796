"""Shapes every call shares: the base structs, bounded strings and the error answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

# Of a pattern `$` alone lets a line feed stand at the end in Python, and JSON Schema knows no `\Z`.
Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$(?!\n)")]
Person = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_\-]+(@[A-Za-z0-9\-]+)?$(?!\n)")]
"""A person: the bare id of one of this agency, `id@agency` of any other."""
TxnId = Annotated[str, Meta(min_length=1, max_length=64, description="client's own; a repeat answers the first result")]
Millis = Annotated[int, Meta(ge=0, le=2**53 - 1, description="milliseconds since the epoch, UTC")]
Position = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
PersonIds = Annotated[list[Person], Meta(max_length=2000)]
Limit = Annotated[int, Meta(ge=1, le=200)]


class Request(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """A body or query a client sends."""

    def __repr__(self) -> str:
        """Name the type alone: the values may be passwords, words of messages or of searches."""
        return f"{type(self).__name__}(…)"


class Answer(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """A body the server sends; fields that are absent are left out."""

    def __repr__(self) -> str:
        """Name the type alone: the values may be tokens, secrets or words of messages."""
        return f"{type(self).__name__}(…)"


class ErrorBody(msgspec.Struct, kw_only=True, frozen=True):
    """`code` is stable; `message` is in the caller's language and safe to show; `request` finds the log line."""

    code: str
    message: str
    field: str | None
    request: str


class ErrorAnswer(msgspec.Struct, kw_only=True, frozen=True):
    """What every call answers when it cannot do what was asked."""

    error: ErrorBody
