"""Unpadded base64url (RFC 4648 §5), the form of hashes, salts and signatures inside JSON.

One text for one value: `decode` refuses padding, other alphabets and spare bits, so no field can be altered unnoticed.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error, b2a_base64
from typing import Final

from appliance.evidence.errors import EvidenceError

_TO_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


def encode(data: bytes) -> str:
    """Unpadded base64url text of `data`."""
    # What `base64` does in two calls more; every entry is encoded so.
    return b2a_base64(data, newline=False).translate(_TO_URL_SAFE, b"=").decode()


def decode(text: str, length: int) -> bytes:
    """Exactly `length` bytes from their only base64url text; raises `EvidenceError` otherwise."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError) as error:
        raise EvidenceError("not base64url") from error
    if len(data) != length or encode(data) != text:
        raise EvidenceError(f"not the base64url text of {length} bytes")
    return data
