"""A film that is cleaned where it lies: it says nothing, has the same length, and looks and sounds as before."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.files.fences import BwrapFence
from appliance.files.workers import Workers
from appliance.preview.content import Refused
from appliance.preview.iso_media import clean_in_place
from appliance.preview.protocol import LARGEST, MIB, Job, JobKind, Refusal
from appliance.preview.sei import filler
from tests.files.corpus import PLACE, film, told_by_a_phone, without_brand
from tests.files.test_cleaning import SPOKEN, said_in

pytestmark = [pytest.mark.media, pytest.mark.slow]
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-tag:v", "hvc1")


def with_places(folder: Path, name: str, *options: str) -> bytes:
    """A film with a message in its stream, and a track of text that says where it was taken."""
    places = folder / "places.srt"
    places.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{PLACE}\n", encoding="utf-8")
    streams = ("-map", "0:v", "-map", "1:a", "-map", "2:s", "-c:s", "mov_text")
    return told_by_a_phone(film(folder / name, *streams, *options, "-c:a", "aac", beside=places))


def frames(path: Path) -> bytes:
    """The sums of every decoded frame of picture and sound; fails for a stream that does not decode."""
    line = ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-map", "0:v", "-map", "0:a", "-f", "framemd5", "-"]
    return subprocess.run(line, check=True, capture_output=True, timeout=60).stdout  # noqa: S603 -- words of the tests


def cleaned(path: Path, content: bytes) -> bytes:
    path.write_bytes(content)
    clean_in_place(path)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
@pytest.mark.parametrize("codec", [SPOKEN, HEVC], ids=["h264", "hevc"])
def test_nothing_is_said_and_everything_is_seen_and_heard(name: str, codec: tuple[str, ...], tmp_path: Path) -> None:
    original = with_places(tmp_path, name, *codec)
    before = tmp_path / f"before-{name}"
    before.write_bytes(original)
    assert said_in(original)
    assert PLACE.encode() in original[: original.rindex(b"moov")]
    after = cleaned(tmp_path / f"after-{name}", original)
    assert len(after) == len(original)
    assert said_in(after) == []
    assert [name for name in (b"x264", b"x265", b"Lavf", b"SubtitleHandler") if name in after] == []
    assert frames(tmp_path / f"after-{name}") == frames(before)


def test_a_film_without_its_brand_is_cleaned_too(tmp_path: Path) -> None:
    original = without_brand(with_places(tmp_path, "a.mov", *SPOKEN))
    assert said_in(cleaned(tmp_path / "b.mov", original)) == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((*SPOKEN, "-movflags", "frag_keyframe+empty_moov"), Refusal.TOO_LARGE),
        (("-c:v", "mpeg4"), Refusal.TOO_LARGE),
        ((*SPOKEN, "-c:a", "pcm_s16le"), Refusal.TOO_LARGE),
    ],
    ids=["fragments", "codec", "sound"],
)
def test_what_is_not_known_here_is_refused(options: tuple[str, ...], why: Refusal, tmp_path: Path) -> None:
    content = film(tmp_path / "a.mov", "-c:a", "aac", *options)
    with pytest.raises(Refused) as refused:
        cleaned(tmp_path / "b.mov", content)
    assert refused.value.why is why


def test_a_damaged_film_is_refused_or_cleaned_and_never_anything_else(tmp_path: Path) -> None:
    """Its index is cut and changed at random places, as an attacker would."""
    original = with_places(tmp_path, "a.mp4", *SPOKEN)
    start, dice, refused = original.rindex(b"moov") + 4, random.Random(7), 0  # noqa: S311 -- not for secrets
    for _ in range(300):
        content = bytearray(original)
        for _ in range(dice.randint(1, 6)):
            content[dice.randrange(start, len(content))] = dice.choice((0, 1, 127, 255, dice.randrange(256)))
        try:
            cleaned(tmp_path / "b.mp4", bytes(content[: dice.choice((len(content), dice.randrange(len(content))))]))
        except Refused:
            refused += 1
    assert 0 < refused <= 300


@pytest.mark.parametrize("table", [b"stsz", b"stsc", b"stco"])
def test_tables_that_say_more_than_there_is_are_refused(table: bytes, tmp_path: Path) -> None:
    content = bytearray(with_places(tmp_path, "a.mp4", *SPOKEN))
    at = content.index(table) + (12 if table == b"stsz" else 8)
    content[at : at + 4] = struct.pack(">I", 0xFFFF_FFF0)
    with pytest.raises(Refused) as refused:
        cleaned(tmp_path / "b.mp4", bytes(content))
    assert refused.value.why is Refusal.BROKEN


@pytest.mark.parametrize("size", [3, 4, 5, 256, 257, 258, 259, 512, 513, 514, 515, 770, 5_000])
def test_a_message_that_says_nothing_has_any_length(size: int) -> None:
    message, at = filler(size), 0
    assert len(message) == size
    while at < size - 1:
        assert message[at] == 3
        at, length = at + 1, 0
        while message[at] == 255:
            at, length = at + 1, length + 255
        length += message[at]
        at += 1 + length
    assert (at, message[at]) == (size - 1, 0x80)


async def test_a_film_of_three_hundred_megabytes_is_cleaned_in_the_fence(tmp_path: Path) -> None:
    """There is no room for a second one beside it."""
    original = with_places(tmp_path, "a.mp4", *SPOKEN)
    job = Job(JobKind.CLEAN, "video/mp4", len(original) + 300 * MIB + 8)
    assert job.size > LARGEST[JobKind.CLEAN]

    async def content() -> AsyncIterator[bytes]:
        yield original
        yield struct.pack(">I4s", 300 * MIB + 8, b"uuid")
        for _ in range(300):
            yield b"13.7563 " * (MIB // 8)

    size, said, first = 0, 0, b""
    async with Workers(BwrapFence(), 1).run(job, content()) as result:
        async for part, chunks in result.parts():
            assert (part.type, part.size) == ("video/mp4", job.size)
            async for chunk in chunks:
                size += len(chunk)
                said += chunk.count(b"13.7563")
                first += chunk if len(first) < len(original) else b""
    assert (size, said) == (job.size, 0)
    assert said_in(first) == []
