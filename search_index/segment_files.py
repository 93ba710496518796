"""The two files of a segment: terms with their documents, and columns. All of it arrays.

Owns which columns there are, and the layout within the two sealed files (little-endian):

    .terms    counts (terms u32, postings u32) · terms u32[] · bounds u32[], one more · documents u16[]
    .columns  size of the heading (u32) · heading (MessagePack: `Heading`) · the columns in the order of
              `COLUMNS`; heading and columns each padded with zeros to a multiple of 8

Terms are numbers (`analyzer`), so a term is found by binary search in one array, and all terms of a query by one call.
Rooms, senders and types are places in the segment's own lists, so that a column is an array of small integers and a
caller's rooms are a mask over it. Knows nothing of Whoosh (`whoosh_adapter`).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from search_index.analyzer import Keys
from search_index.storage import IndexDamaged, KeptArray, SealedFile

COLUMNS: Final[dict[str, np.dtype[Any]]] = {
    "at": np.dtype("<i8"),  # milliseconds since the epoch, UTC; ascending within a segment
    "n": np.dtype("<u4"),  # position in the room's log
    "room": np.dtype("<u2"),  # place in the segment's rooms
    "sender": np.dtype("<u2"),  # place in the segment's senders
    "type": np.dtype("<u1"),  # place in the segment's types
    "has_link": np.dtype("<u1"),  # 1 or 0
}
MAX_DOCUMENTS: Final = 1 << 16
"""In one segment: documents, rooms and senders are numbered in 16 bits."""
MAX_TYPES: Final = 1 << 8

TERMS_EXT: Final = ".terms"
COLUMNS_EXT: Final = ".columns"
_COUNTS: Final = struct.Struct("<II")
_SIZE: Final = struct.Struct("<I")
_ALIGNED: Final = 8

_U4: Final = np.dtype("<u4")
_U2: Final = np.dtype("<u2")
Bounds = npt.NDArray[np.uint32]
Documents = npt.NDArray[np.uint16]
Columns = Mapping[str, npt.NDArray[Any]]


class Heading(msgspec.Struct, frozen=True):
    """What the columns of a segment refer to."""

    documents: int
    rooms: list[str]
    senders: list[str]
    types: list[str]


def terms_content(keys: Keys, bounds: Bounds, documents: Documents) -> bytes:
    """Return the content of a terms file. The documents of `keys[i]` lie from `bounds[i]` up to `bounds[i + 1]`."""
    return b"".join((_COUNTS.pack(len(keys), len(documents)), keys.tobytes(), bounds.tobytes(), documents.tobytes()))


def columns_content(heading: Heading, columns: Columns) -> bytes:
    """Return the content of a columns file."""
    head = msgspec.msgpack.encode(heading)
    parts = [_padded(_SIZE.pack(len(head)) + head)]
    parts += [_padded(columns[name].astype(dtype, copy=False).tobytes()) for name, dtype in COLUMNS.items()]
    return b"".join(parts)


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % _ALIGNED)


class TermsFile:
    """The terms of a segment and their documents. All arrays ascend. Raises IndexDamaged.

    `keys` are the terms; the documents of `keys[i]` are those from `bounds[i]` up to `bounds[i + 1]`.
    """

    def __init__(self, file: SealedFile) -> None:
        self._file = file
        self.term_count, self.posting_count = _COUNTS.unpack(file.read_uncached(0, _COUNTS.size))
        self._bounds_at = _COUNTS.size + _U4.itemsize * self.term_count
        self._documents_at = self._bounds_at + _U4.itemsize * (self.term_count + 1)
        if file.length != self._documents_at + _U2.itemsize * self.posting_count:
            raise IndexDamaged(f"{file.name}: counts and length disagree")
        self._keys = file.kept_array(_COUNTS.size, self.term_count, _U4)
        self._bounds = file.kept_array(self._bounds_at, self.term_count + 1, _U4)

    @property
    def keys(self) -> Keys:
        """All terms."""
        return self._keys.get()

    @property
    def bounds(self) -> Bounds:
        """Where the documents of each term begin, counted over all; at the end, where those of the last end."""
        return self._bounds.get()

    def documents(self, start: int, end: int) -> Documents:
        """Return what is listed from `start` up to `end`: the documents of one term, or of several side by side."""
        return self._file.array(self._documents_at + _U2.itemsize * start, end - start, _U2)

    def everything(self) -> tuple[Keys, Bounds, Documents]:
        """Return terms, bounds and documents, keeping nothing: for merges."""
        return (
            self._file.uncached_array(_COUNTS.size, self.term_count, _U4),
            self._file.uncached_array(self._bounds_at, self.term_count + 1, _U4),
            self._file.uncached_array(self._documents_at, self.posting_count, _U2),
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ColumnsFile:
    """The columns of a segment. Raises IndexDamaged."""

    def __init__(self, file: SealedFile) -> None:
        self._file = file
        (size,) = _SIZE.unpack(file.read_uncached(0, _SIZE.size))
        try:
            heading = msgspec.msgpack.decode(file.read_uncached(_SIZE.size, size), type=Heading)
        except msgspec.DecodeError as reason:
            raise IndexDamaged(f"{file.name}: heading") from reason
        # The same few thousand names stand in every segment: once in memory is enough.
        lists = ([*map(sys.intern, names)] for names in (heading.rooms, heading.senders, heading.types))
        self.heading = Heading(heading.documents, *lists)
        self._columns: dict[str, KeptArray] = {}
        at = _SIZE.size + size
        for name, dtype in COLUMNS.items():
            at += -at % _ALIGNED
            self._columns[name] = file.kept_array(at, self.heading.documents, dtype)
            at += self.heading.documents * dtype.itemsize
        if file.length != at + -at % _ALIGNED:
            raise IndexDamaged(f"{file.name}: heading and length disagree")

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column of `COLUMNS`: one value a document."""
        return self._columns[name].get()

    def renumbered(self, name: str, numbers: npt.NDArray[np.int32]) -> KeptArray:
        """Return a column of places in a list as the numbers that stand at these places."""
        size = self.heading.documents * numbers.itemsize
        return self._file.kept(size, lambda: numbers[self.column(name)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
