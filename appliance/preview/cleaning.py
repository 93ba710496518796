"""A picture without what it says of place, time and device: the file that is stored unless the original is asked for.

Rules: a JPEG, PNG or WebP picture is decoded, turned upright, and written anew with nothing but its pixels in sRGB; a
JPEG is never written finer than it came, since that would only make it larger. HEIC and AVIF become JPEG: nothing here
writes HEIC, and every viewer shows JPEG. BMP becomes PNG. An animation, a PNG of 16 bits, and a picture with more
pixels than are decoded keep every byte of their frames; only the blocks that make up the picture are carried over, so
all that may say something else is left out.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image, JpegImagePlugin

from appliance.preview import media
from appliance.preview.content import Content, Outcome, Refused
from appliance.preview.jpeg_parts import clean_jpeg, orientation_exif
from appliance.preview.pictures import FORMATS, open_picture, open_unseen, orientation_of, pixels_of, upright_size
from appliance.preview.protocol import CLEANED, CLEANED_UNSEEN, Facts, PartKind, Refusal
from appliance.preview.scans import clean_tiff

_QUALITY: Final = 90
_PNG_CHUNKS: Final = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"sBIT",
        b"bKGD",
        b"acTL",
        b"fcTL",
        b"fdAT",
        b"IDAT",
        b"IEND",
    )
)
_WEBP_FRAME: Final = frozenset((b"ALPH", b"VP8 ", b"VP8L"))
_ANIMATION_AND_ALPHA: Final = 0x12  # the flags of VP8X without ICC profile, EXIF and XMP
_WITH_EXIF: Final = 0x08
_GIF_BLOCKS: Final = {0xF9: True, 0x01: False, 0xFE: False}  # graphic control, plain text, comment
_GIF_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_PNG_HEAD: Final = 8
_PNG_DEPTH: Final = 24
_RIFF_HEAD: Final = 12
_ANMF_HEAD: Final = 24  # its head, place, size, length and flags (RFC 9649 §2.7.1.1)


def clean(content: Content, outcome: Outcome) -> None:
    """Make the file that is stored in place of this one. Raises Refused."""
    of_type = content.job.type
    if of_type not in CLEANED:
        raise Refused(Refusal.TYPE)
    if of_type not in FORMATS:
        media.clean(content, outcome)
        return
    original = content.in_memory()
    if of_type == "image/tiff":
        pages, size = clean_tiff(original)
        outcome.facts = Facts(width=size[0], height=size[1])
        outcome.add(PartKind.CLEAN, of_type, pages)
        return
    image, orientation, is_kept = _opened(of_type, original)
    width, height = upright_size(image, orientation)
    outcome.facts = Facts(width=width, height=height)
    if is_kept:
        outcome.add(PartKind.CLEAN, of_type, _FILTERS[of_type](original, orientation))
    else:
        outcome.add(PartKind.CLEAN, CLEANED[of_type], written_anew(image, of_type, original))


def _opened(of_type: str, original: bytes) -> tuple[Image.Image, int, bool]:
    """Return the picture, how it lies, and whether its frames stay as they are. Raises Refused."""
    try:
        image = open_picture(of_type, original)
    except Refused as refused:
        if refused.why is not Refusal.PIXELS or of_type not in CLEANED_UNSEEN:
            raise
        return *open_unseen(of_type, original), True
    return image, orientation_of(image), of_type in _FILTERS and _is_kept(image, of_type, original)


def _is_kept(image: Image.Image, of_type: str, original: bytes) -> bool:
    """Return whether writing the picture anew would lose something: its frames, or the finer half of 16 bits."""
    is_fine = of_type == "image/png" and original[_PNG_DEPTH] == 16
    has_frames = of_type != "image/jpeg" and getattr(image, "is_animated", False)
    return of_type == "image/gif" or is_fine or has_frames


def written_anew(image: Image.Image, of_type: str, original: bytes) -> bytes:
    """Return the pixels of a picture in a file of the type that this one becomes."""
    plain, file = pixels_of(image), io.BytesIO()
    if CLEANED[of_type] == "image/png":
        plain.save(file, "PNG", compress_level=4)
    elif CLEANED[of_type] == "image/webp":
        lossless = b"VP8L" in {name for name, _ in _riff_chunks(original)}
        plain.save(file, "WEBP", quality=_QUALITY, method=2, lossless=lossless, exif=b"", xmp=b"", icc_profile=b"")
    else:
        _on_white(plain).save(file, "JPEG", **_no_finer_than(image))
    return file.getvalue()


def _no_finer_than(image: Image.Image) -> dict[str, Any]:
    """Return how a JPEG is written: by the tables that it came with, where those are coarser than ours."""
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or image.mode not in ("RGB", "L"):
        return {"quality": _QUALITY}
    tables, ours = image.quantization, _our_tables()
    if not all(sum(table) >= sum(ours[min(number, 1)]) for number, table in tables.items()):
        return {"quality": _QUALITY}
    sampling = JpegImagePlugin.get_sampling(image)
    return {"qtables": tables, "subsampling": sampling if sampling >= 0 else "4:2:0"}


def _our_tables() -> dict[int, list[int]]:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=_QUALITY)
    with Image.open(file, formats=("JPEG",)) as written:
        return written.quantization  # type: ignore[attr-defined,no-any-return]


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def clean_png(original: bytes, orientation: int) -> bytes:
    """Return a PNG file with its frames alone (PNG 3rd edition, §5)."""
    kept, at = [original[:_PNG_HEAD]], _PNG_HEAD
    turned = b"" if orientation == 1 else b"eXIf" + orientation_exif(orientation)
    while at < len(original):
        end = at + 12 + int.from_bytes(original[at : at + 4])
        name = original[at + 4 : at + 8]
        if end > len(original):
            raise Refused(Refusal.BROKEN)
        if name in _PNG_CHUNKS:
            kept.append(original[at:end])
        if name == b"IHDR" and turned:
            kept.append(struct.pack(">I", len(turned) - 4) + turned + struct.pack(">I", zlib.crc32(turned)))
        if name == b"IEND":
            return b"".join(kept)
        at = end
    raise Refused(Refusal.BROKEN)


def clean_webp(original: bytes, orientation: int) -> bytes:
    """Return a WebP file with its frames alone (RFC 9649 §2.7)."""
    kept, turned = [], b""
    for name, chunk in _riff_chunks(original):
        if name == b"VP8X":
            turned = b"" if orientation == 1 else orientation_exif(orientation)
            flags = chunk[8] & _ANIMATION_AND_ALPHA | (_WITH_EXIF if turned else 0)
            kept.append(chunk[:8] + bytes((flags,)) + chunk[9:])
        elif name == b"ANIM":
            kept.append(chunk)
        elif name == b"ANMF":
            kept.append(_webp_frame(chunk))
    if turned:
        kept.append(b"EXIF" + len(turned).to_bytes(4, "little") + turned)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _webp_frame(chunk: bytes) -> bytes:
    """Return a frame with its picture alone."""
    inside = b"".join(found for name, found in _riff_chunks(chunk, _ANMF_HEAD) if name in _WEBP_FRAME)
    body = chunk[8:_ANMF_HEAD] + inside
    return b"ANMF" + len(body).to_bytes(4, "little") + body


def _riff_chunks(original: bytes, start: int = _RIFF_HEAD) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and all bytes of each chunk of a file or of another chunk, its padding included."""
    at, end = start, min(len(original), 8 + int.from_bytes(original[4:8], "little"))
    while at + 8 <= end:
        size = int.from_bytes(original[at + 4 : at + 8], "little")
        after = at + 8 + size + size % 2
        if after > end:
            raise Refused(Refusal.BROKEN)
        yield original[at : at + 4], original[at:after]
        at = after


