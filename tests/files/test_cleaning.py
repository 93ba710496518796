"""Nothing that others can download says where or with what a picture, a video or a sound was made (files.md §10, 5)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from appliance.files.workers import PreviewRefused
from appliance.preview.protocol import LARGEST, JobKind, Refusal
from tests.files.corpus import CANARY, ORIENTATION, PLACE, animation, exif, film, photograph, sound, with_place, written
from tests.files.working import Made, work

pytestmark = [pytest.mark.media, pytest.mark.slow]

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic", "AVIF": "image/avif"}
TOLD = (CANARY, b"Exif", b"eXIf", b"xmpmeta", b"13.7563", PLACE.encode(), b"\xa9xyz", b"loci\0", b"ICC_PROFILE")
VIDEOS = (
    ("video/mp4", "a.mp4", "-c:v", "mpeg4", "-c:a", "aac"),
    ("video/quicktime", "a.mov", "-c:v", "mjpeg", "-c:a", "pcm_s16le"),
    ("video/3gpp", "a.3gp", "-c:v", "mpeg4", "-c:a", "aac"),
    ("video/webm", "a.webm", "-c:v", "libvpx", "-c:a", "libopus", "-deadline", "realtime"),
    ("video/x-matroska", "a.mkv", "-c:v", "mpeg4", "-c:a", "aac"),
)
SOUNDS = (
    ("audio/mp4", "a.m4a", "-c:a", "aac"),
    ("audio/mpeg", "a.mp3", "-c:a", "libmp3lame"),
    ("audio/aac", "a.aac", "-c:a", "aac"),
    ("audio/ogg", "a.ogg", "-c:a", "libopus"),
    ("audio/webm", "a.webm", "-c:a", "libopus"),
    ("audio/wav", "a.wav", "-c:a", "pcm_s16le"),
    ("audio/flac", "a.flac", "-c:a", "flac"),
)


def is_silent(made: Made) -> None:
    """Hold that no part says anything but what is seen and heard."""
    assert made.parts
    for part, content in made.parts:
        assert [told for told in TOLD if told in content] == [], part


@pytest.mark.parametrize("form", TYPES)
async def test_a_photograph_says_neither_where_nor_with_what_and_stands_upright(form: str) -> None:
    original = with_place(form, orientation=6)
    assert CANARY in original
    assert b"Exif" in original or b"eXIf" in original or b"EXIF" in original
    cleaned = await work(JobKind.CLEAN, TYPES[form], original)
    is_silent(cleaned)
    part, content = cleaned.parts[0]
    assert part.type == ("image/jpeg" if form in ("HEIF", "AVIF") else TYPES[form])
    image = Image.open(io.BytesIO(content))
    assert not image.getexif()
    assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp"}
    assert (cleaned.facts.width, cleaned.facts.height) == image.size == (480, 640)
    top, bottom = image.convert("RGB").getpixel((240, 50)), image.convert("RGB").getpixel((240, 590))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200
    assert bottom[0] < 60


@pytest.mark.parametrize("form", TYPES)
async def test_no_variant_of_an_original_says_where_it_was_taken(form: str) -> None:
    looked_at = await work(JobKind.PICTURE, TYPES[form], with_place(form, orientation=8))
    assert (looked_at.facts.width, looked_at.facts.height) == (480, 640)
    is_silent(looked_at)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
async def test_an_animation_keeps_its_frames_and_nothing_else(form: str) -> None:
    original = animation(form)
    assert CANARY in original
    cleaned = await work(JobKind.CLEAN, f"image/{form.lower()}", original)
    is_silent(cleaned)
    before, after = Image.open(io.BytesIO(original)), Image.open(io.BytesIO(cleaned["clean"]))
    assert getattr(after, "n_frames", 0) == 2
    for number in (0, 1):
        before.seek(number)
        after.seek(number)
        assert before.convert("RGBA").tobytes() == after.convert("RGBA").tobytes()
    assert after.info.get("loop") == 0


@pytest.mark.parametrize("video", VIDEOS, ids=lambda video: str(video[0]))
async def test_a_video_says_neither_where_nor_with_what(video: tuple[str, ...], tmp_path: Path) -> None:
    of_type, name, *options = video
    original = film(tmp_path / name, *options)
    assert CANARY in original
    assert PLACE.encode() in original or b"loci" in original
    cleaned = await work(JobKind.CLEAN, of_type, original)
    is_silent(cleaned)
    assert cleaned.parts[0][0].type == of_type
    looked_at = await work(JobKind.VIDEO, of_type, cleaned["clean"])
    assert (looked_at.facts.width, looked_at.facts.height) == (160, 120)
    assert looked_at.facts.seconds == pytest.approx(1, abs=0.2)
    is_silent(looked_at)


@pytest.mark.parametrize("heard", SOUNDS, ids=lambda heard: str(heard[0]))
async def test_a_sound_says_neither_where_nor_with_what(heard: tuple[str, ...], tmp_path: Path) -> None:
    of_type, name, *options = heard
    cleaned = await work(JobKind.CLEAN, of_type, sound(tmp_path / name, *options))
    is_silent(cleaned)
    is_silent(listened := await work(JobKind.SOUND, "audio/ogg", sound(tmp_path / "b.ogg", "-c:a", "libopus")))
    assert listened.parts


async def test_a_video_can_be_played_before_all_of_it_is_there(tmp_path: Path) -> None:
    original = film(tmp_path / "a.mp4", "-c:v", "mpeg4", "-c:a", "aac")
    cleaned = (await work(JobKind.CLEAN, "video/mp4", original))["clean"]
    assert original.index(b"mdat") < original.index(b"moov")
    assert cleaned.index(b"moov") < cleaned.index(b"mdat")


async def test_what_lies_beside_a_video_is_left_out(tmp_path: Path) -> None:
    """A camera of a drone writes where it is into subtitles."""
    places = tmp_path / "places.srt"
    places.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{PLACE}\n", encoding="utf-8")
    options = ("-map", "0:v", "-map", "2:s", "-c:v", "mpeg4", "-c:s", "mov_text")
    original = film(tmp_path / "a.mp4", *options, beside=places)
    assert PLACE.encode() in original
    is_silent(await work(JobKind.CLEAN, "video/mp4", original))


async def test_transparency_and_shades_of_grey_stay() -> None:
    glass = Image.new("RGBA", (40, 30), (10, 200, 30, 128))
    cleaned = await work(JobKind.CLEAN, "image/png", written(glass, "PNG"))
    assert Image.open(io.BytesIO(cleaned["clean"])).getpixel((5, 5)) == (10, 200, 30, 128)
    looked_at = await work(JobKind.PICTURE, "image/png", written(glass, "PNG"))
    assert Image.open(io.BytesIO(looked_at["thumb"])).mode == "RGBA"
    grey = await work(JobKind.CLEAN, "image/jpeg", written(photograph().convert("L"), "JPEG"))
    assert Image.open(io.BytesIO(grey["clean"])).getexif().get(ORIENTATION) is None


async def test_a_scan_of_sixteen_bits_keeps_them() -> None:
    fine = Image.new("I;16", (40, 30), 40_001)
    original = written(fine, "PNG", exif=exif())
    cleaned = await work(JobKind.CLEAN, "image/png", original)
    is_silent(cleaned)
    assert Image.open(io.BytesIO(cleaned["clean"])).getpixel((5, 5)) == 40_001
    looked_at = await work(JobKind.PICTURE, "image/png", original)
    shown = Image.open(io.BytesIO(looked_at["view"])).convert("L").getpixel((5, 5))
    assert shown == pytest.approx(156, abs=2)


async def test_what_cannot_be_cleaned_says_so(tmp_path: Path) -> None:
    mp4 = film(tmp_path / "a.mp4", "-c:v", "mpeg4", "-c:a", "aac")
    for of_type, content, why in (
        ("application/pdf", b"%PDF-1.4", Refusal.TYPE),
        ("image/jpeg", mp4, Refusal.BROKEN),
        ("video/mp4", mp4[:200], Refusal.BROKEN),
        ("image/gif", animation("GIF")[:40], Refusal.BROKEN),
        ("video/mp4", b"#EXTM3U\nfile:///etc/passwd\n", Refusal.BROKEN),
    ):
        with pytest.raises(PreviewRefused) as refused:
            await work(JobKind.CLEAN, of_type, content)
        assert refused.value.code is why, of_type


async def test_more_than_there_is_room_for_is_refused_before_a_worker_starts() -> None:
    class Nothing(bytes):
        def __len__(self) -> int:
            return LARGEST[JobKind.CLEAN] + 1

    with pytest.raises(PreviewRefused) as refused:
        await work(JobKind.CLEAN, "video/mp4", Nothing())
    assert refused.value.code is Refusal.TOO_LARGE
