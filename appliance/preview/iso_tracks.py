"""Where the samples of a track lie, by its sample table (ISO/IEC 14496-12 §8.6 and §8.7).

`tables`: where the content of each box of the table begins and ends, by its name.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from appliance.preview.content import Refused
from appliance.preview.protocol import Refusal

Tables = Mapping[bytes, tuple[int, int]]
_MOST_SAMPLES: Final = 20_000_000


class Chunk(NamedTuple):
    """Samples that lie together, from `start` to `end`."""

    start: int
    end: int


class _Sizes:
    """The bytes of each sample: all alike, or one number for each."""

    def __init__(self, data: mmap.mmap, tables: Tables) -> None:
        at, end = tables[b"stsz"]
        self.alike, self.count = struct.unpack_from(">II", data, at + 4)
        if self.count > _MOST_SAMPLES or (not self.alike and at + 12 + 4 * self.count > end):
            raise Refused(Refusal.BROKEN)
        self._each = () if self.alike else struct.unpack_from(f">{self.count}I", data, at + 12)

    def all(self) -> Iterator[int]:
        if self.alike:
            return iter(self.alike for _ in range(self.count))
        return iter(self._each)


def chunks_of(data: mmap.mmap, tables: Tables) -> list[Chunk]:
    """Return the chunks of a track. Raises Refused where the tables do not fit each other."""
    return [Chunk(start, start + sum(sizes)) for start, sizes in _laid_out(data, tables)]


def samples_of(data: mmap.mmap, tables: Tables) -> Iterator[tuple[int, int]]:
    """Yield where each sample begins and ends. Raises Refused where the tables do not fit each other."""
    for start, sizes in _laid_out(data, tables):
        at = start
        for size in sizes:
            if at + size > len(data):
                raise Refused(Refusal.BROKEN)
            yield at, at + size
            at += size


def _laid_out(data: mmap.mmap, tables: Tables) -> Iterator[tuple[int, list[int]]]:
    """Yield where each chunk begins and the bytes of its samples."""
    if b"stsz" not in tables or b"stsc" not in tables or not {b"stco", b"co64"} & tables.keys():
        raise Refused(Refusal.BROKEN)
    sizes, left = _Sizes(data, tables), None
    left, each = sizes.count, sizes.all()
    for start, count in zip(_offsets(data, tables), _counts(data, tables), strict=False):
        if not left:
            break
        here = list(islice(each, min(count, left)))
        left -= len(here)
        yield start, here
    if left:
        raise Refused(Refusal.BROKEN)


def _offsets(data: mmap.mmap, tables: Tables) -> tuple[int, ...]:
    name, width, letter = (b"co64", 8, "Q") if b"co64" in tables else (b"stco", 4, "I")
    at, end = tables[name]
    (count,) = struct.unpack_from(">I", data, at + 4)
    if at + 8 + width * count > end:
        raise Refused(Refusal.BROKEN)
    return struct.unpack_from(f">{count}{letter}", data, at + 8)


def _counts(data: mmap.mmap, tables: Tables) -> Iterator[int]:
    """Yield how many samples each chunk has; the last number holds for all that follow."""
    at, end = tables[b"stsc"]
    (count,) = struct.unpack_from(">I", data, at + 4)
    if at + 8 + 12 * count > end:
        raise Refused(Refusal.BROKEN)
    runs = [struct.unpack_from(">II", data, at + 8 + 12 * number) for number in range(count)]
    for (first, samples), (following, _) in zip(runs, [*runs[1:], (1 << 32, 0)], strict=True):
        for _ in range(first, following):
            yield samples
