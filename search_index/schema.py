"""The fields of an entry as Whoosh sees them: grams of its text, and columns of plain numbers.

Owns which columns there are and how each lies on disk. Rooms, senders and types are told by their place in the
segment's own lists, so that a column is an array of small integers and a caller's rooms are a mask over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from whoosh.columns import Column, ColumnReader, ColumnWriter
from whoosh.fields import FieldType, Schema
from whoosh.formats import Existence

from search_index.analyzer import GramAnalyzer

TEXT: Final = "text"
COLUMNS: Final[dict[str, np.dtype[Any]]] = {
    "at": np.dtype("<i8"),  # milliseconds since the epoch, UTC; ascending within a segment
    "n": np.dtype("<u4"),  # position in the room's log
    "room": np.dtype("<u2"),  # place in the segment's rooms
    "sender": np.dtype("<u2"),  # place in the segment's senders
    "type": np.dtype("<u1"),  # place in the segment's types
    "has_link": np.dtype("<u1"),  # 1 or 0
}
MOST_DOCUMENTS: Final = 1 << 16
"""In one segment: documents, rooms and senders are told in 16 bits."""
MOST_TYPES: Final = 1 << 8


class GramField(FieldType):
    """A text under its grams (`analyzer`); a term's bytes are the gram's number, big-endian: they sort alike."""

    def __init__(self) -> None:
        super().__init__(format=Existence(), analyzer=GramAnalyzer(), scorable=False, stored=False)

    def index(self, value: str, **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield the terms of a text: bytes, how often (once), weight, nothing more."""
        for token in self.analyzer(value):
            yield self.to_bytes(token.text), 1, 1.0, b""

    def to_bytes(self, value: str | bytes) -> bytes:
        """Return a term's bytes."""
        return value if isinstance(value, bytes) else int(value).to_bytes(4, "big")

    def from_bytes(self, bs: bytes) -> str:
        """Return a term's text."""
        return f"{int.from_bytes(bs, 'big'):010d}"


class ArrayColumn(Column):
    """A column that is an array of integers, one a document."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def default_value(self, reverse: bool = False) -> int:  # noqa: ARG002, FBT001, FBT002 - Whoosh's signature
        """Return what a document without a value has."""
        return 0

    def writer(self, dbfile: Any) -> ArrayColumnWriter:
        """Return what writes such a column."""
        return ArrayColumnWriter(dbfile, self.dtype)


class ArrayColumnWriter(ColumnWriter):
    """Collects the values as they come; the codec writes them all at once."""

    def __init__(self, dbfile: Any, dtype: np.dtype[Any]) -> None:
        super().__init__(dbfile)
        self._dtype = dtype
        self._values: dict[int, int] = {}

    def add(self, docnum: int, value: int) -> None:
        """Take the value of a document."""
        self._values[docnum] = value

    def array(self, count: int) -> npt.NDArray[Any]:
        """Return the values of so many documents; 0 where none came."""
        return np.fromiter((self._values.get(place, 0) for place in range(count)), self._dtype, count)


class ArrayColumnReader(ColumnReader):
    """A column in memory."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        super().__init__(None, 0, values.nbytes, len(values))
        self.values = values

    def __getitem__(self, docnum: int) -> int:
        return int(self.values[docnum])

    def load(self) -> npt.NDArray[Any]:
        """Return all values."""
        return self.values


class NumberField(FieldType):
    """A number in a column; no terms."""

    indexed = False

    def __init__(self, dtype: np.dtype[Any]) -> None:
        super().__init__(format=None, analyzer=None, stored=False, sortable=ArrayColumn(dtype))

    def to_column_value(self, value: int) -> int:
        """Return what the column takes."""
        return int(value)

    def from_column_value(self, value: int) -> int:
        """Return what the column gave."""
        return value


SCHEMA: Final = Schema(**{TEXT: GramField()}, **{name: NumberField(dtype) for name, dtype in COLUMNS.items()})
