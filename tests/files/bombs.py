"""Files that are small, and say or hold much: made by script for `test_bombs.py` and the benchmark `hostile`."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from appliance.preview.protocol import MIB
from tests.files.corpus import film, huge_gif, huge_png, pdf, photograph, tiff, written, zip_in_zip


class Bomb(NamedTuple):
    """A file as it is sent: its name, what its sender says that it is, and its bytes."""

    name: str
    type: str
    form: str
    content: bytes


def bombs(folder: Path) -> list[Bomb]:
    """Make one of each kind; `folder` is for what ffmpeg writes."""
    return [
        Bomb("a.png", "image/png", "picture", huge_png()),
        Bomb("a.gif", "image/gif", "picture", huge_gif()),
        Bomb("a.jpg", "image/jpeg", "picture", jpeg_of(65_000, 65_000)),
        Bomb("b.jpg", "image/jpeg", "picture", tiff()),
        Bomb("a.bmp", "image/bmp", "picture", bmp_of(60_000, 60_000)),
        Bomb("b.png", "image/png", "picture", png_with_much_text()),
        Bomb("a.mov", "video/quicktime", "video", film_of(12_000, folder)),
        Bomb("a.mp4", "video/mp4", "video", hours_of_film(folder)),
        Bomb("a.wav", "audio/wav", "sound", hours_of_silence(8 * MIB)),
        Bomb("a.pdf", "application/pdf", "document", pdf(10_000)),
        Bomb("a.zip", "application/zip", "document", zip_in_zip(20)),
    ]


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG file whose header says that it is this large."""
    small = bytearray(written(photograph(16, 16), "JPEG"))
    start = small.index(b"\xff\xc0") + 5
    small[start : start + 4] = struct.pack(">HH", height, width)
    return bytes(small)


def png_with_much_text() -> bytes:
    """A PNG file with a compressed text that unpacks to 300 MB."""
    packer = zlib.compressobj(9)
    content = b"zTXtComment\0\0" + b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    plain = written(photograph(16, 16), "PNG")
    return plain[:33] + chunk + plain[33:]


def bmp_of(width: int, height: int) -> bytes:
    """A BMP file whose header says that it is this large."""
    small = written(photograph(16, 16), "BMP")
    return small[:18] + struct.pack("<ii", width, height) + small[26:]


def film_of(side: int, folder: Path) -> bytes:
    """A film whose pictures are said to be this large, by its container and by each of them."""
    content = bytearray(film(folder / "a.mov", "-map", "0:v", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"))
    size = struct.pack(">HH", side, side)
    at = content.index(b"jpeg", content.index(b"stsd")) + 28
    content[at : at + 4] = size
    for start in range(len(content) - 9):
        if content[start : start + 2] == b"\xff\xc0":
            content[start + 5 : start + 9] = size
    return bytes(content)


HOURS_S = 4 * 3_600


def hours_of_film(folder: Path) -> bytes:
    """A film of a second of which every header says that it has four hours: its own, its tracks' and their media."""
    content = bytearray(film(folder / "a.mp4", "-map", "0:v", "-c:v", "mpeg4"))
    for name, scale in ((b"mvhd", 16), (b"mdhd", 16)):
        at = content.index(name) + scale
        content[at : at + 8] = struct.pack(">II", 1_000, HOURS_S * 1_000)
    at = content.index(b"tkhd") + 24
    content[at : at + 4] = struct.pack(">I", HOURS_S * 1_000)
    return bytes(content)


def hours_of_silence(size: int = 200 * MIB) -> bytes:
    """A WAV file of 2,000 samples a second, all of them zeros: 28 hours of them, or with another size less."""
    head = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", size + 36, b"WAVEfmt ", 16, 1, 1, 2_000, 2_000, 1, 8, b"data", size)
    return head + bytes(size)
