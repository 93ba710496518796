"""Salted commitment to a body: the header proves what was said while the body exists, and reveals nothing after.

`bc` = base64url(SHA-256(salt || body)): docs/evidence.md. The salt has one fixed length, so the
boundary between salt and body cannot be moved; it is as secret as the body and destroyed with it, so no short body can
be guessed.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from appliance.evidence import base64url

SALT_BYTES: Final = 16
COMMITMENT_BYTES: Final = 32
NO_BODY: Final = base64url.encode(sha256(b"").digest())
"""`bc` of an entry that never had a body (`bl` 0): no salt, nothing to erase."""


def commit(body: bytes, random: Callable[[int], bytes] = os.urandom) -> tuple[bytes, str]:
    """A fresh random salt and the commitment `bc` to `body`."""
    salt = random(SALT_BYTES)
    return salt, base64url.encode(sha256(salt + body).digest())


def check(bc: str, salt: bytes, body: bytes) -> bool:
    """Whether `salt` and `body` are what `bc` commits to; constant time in the commitment."""
    if len(salt) != SALT_BYTES:
        return False
    expected = base64url.encode(sha256(salt + body).digest())
    return hmac.compare_digest(expected.encode(), bc.encode())
