"""Whoosh's codec for segments that are arrays: terms and posting lists in one file, columns in another.

Owns the layout within the two sealed files of a segment (little-endian):

    .terms    counts (terms u32, postings u32) · terms u32[] · bounds u32[], one more · documents u16[]
    .columns  size of the heading (u32) · heading (MessagePack: `Heading`) · the columns in the order of
              `schema.COLUMNS`; heading and columns each padded with zeros to a multiple of 8

Terms are numbers (`analyzer`), so a term is found by binary search in one array, and all terms of a query by one call.
`TermsFile` and `ColumnsFile` give arrays to `searcher`; around them stand Whoosh's reader and writer classes, so that
Whoosh's own searcher and writer work on the same files (tests/search/test_codec.py holds the two against each other).
"""

from __future__ import annotations

import secrets
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import msgspec
import numpy as np
import numpy.typing as npt
from whoosh.codec import base
from whoosh.matching import ListMatcher
from whoosh.reading import TermInfo

from search_index.analyzer import Keys
from search_index.schema import COLUMNS, MOST_DOCUMENTS, TEXT, ArrayColumnReader, ArrayColumnWriter
from search_index.storage import IndexDamaged, KeptArray, SealedFile, SealedStorage

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
        """Return a column of `schema.COLUMNS`: one value a document."""
        return self._columns[name].get()

    def renumbered(self, name: str, numbers: npt.NDArray[np.int32]) -> KeptArray:
        """Return a column of places in a list as the numbers that stand at these places."""
        size = self.heading.documents * numbers.itemsize
        return self._file.kept(size, lambda: numbers[self.column(name)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ArraySegment(base.Segment):
    """One segment: its name, how many documents it has, and which of them are gone."""

    def __init__(self, name: str, documents: int = 0, gone: Iterable[int] = ()) -> None:
        self.name = name
        self.indexname = name
        self.compound = False
        self._documents = documents
        self._gone = set(gone)

    def codec(self) -> ArrayCodec:
        """Return the codec that reads it."""
        return ArrayCodec()

    def should_assemble(self) -> bool:
        """Say that its files stay apart."""
        return False

    def set_doc_count(self, doccount: int) -> None:
        """Take how many documents it has."""
        self._documents = doccount

    def doc_count_all(self) -> int:
        """Return how many documents it has, those that are gone too."""
        return self._documents

    def deleted_count(self) -> int:
        """Return how many are gone."""
        return len(self._gone)

    def deleted_docs(self) -> Iterator[int]:
        """Yield those that are gone."""
        return iter(sorted(self._gone))

    def delete_document(self, docnum: int, delete: bool = True) -> None:  # noqa: FBT001, FBT002 - Whoosh's signature
        """Mark a document as gone, or as there again."""
        (self._gone.add if delete else self._gone.discard)(docnum)

    def is_deleted(self, docnum: int) -> bool:
        """Say whether a document is gone."""
        return docnum in self._gone


class ArrayCodec(base.Codec):
    """The codec itself: opens the readers and writers below."""

    length_stats = False

    def new_segment(self, storage: SealedStorage, indexname: str) -> ArraySegment:  # noqa: ARG002 - Whoosh's signature
        """Return a segment under a new name, which tells nothing."""
        return ArraySegment(secrets.token_hex(8))

    def per_document_writer(self, storage: SealedStorage, segment: ArraySegment) -> ArrayPerDocumentWriter:
        """Return what writes the columns."""
        return ArrayPerDocumentWriter(storage, segment)

    def field_writer(self, storage: SealedStorage, segment: ArraySegment) -> ArrayFieldWriter:
        """Return what writes the terms."""
        return ArrayFieldWriter(storage, segment)

    def terms_reader(self, storage: SealedStorage, segment: ArraySegment) -> ArrayTermsReader:
        """Return what reads the terms."""
        return ArrayTermsReader(TermsFile(storage.open_sealed(segment.make_filename(TERMS_EXT))))

    def per_document_reader(self, storage: SealedStorage, segment: ArraySegment) -> ArrayPerDocumentReader:
        """Return what reads the columns."""
        return ArrayPerDocumentReader(ColumnsFile(storage.open_sealed(segment.make_filename(COLUMNS_EXT))), segment)


class ArrayPerDocumentWriter(base.PerDocumentWriter):
    """Takes the columns of a segment: all at once, or document by document from Whoosh's writer."""

    def __init__(self, storage: SealedStorage, segment: ArraySegment) -> None:
        self._storage = storage
        self._segment = segment
        self._writers = {name: ArrayColumnWriter(None, dtype) for name, dtype in COLUMNS.items()}
        self._document = -1
        self.is_closed = False

    def write(self, heading: Heading, columns: Columns) -> None:
        """Write whole columns."""
        content = columns_content(heading, columns)
        self._storage.write(self._segment.make_filename(COLUMNS_EXT), content)
        self._segment.set_doc_count(heading.documents)
        self.is_closed = True

    def start_doc(self, docnum: int) -> None:
        """Begin a document."""
        self._document = docnum

    def add_field(self, fieldname: str, fieldobj: Any, value: Any, length: int) -> None:
        """Take a stored value: there is none, texts are not stored."""

    def add_column_value(self, fieldname: str, columnobj: Any, value: int) -> None:  # noqa: ARG002 - Whoosh's signature
        """Take a column's value of the document."""
        self._writers[fieldname].add(self._document, value)

    def close(self) -> None:
        """Write what came document by document. Places in lists are then the caller's affair: the lists are empty."""
        if not self.is_closed:
            count = self._document + 1
            columns = {name: writer.array(count) for name, writer in self._writers.items()}
            self.write(Heading(count, [], [], []), columns)


class ArrayFieldWriter(base.FieldWriter):
    """Takes the terms of a segment: all at once, or posting by posting from Whoosh's writer."""

    def __init__(self, storage: SealedStorage, segment: ArraySegment) -> None:
        self._storage = storage
        self._segment = segment
        self._keys: list[int] = []
        self._bounds = [0]
        self._documents: list[int] = []
        self.is_closed = False

    def write(self, keys: Keys, bounds: Bounds, documents: Documents) -> None:
        """Write whole arrays (see `terms_content`)."""
        self._storage.write(self._segment.make_filename(TERMS_EXT), terms_content(keys, bounds, documents))
        self.is_closed = True

    def start_field(self, fieldname: str, fieldobj: Any) -> None:  # noqa: ARG002 - Whoosh's signature
        """Begin a field: there is one with terms."""
        if fieldname != TEXT:
            raise ValueError(f"no terms are kept of {fieldname}")

    def start_term(self, text: bytes) -> None:
        """Begin a term."""
        self._keys.append(int.from_bytes(text, "big"))

    def add(self, docnum: int, weight: float, vbytes: bytes, length: int) -> None:  # noqa: ARG002 - Whoosh's signature
        """Take a posting of the term."""
        if docnum >= MOST_DOCUMENTS:
            raise ValueError(f"a segment has at most {MOST_DOCUMENTS} documents")
        self._documents.append(docnum)

    def finish_term(self) -> None:
        """End the term."""
        self._bounds.append(len(self._documents))

    def close(self) -> None:
        """Write what came posting by posting."""
        if not self.is_closed:
            self.write(
                np.array(self._keys, _U4), np.array(self._bounds, _U4), np.array(self._documents, _U2)
            )  # fmt: skip


class ArrayTermsReader(base.TermsReader):
    """The terms for Whoosh's searcher. A term is (field, bytes)."""

    def __init__(self, file: TermsFile) -> None:
        self.file = file

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return term[0] == TEXT and self._place(term[1]) is not None

    def _place(self, text: bytes) -> int | None:
        key = int.from_bytes(text, "big")
        place = int(np.searchsorted(self.file.keys, np.uint32(key)))
        return place if place < self.file.term_count and self.file.keys[place] == key else None

    def _documents(self, text: bytes) -> Documents:
        place = self._place(text)
        if place is None:
            raise KeyError(text)
        start, end = self.file.bounds[place : place + 2].tolist()
        return self.file.documents(start, end)

    def terms(self) -> Iterator[tuple[str, bytes]]:
        """Yield all terms in order."""
        return self.terms_from(TEXT, b"")

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield the terms from `prefix` on."""
        if fieldname == TEXT:
            texts = (int(key).to_bytes(4, "big") for key in self.file.keys)
            yield from ((TEXT, text) for text in texts if text >= prefix)

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        """Yield all terms with what is known of them."""
        return self.items_from(TEXT, b"")

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        """Yield the terms from `prefix` on with what is known of them."""
        return (((field, text), self.term_info(field, text)) for field, text in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        """Return how many documents have a term. Raises KeyError."""
        if fieldname != TEXT:
            raise KeyError(text)
        documents = self._documents(text)
        count = len(documents)
        return TermInfo(weight=count, df=count, maxweight=1, minid=int(documents[0]), maxid=int(documents[-1]))

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ListMatcher:
        """Return what walks the documents of a term. Raises KeyError."""
        info = self.term_info(fieldname, text)
        ids = self._documents(text).tolist()
        return ListMatcher(ids, all_weights=1.0, format=format_, scorer=scorer, term=(fieldname, text), terminfo=info)

    def indexed_field_names(self) -> Sequence[str]:
        """Return the fields that have terms."""
        return (TEXT,)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class ArrayPerDocumentReader(base.PerDocumentReader):
    """The columns for Whoosh's searcher."""

    def __init__(self, file: ColumnsFile, segment: ArraySegment) -> None:
        self.file = file
        self._segment = segment

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def doc_count(self) -> int:
        """Return how many documents there are, without those gone."""
        return cast("int", self._segment.doc_count())

    def doc_count_all(self) -> int:
        """Return how many documents there are."""
        return self._segment.doc_count_all()

    def has_deletions(self) -> bool:
        """Say whether any is gone."""
        return cast("bool", self._segment.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        """Say whether one is gone."""
        return self._segment.is_deleted(docnum)

    def deleted_docs(self) -> Iterator[int]:
        """Yield those gone."""
        return self._segment.deleted_docs()

    def supports_columns(self) -> bool:
        """Say that there are columns."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Say whether there is this one."""
        return fieldname in COLUMNS

    def column_reader(self, fieldname: str, column: Any) -> Any:  # noqa: ARG002 - Whoosh's signature
        """Return a column."""
        return ArrayColumnReader(self.file.column(fieldname))

    def stored_fields(self, docnum: int) -> dict[str, Any]:  # noqa: ARG002 - Whoosh's signature
        """Return what is stored of a document: nothing but its columns."""
        return {}

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:  # noqa: ARG002
        """Return the length of a field: lengths are for scores, and results are by time."""
        return default

    def field_length(self, fieldname: str) -> int:  # noqa: ARG002 - Whoosh's signature
        """Return 0, as `doc_field_length` does."""
        return 0

    min_field_length = field_length
    max_field_length = field_length
