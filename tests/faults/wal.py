"""SQLite's write-ahead log as its file format describes it: where the last commit ends that a recovery may use.

Written from the format's description (https://www.sqlite.org/fileformat2.html, «The Write-Ahead Log»), so that the
tests know what must be there after the file was torn without asking the program under test. Pages stay unread.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

HEADER: Final = 32
FRAME_HEADER: Final = 24
LITTLE: Final = 0x377F0682
"""The magic number whose checksums read words the little-endian way; one more is big-endian."""


def frame_size(wal: bytes) -> int:
    """Return the bytes of a frame: its header and a page."""
    return FRAME_HEADER + int(struct.unpack_from(">I", wal, 8)[0])


def intact(wal: bytes) -> int:
    """Return how many bytes from the beginning hold whole, unbroken transactions."""
    if len(wal) < HEADER:
        return 0
    magic, _, _, _, *_ = struct.unpack_from(">8I", wal)
    order = "<" if magic == LITTLE else ">"
    sums = _checksum(wal[: HEADER - 8], (0, 0), order)
    if sums != struct.unpack_from(">2I", wal, HEADER - 8) or magic & ~1 != LITTLE:
        return 0
    end, size = HEADER, frame_size(wal)
    for at in range(HEADER, len(wal) - size + 1, size):
        _, after_commit = struct.unpack_from(">2I", wal, at)
        sums = _checksum(wal[at : at + 8], sums, order)
        sums = _checksum(wal[at + FRAME_HEADER : at + size], sums, order)
        if wal[at + 8 : at + 16] != wal[16:24] or sums != struct.unpack_from(">2I", wal, at + 16):
            break
        if after_commit:
            end = at + size
    return end


def commits(path: Path) -> int:
    """Return how many transactions a log holds."""
    wal = path.read_bytes()
    size = frame_size(wal)
    return sum(1 for at in range(HEADER, intact(wal), size) if struct.unpack_from(">I", wal, at + 4)[0])


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
