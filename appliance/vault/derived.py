"""Keys that follow from a wrapped key, one for each use, so that no key is used for two things (NIST SP 800-108).

Does not: keep anything; the same key and use give the same derived key for ever.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from appliance.vault.wrapping import KEY_BYTES


def derived_key(key: bytes, use: str) -> bytes:
    """32 bytes for `use` (RFC 5869, expansion alone: the key is uniformly random already)."""
    return HKDFExpand(SHA256(), KEY_BYTES, f"gchat-derived/1\0{use}".encode()).derive(key)
