"""What the worker finds out about documents, sound, video and archives, in its real fence."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from appliance.files.workers import PreviewRefused
from appliance.preview.protocol import MAX_PAGES, WAVEFORM, JobKind, Members, Refusal
from tests.files.corpus import film, gzipped, lying, pdf, sound, tarred, zip_in_zip, zipped
from tests.files.working import Made, work

pytestmark = [pytest.mark.media, pytest.mark.slow]


def locked() -> bytes:
    """A zip whose member is said to be encrypted, in both of its headers."""
    plain = bytearray(zipped(b"a" * 70))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        plain[plain.index(mark) + flags] |= 1
    return bytes(plain)


def sizes(made: Made) -> list[tuple[str, int | None, int | None, int | None]]:
    return [(part.kind.value, part.page, part.width, part.height) for part, _ in made.parts]


async def test_pages_are_pictures_that_fill_a_screen() -> None:
    made = await work(JobKind.PDF, "application/pdf", pdf(3))
    assert made.facts.pages == 3
    assert [size for size in sizes(made) if size[0] == "page"] == [("page", number, 1131, 1600) for number in (1, 2, 3)]
    assert ("thumb", None, 226, 320) in sizes(made)
    page = Image.open(io.BytesIO(made["page"])).convert("RGB")
    red, white = page.getpixel((50, 1550)), page.getpixel((800, 200))
    assert isinstance(red, tuple)
    assert red[0] > 200
    assert red[1] < 60
    assert white == (255, 255, 255)


async def test_later_pages_are_rendered_when_they_are_asked_for() -> None:
    made = await work(JobKind.PDF, "application/pdf", pdf(4), page=3)
    assert [(kind, page) for kind, page, _, _ in sizes(made)] == [("page", 3), ("page", 4)]
    assert (await work(JobKind.PDF, "application/pdf", pdf(2), page=9)).parts == []


async def test_a_pdf_of_ten_thousand_pages_is_counted_and_begun() -> None:
    made = await work(JobKind.PDF, "application/pdf", pdf(10_000))
    assert made.facts.pages == 10_000
    assert 1 <= sum(part.kind == "page" for part, _ in made.parts) <= MAX_PAGES


async def test_a_page_as_large_as_a_field_is_a_picture_as_any_other() -> None:
    made = await work(JobKind.PDF, "application/pdf", pdf(1, width=20_000_000, height=10))
    assert all(width and width <= 1600 for _, _, width, _ in sizes(made))


async def test_a_pdf_that_asks_for_a_password_says_so() -> None:
    locked = f"/ID[<{'00' * 16}><{'00' * 16}>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{'11' * 32}>/U<{'22' * 32}>>>"
    for content, why in ((pdf(1, trailer=locked), Refusal.LOCKED), (b"%PDF-1.7\nno", Refusal.BROKEN)):
        with pytest.raises(PreviewRefused) as refused:
            await work(JobKind.PDF, "application/pdf", content)
        assert refused.value.code is why


@pytest.mark.parametrize(
    ("of_type", "name", "codec", "variants"),
    [
        ("audio/webm", "a.webm", "libopus", ["audio/mp4"]),
        ("audio/ogg", "a.ogg", "libopus", ["audio/mp4"]),
        ("audio/mp4", "a.m4a", "aac", []),
        ("audio/mp4", "b.m4a", "alac", ["audio/mp4"]),
        ("audio/mpeg", "a.mp3", "libmp3lame", []),
    ],
)
async def test_a_recording_has_its_length_its_waveform_and_a_variant_where_it_needs_one(
    of_type: str, name: str, codec: str, variants: list[str], tmp_path: Path
) -> None:
    made = await work(JobKind.SOUND, of_type, sound(tmp_path / name, "-c:a", codec, seconds=3))
    assert made.facts.seconds == pytest.approx(3, abs=0.1)
    waveform = made.facts.waveform
    assert waveform is not None
    assert len(waveform) == WAVEFORM
    assert max(waveform) == 100
    assert min(waveform[5:45]) > 50
    assert max(waveform[60:95]) < 5
    assert [part.type for part, _ in made.parts] == variants
    if variants:
        again = await work(JobKind.SOUND, "audio/mp4", made["audio"])
        assert again.parts == []
        assert again.facts.seconds == pytest.approx(3, abs=0.1)


async def test_a_recording_that_was_streamed_has_its_length_though_its_file_does_not_say(tmp_path: Path) -> None:
    """A browser's recorder writes WebM as it records, without a length."""
    streamed = sound(tmp_path / "a.webm", "-c:a", "libopus", "-live", "1", "-f", "webm", seconds=2)
    assert (await work(JobKind.SOUND, "audio/webm", streamed)).facts.seconds == pytest.approx(2, abs=0.1)


