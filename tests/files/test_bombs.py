"""Files that are small, and say or hold much: each ends with an answer within its limits (files.md §10, 6)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from appliance.files.workers import PreviewRefused
from appliance.preview.protocol import MIB, SECONDS, JobKind, Refusal
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


def bmp_of(width: int, height: int) -> bytes:
    """A BMP file whose header says that it is this large."""
    small = written(photograph(16, 16), "BMP")
    return small[:18] + struct.pack("<ii", width, height) + small[26:]


PICTURES = (
    ("image/png", huge_png(), (40_000, 40_000)),
    ("image/gif", huge_gif(), (65_535, 65_535)),
    ("image/jpeg", jpeg_of(65_000, 65_000), (65_000, 65_000)),
)
REFUSED = (
    ("image/jpeg", tiff(), Refusal.BROKEN),
    ("image/tiff", tiff(), Refusal.PIXELS),
    ("image/bmp", bmp_of(60_000, 60_000), Refusal.PIXELS),
    ("image/png", png_with_much_text(), Refusal.BROKEN),
    ("image/jpeg", jpeg_of(65_000, 65_000)[:-40], Refusal.BROKEN),
)


@pytest.mark.parametrize(("of_type", "content", "size"), PICTURES, ids=["png", "gif", "jpeg"])
async def test_a_picture_that_says_it_is_huge_is_never_decoded_and_can_be_sent(
    of_type: str, content: bytes, size: tuple[int, int]
) -> None:
    assert len(content) < 2**20
    looked_at = await work(JobKind.PICTURE, of_type, content)
    assert looked_at.parts == []
    assert (looked_at.facts.width, looked_at.facts.height) == size
    cleaned = await work(JobKind.CLEAN, of_type, content)
    assert (cleaned.facts.width, cleaned.facts.height) == size
    assert [part.type for part, _ in cleaned.parts] == [of_type]


@pytest.mark.parametrize(("of_type", "content", "why"), REFUSED, ids=["not-jpeg", "tiff", "bmp", "text", "cut"])
async def test_what_can_be_cleaned_only_by_decoding_it_is_refused(of_type: str, content: bytes, why: Refusal) -> None:
    assert len(content) < 2**20
    with pytest.raises(PreviewRefused) as refused:
        await work(JobKind.CLEAN, of_type, content)
    assert refused.value.code is why


async def test_a_wide_picture_is_as_any_other() -> None:
    wide = written(Image.new("1", (40_000, 8)), "PNG")
    for kind in (JobKind.PICTURE, JobKind.CLEAN):
        assert (await work(kind, "image/png", wide)).parts


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


@pytest.mark.parametrize(("side", "made"), [(160, ["poster", "thumb"]), (12_000, [])])
async def test_a_film_of_huge_pictures_has_no_poster(side: int, made: list[str], tmp_path: Path) -> None:
    """Its pictures have 144 million pixels; the same film with less in its headers has a poster."""
    looked_at = await work(JobKind.VIDEO, "video/quicktime", film_of(side, tmp_path))
    assert (looked_at.facts.width, looked_at.facts.height) == (side, side)
    assert [part.kind for part, _ in looked_at.parts] == made


async def test_a_film_of_pictures_that_no_decoder_takes_is_broken(tmp_path: Path) -> None:
    with pytest.raises(PreviewRefused) as refused:
        await work(JobKind.VIDEO, "video/quicktime", film_of(30_000, tmp_path))
    assert refused.value.code is Refusal.BROKEN


def hours_of_silence() -> bytes:
    """A WAV file of 28 hours: its head says so, and its samples are zeros."""
    size = 200 * MIB
    head = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", size + 36, b"WAVEfmt ", 16, 1, 1, 2_000, 2_000, 1, 8, b"data", size)
    return head + bytes(size)


async def test_a_sound_of_many_hours_and_a_film_of_nothing_end_within_their_time() -> None:
    """What is not done when time is over says how long it is and no more; the worker's own limit is not reached."""
    heard = await work(JobKind.SOUND, "audio/wav", hours_of_silence())
    assert heard.facts.seconds == pytest.approx(200 * MIB / 2_000, rel=0.01)
    assert (await work(JobKind.CLEAN, "audio/wav", hours_of_silence())).parts


def test_whatever_only_looks_at_a_file_ends_within_nine_seconds() -> None:
    """And what reads or writes all of it has half a minute, which `docs/decisions` gives the reason for."""
    whole = {JobKind.CLEAN, JobKind.SOUND}
    assert {kind for kind, seconds in SECONDS.items() if seconds + 1 > 9} == whole
    assert {SECONDS[kind] for kind in whole} == {30}
