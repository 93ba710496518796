"""AVI files, cleaned where they lie before ffmpeg reads them: it takes what a camera says of itself for the codec's.

Rules (AVI RIFF file reference, OpenDML AVI 1.02):
- an allow-list. A chunk before the media data that is not in `_KEPT` becomes `JUNK` of zeros: `strd`, in which
  cameras write EXIF, `IDIT`, `INFO`, `ncdt`, names of streams;
- the format of a Motion JPEG stream ends with what all formats have. More would be read as pictures, and is none;
- the media data and what follows it stay: ffmpeg takes the first video and the sound, and the index, and no more.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from appliance.preview.content import Refused
from appliance.preview.overwriting import Bytes, fill
from appliance.preview.protocol import Refusal

_HEAD: Final = 8
_LISTS: Final = (b"RIFF", b"LIST")
_LISTS_KEPT: Final = frozenset((b"AVI ", b"AVIX", b"hdrl", b"strl", b"odml"))
_KEPT: Final = frozenset((b"avih", b"strh", b"strf", b"indx", b"vprp", b"dmlh"))
_FORMAT: Final = 40  # bytes of BITMAPINFOHEADER, the compression at 16


class Piece(NamedTuple):
    """A chunk, or a list by its own name: where it begins, where its content begins, and where it ends."""

    name: bytes
    start: int
    body: int
    end: int
    is_list: bool


def clean_avi(path: Path) -> None:
    """Overwrite what an AVI file says beside its media data. Raises Refused."""
    try:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
            inside = [(0, len(data))]
            while inside:
                inside += _clean_between(data, *inside.pop())
    except (struct.error, ValueError) as error:
        raise Refused(Refusal.BROKEN) from error


def _clean_between(data: Bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Clean the chunks between two places; return where the lists begin and end that are still to be cleaned."""
    lists = []
    for piece in pieces(data, start, end):
        if piece.is_list and piece.name == b"movi":
            break
        if piece.is_list and piece.name in _LISTS_KEPT:
            lists.append((piece.body, piece.end))
        elif piece.is_list or piece.name not in _KEPT:
            _blank(data, piece)
        elif piece.name == b"strf":
            _shorten(data, piece)
    return lists


def pictures(data: Bytes) -> Iterator[tuple[int, int]]:
    """Yield where a piece of the video's format or media data begins and ends, in a file that ffmpeg wrote."""
    inside = [(0, len(data))]
    while inside:
        for piece in pieces(data, *inside.pop()):
            if piece.is_list:
                inside.append((piece.body, piece.end))
            elif piece.name == b"strf" or piece.name[2:] in (b"dc", b"db"):
                yield piece.body, piece.end


def pieces(data: Bytes, start: int, end: int) -> Iterator[Piece]:
    """Yield the chunks between two places, one after the other.

    The last may be cut, and a list that says no size has all that follows, as a camera leaves it that was switched off.
    """
    while start + _HEAD <= end:
        name, size = struct.unpack_from("<4sI", data, start)
        after = min(start + _HEAD + size, end)
        if name in _LISTS and start + _HEAD + 4 <= end:
            after = after if size else end
            yield Piece(bytes(data[start + _HEAD : start + _HEAD + 4]), start, start + _HEAD + 4, after, is_list=True)
        else:
            yield Piece(name, start, start + _HEAD, after, is_list=False)
        start = after + size % 2


def _blank(data: Bytes, piece: Piece) -> None:
    data[piece.start : piece.start + 4] = b"JUNK"
    fill(data, piece.start + _HEAD, piece.end)


def _shorten(data: Bytes, piece: Piece) -> None:
    """Make what follows the format of a Motion JPEG stream a chunk of zeros. Less than the head of one stays."""
    rest = piece.end - piece.body - _FORMAT
    if rest < _HEAD or data[piece.body + 16 : piece.body + 20].upper() != b"MJPG":
        return
    at = piece.body + _FORMAT
    struct.pack_into("<I", data, piece.body, _FORMAT)
    struct.pack_into("<I", data, piece.start + 4, _FORMAT)
    struct.pack_into("<4sI", data, at, b"JUNK", rest - _HEAD)
    fill(data, at + _HEAD, piece.end)
