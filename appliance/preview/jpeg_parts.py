"""A JPEG file that is too large to decode, without what it says of place and device.

Rules: an allow-list. Only the segments that a decoder needs are carried over (ITU-T T.81 §B.1.1.3), so that EXIF, XMP,
comments, small pictures, colour profiles, and whatever follows the end of the picture are left out, also what no
one has thought of. How the picture is turned is said anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from appliance.preview.content import Refused
from appliance.preview.protocol import Refusal

_START, _END, _SCAN, _ADOBE = 0xD8, 0xD9, 0xDA, 0xEE
_NEEDED: Final = frozenset((*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD, 0xDE, 0xDF)) - {0xC8}
"""Frames, tables of Huffman and arithmetic codes, of quantization, and intervals of restart."""
_JFIF: Final = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
_ADOBE_BYTES: Final = 12
_AFTER_SCAN: Final = re.compile(rb"\xff[^\0\xd0-\xd7\xff]")
"""The next marker behind coded pixels: in them 0xFF is followed by zero or by the number of a restart (§B.1.1.5)."""


def orientation_exif(orientation: int) -> bytes:
    """Return EXIF data that says how a picture is turned, and nothing else (EXIF 2.32 §4.6.2)."""
    return b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes((orientation, 0, 0, 0)) + bytes(4)


def clean_jpeg(original: bytes, orientation: int) -> bytes:
    """Return the file with its picture alone. Raises Refused for one that is cut or damaged."""
    said = b"" if orientation == 1 else b"Exif\0\0" + orientation_exif(orientation)
    turned = b"\xff\xe1" + (len(said) + 2).to_bytes(2) + said if said else b""
    return b"".join((bytes((0xFF, _START)), _JFIF, turned, *_kept(original)))


def _kept(original: bytes) -> Iterator[bytes]:
    at = 2
    while True:
        while original[at + 1 : at + 2] == b"\xff":  # bytes that fill
            at += 1
        if original[at : at + 1] != b"\xff" or at + 1 >= len(original):
            raise Refused(Refusal.BROKEN)
        marker = original[at + 1]
        if marker == _END:
            yield bytes((0xFF, _END))
            return
        end = at + 2 + int.from_bytes(original[at + 2 : at + 4])
        if end >= len(original) or end < at + 4:
            raise Refused(Refusal.BROKEN)
        if marker == _SCAN:
            found = _AFTER_SCAN.search(original, end)
            if found is None:
                raise Refused(Refusal.BROKEN)
            yield original[at : found.start()]
            end = found.start()
        elif marker in _NEEDED:
            yield original[at:end]
        elif marker == _ADOBE and original[at + 4 : at + 9] == b"Adobe":
            # It says how colours are written.
            yield b"\xff\xee\0\x0e" + original[at + 4 : at + 4 + _ADOBE_BYTES]
        at = end
