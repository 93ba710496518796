"""Whoosh's writer and searcher on the files of this index: the adapter, apart from the engine.

The product does not call it. The engine (`segments`, `searcher`, `writer`) reads and writes the arrays of
`segment_files` itself, because Whoosh's own searcher takes a hundred times as long. Here stand Whoosh's extension
points (storage, codec, fields, columns, analyzer) over the same files: whoever wants Whoosh's query language has
it, and tests/search/test_whoosh_adapter.py holds the engine's answers and bytes against Whoosh's own.

Temporary storage is in memory. Whoosh would unpickle its table of contents; the index has its own (`manifest`), so
nothing is unpickled.
"""

from __future__ import annotations

import io
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
from whoosh.analysis import Analyzer, Token
from whoosh.codec import base
from whoosh.columns import Column, ColumnReader, ColumnWriter
from whoosh.fields import FieldType, Schema
from whoosh.filedb.filestore import RamStorage, Storage
from whoosh.filedb.structfile import StructFile
from whoosh.formats import Existence
from whoosh.matching import ListMatcher
from whoosh.reading import TermInfo

from search_index.analyzer import Keys, gram_keys
from search_index.query import readings
from search_index.segment_files import (
    COLUMNS,
    COLUMNS_EXT,
    MAX_DOCUMENTS,
    TERMS_EXT,
    Bounds,
    Columns,
    ColumnsFile,
    Documents,
    Heading,
    TermsFile,
    columns_content,
    terms_content,
)
from search_index.storage import SealedStorage

TEXT: Final = "text"
_U4: Final = np.dtype("<u4")
_U2: Final = np.dtype("<u2")


class WhooshStorage(Storage):
    """The sealed folder as Whoosh sees it."""

    def __init__(self, sealed: SealedStorage) -> None:
        self.sealed = sealed

    def create_file(self, name: str, **_kwargs: Any) -> StructFile:
        """Return a file for Whoosh to write to; it is sealed when closed."""
        collected = io.BytesIO()
        return StructFile(collected, name=name, onclose=lambda _: self.sealed.write(name, collected.getbuffer()))

    def open_file(self, name: str, **_kwargs: Any) -> StructFile:
        """Return a file for Whoosh to read, decrypted in memory."""
        file = self.sealed.open_sealed(name)
        try:
            return StructFile(io.BytesIO(file.read_uncached(0, file.length)), name=name)
        finally:
            file.close()

    def list(self) -> list[str]:
        """Return the names of the files."""
        return self.sealed.list()

    def file_exists(self, name: str) -> bool:
        """Return whether there is such a file."""
        return self.sealed.file_exists(name)

    def file_length(self, name: str) -> int:
        """Return the length of its content in bytes."""
        file = self.sealed.open_sealed(name)
        try:
            return file.length
        finally:
            file.close()

    def delete_file(self, name: str) -> None:
        """Destroy a file."""
        self.sealed.delete_file(name)

    def temp_storage(self, name: str | None = None) -> RamStorage:  # noqa: ARG002 - Whoosh's signature
        """Return storage for temporary files: memory."""
        return RamStorage()

    def lock(self, name: str) -> threading.Lock:  # noqa: ARG002 - one lock holds the folder, all threads are ours
        """Return a lock between threads; other processes are kept out as long as the storage is open."""
        return threading.Lock()


class GramAnalyzer(Analyzer):
    """Whoosh's way to the same grams, one text at a time: a token's text is the gram's number, ten digits long."""

    def __call__(self, value: str, **_kwargs: Any) -> Iterator[Token]:
        """Yield the grams of both readings of a stored text."""
        token = Token()
        for key in dict.fromkeys(gram_keys(readings(value))[0].tolist()):
            token.text = f"{key:010d}"
            token.stopped = False
            token.boost = 1.0
            yield token


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


