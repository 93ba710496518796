"""A film that is cleaned where it lies: it says nothing, has the same length, and looks and sounds as before."""

from __future__ import annotations

import random
import struct
import subprocess
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import SupportsIndex

import pytest

from appliance.files.fences import BwrapFence
from appliance.files.workers import Workers
from appliance.preview import iso_media
from appliance.preview.content import Refused
from appliance.preview.iso_media import clean_in_place
from appliance.preview.iso_tracks import Chunk
from appliance.preview.protocol import LARGEST, MIB, Job, JobKind, Refusal
from appliance.preview.sei import write_filler
from tests.files.corpus import PLACE, box, film, told_by_a_phone, without_brand
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
    around, at = bytearray(b"<" * (size + 2)), 0
    write_filler(around, 1, size + 1)
    assert (len(around), around[0], around[-1]) == (size + 2, ord("<"), ord("<"))
    message = around[1:-1]
    while at < size - 1:
        assert message[at] == 3
        at, length = at + 1, 0
        while message[at] == 255:
            at, length = at + 1, length + 255
        length += message[at]
        at += 1 + length
    assert (at, message[at]) == (size - 1, 0x80)


def test_a_message_of_many_megabytes_is_overwritten_in_pieces() -> None:
    data = bytearray(32 * MIB)
    tracemalloc.start()
    write_filler(data, 0, len(data))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * MIB
    assert (data[0], data[-1], data.count(0)) == (3, 0x80, 0)


def numbers(*given: int) -> bytes:
    return struct.pack(f">{len(given)}I", *given)


def track(handler: bytes, entry: bytes, size: int, places: Sequence[int]) -> bytes:
    """A track whose samples are chunks of their own, all of this size."""
    tables = (
        *(box(b"stsd", numbers(0, 1) + entry), box(b"stsz", numbers(0, size, len(places)))),
        *(box(b"stsc", numbers(0, 1, 1, 1, 1)), box(b"stco", numbers(0, len(places), *places))),
    )
    said = box(b"hdlr", bytes(8) + handler + bytes(12))
    return box(b"trak", box(b"mdia", said + box(b"minf", box(b"stbl", b"".join(tables)))))


def sound_entry(version: int = 0) -> bytes:
    return box(b"mp4a", bytes(6) + struct.pack(">HH", 1, version) + bytes(18))


def taking_turns(chunks: int) -> bytes:
    """A film in which each picture and each piece of sound is a chunk of its own, with a byte of nobody behind both."""
    configuration = box(b"avcC", bytes((1, 66, 0, 30, 255, 224, 0)))
    seen, heard = b"\0\0\0\1\x65", b"sound"
    step = len(seen) + len(heard) + 1
    places = range(8, 8 + step * (chunks // 2), step)
    traks = (
        track(b"vide", box(b"avc1", bytes(78) + configuration), len(seen), places),
        track(b"soun", sound_entry(), len(heard), range(8 + len(seen), 8 + len(seen) + step * len(places), step)),
    )
    return box(b"mdat", (seen + heard + b"?") * len(places)) + box(b"moov", b"".join(traks))


class Shifting(list[Chunk]):
    """A list that counts the elements that are moved when one before them goes."""

    moved = 0

    def pop(self, index: SupportsIndex = -1) -> Chunk:
        if int(index) >= 0:
            Shifting.moved += len(self)
            assert Shifting.moved < 10_000_000, "chunks are moved again and again"
        return super().pop(index)


def test_the_work_of_cleaning_grows_as_the_number_of_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million of them, as four hours have that ffmpeg or a meeting wrote."""
    monkeypatch.setattr(Shifting, "moved", 0)
    monkeypatch.setattr(iso_media, "sorted", lambda found: Shifting(sorted(found)), raising=False)
    content = taking_turns(1_000_000)
    after = cleaned(tmp_path / "a.mp4", content)
    assert (content.count(b"sound?"), after.count(b"sound\0"), after.count(b"sound?")) == (500_000, 500_000, 0)
    assert Shifting.moved == 0


@pytest.mark.parametrize("version", [3, 9, 0xFFFF])
def test_a_sound_of_an_unknown_version_is_refused(version: int, tmp_path: Path) -> None:
    content = box(b"mdat", b"sound") + box(b"moov", track(b"soun", sound_entry(version), 5, [8]))
    with pytest.raises(Refused) as refused:
        cleaned(tmp_path / "a.mp4", content)
    assert refused.value.why is Refusal.BROKEN


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
