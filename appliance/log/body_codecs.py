"""The canonical bytes of bodies: one codec for each type of body that the registry names (`CODECS`).

Bytes are read strictly into the body's struct, once; what does not fit is `msgspec.MsgspecError`. A key that is not
known is read over (decision 0023). A test asks for a codec for every body of `rules/entry_types.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from appliance.errors import TooLarge
from appliance.evidence.canonical import MAX_BODY
from appliance.model import Principal, TextBody
from appliance.rules import entry_types

if TYPE_CHECKING:
    from collections.abc import Callable


class Codec(NamedTuple):
    """How one type of body is written and read."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


class _Text(msgspec.Struct, omit_defaults=True):
    """Canonical body of a message; fields in canonical order."""

    everyone: bool = False
    mentions: list[str] = []
    text: str = ""

    def __repr__(self) -> str:
        """Name the type alone: the words must not show in a log."""
        return "_Text(…)"


_ENCODER: Final = msgspec.json.Encoder()
_TEXT: Final = msgspec.json.Decoder(_Text)


def _encode_text(body: TextBody) -> bytes:
    return _ENCODER.encode(_Text(everyone=body.everyone, mentions=list(body.mentions), text=body.text))


def _decode_text(plain: bytes) -> TextBody:
    body = _TEXT.decode(plain)
    return TextBody(body.text, tuple(map(Principal, body.mentions)), body.everyone)


CODECS: Final[dict[type, Codec]] = {TextBody: Codec(_encode_text, _decode_text)}


def encode(body: TextBody) -> bytes:
    """Return the canonical bytes of a body. Raises TooLarge when they exceed what an entry may hold."""
    plain = CODECS[type(body)].encode(body)
    if len(plain) > MAX_BODY:
        raise TooLarge(field="body.text")
    return plain


def decode(kind: str, plain: bytes) -> TextBody:
    """Return the body that canonical bytes of an entry of this type hold. Raises `msgspec.MsgspecError`."""
    row = entry_types.find(kind)
    if row is None or row.body is None:
        raise msgspec.ValidationError(f"an entry of type {kind} has no body")
    body: TextBody = CODECS[row.body].decode(plain)
    return body
