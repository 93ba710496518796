"""MP4, QuickTime and 3GP files cleaned where they lie: those for which there is no room to be written anew.

A phone's video of some minutes fills most of the worker's memory, so there is no room for ffmpeg's copy of it. Here no
byte moves: whatever is not needed to show the picture and play the sound is overwritten.

Rules (ISO/IEC 14496-12, QuickTime File Format):
- an allow-list. A box that is not in `_KEPT` becomes a `free` box of zeros: user data, places, names, XMP;
- the first video track stays, and every sound track whose codec is known here. Other tracks become zeros, and so does
  every byte of the media data that belongs to no chunk of a track that stays: cameras write where they were into
  tracks of their own;
- times of recording, names of handlers and compressors, and messages inside the video stream (SEI) are overwritten;
- what is written in fragments, or in a codec whose messages are not known here, is refused.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from appliance.preview.content import Refused
from appliance.preview.iso_tracks import Chunk, chunks_of, samples_of
from appliance.preview.overwriting import fill
from appliance.preview.protocol import Refusal
from appliance.preview.sei import Nal, silence_record, silence_sample

_HEAD: Final = 8
_LARGE_HEAD: Final = 16
_CONTAINERS: Final = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf"))
_KEPT: Final = _CONTAINERS | frozenset(
    (
        *(b"ftyp", b"mdat", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"vmhd", b"smhd", b"elst", b"dref", b"stsd", b"stts"),
        *(b"ctts", b"cslg", b"stss", b"stsc", b"stsz", b"stco", b"co64", b"sgpd", b"sbgp", b"sdtp", b"stps"),
    )
)
_FRAGMENTS: Final = frozenset((b"moof", b"mvex", b"sidx", b"cmov"))
_DATED: Final = frozenset((b"mvhd", b"tkhd", b"mdhd"))
_VIDEO_ENTRIES: Final = {
    **dict.fromkeys((b"avc1", b"avc3"), Nal.AVC),
    **dict.fromkeys((b"hvc1", b"hev1", b"dvh1", b"dvhe"), Nal.HEVC),
}
_SOUND_ENTRIES: Final = frozenset((b"mp4a", b"alac", b"ac-3", b"ec-3", b"Opus", b"samr"))
_IN_ENTRIES: Final = frozenset(
    (
        *(b"avcC", b"hvcC", b"dvcC", b"dvvC", b"colr", b"pasp", b"clap", b"fiel", b"gama", b"btrt", b"mdcv", b"clli"),
        *(b"esds", b"chan", b"wave", b"alac", b"dac3", b"dec3", b"dOps", b"damr"),
    )
)
_VIDEO_ENTRY, _SOUND_ENTRY = 86, 36  # bytes before the boxes in a sample entry, its head included (§12.1.3, §12.2.3)
_SOUND_VERSIONS: Final = {0: 0, 1: 16, 2: 36}  # QuickTime: further bytes of such an entry


class Box(NamedTuple):
    """A box: its name, where it begins, where its content begins, and where it ends."""

    name: bytes
    start: int
    body: int
    end: int


@dataclass(slots=True)
class _Track:
    """What was met of a track. `tables` are the boxes of its sample table by name."""

    box: Box
    handler: bytes = b""
    entries: list[Box] = field(default_factory=list)
    tables: dict[bytes, tuple[int, int]] = field(default_factory=dict)


def clean_in_place(path: Path) -> None:
    """Overwrite what a file says of place, time and device. Raises Refused."""
    try:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
            _clean(data)
    except (struct.error, IndexError, ValueError) as error:
        raise Refused(Refusal.BROKEN) from error


def _clean(data: mmap.mmap) -> None:
    tracks: list[_Track] = []
    media: list[Box] = []
    for box in boxes(data, 0, len(data)):
        if box.name == b"mdat":
            media.append(box)
        elif box.name == b"moov":
            tracks = _tracks(data, box)
        else:
            _keep_or_blank(data, box)
    kept = _stay(data, tracks)
    ranges = sorted(chunk for track in kept for chunk in chunks_of(data, track.tables))
    _blank_between(data, media, ranges)
    for track in kept:
        _silence(data, track)


def boxes(data: mmap.mmap, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two places, one after the other. Raises Refused where they do not fit."""
    while start + _HEAD <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        body = start + _HEAD
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body = start + _LARGE_HEAD
        after = end if size == 0 else start + size
        if not body <= after <= end:
            raise Refused(Refusal.BROKEN)
        yield Box(name, start, body, after)
        start = after
    fill(data, start, end)


def _keep_or_blank(data: mmap.mmap, box: Box) -> bool:
    """Blank a box that is not needed; return whether it stays."""
    if box.name in _FRAGMENTS:
        raise Refused(Refusal.TOO_LARGE)
    if box.name in _KEPT:
        return True
    _blank(data, box)
    return False


