"""Bytes of a file overwritten where they lie, in pieces: the worker has room for one such file and little more."""

from __future__ import annotations

import mmap
from typing import Final

Bytes = mmap.mmap | bytearray
_BLOCK: Final = 1 << 20


def fill(data: Bytes, start: int, end: int, value: int = 0) -> None:
    """Give every byte between two places this value."""
    for at in range(start, end, _BLOCK):
        size = min(_BLOCK, end - at)
        data[at : at + size] = bytes((value,)) * size
