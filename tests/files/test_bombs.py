"""Files that are small, and say or hold much: each ends with an answer within its limits (files.md §10, 6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from appliance.files.workers import PreviewRefused
from appliance.preview.protocol import MIB, JobKind, Refusal
from tests.files.bombs import HOURS_S, bmp_of, film_of, hours_of_film, hours_of_silence, jpeg_of, png_with_much_text
from tests.files.corpus import huge_gif, huge_png, tiff, written
from tests.files.working import work

pytestmark = [pytest.mark.media, pytest.mark.slow]


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


async def test_a_film_that_says_it_lasts_for_hours_is_looked_at_as_any_other(tmp_path: Path) -> None:
    content = hours_of_film(tmp_path)
    looked_at = await work(JobKind.VIDEO, "video/mp4", content)
    assert looked_at.facts.seconds == pytest.approx(HOURS_S)
    assert [(part.kind, part.width, part.height) for part, _ in looked_at.parts] == [
        ("poster", 160, 120),
        ("thumb", 160, 120),
    ]
    assert (await work(JobKind.CLEAN, "video/mp4", content)).parts


async def test_a_sound_of_many_hours_and_a_film_of_nothing_end_within_their_time() -> None:
    """What is not done when time is over says how long it is and no more; the worker's own limit is not reached."""
    heard = await work(JobKind.SOUND, "audio/wav", hours_of_silence())
    assert heard.facts.seconds == pytest.approx(200 * MIB / 2_000, rel=0.01)
    assert (await work(JobKind.CLEAN, "audio/wav", hours_of_silence())).parts
