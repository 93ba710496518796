"""A gateway's seal over a batch of headers: one signature, a short path for each header.

The signature is Ed25519 over the line `gchat-seal-v1` and the RFC 6962 root of the batch's header bytes
(docs/evidence.md).
Index and size only shape the path; what is sealed is that the header was in the batch.
A batch never mixes rooms, or sibling hashes would disclose one room to another; that is the caller's to keep.
Does not know which key an agency had at a time (the registry does).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from appliance.evidence import base64url
from appliance.evidence.errors import EvidenceError, SealError
from appliance.evidence.tree import HASH_BYTES, inclusion_proofs, leaf_hash, root_from_inclusion, root_of

MAX_BATCH: Final = 64
REMEMBERED: Final = 4_096
"""Signatures of batches that were found good most recently."""
_CONTEXT: Final = b"gchat-seal-v1\n"
_HASH_TEXT = Annotated[str, Meta(min_length=43, max_length=43)]


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seal of one header, fields in canonical order: index, key id, batch size, path, signature (base64url)."""

    i: Annotated[int, Meta(ge=0, lt=MAX_BATCH)]
    k: Annotated[str, Meta(min_length=1, max_length=32)]
    n: Annotated[int, Meta(ge=1, le=MAX_BATCH)]
    p: Annotated[tuple[_HASH_TEXT, ...], Meta(max_length=6)]
    s: Annotated[str, Meta(min_length=86, max_length=86)]


def seal_batch(headers: Sequence[bytes], key_id: str, key: Ed25519PrivateKey) -> list[Seal]:
    """Seals of 1 to 64 headers of one room, in order, under the gateway key `key_id`. Raises `SealError`."""
    if not 1 <= len(headers) <= MAX_BATCH:
        raise SealError(f"a batch of {len(headers)} headers, 1 to {MAX_BATCH} allowed")
    hashes = [leaf_hash(header) for header in headers]
    signature = base64url.encode(key.sign(_CONTEXT + root_of(hashes)))
    return [
        Seal(index, key_id, len(headers), tuple(base64url.encode(node) for node in path), signature)
        for index, path in enumerate(inclusion_proofs(hashes))
    ]


_ENCODER: Final = msgspec.json.Encoder()


def encode_seal(seal: Seal | None) -> bytes:
    """Canonical bytes of a seal, `null` for none: what a leaf holds."""
    return _ENCODER.encode(seal)


def verify_seal(header: bytes, seal: Seal, key: Ed25519PublicKey) -> None:
    """Raise `SealError` unless `seal` covers `header` under `key`."""
    verify_seals([(header, seal)], key)


def verify_seals(sealed: Iterable[tuple[bytes, Seal]], key: Ed25519PublicKey) -> None:
    """Raise `SealError` unless every seal covers its header; each batch's signature is checked once, not per header."""
    public = key.public_bytes_raw()
    for header, seal in sealed:
        try:
            path = [base64url.decode(node, HASH_BYTES) for node in seal.p]
            _check_signature(public, root_from_inclusion(leaf_hash(header), seal.i, seal.n, path), seal.s)
        except (EvidenceError, InvalidSignature) as error:
            raise SealError(f"seal {seal.i} of {seal.n} by {seal.k} does not cover the header") from error


@lru_cache(REMEMBERED)
def _check_signature(public: bytes, root: bytes, signature: str) -> None:
    """Check the signature over a batch's root. A good one is remembered, since each of up to 64 headers brings it."""
    Ed25519PublicKey.from_public_bytes(public).verify(base64url.decode(signature, 64), _CONTEXT + root)
