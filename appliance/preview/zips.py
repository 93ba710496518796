"""Reading the members of a ZIP by their bytes, to the end of what is packed, whatever the archive says of their sizes.

`zipfile` finds the members and ends each where the list says. A program that unpacks may go on, so here a member is
read until its packed bytes are used up, and one that is not what the list says of it is `Crooked`.
"""

from __future__ import annotations

import bz2
import zipfile
import zlib
from collections.abc import Callable, Iterator
from struct import Struct
from typing import IO, Final

_LOCAL: Final = Struct("<4s2xHH8xI4xHH")
"""APPNOTE.TXT 4.3.7: signature, flags, method, packed size, lengths of name and extra field."""
_SIGN: Final = b"PK\x03\x04"
ENCRYPTED: Final = 0x1  # APPNOTE.TXT 4.4.4: general purpose bit 0
_DESCRIBED: Final = 0x8  # bit 3: the sizes follow the packed bytes
_SEE_64: Final = 0xFFFFFFFF  # 4.4.8: the size is in the extra field
_PACKED: Final = 64 * 1024
_CHUNK: Final = 256 * 1024


class Crooked(Exception):
    """A member is not what the archive says of it, or is packed in a way that a scanner does not open."""


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    made = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        given = piece
        while chunk := made.decompress(made.unconsumed_tail + given, _CHUNK):
            yield chunk
            given = b""
    if not made.eof or made.unused_data:
        raise Crooked


def _bunzipped(packed: Iterator[bytes]) -> Iterator[bytes]:
    made = bz2.BZ2Decompressor()
    for piece in packed:
        given = piece
        while not made.eof and (chunk := made.decompress(given, _CHUNK)):
            yield chunk
            given = b""
        if made.eof and made.unused_data:
            raise Crooked
    if not made.eof:
        raise Crooked


_UNPACK: Final[dict[int, Callable[[Iterator[bytes]], Iterator[bytes]]]] = {
    zipfile.ZIP_STORED: iter,
    zipfile.ZIP_DEFLATED: _inflated,
    zipfile.ZIP_BZIP2: _bunzipped,
}
"""The ways of packing that ClamAV opens too. It passes over LZMA, which Python could unpack."""


def is_encrypted(file: IO[bytes], info: zipfile.ZipInfo) -> bool:
    """Return whether a member needs a password, by the list or by its own header. Raises Crooked."""
    return bool((info.flag_bits | _header(file, info)[0]) & ENCRYPTED)


def begins_at(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Return where the packed bytes of a member begin. Raises Crooked."""
    return _header(file, info)[2]


def read_at(file: IO[bytes], start: int, size: int) -> bytes:
    """Return so many bytes from there on. Raises Crooked where there are fewer."""
    file.seek(start)
    if len(read := file.read(size)) < size:
        raise Crooked
    return read


def unpacked(file: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Give what a member unpacks to, to its last byte. Raises Crooked, before or after it; zlib.error, OSError."""
    size, crc = 0, 0
    for chunk in _chunks(file, info):
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        yield chunk
    if (size, crc) != (info.file_size, info.CRC):
        raise Crooked


def _chunks(file: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    _, method, start = _header(file, info)
    if method != info.compress_type or method not in _UNPACK:
        raise Crooked
    yield from _UNPACK[method](_packed(file, start, info.compress_size))


def _header(file: IO[bytes], info: zipfile.ZipInfo) -> tuple[int, int, int]:
    """Return flags, method and where the packed bytes begin, as the member's own header says. Raises Crooked."""
    sign, flags, method, size, name, extra = _LOCAL.unpack(read_at(file, info.header_offset, _LOCAL.size))
    if sign != _SIGN or not (flags & _DESCRIBED or size in (info.compress_size, _SEE_64)):
        raise Crooked
    return flags, method, info.header_offset + _LOCAL.size + name + extra


def _packed(file: IO[bytes], start: int, size: int) -> Iterator[bytes]:
    while size:
        file.seek(start)
        if not (piece := file.read(min(size, _PACKED))):
            raise Crooked
        start, size = start + len(piece), size - len(piece)
        yield piece
