"""Files made by script: as phones and cameras write them, with place and device, and as attackers do."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw

ORIENTATION = 0x0112
MAKE, SOFTWARE, GPS = 0x010F, 0x0131, 0x8825
CANARY = b"CANARY-OF-A-CAMERA"
PLACE = "+13.7563+100.5018/"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- CANARY-OF-A-CAMERA 13.7563 --></x:xmpmeta>'

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")

pillow_heif.register_heif_opener()


def photograph(width: int = 640, height: int = 480) -> Image.Image:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "blue")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height), fill="red")
    return image


def from_a_phone(width: int = 640, height: int = 480) -> bytes:
    """A JPEG of noise that says where it was taken and that it lies on its side."""
    said = Image.Exif()
    said[ORIENTATION] = 6
    said.get_ifd(GPS)[2] = (13.0, 45.0, 7.25)
    return written(Image.effect_noise((width, height), 60).convert("RGB"), "JPEG", exif=said)


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[ORIENTATION] = orientation
    found[MAKE] = found[SOFTWARE] = CANARY.decode()
    found.get_ifd(GPS).update({1: "N", 2: (13.0, 45.0, 22.7), 3: "E", 4: (100.0, 30.0, 6.5)})
    return found


def written(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def with_place(form: str, orientation: int = 1) -> bytes:
    """A photograph in this format that says where and with what it was taken, in each way that the format has."""
    image, found = photograph(), exif(orientation)
    if form == "JPEG":
        return written(image, form, exif=found, xmp=XMP, comment=CANARY) + CANARY
    if form == "PNG":
        chunk = b"tEXtComment\0" + CANARY
        text = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        plain = written(image, form, exif=found)
        return plain[:33] + text + plain[33:] + CANARY
    if form == "HEIF":
        return written(image, form, exif=found.tobytes(), xmp=XMP, quality=60)
    return written(image, form, exif=found.tobytes(), xmp=XMP)


def animation(form: str) -> bytes:
    """Two frames, with metadata in each way that the format has."""
    first, second = photograph(64, 48), photograph(48, 64).resize((64, 48))
    options: dict[str, Any] = {"save_all": True, "append_images": [second], "duration": 100, "loop": 0}
    if form == "GIF":
        plain = written(first, form, comment=CANARY, **options)
        place = b"\x21\xff\x0bXMP DataXMP" + bytes((len(CANARY),)) + CANARY + b"\x00"
        return plain[:-1] + place + b"\x3b" + CANARY
    if form == "PNG":
        plain = written(first, form, exif=exif().tobytes(), **options)
        chunk = b"tEXtComment\0" + CANARY
        return (
            plain[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + plain[33:]
        )
    return written(first, form, exif=exif().tobytes(), xmp=XMP, **options)


def film(path: Path, *options: str, seconds: float = 1, size: str = "160x120", beside: Path | None = None) -> bytes:
    """A video that says where it was made; `options` are ffmpeg's for what it is written as, `beside` a third input."""
    source = ["-f", "lavfi", "-i", f"testsrc=s={size}:r=10:d={seconds}", "-f", "lavfi", "-i", f"sine=440:d={seconds}"]
    said = [
        "-metadata",
        f"location={PLACE}",
        "-metadata",
        f"comment={CANARY.decode()}",
        "-metadata:s",
        f"title={PLACE}",
    ]
    inputs = [] if beside is None else ["-i", str(beside)]
    line = ["ffmpeg", "-v", "error", "-y", *source, *inputs, *said, *options, str(path)]
    subprocess.run(line, check=True, stdin=subprocess.DEVNULL, timeout=60)  # noqa: S603 -- words of the tests alone
    return path.read_bytes()


