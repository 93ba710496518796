"""What the worker makes of pictures, in its real fence."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from appliance.files.workers import PreviewRefused
from appliance.preview.protocol import JobKind, Refusal
from tests.files.working import work

pytestmark = [pytest.mark.media, pytest.mark.slow]

ORIENTATION = 0x0112


def written(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


async def test_a_turned_photograph_is_shown_upright_and_its_size_is_the_upright_one() -> None:
    image = Image.new("RGB", (2400, 1200), "blue")
    image.paste("red", (0, 0, 1200, 1200))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    made = await work(JobKind.PICTURE, "image/jpeg", written(image, "JPEG", exif=exif))
    assert (made.facts.width, made.facts.height) == (1200, 2400)
    assert [(part.kind.value, part.width, part.height) for part, _ in made.parts] == [
        ("view", 800, 1600),
        ("thumb", 160, 320),
    ]
    view = Image.open(io.BytesIO(made["view"])).convert("RGB")
    top, bottom = view.getpixel((400, 100)), view.getpixel((400, 1500))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]


async def test_what_is_no_picture_of_its_type_is_refused() -> None:
    png = written(Image.new("RGB", (8, 8)), "PNG")
    for of_type, content, why in (
        ("image/jpeg", png, Refusal.BROKEN),
        ("image/png", b"import os", Refusal.BROKEN),
        ("image/png", png[: len(png) // 2], Refusal.BROKEN),
        ("image/svg+xml", b"<svg/>", Refusal.TYPE),
    ):
        with pytest.raises(PreviewRefused) as refused:
            await work(JobKind.PICTURE, of_type, content)
        assert refused.value.code is why