class ArraySegment(base.Segment):
    """One segment: its name, how many documents it has, and which of them are deleted."""

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
        """Return how many documents it has, deleted ones too."""
        return self._documents

    def deleted_count(self) -> int:
        """Return how many are deleted."""
        return len(self._gone)

    def deleted_docs(self) -> Iterator[int]:
        """Yield the deleted ones."""
        return iter(sorted(self._gone))

    def delete_document(self, docnum: int, delete: bool = True) -> None:  # noqa: FBT001, FBT002 - Whoosh's signature
        """Mark a document as deleted, or as not deleted."""
        (self._gone.add if delete else self._gone.discard)(docnum)

    def is_deleted(self, docnum: int) -> bool:
        """Return whether a document is deleted."""
        return docnum in self._gone


class ArrayCodec(base.Codec):
    """The codec itself: opens the readers and writers below."""

    length_stats = False

    def new_segment(self, storage: WhooshStorage, indexname: str) -> ArraySegment:  # noqa: ARG002 - Whoosh's signature
        """Return a segment under a new name, which says nothing about it."""
        return ArraySegment(secrets.token_hex(8))

    def per_document_writer(self, storage: WhooshStorage, segment: ArraySegment) -> ArrayPerDocumentWriter:
        """Return what writes the columns."""
        return ArrayPerDocumentWriter(storage, segment)

    def field_writer(self, storage: WhooshStorage, segment: ArraySegment) -> ArrayFieldWriter:
        """Return what writes the terms."""
        return ArrayFieldWriter(storage, segment)

    def terms_reader(self, storage: WhooshStorage, segment: ArraySegment) -> ArrayTermsReader:
        """Return what reads the terms."""
        return ArrayTermsReader(TermsFile(storage.sealed.open_sealed(segment.make_filename(TERMS_EXT))))

    def per_document_reader(self, storage: WhooshStorage, segment: ArraySegment) -> ArrayPerDocumentReader:
        """Return what reads the columns."""
        return ArrayPerDocumentReader(
            ColumnsFile(storage.sealed.open_sealed(segment.make_filename(COLUMNS_EXT))), segment
        )


class ArrayPerDocumentWriter(base.PerDocumentWriter):
    """Takes the columns of a segment: all at once, or document by document from Whoosh's writer."""

    def __init__(self, storage: WhooshStorage, segment: ArraySegment) -> None:
        self._storage = storage
        self._segment = segment
        self._writers = {name: ArrayColumnWriter(None, dtype) for name, dtype in COLUMNS.items()}
        self._document = -1
        self.is_closed = False

    def write(self, heading: Heading, columns: Columns) -> None:
        """Write whole columns."""
        content = columns_content(heading, columns)
        self._storage.sealed.write(self._segment.make_filename(COLUMNS_EXT), content)
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

    def __init__(self, storage: WhooshStorage, segment: ArraySegment) -> None:
        self._storage = storage
        self._segment = segment
        self._keys: list[int] = []
        self._bounds = [0]
        self._documents: list[int] = []
        self.is_closed = False

    def write(self, keys: Keys, bounds: Bounds, documents: Documents) -> None:
        """Write whole arrays (see `terms_content`)."""
        self._storage.sealed.write(self._segment.make_filename(TERMS_EXT), terms_content(keys, bounds, documents))
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
        if docnum >= MAX_DOCUMENTS:
            raise ValueError(f"a segment has at most {MAX_DOCUMENTS} documents")
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
        """Return how many documents there are, without deleted ones."""
        return cast("int", self._segment.doc_count())

    def doc_count_all(self) -> int:
        """Return how many documents there are."""
        return self._segment.doc_count_all()

    def has_deletions(self) -> bool:
        """Return whether any is deleted."""
        return cast("bool", self._segment.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        """Return whether one is deleted."""
        return self._segment.is_deleted(docnum)

    def deleted_docs(self) -> Iterator[int]:
        """Yield the deleted ones."""
        return self._segment.deleted_docs()

    def supports_columns(self) -> bool:
        """Say that there are columns."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Return whether there is this one."""
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
