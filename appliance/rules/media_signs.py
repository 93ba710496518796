"""By which first bytes a picture, a video or a sound is known beside the common signs of `file_types.py`.

What is here is written by cameras, recorders and programs that browsers do not show. It has to be known all the same:
it says where and with what it was made as a photograph does (`rules/cleaning.py`).

Pure. Types without a registered name have the one that ffmpeg, Debian or their makers use.
"""

from __future__ import annotations

import re
from typing import Final

RAW: Final = "image/x-raw"
"""A photograph as a sensor gave it. Every maker has a format of their own; nothing here writes them."""
TIFF: Final = "image/tiff"
TRANSPORT_STREAM: Final = "video/mp2t"

_SIGNS: Final = (
    (0, b"II*\0\x10\0\0\0CR", RAW),  # Canon CR2, which is TIFF otherwise
    (0, b"II*\0", TIFF),
    (0, b"MM\0*", TIFF),
    (0, b"II+\0", TIFF),
    (0, b"MM\0+", TIFF),
    (0, b"IIU\0", RAW),  # Panasonic
    (0, b"IIRO", RAW),  # Olympus, three of them
    (0, b"IIRS", RAW),
    (0, b"MMOR", RAW),
    (0, b"FUJIFILMCCD-RAW", RAW),
    (0, b"\0MRM", RAW),  # Minolta
    (0, b"FOVb", RAW),  # Sigma
    (6, b"HEAPCCDR", RAW),  # Canon CRW
    (0, b"\0\0\0\x0cjP  ", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/jp2"),
    (0, b"\0\0\0\x0cJXL ", "image/jxl"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"\0\0\x01\xb3", "video/mpeg"),
    (0, b".RMF", "application/vnd.rn-realmedia"),
    (8, b"AIFF", "audio/aiff"),
    (8, b"AIFC", "audio/aiff"),
    (0, b"caff", "audio/x-caf"),
    (0, b".snd", "audio/basic"),
    (0, b"RF64", "audio/x-rf64"),
    (0, b"wvpk", "audio/x-wavpack"),
    (0, b"MAC ", "audio/x-ape"),
)
# QuickTime before 2001 and cameras since: a film that does not begin with its brand (QuickTime File Format, «Atoms»).
_FIRST_BOXES: Final = frozenset((b"wide", b"mdat", b"moov", b"free", b"skip", b"pnot"))
_NOT_IN_TEXT: Final = re.compile(rb"[\0-\x08]")
# Packets of a transport stream begin with this byte every 188 bytes (ISO/IEC 13818-1 §2.4.3.2), on the cards of
# camcorders every 192 after four bytes of time.
_SYNC: Final = 0x47
_PACKETS: Final = ((0, 188), (4, 192))
_ENOUGH_PACKETS: Final = 5
_ID3_HEAD: Final = 10
_AFTER_ID3: Final = ((b"fLaC", "audio/flac"), (b"\xff\xf1", "audio/aac"), (b"\xff\xf9", "audio/aac"))

_RAW_ENDS: Final = """
    dng nef nrw cr2 cr3 crw arw srf sr2 pef ptx orf rw2 raw raf srw mrw x3f 3fr fff iiq kdc dcr erf mef mos rwl gpr
"""
RAW_ENDS: Final = frozenset(re.findall(r"\S+", _RAW_ENDS))
"""Ends of names of photographs as sensors gave them. Many of them are TIFF files whose first picture is a small one."""
_ENDS: Final = """
    jpg jpeg jpe jfif png apng gif webp heic heif hif avif tif tiff bmp dib jp2 j2k jpf jpx jxl psd psb ico tga xcf
    mp4 m4v mov qt webm mkv avi 3gp 3g2 mts m2ts ts mpg mpeg mpe vob mod tod wmv asf flv f4v ogv rm rmvb mxf insv lrv
    m4a m4b mp3 mp2 aac ogg oga opus wav wave w64 rf64 flac amr awb 3ga aif aiff aifc caf au snd wma ape wv ac3 dts
"""
ENDS: Final = RAW_ENDS | frozenset(re.findall(r"\S+", _ENDS))
"""Ends of names that say: this is a picture, a video or a sound."""


def media_sign(head: bytes) -> str | None:
    """Return the type of a picture, a video or a sound that begins so, None for what shows none."""
    if not _NOT_IN_TEXT.search(head, 0, 4096):  # a text may begin with any of these letters
        return None
    for at, sign, found in _SIGNS:
        if head.startswith(sign, at):
            return found
    if head[4:8] in _FIRST_BOXES:
        return "video/quicktime"
    return TRANSPORT_STREAM if any(_is_transport_stream(head, *shape) for shape in _PACKETS) else None


def after_id3(head: bytes) -> str:
    """Return what follows a tag of ID3 (id3v2.4.0-structure §3.1): nearly always MP3, but others may have one too."""
    size = 0
    for seven in head[6:_ID3_HEAD]:
        size = size << 7 | seven & 0x7F
    rest = head[_ID3_HEAD + size : _ID3_HEAD + size + 4]
    return next((found for sign, found in _AFTER_ID3 if rest.startswith(sign)), "audio/mpeg")


def _is_transport_stream(head: bytes, first: int, step: int) -> bool:
    marks = head[first::step][:_ENOUGH_PACKETS]
    return len(marks) > 1 and set(marks) == {_SYNC}
