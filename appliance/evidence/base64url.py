"""Unpadded base64url (RFC 4648 §5), the form of hashes, salts and signatures inside JSON.

One text for one value: `decode` refuses padding, other alphabets and spare bits, so no field can be altered unnoticed.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from appliance.evidence.errors import EvidenceError


def encode(data: bytes) -> str:
    """Unpadded base64url text of `data`."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str, length: int) -> bytes:
    """Exactly `length` bytes from their only base64url text; raises `EvidenceError` otherwise."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError) as error:
        raise EvidenceError("not base64url") from error
    if len(data) != length or encode(data) != text:
        raise EvidenceError(f"not the base64url text of {length} bytes")
    return data
