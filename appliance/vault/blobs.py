"""Files of any length, sealed and opened as a stream of chunks in constant memory.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, 2015): AES-256-GCM under a key of the file's own, the nonce being the chunk's index and whether it is
the last. So a chunk altered, moved, left out, cut off or added is noticed at that chunk.

Layout: `GCB1`, one byte of log2(chunk size), 32 bytes of salt; then the chunks, each its plaintext and 16 bytes of tag.
All but the last hold exactly the chunk size; the last is never empty unless the file is. The file's key is
HKDF-SHA256(key, salt, header and associated data): the header cannot be altered either.

Does not: touch files. Iterators in, iterators out; pieces may have any size. `open_chunks` yields a chunk as soon as
it is proven, so whoever must not act on half a file keeps it back until the iterator has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appliance.vault.refusals import Reason, wrong

SMALLEST_CHUNK, USUAL_CHUNK, LARGEST_CHUNK = 1 << 16, 1 << 18, 1 << 20
"""Plaintext bytes in a chunk: 64 KiB, 256 KiB, 1 MiB; any power of two between."""
HEADER_BYTES = 37
TAG_BYTES = 16
_MAGIC = b"GCB1"
_SALT_BYTES = 32
_SIZES = frozenset(1 << exponent for exponent in range(16, 21))


def seal_chunks(key: bytes, aad: bytes, plain: Iterable[bytes], chunk: int = USUAL_CHUNK) -> Iterator[bytes]:
    """The sealed form of the file `plain`, bound to `aad` (what the file is). Raises ValueError for a chunk size."""
    if chunk not in _SIZES:
        raise ValueError(f"chunk size {chunk}")
    return _seal(key, aad, plain, chunk)


def open_chunks(key: bytes, aad: bytes, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """The plaintext of a sealed file, chunk by chunk, each proven before it is yielded.

    Raises WrongKey (`seal_broken`, `chunk` its index) at the first that is not as it was sealed, the end included.
    """
    pieces = _Pieces(sealed)
    header = pieces.take(HEADER_BYTES)
    size = 1 << header[4] if header.startswith(_MAGIC) and len(header) == HEADER_BYTES else 0
    if size not in _SIZES:
        raise wrong(Reason.SEAL_BROKEN, chunk=0)
    aead, index, last = _aead(key, aad, header), 0, False
    while not last:
        chunk = pieces.take(size + TAG_BYTES)
        last = pieces.ended()
        if len(chunk) == TAG_BYTES and index > 0:
            raise wrong(Reason.SEAL_BROKEN, chunk=index)
        try:
            opened = aead.decrypt(_nonce(index, last=last), chunk, None)
        except InvalidTag:
            raise wrong(Reason.SEAL_BROKEN, chunk=index) from None
        yield opened
        index += 1


def sealed_size(plain_size: int, chunk: int = USUAL_CHUNK) -> int:
    """Bytes that a file of `plain_size` bytes takes once sealed."""
    return HEADER_BYTES + plain_size + TAG_BYTES * max(1, -(-plain_size // chunk))


def _seal(key: bytes, aad: bytes, plain: Iterable[bytes], size: int) -> Iterator[bytes]:
    header = _MAGIC + bytes((size.bit_length() - 1,)) + os.urandom(_SALT_BYTES)
    aead, pieces, index, last = _aead(key, aad, header), _Pieces(plain), 0, False
    yield header
    while not last:
        chunk = pieces.take(size)
        last = pieces.ended()
        yield aead.encrypt(_nonce(index, last=last), chunk, None)
        index += 1


def _aead(key: bytes, aad: bytes, header: bytes) -> AESGCM:
    derivation = HKDF(SHA256(), length=32, salt=header[-_SALT_BYTES:], info=b"gchat-blob/1\0" + header[:5] + aad)
    return AESGCM(derivation.derive(key))


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(11, "big") + bytes((last,))


class _Pieces:
    """Takes exact lengths from an iterable of pieces, holding one length and one piece at most."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source = iter(source)
        self._held = bytearray()

    def take(self, length: int) -> bytes:
        """The next `length` bytes; fewer only at the end."""
        self._fill(length)
        taken = bytes(memoryview(self._held)[:length])
        del self._held[:length]
        return taken

    def ended(self) -> bool:
        """Whether nothing is left."""
        self._fill(1)
        return not self._held

    def _fill(self, length: int) -> None:
        while len(self._held) < length:
            piece = next(self._source, None)
            if piece is None:
                return
            self._held += piece
