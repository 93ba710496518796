"""Segments: some ten thousand entries each, written once, as arrays.

Owns how entries become the arrays of a segment, how segments become one, and what an open segment gives. Within a
segment documents are in the order (at, room, n), so posting lists are in the order of time, and a span of time is a
span of documents.

Does not: decide when to write or to merge (`writer`), or what is found (`searcher`).
"""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from search_index.analyzer import Keys, gram_keys
from search_index.manifest import SegmentRecord
from search_index.query import readings
from search_index.segment_files import (
    COLUMNS_EXT,
    MAX_DOCUMENTS,
    MAX_TYPES,
    TERMS_EXT,
    Bounds,
    ColumnsFile,
    Documents,
    Heading,
    TermsFile,
    columns_content,
    terms_content,
)
from search_index.storage import IndexDamaged, SealedStorage
from search_index.wire import IndexEntry

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
_DOCUMENT_BITS: Final = np.uint64(16)


@dataclass(frozen=True, slots=True)
class Document:
    """An entry as it is indexed; `readings` are those of its text (`query`)."""

    room: str
    n: int
    sender: str
    at: int
    type: str
    has_link: bool
    readings: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, entry: IndexEntry) -> Document:
        """Return the document of an entry."""
        return cls(entry.room, entry.n, entry.sender, entry.at, entry.type, entry.has_link, readings(entry.text))


class Names:
    """Small numbers for rooms, senders and types, the same in all segments as long as the process lives."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def numbers(self, names: Iterable[str]) -> Numbers:
        """Return the numbers of names, giving new ones where there is none yet."""
        with self._lock:
            known = self._numbers
            return np.array([known.setdefault(name, len(known)) for name in names], np.int32)

    def mask(self, names: Iterable[str]) -> Mask:
        """Return which of the numbers given so far belong to these names."""
        with self._lock:
            mask = np.zeros(len(self._numbers), np.bool_)
            mask[[number for name in names if (number := self._numbers.get(name)) is not None]] = True
        return mask


@dataclass(frozen=True, slots=True)
class Arrays:
    """A segment before it is written (see `codec` for what the arrays are)."""

    heading: Heading
    columns: dict[str, npt.NDArray[Any]]
    keys: Keys
    bounds: Bounds
    documents: Documents


def month_of(at: int) -> int:
    """Return the month of a time, counted from the year 0 (UTC)."""
    day = dt.datetime.fromtimestamp(at / 1000, dt.UTC)
    return day.year * 12 + day.month - 1


def build(documents: Sequence[Document]) -> Arrays:
    """Return the arrays of a segment of these documents, at most MAX_DOCUMENTS, in the order (at, room, n)."""
    rooms, room = _numbered([document.room for document in documents], MAX_DOCUMENTS)
    senders, sender = _numbered([document.sender for document in documents], MAX_DOCUMENTS)
    types, type_ = _numbered([document.type for document in documents], MAX_TYPES)
    columns: dict[str, npt.NDArray[Any]] = {
        "at": np.array([document.at for document in documents], "<i8"),
        "n": np.array([document.n for document in documents], "<u4"),
        "room": room.astype("<u2"),
        "sender": sender.astype("<u2"),
        "type": type_.astype("<u1"),
        "has_link": np.array([document.has_link for document in documents], "<u1"),
    }
    texts = [reading for document in documents for reading in document.readings]
    owners = np.repeat(np.arange(len(documents)), [len(document.readings) for document in documents])
    keys, text = gram_keys(texts)
    return Arrays(Heading(len(documents), rooms, senders, types), columns, *_postings(keys, owners[text]))


def in_order(documents: Iterable[Document]) -> list[Document]:
    """Return documents in the order of a segment."""
    return sorted(documents, key=lambda document: (document.at, document.room, document.n))


def _numbered(names: Sequence[str], most: int) -> tuple[list[str], Places]:
    """Return the different names in order, and for each name its place among them."""
    different = sorted(set(names))
    if len(different) > most:
        raise ValueError(f"more than {most} different names in a segment")
    place = {name: number for number, name in enumerate(different)}
    return different, np.array([place[name] for name in names], np.int64)


def _postings(keys: Keys, documents: Places) -> tuple[Keys, Bounds, Documents]:
    """Return terms, bounds and documents of postings in any order, each once."""
    pairs = (keys.astype(np.uint64) << _DOCUMENT_BITS) | documents.astype(np.uint64)
    pairs.sort()
    pairs = pairs[_firsts(pairs)]
    terms = (pairs >> _DOCUMENT_BITS).astype("<u4")
    firsts = np.flatnonzero(_firsts(terms))
    bounds = np.append(firsts, len(terms))
    return terms[firsts], bounds.astype("<u4"), pairs.astype("<u2")


def _firsts(ascending: npt.NDArray[Any]) -> Mask:
    """Return which elements differ from the one before."""
    mask = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=mask[1:])
    return mask


def write(storage: SealedStorage, arrays: Arrays, month: int) -> SegmentRecord:
    """Write a segment; durable when it returns, though not yet part of the index."""
    name = secrets.token_hex(8)  # says nothing of what is in it
    storage.write(name + TERMS_EXT, terms_content(arrays.keys, arrays.bounds, arrays.documents))
    storage.write(name + COLUMNS_EXT, columns_content(arrays.heading, arrays.columns))
    at = arrays.columns["at"]
    return SegmentRecord(name, month, len(at), int(at[0]), int(at[-1]))


class Segment:
    """An open segment: its arrays, and which of its documents are deleted. Raises IndexDamaged."""

    def __init__(self, storage: SealedStorage, record: SegmentRecord, names: Names) -> None:
        self.record = record
        self.terms = TermsFile(storage.open_sealed(record.name + TERMS_EXT))
        try:
            self.columns = ColumnsFile(storage.open_sealed(record.name + COLUMNS_EXT))
        except IndexDamaged:
            self.terms.close()
            raise
        heading = self.columns.heading
        if heading.documents != record.documents:
            self.close()
            raise IndexDamaged(f"{record.name}: not what the manifest says")
        self._rooms = self.columns.renumbered("room", names.numbers(heading.rooms))
        self._senders = self.columns.renumbered("sender", names.numbers(heading.senders))
        self._types = self.columns.renumbered("type", names.numbers(heading.types))
        self.gone: Mask | None = None
        if record.gone:
            self.gone = np.zeros(record.documents, np.bool_)
            self.gone[np.frombuffer(record.gone, "<u2")] = True

    @property
    def rooms(self) -> Numbers:
        """The number (`Names`) of each document's room."""
        return self._rooms.get()

    @property
    def senders(self) -> Numbers:
        """The number of each document's sender."""
        return self._senders.get()

    @property
    def types(self) -> Numbers:
        """The number of each document's type."""
        return self._types.get()

    @property
    def gone_count(self) -> int:
        """How many documents are deleted."""
        return 0 if self.gone is None else int(np.count_nonzero(self.gone))

    def mark_gone(self, documents: npt.NDArray[Any]) -> int:
        """Mark documents as deleted (tombstones); return how many were not yet."""
        before = self.gone_count
        if len(documents):
            if self.gone is None:
                self.gone = np.zeros(self.record.documents, np.bool_)
            self.gone[documents] = True
        return self.gone_count - before

    def gone_bytes(self) -> bytes:
        """Return the deleted documents, as the manifest keeps them."""
        return b"" if self.gone is None else np.flatnonzero(self.gone).astype("<u2").tobytes()

    def close(self) -> None:
        """Close its files."""
        self.terms.close()
        self.columns.close()


