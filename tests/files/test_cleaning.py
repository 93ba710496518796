"""Nothing that others can download says where or with what a picture, a video or a sound was made (files.md §10, 5)."""

from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from appliance.files.workers import PreviewRefused
from appliance.preview import mpeg4
from appliance.preview.protocol import LARGEST, JobKind, Refusal
from appliance.rules.file_types import SNIFF_BYTES, sniff
from tests.files.corpus import (
    CANARY,
    ORIENTATION,
    PLACE,
    XMP,
    animation,
    exif,
    film,
    photograph,
    sound,
    tagged,
    told_by_a_phone,
    with_place,
    without_brand,
    written,
)
from tests.files.working import Made, work

pytestmark = [pytest.mark.media, pytest.mark.slow]

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic", "AVIF": "image/avif"}
TOLD = (CANARY, b"Exif", b"eXIf", b"xmpmeta", b"13.7563", PLACE.encode(), b"\xa9xyz", b"loci\0", b"ICC_PROFILE")
_MESSAGE = f"h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+{CANARY.decode()}"
SPOKEN = ("-c:v", "libx264", "-preset", "ultrafast", "-bsf:v", _MESSAGE)
"""H.264 with a message of the camera inside the stream."""
VIDEOS = (
    ("video/mp4", "a.mp4", "-c:v", "mpeg4", "-c:a", "aac"),
    ("video/mp4", "b.mp4", *SPOKEN, "-c:a", "aac"),
    ("video/quicktime", "a.mov", "-c:v", "mjpeg", "-c:a", "pcm_s16le"),
    ("video/quicktime", "b.mov", *SPOKEN, "-c:a", "aac"),
    ("video/3gpp", "a.3gp", "-c:v", "mpeg4", "-c:a", "aac"),
    ("video/webm", "a.webm", "-c:v", "libvpx", "-c:a", "libopus", "-deadline", "realtime"),
    ("video/x-matroska", "a.mkv", *SPOKEN, "-c:a", "aac"),
    ("video/x-msvideo", "a.avi", "-c:v", "mjpeg", "-c:a", "libmp3lame"),
    ("video/mp2t", "a.ts", *SPOKEN, "-c:a", "aac"),
    ("video/mp2t", "a.m2ts", *SPOKEN, "-c:a", "ac3"),
    ("video/mpeg", "a.vob", *SPOKEN, "-c:a", "mp2"),
    ("video/x-ms-asf", "a.wmv", "-c:v", "wmv2", "-c:a", "wmav2"),
    ("video/x-flv", "a.flv", *SPOKEN, "-c:a", "aac"),
)
SOUNDS = (
    ("audio/mp4", "a.m4a", "-c:a", "aac"),
    ("audio/mpeg", "a.mp3", "-c:a", "libmp3lame"),
    ("audio/aac", "tagged.aac", "-c:a", "aac"),
    ("audio/ogg", "a.ogg", "-c:a", "libopus"),
    ("audio/webm", "a.webm", "-c:a", "libopus"),
    ("audio/wav", "a.wav", "-c:a", "pcm_s16le"),
    ("audio/flac", "a.flac", "-c:a", "flac"),
    ("audio/aiff", "a.aiff", "-c:a", "pcm_s16be", "-write_id3v2", "1"),
)


def is_silent(made: Made) -> None:
    """Hold that no part says anything but what is seen and heard."""
    assert made.parts
    for part, content in made.parts:
        assert said_in(content) == [], part


def said_in(content: bytes) -> list[bytes]:
    """Return what a content says of place and device, in the two ways in which letters are written."""
    in_two_bytes = [told.decode().encode("utf-16-le") for told in TOLD if told.isascii()]
    return [told for told in (*TOLD, *in_two_bytes) if told in content]


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


