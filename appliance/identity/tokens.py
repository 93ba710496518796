"""What follows from a session token: the hash under which it is kept and the CSRF value of its browser.

Both are keyed with the appliance's session pepper, so neither a stolen database nor a CSRF value gives a token.
"""

from __future__ import annotations

import hmac

from appliance.evidence import base64url


def token_hash(pepper: bytes, token: str) -> bytes:
    """Return the 32 bytes a token is kept and found by; looking them up leaks no timing about the token."""
    return hmac.digest(pepper, token.encode("utf-8", "surrogatepass"), "sha256")


def csrf_of(pepper: bytes, hashed: bytes) -> str:
    """Return the CSRF value that goes with a token's hash."""
    return base64url.encode(hmac.digest(pepper, b"csrf\0" + hashed, "sha256")[:24])
