"""Unpacking bzip2 and xz, of which a file holds one stream and no more.

Python and the common programs go on with a second stream; ClamAV looks at the first one alone, in silence.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Iterator
from typing import IO, Final

from appliance.preview.zips import Crooked

_CHUNK: Final = 256 * 1024


def bunzipped(file: IO[bytes]) -> Iterator[bytes]:
    """Give what a bzip2 file unpacks to. Raises Crooked where it is cut, or more follows; OSError."""
    return _unpacked(file, bz2.BZ2Decompressor())


def unxzed(file: IO[bytes]) -> Iterator[bytes]:
    """Give what an xz file unpacks to. Raises Crooked where it is cut, or more follows; LZMAError."""
    return _unpacked(file, lzma.LZMADecompressor(lzma.FORMAT_XZ))


def _unpacked(file: IO[bytes], made: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> Iterator[bytes]:
    while not made.eof:
        packed = file.read(_CHUNK) if made.needs_input else b""
        if made.needs_input and not packed:
            raise Crooked
        if chunk := made.decompress(packed, _CHUNK):
            yield chunk
    rest = made.unused_data
    while rest:
        if any(rest):
            raise Crooked
        rest = file.read(_CHUNK)