async def test_silence_has_a_waveform_and_a_sound_without_sound_is_refused(tmp_path: Path) -> None:
    silent = sound(tmp_path / "a.wav", "-af", "volume=0")
    assert (await work(JobKind.SOUND, "audio/wav", silent)).facts.waveform == [0] * WAVEFORM
    mute = film(tmp_path / "a.mp4", "-map", "0:v", "-c:v", "mpeg4")
    for of_type, content in (("audio/mp4", mute), ("audio/wav", b"RIFF"), ("audio/midi", b"MThd")):
        with pytest.raises(PreviewRefused):
            await work(JobKind.SOUND, of_type, content)


async def test_a_video_has_a_poster_of_its_upright_picture(tmp_path: Path) -> None:
    turned = turned_film(tmp_path)
    cleaned = (await work(JobKind.CLEAN, "video/mp4", turned))["clean"]
    for content in (turned, cleaned):
        made = await work(JobKind.VIDEO, "video/mp4", content)
        assert (made.facts.width, made.facts.height) == (200, 400)
        assert sizes(made) == [("poster", None, 200, 400), ("thumb", None, 160, 320)]
        assert made.facts.seconds == pytest.approx(1, abs=0.2)


def turned_film(folder: Path) -> bytes:
    """A video of a phone that was held upright: its track says that it is to be turned (ISO 14496-12 §8.3.2)."""
    flat = film(folder / "flat.mp4", "-map", "0:v", "-c:v", "mpeg4", size="400x200")
    start = flat.index(b"tkhd") + 44
    matrix = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return flat[:start] + matrix + flat[start + 36 :]


def going_on(content: bytes) -> bytes:
    """A ZIP whose member has packed bytes behind the end of the stream."""
    return lying(content, len(content), more=b"more")


JUNK = 4 + len(zipped(b"a" * 70))
NESTED = zip_in_zip(3)
NESTED_SIZES = [len(zip_in_zip(levels)) for levels in (1, 2)]


@pytest.mark.parametrize(
    ("archive", "expected"),
    [
        (zipped(b"a" * 70, b"b" * 10), Members(2, 70, 80, 1, encrypted=False, complete=True)),
        (tarred(b"a" * 70, b"b" * 10), Members(3, 10_240, 10_320, 2, encrypted=False, complete=True)),
        (NESTED, Members(3, NESTED_SIZES[1], 13 + sum(NESTED_SIZES), 3, encrypted=False, complete=True)),
        (locked(), Members(1, 0, 0, 1, encrypted=True, complete=True)),
        (b"PK\x05\x06" + bytes(18), Members(0, 0, 0, 1, encrypted=False, complete=True)),
        (zipped(b"7z\xbc\xaf\x27\x1c" + b"a" * 20), Members(1, 26, 26, 1, encrypted=False, complete=False)),
        (lying(b"a" * 70_000, 50), Members(1, 70_000, 70_000, 1, encrypted=False, complete=False)),
        (lying(b"a" * 70, 5_000), Members(1, 70, 70, 1, encrypted=False, complete=False)),
        (zipped(b"junk" + zipped(b"a" * 70)), Members(1, JUNK, JUNK, 1, encrypted=False, complete=False)),
        (b"junk" + zipped(b"a" * 70) + b"junk", Members(1, 70, 70, 1, encrypted=False, complete=False)),
        (zipped(b"a" * 70, how=zipfile.ZIP_BZIP2), Members(1, 70, 70, 1, encrypted=False, complete=True)),
        (zipped(b"a" * 70, how=zipfile.ZIP_STORED), Members(1, 70, 70, 1, encrypted=False, complete=True)),
        (zipped(b"a" * 70, how=zipfile.ZIP_LZMA), Members(1, 0, 0, 1, encrypted=False, complete=False)),
        (going_on(b"a" * 70), Members(1, 70, 70, 1, encrypted=False, complete=False)),
    ],
    ids=[
        *("zip", "tar.gz", "nested", "locked", "empty", "holds what cannot be opened", "holds more than it says"),
        *("holds less than it says", "holds one with junk before it", "has junk around", "bzip2", "stored", "lzma"),
        "goes on behind its end",
    ],
)
async def test_an_archive_is_counted_by_what_it_unpacks_to(archive: bytes, expected: Members) -> None:
    assert (await work(JobKind.ARCHIVE, "application/zip", archive)).facts.members == expected


@pytest.mark.parametrize(
    "archive", [zip_in_zip(40), gzipped(450 * 2**20)], ids=["nested without end", "unpacks to much"]
)
async def test_an_archive_that_passes_a_limit_is_counted_in_part(archive: bytes) -> None:
    members = (await work(JobKind.ARCHIVE, "application/zip", archive)).facts.members
    assert members is not None
    assert not members.complete


async def test_a_damaged_archive_and_what_is_none_are_refused() -> None:
    for content, why in (
        (b"%PDF-1.4", Refusal.TYPE),
        (zipped(b"a" * 5000)[:80], Refusal.BROKEN),
        (tarred(b"a" * 5000)[:40], Refusal.BROKEN),
    ):
        with pytest.raises(PreviewRefused) as refused:
            await work(JobKind.ARCHIVE, "application/zip", content)
        assert refused.value.code is why
