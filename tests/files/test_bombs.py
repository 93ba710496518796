"""Files that are small, and say or hold much: each ends with an answer within its limits (files.md §10, 6)."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from appliance.files.workers import PreviewRefused
from appliance.preview.protocol import SECONDS, JobKind, Refusal
from tests.files.corpus import film, huge_gif, huge_png, photograph, tiff, written
from tests.files.working import work

pytestmark = [pytest.mark.media, pytest.mark.slow]


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


PICTURES = (
    ("image/png", huge_png(), Refusal.TOO_LARGE),
    ("image/gif", huge_gif(), Refusal.TOO_LARGE),
    ("image/jpeg", tiff(), Refusal.BROKEN),
    ("image/jpeg", jpeg_of(65_000, 65_000), Refusal.TOO_LARGE),
    ("image/png", written(Image.new("1", (40_000, 8)), "PNG"), None),
    ("image/png", png_with_much_text(), Refusal.BROKEN),
)


@pytest.mark.parametrize("kind", [JobKind.PICTURE, JobKind.CLEAN])
@pytest.mark.parametrize(("of_type", "content", "why"), PICTURES, ids=["png", "gif", "tiff", "jpeg", "wide", "text"])
async def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded(
    kind: JobKind, of_type: str, content: bytes, why: Refusal | None
) -> None:
    assert len(content) < 2**20
    if why is None:
        assert (await work(kind, of_type, content)).parts
        return
    with pytest.raises(PreviewRefused) as refused:
        await work(kind, of_type, content)
    assert refused.value.code is why


async def test_a_film_of_huge_pictures_has_no_poster(tmp_path: Path) -> None:
    """Its stream says 30,000 by 30,000, which the decoder has no room for."""
    flat = film(tmp_path / "a.avi", "-map", "0:v", "-c:v", "mjpeg", "-f", "mov")
    at = flat.index(b"jpeg", flat.index(b"stsd")) + 28
    content = bytearray(flat)
    content[at : at + 4] = struct.pack(">HH", 30_000, 30_000)
    for start in range(len(content) - 9):
        if content[start : start + 2] == b"\xff\xc0":
            content[start + 5 : start + 9] = struct.pack(">HH", 30_000, 30_000)
    parts: list[object] = []
    with suppress(PreviewRefused):
        parts = [*(await work(JobKind.VIDEO, "video/quicktime", bytes(content))).parts]
    assert parts == []


def test_whatever_only_looks_at_a_file_ends_within_nine_seconds() -> None:
    looking = [kind for kind in JobKind if kind not in (JobKind.CLEAN, JobKind.SOUND)]
    assert max(SECONDS[kind] for kind in looking) + 1 <= 9