def box(name: bytes, content: bytes) -> bytes:
    """A box of an ISO base media file."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def told_by_a_phone(mp4: bytes) -> bytes:
    """An MP4 or QuickTime file whose index comes last, with its place as phones write it, and a box of their own."""
    place = struct.pack(">HH", len(PLACE), 0x15C7) + PLACE.encode()
    said = box(b"udta", box(b"\xa9xyz", place) + box(b"\xa9mak", struct.pack(">HH", len(CANARY), 0x15C7) + CANARY))
    at = mp4.rindex(b"moov") - 4
    (size,) = struct.unpack_from(">I", mp4, at)
    if at + size != len(mp4):
        raise ValueError("the index does not come last")
    index = struct.pack(">I", size + len(said)) + mp4[at + 4 :] + said
    return mp4[:at] + index + box(b"uuid", bytes(16) + XMP)


def without_brand(mov: bytes) -> bytes:
    """A QuickTime file that does not begin with its brand: a box that may be skipped stands in its place."""
    (size,) = struct.unpack_from(">I", mov)
    return box(b"wide", bytes(size - 8)) + mov[size:]


def tagged(content: bytes) -> bytes:
    """A sound behind a tag of ID3 that says where it was made."""
    frame = b"\0" + CANARY + b" " + PLACE.encode()
    frame = b"TXXX" + struct.pack(">I", len(frame)) + b"\0\0" + frame
    return b"ID3\x04\0\0\0\0\0" + bytes((len(frame),)) + frame + content


def sound(path: Path, *options: str, seconds: float = 2) -> bytes:
    """A tone that is loud in its first half and silent in its second."""
    tone = f"aevalsrc='0.8*sin(880*PI*t)*lt(t,{seconds / 2})':d={seconds}:s=48000"
    said = ["-metadata", f"location={PLACE}", "-metadata", f"comment={CANARY.decode()}"]
    line = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", tone, *said, *options, str(path)]
    subprocess.run(line, check=True, stdin=subprocess.DEVNULL, timeout=60)  # noqa: S603 -- words of the tests alone
    return path.read_bytes()


def pdf(pages: int, *, trailer: str = "", width: int = 595, height: int = 842) -> bytes:
    """A PDF file with a red square on each page, all of which share their content."""
    square = b"1 0 0 rg 0 0 100 100 re f"
    kids = " ".join(f"{number + 4} 0 R" for number in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}/MediaBox[0 0 {width} {height}]>>".encode(),
        b"<</Length %d>>stream\n%s\nendstream" % (len(square), square),
        *[b"<</Type/Page/Parent 2 0 R/Contents 3 0 R>>"] * pages,
    ]
    return _pdf_of(objects, trailer.encode())


def _pdf_of(objects: Sequence[bytes], trailer: bytes) -> bytes:
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj%s endobj\n" % (number, content)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, trailer, start)
    return bytes(file)


def locked_pdf(password: bytes = b"") -> bytes:
    """A PDF of one page under RC4 (ISO 32000-1 §7.6): with no password it opens, and only forbids to change it."""
    padded, permitted, name = (password + _PADDING)[:32], -44, b"0123456789abcdef"
    owner = _rc4(hashlib.md5((b"owner" + _PADDING)[:32], usedforsecurity=False).digest()[:5], padded)
    seed = padded + owner + struct.pack("<i", permitted) + name
    key = hashlib.md5(seed, usedforsecurity=False).digest()[:5]
    stream = _rc4(hashlib.md5(key + b"\4\0\0\0\0", usedforsecurity=False).digest()[:10], zlib.compress(b"BT ET"))
    user = _rc4(key, _PADDING).hex().encode()
    content = b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream)
    lock = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P %d>>" % (owner.hex().encode(), user, permitted)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>"
    objects = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content, lock)
    return _pdf_of(objects, b"/Encrypt 5 0 R/ID[<%s><%s>]" % ((name.hex().encode(),) * 2))


def _rc4(key: bytes, content: bytes) -> bytes:
    state, made, i, j = list(range(256)), bytearray(), 0, 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in content:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        made.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(made)


def zipped(*members: bytes, how: int = zipfile.ZIP_DEFLATED, locked: bool = False) -> bytes:
    """A ZIP file; its first member says that it has a password where it is `locked`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for number, member in enumerate(members):
            archive.writestr(f"รายงาน {number}.txt", member)
    made = bytearray(file.getvalue())
    if locked:
        # The bit that says so, in both headers of the member (APPNOTE 4.3.7, 4.3.12).
        made[6] |= 1
        made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def lying(content: bytes, claimed: int, more: bytes = b"") -> bytes:
    """A ZIP of one member that says in both headers that it has this many bytes; `more` follows the packed stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed, name = packer.compress(content) + packer.flush() + more, b"a.bin"
    said = struct.pack("<HHHIIIHH", 8, 0, 0x21, zlib.crc32(content[:claimed]), len(packed), claimed, len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<HH", 20, 0) + said + name + packed
    listed = b"PK\x01\x02" + struct.pack("<HHH", 20, 20, 0) + said + bytes(14) + name
    return local + listed + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(listed), len(local), 0)


def tarred(*members: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for number, member in enumerate(members):
            info = tarfile.TarInfo(f"{number}.txt")
            info.size = len(member)
            archive.addfile(info, io.BytesIO(member))
    return file.getvalue()


def zip_in_zip(levels: int) -> bytes:
    content = b"in the middle"
    for _ in range(levels):
        content = zipped(content)
    return content


def huge_png(side: int = 40_000) -> bytes:
    """A PNG that is small, and says that it is as large as this."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    row = bytes(side // 8 + 1)
    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def huge_gif() -> bytes:
    """A GIF of a few bytes whose screen is 65,535 by 65,535."""
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0)
        + b"\x02\x02\x44\x01\x00\x3b"
    )


def tiff(side: int = 30_000) -> bytes:
    """A TIFF file of a few bytes that says it is this large."""
    tags = (
        (256, 4, side),
        (257, 4, side),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (278, 4, side),
        (279, 4, side),
    )
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def gzipped(size: int) -> bytes:
    """A gzip file that unpacks to this many bytes."""
    file = io.BytesIO()
    with gzip.open(file, "wb", compresslevel=1) as archive:
        for _ in range(size // 2**20):
            archive.write(bytes(2**20))
    return file.getvalue()