async def test_a_frame_of_an_animation_says_nothing_either() -> None:
    plain = animation("WEBP")
    at = plain.index(b"ANMF")
    (size,) = struct.unpack_from("<I", plain, at + 4)
    said = b"".join(name + struct.pack("<I", len(CANARY)) + CANARY for name in (b"XMP ", b"MAKE"))
    frame = b"ANMF" + struct.pack("<I", size + len(said)) + plain[at + 8 : at + 8 + size] + said
    body = plain[8:at] + frame + plain[at + 8 + size :]
    cleaned = await work(JobKind.CLEAN, "image/webp", b"RIFF" + struct.pack("<I", len(body)) + body)
    is_silent(cleaned)
    before, after = Image.open(io.BytesIO(plain)), Image.open(io.BytesIO(cleaned["clean"]))
    assert getattr(after, "n_frames", 0) == 2
    assert before.convert("RGBA").tobytes() == after.convert("RGBA").tobytes()


@pytest.mark.parametrize("video", VIDEOS, ids=lambda video: str(video[0]))
async def test_a_video_says_neither_where_nor_with_what(video: tuple[str, ...], tmp_path: Path) -> None:
    of_type, name, *options = video
    original = film(tmp_path / name, *options)
    if of_type in ("video/mp4", "video/quicktime"):
        original = told_by_a_phone(original)
        assert b"\xa9xyz" in original
    assert said_in(original)
    assert sniff(original[:SNIFF_BYTES]) == of_type
    cleaned = await work(JobKind.CLEAN, of_type, original)
    is_silent(cleaned)
    assert cleaned.parts[0][0].type == of_type
    looked_at = await work(JobKind.VIDEO, of_type, cleaned["clean"])
    assert (looked_at.facts.width, looked_at.facts.height) == (160, 120)
    assert looked_at.facts.seconds == pytest.approx(1, abs=0.2)
    is_silent(looked_at)


def with_chunk(avi: bytes, name: bytes, content: bytes) -> bytes:
    """An AVI file whose first stream has a chunk behind its format; a chunk that may be skipped gives the room."""
    at = avi.index(b"JUNK", avi.index(b"strf"))
    (room,) = struct.unpack_from("<I", avi, at + 4)
    said = name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    left = b"JUNK" + struct.pack("<I", room - len(said)) + bytes(room - len(said))
    return avi[:at] + said + left + avi[at + 8 + room :]


def longer_format(avi: bytes) -> bytes:
    """An AVI file whose video has a format of 68 bytes, as Motion JPEG is described by some makers, and their name."""
    at = avi.index(b"strf")
    junk = avi.index(b"JUNK", at)
    (room,) = struct.unpack_from("<I", avi, junk + 4)
    form = struct.pack("<II", 68, 68) + avi[at + 12 : junk] + CANARY + bytes(10)
    return avi[: at + 4] + form + b"JUNK" + struct.pack("<I", room - 28) + avi[junk + 36 :]


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4"])
@pytest.mark.parametrize("name", [b"strd", b"IDIT", b"ncdt", b"strn"])
async def test_what_a_camera_writes_beside_the_pictures_of_an_avi(codec: str, name: bytes, tmp_path: Path) -> None:
    """It is no damage, and stays nowhere."""
    plain = film(tmp_path / "a.avi", "-c:v", codec, "-c:a", "pcm_s16le")
    original = with_chunk(plain, name, b"MAKE\0\0\0\0II*\0" + CANARY)
    cleaned = await work(JobKind.CLEAN, "video/x-msvideo", original)
    is_silent(cleaned)
    assert decoded(tmp_path, "avi", cleaned["clean"]) == decoded(tmp_path, "avi", plain)