def _blank(data: mmap.mmap, box: Box) -> None:
    data[box.start + 4 : box.start + _HEAD] = b"free"
    fill(data, box.body, box.end)


def _tracks(data: mmap.mmap, movie: Box) -> list[_Track]:
    found = []
    for box in boxes(data, movie.body, movie.end):
        if not _keep_or_blank(data, box):
            continue
        if box.name == b"trak":
            found.append(_read(data, box))
        elif box.name in _DATED:
            _undate(data, box)
    return found


def _read(data: mmap.mmap, track: Box) -> _Track:
    """Read what a track has, and blank what it need not have."""
    found, inside = _Track(track), [track]
    while inside:
        around = inside.pop()
        for box in boxes(data, around.body, around.end):
            if not _keep_or_blank(data, box):
                continue
            if box.name in _CONTAINERS:
                inside.append(box)
            elif box.name in _DATED:
                _undate(data, box)
            elif box.name == b"hdlr":
                if around.name == b"mdia":
                    found.handler = data[box.body + 8 : box.body + 12]
                fill(data, box.body + 12, box.end)
            elif box.name == b"stsd":
                found.entries += boxes(data, box.body + 8, box.end)
            else:
                found.tables[box.name] = (box.body, box.end)
    return found


def _undate(data: mmap.mmap, box: Box) -> None:
    """Take out the times of making and changing: two numbers behind the version, of 8 bytes each in version 1."""
    fill(data, box.body + 4, box.body + 4 + (16 if data[box.body] == 1 else 8))


def _stay(data: mmap.mmap, tracks: list[_Track]) -> list[_Track]:
    """Blank the tracks that do not stay, and return the others. Raises Refused for a codec that is not known here."""
    videos = [track for track in tracks if track.handler == b"vide"][:1]
    sounds = [track for track in tracks if track.handler == b"soun"]
    heard = [track for track in sounds if _is_known(track, _SOUND_ENTRIES)]
    if not videos and not sounds:
        raise Refused(Refusal.BROKEN)
    if (sounds and not heard) or not all(_is_known(track, _VIDEO_ENTRIES) for track in videos):
        raise Refused(Refusal.TOO_LARGE)
    kept = [*videos, *heard]
    places = {track.box.start for track in kept}
    for track in tracks:
        if track.box.start not in places:
            _blank(data, track.box)
    return kept


def _is_known(track: _Track, names: Container[bytes]) -> bool:
    return bool(track.entries) and all(entry.name in names for entry in track.entries)


def _silence(data: mmap.mmap, track: _Track) -> None:
    """Take out what the sample entries say, and the messages in the samples of a video."""
    kinds = {_VIDEO_ENTRIES[entry.name] for entry in track.entries if entry.name in _VIDEO_ENTRIES}
    lengths = {_silence_entry(data, entry, is_video=bool(kinds)) for entry in track.entries}
    if not kinds:
        return
    if len(kinds) > 1 or len(lengths) > 1:
        raise Refused(Refusal.TOO_LARGE)
    kind, length = kinds.pop(), lengths.pop()
    for start, end in samples_of(data, track.tables):
        silence_sample(data, start, end, kind, length)


def _silence_entry(data: mmap.mmap, entry: Box, *, is_video: bool) -> int:
    """Return the bytes of the length before each unit of a video's samples, 0 for sound."""
    version = struct.unpack_from(">H", data, entry.body + 8)[0]
    if is_video:
        fill(data, entry.body + 8, entry.body + 24)  # version and maker of the encoder
        fill(data, entry.body + 42, entry.body + 74)  # its name
        inside = entry.start + _VIDEO_ENTRY
    else:
        if version not in _SOUND_VERSIONS:
            raise Refused(Refusal.BROKEN)
        fill(data, entry.body + 12, entry.body + 16)
        inside = entry.start + _SOUND_ENTRY + _SOUND_VERSIONS[version]
    length = 0
    for box in boxes(data, inside, entry.end):
        if box.name in (b"avcC", b"hvcC"):
            length = silence_record(data, box.body, box.end, Nal.AVC if box.name == b"avcC" else Nal.HEVC)
        elif box.name not in _IN_ENTRIES:
            _blank(data, box)
    if is_video and not length:
        raise Refused(Refusal.BROKEN)
    return length


def _blank_between(data: mmap.mmap, media: list[Box], kept: list[Chunk]) -> None:
    """Overwrite the media data outside of these chunks, which are sorted. Raises Refused for a chunk outside of it."""
    chunks = iter(kept)
    chunk = next(chunks, None)
    for box in media:
        at = box.body
        while chunk and chunk.start < box.end:
            if not box.body <= chunk.start <= chunk.end <= box.end:
                raise Refused(Refusal.BROKEN)
            if at < chunk.start:
                fill(data, at, chunk.start)
            at = max(at, chunk.end)
            chunk = next(chunks, None)
        fill(data, at, box.end)
    if chunk:
        raise Refused(Refusal.BROKEN)
