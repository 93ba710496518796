"""Which segments make up the index, and up to where the feed is in them: one small sealed file.

It is replaced whole, after the segments it names are durable: whenever the process is killed, the folder holds one
manifest, the files it names, and perhaps files that it does not name, which opening removes.
"""

from __future__ import annotations

from typing import Final

import msgspec

from appliance.spelling import normalize
from search_index import analyzer, eras
from search_index.storage import IndexDamaged, SealedStorage

NAME: Final = "manifest"
FORMAT: Final = 1


class SegmentRecord(msgspec.Struct, frozen=True):
    """A segment: its name, month (`segments.month_of`), size, times in ms, and its deleted documents.

    `gone` holds their numbers (u16, little-endian, ascending); `gone_since` when the first of them went.
    """

    name: str
    month: int
    documents: int
    first_at: int
    last_at: int
    gone: bytes = b""
    gone_since: int = 0


class Manifest(msgspec.Struct, frozen=True):
    """The durable index: these segments hold the feed of `history_id` up to `cursor`."""

    cursor: int = 0
    history_id: str = ""
    segments: tuple[SegmentRecord, ...] = ()
    made_by: tuple[int, int, int, int] = (FORMAT, normalize.VERSION, eras.VERSION, analyzer.VERSION)


def read(storage: SealedStorage) -> Manifest:
    """Return the manifest of a folder; an empty one where there is none, or one of other rules than today's.

    Raises IndexDamaged.
    """
    if not storage.file_exists(NAME):
        return Manifest()
    file = storage.open_sealed(NAME)
    try:
        manifest = msgspec.msgpack.decode(file.read_uncached(0, file.length), type=Manifest)
    except msgspec.DecodeError as reason:
        raise IndexDamaged("manifest") from reason
    finally:
        file.close()
    return manifest if manifest.made_by == Manifest().made_by else Manifest()


def write(storage: SealedStorage, manifest: Manifest) -> None:
    """Replace the manifest; durable when it returns."""
    storage.write(NAME, msgspec.msgpack.encode(manifest))
