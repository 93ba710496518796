"""The one format of sealed files: records of 64 KiB under a key of the file's own.

Owns how a file lies on disk (integers big-endian):

    header    magic «GCSF1» and 3 zero bytes · nonce (12) · file key, wrapped (48)
    records   each 64 KiB of content and 16 bytes of tag; the last may be shorter, and is empty only if the file is

- The file key is random and wrapped by the key of the user (the index key, the key of files) with AES-256-GCM, bound to
  the file's name. To overwrite the header destroys the file. A file whose key is kept elsewhere has no header.
- A record is AES-256-GCM under the file key. Its nonce is its number (11 bytes) and whether it is the last (1 byte):
  the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015). The file's name is associated data. So a record
  that was altered, moved, repeated, left out or is of another file does not open, nor does the end of a shorter file.
- Any record can be read by itself. Where it lies, and how long the content is, follows from the length of the file.

Rule for whoever appends: a record is sealed once. What a crash cut short is removed, whole records stay; to seal a
number again with another content would use a nonce twice.

A leaf: the server and the search process both import it. Does not: touch files, keep keys.
"""

from __future__ import annotations

import os
import struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

RECORD_BYTES: Final = 64 * 1024
"""Bytes of content in every record but the last."""
TAG_BYTES: Final = 16
SEALED_RECORD_BYTES: Final = RECORD_BYTES + TAG_BYTES
KEY_BYTES: Final = 32
_MAGIC: Final = b"GCSF1\0\0\0"
_NONCE_BYTES: Final = 12
_HEADER: Final = struct.Struct(f">8s{_NONCE_BYTES}s{KEY_BYTES + TAG_BYTES}s")
HEADER_BYTES: Final = _HEADER.size


class SealBroken(Exception):
    """Bytes that are not what was sealed under this key and name. `record`: which one, None for the header."""

    def __init__(self, record: int | None = None) -> None:
        super().__init__("header" if record is None else f"record {record}")
        self.record = record


class Records:
    """Seals and opens the records of one file. Safe to share between threads."""

    __slots__ = ("_cipher", "_name")

    def __init__(self, key: bytes, name: bytes) -> None:
        self._cipher = AESGCM(key)
        self._name = b"gchat-record/1\0" + name

    def seal(self, number: int, content: bytes | memoryview, *, last: bool) -> bytes:
        """Return record `number` (from 0). All but the last hold `RECORD_BYTES` exactly. Raises ValueError."""
        if len(content) > RECORD_BYTES or (not last and len(content) < RECORD_BYTES):
            raise ValueError(f"record {number} of {len(content)} bytes")
        return self._cipher.encrypt(_nonce(number, last=last), content, self._name)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """Return the content of a record. Raises SealBroken."""
        try:
            return self._cipher.decrypt(_nonce(number, last=last), sealed, self._name)
        except (InvalidTag, ValueError):  # ValueError: shorter than a tag
            raise SealBroken(number) from None


def content_length(records_length: int) -> int:
    """Return the length of the content of records that take so many bytes. Raises SealBroken for no such length."""
    whole, rest = divmod(records_length, SEALED_RECORD_BYTES)
    # Only an empty file has an empty record, so that a length of content has one length on disk.
    if rest == 0 and whole > 0:
        return whole * RECORD_BYTES
    if rest > TAG_BYTES or (rest == TAG_BYTES and whole == 0):
        return whole * RECORD_BYTES + rest - TAG_BYTES
    raise SealBroken(whole)


def last_record(length: int) -> int:
    """Return the number of the last record of a content of `length` bytes."""
    return max(0, length - 1) // RECORD_BYTES


def seal(content: bytes | memoryview, name: bytes, wrapping_key: bytes) -> bytes:
    """Return a sealed file with its header, under a new key that `wrapping_key` (32 bytes) wraps."""
    key, nonce = os.urandom(KEY_BYTES), os.urandom(_NONCE_BYTES)
    wrapped = AESGCM(wrapping_key).encrypt(nonce, key, _bound(name))
    records, view, last = Records(key, name), memoryview(content), last_record(len(content))
    parts = [
        records.seal(number, view[number * RECORD_BYTES : (number + 1) * RECORD_BYTES], last=number == last)
        for number in range(last + 1)
    ]
    return b"".join((_HEADER.pack(_MAGIC, nonce, wrapped), *parts))


def read_header(header: bytes, name: bytes, wrapping_key: bytes) -> Records:
    """Return what opens the records behind a header. Raises SealBroken for another key or name, or altered bytes."""
    if len(header) != HEADER_BYTES:
        raise SealBroken
    magic, nonce, wrapped = _HEADER.unpack(header)
    if magic != _MAGIC:
        raise SealBroken
    try:
        return Records(AESGCM(wrapping_key).decrypt(nonce, wrapped, _bound(name)), name)
    except InvalidTag:
        raise SealBroken from None


def unseal(sealed: bytes, name: bytes, wrapping_key: bytes) -> bytes:
    """Return the content of a sealed file with its header. Raises SealBroken."""
    records = read_header(sealed[:HEADER_BYTES], name, wrapping_key)
    last = last_record(content_length(len(sealed) - HEADER_BYTES))
    starts = range(HEADER_BYTES, len(sealed), SEALED_RECORD_BYTES)
    return b"".join(
        records.open(number, sealed[at : at + SEALED_RECORD_BYTES], last=number == last)
        for number, at in enumerate(starts)
    )


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes((last,))


def _bound(name: bytes) -> bytes:
    return b"gchat-file-key/1\0" + name