def clean_gif(original: bytes, _orientation: int) -> bytes:
    """Return a GIF file without comments, texts and what programs add, but its loop (GIF89a §§17 to 27)."""
    try:
        return b"".join(_gif_kept(original))
    except IndexError as error:
        raise Refused(Refusal.BROKEN) from error


def _gif_kept(original: bytes) -> Iterator[bytes]:
    at = 13 + _colours(original[10])
    yield original[:at]
    while original[at] != 0x3B:  # the trailer; what follows it is no picture
        start = at
        if original[at] == 0x2C:  # an image: ten bytes, its colours, one byte, its blocks
            at = _after_blocks(original, at + 11 + _colours(original[at + 9]))
            yield original[start:at]
        elif original[at] == 0x21:  # an extension
            at = _after_blocks(original, at + 2)
            loops = original[start + 1] == 0xFF and original[start + 3 : start + 14] in _GIF_LOOPS
            if loops or _GIF_BLOCKS.get(original[start + 1], False):
                yield original[start:at]
        else:
            raise Refused(Refusal.BROKEN)
    yield b"\x3b"


def _colours(flags: int) -> int:
    """Return the bytes of the table of colours that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(original: bytes, at: int) -> int:
    while original[at]:
        at += 1 + original[at]
    return at + 1


_FILTERS: Final = {"image/jpeg": clean_jpeg, "image/png": clean_png, "image/webp": clean_webp, "image/gif": clean_gif}
