"""User data inside MPEG-4 part 2 video, overwritten where it lies: phones and cameras write of themselves there.

Rules (ISO/IEC 14496-2 §6.2.2): a unit begins with the code of user data and ends before the next code. No byte moves.
The name of an encoder stays where a decoder asks for it: it shows by that how DivX, Xvid and Lavc computed a picture.
Only files that ffmpeg wrote are read, as AVI, MP4, QuickTime or 3GP; in other containers a unit may lie in pieces.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from appliance.preview import avi
from appliance.preview.content import Refused
from appliance.preview.iso_media import boxes
from appliance.preview.iso_tracks import samples_of
from appliance.preview.overwriting import Bytes, fill
from appliance.preview.protocol import Refusal

_SAID: Final = re.compile(rb"\x00\x00\x01\xb2(.*?)(?=\x00\x00\x01|\Z)", re.DOTALL)
_ENCODER: Final = re.compile(rb"(?:DivX\d{1,4}(?:Build|b)\d{1,6}p?|XviD\d{1,6}|Lavc\d{1,3}(?:\.\d{1,3}){2})\0*")
_NOTHING: Final = 0xFF  # zeros would look like the code that follows
_CONTAINERS: Final = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_ENTRY: Final = 86  # bytes before the boxes in a sample entry of a video, its head included (ISO/IEC 14496-12 §12.1.3)
_AFTER_CONFIGURATION: Final = 6  # the last descriptor of `esds` as ffmpeg writes it (ISO/IEC 14496-1 §7.2.6.8)


def silence_file(path: Path, muxer: str) -> None:
    """Overwrite the user data in the video of a file that ffmpeg wrote by this muxer. Raises Refused."""
    try:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
            for start, end in PLACES[muxer](data):
                silence(data, start, end)
    except (struct.error, IndexError, ValueError) as error:
        raise Refused(Refusal.BROKEN) from error


def silence(data: Bytes, start: int, end: int) -> None:
    """Overwrite the user data between two places."""
    for said in _SAID.finditer(data, start, end):
        if not _ENCODER.fullmatch(data, *said.span(1)):
            fill(data, *said.span(1), _NOTHING)


def _places(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Yield where configuration and samples of the MPEG-4 track of an MP4, QuickTime or 3GP file lie."""
    inside = [(0, len(data))]
    while inside:
        tables = {}
        for box in boxes(data, *inside.pop()):
            if box.name in _CONTAINERS:
                inside.append((box.body, box.end))
            tables[box.name] = (box.body, box.end)
        for entry in boxes(data, tables[b"stsd"][0] + 8, tables[b"stsd"][1]) if b"stsd" in tables else ():
            if entry.name == b"mp4v":
                for box in boxes(data, entry.start + _ENTRY, entry.end):
                    yield box.body, box.end - (_AFTER_CONFIGURATION if box.name == b"esds" else 0)
                yield from samples_of(data, tables)


PLACES: Final[dict[str, Callable[[mmap.mmap], Iterator[tuple[int, int]]]]] = {
    "avi": avi.pictures,
    "mp4": _places,
    "mov": _places,
    "3gp": _places,
}