async def test_an_avi_with_a_longer_format_or_without_sizes_is_not_damaged(tmp_path: Path) -> None:
    plain = film(tmp_path / "a.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le")
    unfinished = bytearray(plain)
    for at in (4, plain.index(b"movi") - 4):
        unfinished[at : at + 4] = bytes(4)
    for original in (longer_format(plain), bytes(unfinished)):
        cleaned = await work(JobKind.CLEAN, "video/x-msvideo", original)
        is_silent(cleaned)
        assert decoded(tmp_path, "avi", cleaned["clean"]) == decoded(tmp_path, "avi", plain)


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "a.mov", "a.3gp"])
async def test_user_data_of_an_old_phone_is_overwritten(name: str, tmp_path: Path) -> None:
    """It has the length of the name that the encoder gives itself: in the configuration, and before the pictures."""
    plain = film(tmp_path / name, "-c:v", "mpeg4", "-c:a", "pcm_s16le" if name == "a.avi" else "aac")
    code = b"\0\0\1\xb2"
    lavc = plain[plain.index(code) + 4 :][:10]
    original = plain.replace(code + lavc, code + b"GPS13.7563")
    assert b"13.7563" in original
    of_type = sniff(original[:SNIFF_BYTES])
    cleaned = await work(JobKind.CLEAN, str(of_type), original)
    is_silent(cleaned)
    assert decoded(tmp_path, name[2:], cleaned["clean"]) == decoded(tmp_path, name[2:], plain)


async def test_user_data_that_may_lie_in_pieces_is_refused(tmp_path: Path) -> None:
    original = film(tmp_path / "a.mkv", "-c:v", "mpeg4", "-c:a", "aac")
    with pytest.raises(PreviewRefused) as refused:
        await work(JobKind.CLEAN, "video/x-matroska", original)
    assert refused.value.code is Refusal.TYPE


@pytest.mark.parametrize("kept", [b"DivX503b1393p", b"XviD0046", b"Lavc59.37.100", b"DivX503Build1393\0"])
def test_a_decoder_is_told_which_encoder_it_was(kept: bytes) -> None:
    data = bytearray(b"\0\0\1\xb2" + kept + b"\0\0\1\xb2" + kept + CANARY + b"\0\0\1\xb6" + CANARY)
    mpeg4.silence(data, 0, len(data))
    blank = b"\xff" * len(kept + CANARY)
    assert data == b"\0\0\1\xb2" + kept + b"\0\0\1\xb2" + blank + b"\0\0\1\xb6" + CANARY


def decoded(folder: Path, ending: str, content: bytes) -> bytes:
    """The sums of every decoded picture; fails for a stream that does not decode."""
    path = folder / f"decoded.{ending}"
    path.write_bytes(content)
    line = ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"]
    return subprocess.run(line, check=True, capture_output=True, timeout=60).stdout  # noqa: S603 -- words of the tests


@pytest.mark.parametrize("heard", SOUNDS, ids=lambda heard: str(heard[0]))
async def test_a_sound_says_neither_where_nor_with_what(heard: tuple[str, ...], tmp_path: Path) -> None:
    of_type, name, *options = heard
    original = sound(tmp_path / name, *options)
    if name.startswith("tagged"):
        original = tagged(original)
    assert said_in(original)
    cleaned = await work(JobKind.CLEAN, of_type, original)
    is_silent(cleaned)
    assert (await work(JobKind.SOUND, of_type, cleaned["clean"])).facts.seconds == pytest.approx(2, abs=0.2)
    is_silent(listened := await work(JobKind.SOUND, "audio/ogg", sound(tmp_path / "b.ogg", "-c:a", "libopus")))
    assert listened.parts


async def test_a_film_that_does_not_begin_with_its_brand_is_cleaned_too(tmp_path: Path) -> None:
    original = without_brand(told_by_a_phone(film(tmp_path / "a.mov", "-c:v", "mjpeg", "-c:a", "pcm_s16le")))
    assert sniff(original[:SNIFF_BYTES]) == "video/quicktime"
    assert PLACE.encode() in original
    is_silent(await work(JobKind.CLEAN, "video/quicktime", original))


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
        await work(JobKind.CLEAN, "video/webm", Nothing())
    assert refused.value.code is Refusal.TOO_LARGE


