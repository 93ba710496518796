"""One way to wrap a key with a key: AES-256-GCM, a random 96-bit nonce, the purpose as associated data.

Layout: one byte of format (1), 12 bytes of nonce, ciphertext, 16 bytes of tag. A key wrapped for one purpose does not
open for another.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.vault.refusals import Reason, wrong

KEY_BYTES = 32
_FORMAT = b"\x01"
_NONCE_BYTES = 12

RandomBytes = Callable[[int], bytes]
"""So many bytes that nobody can guess; a test may give others."""


def new_key(random: RandomBytes = os.urandom) -> bytes:
    """32 bytes from the operating system's generator."""
    return random(KEY_BYTES)


def wrap_key(wrapping: bytes, purpose: bytes, key: bytes, random: RandomBytes = os.urandom) -> bytes:
    """`key` (32 bytes) sealed under `wrapping` (32 bytes) for `purpose`."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key is {KEY_BYTES} bytes, not {len(key)}")
    nonce = random(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(wrapping).encrypt(nonce, key, purpose)


def unwrap_key(wrapping: bytes, purpose: bytes, wrapped: bytes) -> bytes:
    """The inverse of `wrap_key`. Raises WrongKey (`seal_broken`) for another key, another purpose or altered bytes."""
    if wrapped[:1] != _FORMAT:
        raise wrong(Reason.SEAL_BROKEN)
    nonce, sealed = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
    try:
        return AESGCM(wrapping).decrypt(nonce, sealed, purpose)
    except (InvalidTag, ValueError):  # ValueError: a nonce cut short
        raise wrong(Reason.SEAL_BROKEN) from None