@dataclass(frozen=True, slots=True)
class Merged:
    """Segments made one. `places[i]` gives for each document of the i-th where it is now; -1 if it is left out.

    `arrays` is None where nothing is left.
    """

    arrays: Arrays | None
    places: list[Places]


def merge(sources: Sequence[Segment], gone: Sequence[Mask | None]) -> Merged:
    """Return the segments as one of at most MAX_DOCUMENTS, without the documents in `gone`."""
    keep = [
        np.ones(source.record.documents, np.bool_) if left_out is None else ~left_out
        for source, left_out in zip(sources, gone, strict=True)
    ]
    columns, heading = _merged_columns(sources, keep)
    order = np.lexsort((columns["n"], columns["room"], columns["at"]))  # rooms are numbered in their order
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    places: list[Places] = []
    done = 0
    for kept in keep:
        mapped = np.full(len(kept), -1, np.int64)
        count = int(np.count_nonzero(kept))
        mapped[kept] = place[done : done + count]
        places.append(mapped)
        done += count
    if not done:
        return Merged(None, places)
    postings = [_moved(source, mapped) for source, mapped in zip(sources, places, strict=True)]
    merged = _postings(np.concatenate([keys for keys, _ in postings]), np.concatenate([docs for _, docs in postings]))
    return Merged(Arrays(heading, {name: column[order] for name, column in columns.items()}, *merged), places)


def _moved(source: Segment, mapped: Places) -> tuple[Keys, Places]:
    """Return the postings of a segment under the new numbers of its documents."""
    keys, bounds, documents = source.terms.everything()
    moved = mapped[documents]
    left = moved >= 0
    return np.repeat(keys, np.diff(bounds))[left], moved[left]


def _merged_columns(sources: Sequence[Segment], keep: Sequence[Mask]) -> tuple[dict[str, npt.NDArray[Any]], Heading]:
    """Return the columns of what is kept, one segment after the other, under common lists of names."""
    columns: dict[str, npt.NDArray[Any]] = {
        name: np.concatenate([s.columns.column(name)[kept] for s, kept in zip(sources, keep, strict=True)])
        for name in ("at", "n", "has_link")
    }
    lists: dict[str, list[str]] = {}
    for name, of in (("room", "rooms"), ("sender", "senders"), ("type", "types")):
        own = [
            np.array(getattr(source.columns.heading, of), object)[source.columns.column(name)[kept]]
            for source, kept in zip(sources, keep, strict=True)
        ]
        most = MAX_TYPES if name == "type" else MAX_DOCUMENTS
        lists[of], numbers = _numbered([str(value) for value in np.concatenate(own)], most)
        columns[name] = numbers.astype("<u1" if name == "type" else "<u2")
    return columns, Heading(len(columns["at"]), lists["rooms"], lists["senders"], lists["types"])