async def test_a_photograph_too_large_to_decode_is_cleaned_by_leaving_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """54 million pixels, as a phone's best camera takes them, lying on its side, and sent as a file without preview."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # the worker's limit, where this process loaded it too
    grey = Image.new("L", (9_000, 6_000), 90)
    for form, of_type, options in (
        ("JPEG", "image/jpeg", {"xmp": XMP, "comment": CANARY, "progressive": True}),
        ("PNG", "image/png", {}),
    ):
        original = written(grey, form, exif=exif(6), **options) + CANARY
        cleaned = await work(JobKind.CLEAN, of_type, original)
        content = cleaned["clean"]
        assert (cleaned.facts.width, cleaned.facts.height) == (6_000, 9_000)
        assert [told for told in TOLD if told in content and told not in (b"Exif", b"eXIf")] == []
        assert cleaned.parts[0][0].type == of_type
        image = Image.open(io.BytesIO(content))
        assert dict(image.getexif()) == {ORIENTATION: 6}
        assert image.size == (9_000, 6_000)
        assert image.convert("L").getpixel((8_999, 5_999)) == pytest.approx(90, abs=2)
        looked_at = await work(JobKind.PICTURE, of_type, content)
        assert looked_at.parts == []
        assert (looked_at.facts.width, looked_at.facts.height) == (6_000, 9_000)


async def test_a_jpeg_is_not_written_finer_than_it_came() -> None:
    noise = Image.effect_noise((1_200, 900), 60).convert("RGB")
    for quality, most in ((60, 1.05), (85, 1.05), (98, 0.8)):
        original = written(noise, "JPEG", quality=quality, exif=exif(3))
        cleaned = await work(JobKind.CLEAN, "image/jpeg", original)
        is_silent(cleaned)
        assert len(cleaned["clean"]) <= most * len(original), quality


@pytest.mark.parametrize(
    ("mode", "options"), [("1", {"compression": "group4"}), ("L", {}), ("RGB", {"compression": "jpeg"})]
)
async def test_a_scan_keeps_its_pages_and_says_nothing_else(mode: str, options: dict[str, str]) -> None:
    pages = [photograph(300, 200).convert(mode), photograph(200, 300).convert(mode)]
    said = {270: CANARY.decode(), 271: CANARY.decode(), 700: XMP, 33_723: CANARY}
    original = written(
        pages[0], "TIFF", save_all=True, append_images=pages[1:], tiffinfo=said, dpi=(300, 300), **options
    )
    assert CANARY in original
    assert b"xmpmeta" in original
    cleaned = await work(JobKind.CLEAN, "image/tiff", original)
    is_silent(cleaned)
    scan = Image.open(io.BytesIO(cleaned["clean"]))
    assert getattr(scan, "n_frames", 0) == 2
    assert (cleaned.facts.width, cleaned.facts.height) == scan.size == (300, 200)
    assert scan.mode == mode
    assert scan.info["dpi"] == (300, 300)
    assert not {271, 700, 33_723, 0x8825} & set(getattr(scan, "tag_v2", ()))
    scan.seek(1)
    assert scan.size == (200, 300)
    before, after = (image.convert("L").getpixel((150, 10)) for image in (pages[1], scan))
    assert after == pytest.approx(before, abs=3)


async def test_a_photograph_of_a_sensor_is_not_made_a_small_picture() -> None:
    for tag, value in ((50_706, b"\1\4\0\0"), (330, 8), (254, 1)):
        original = written(photograph(60, 40), "TIFF", tiffinfo={tag: value})
        with pytest.raises(PreviewRefused) as refused:
            await work(JobKind.CLEAN, "image/tiff", original)
        assert refused.value.code is Refusal.TYPE, tag


async def test_a_bitmap_becomes_png() -> None:
    cleaned = await work(JobKind.CLEAN, "image/bmp", written(photograph(), "BMP"))
    assert cleaned.parts[0][0].type == "image/png"
    assert Image.open(io.BytesIO(cleaned["clean"])).tobytes() == photograph().tobytes()
