"""Pictures: decoded within limits, turned upright, in sRGB, and scaled to what is shown.

Rules: a picture is opened only as what its type says; more than 50 million pixels are refused before they are decoded;
nothing but pixels is carried over to what is made.
"""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from typing import Any, Final

import pi_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from appliance.preview.content import Content, Outcome, Refused
from appliance.preview.protocol import CLEANED_UNSEEN, MAX_PIXELS, MAX_SIDE, Facts, PartKind, Refusal

THUMB: Final = 320
"""Pixels of the longer side of a picture in a list."""
VIEW: Final = 1600
"""Pixels of the longer side of a picture that fills a screen."""
PORTRAIT: Final = 512
"""Pixels of each side of a person's photograph, which is square."""
PORTRAIT_THUMB: Final = 96
FORMATS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
    "image/avif": "AVIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}
"""The decoder for each type."""
_QUALITY: Final = 80
ORIENTATION: Final = 0x0112  # EXIF 2.32, table 4
_LYING: Final = range(2, 9)
_TURNED: Final = (5, 6, 7, 8)  # the picture lies on its side
_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

pi_heif.register_heif_opener(thumbnails=False)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def look(content: Content, outcome: Outcome) -> None:
    """Make a thumbnail and a view of a picture, and find out its size.

    Of one with more pixels than are decoded the size alone is found out.
    """
    of_type, original = content.job.type, content.in_memory()
    try:
        image = open_picture(of_type, original)
    except Refused as refused:
        if refused.why is not Refusal.PIXELS or of_type not in CLEANED_UNSEEN:
            raise
        width, height = upright_size(*open_unseen(of_type, original))
        outcome.facts = Facts(width=width, height=height)
        return
    width, height = upright_size(image, orientation_of(image))
    outcome.facts = Facts(width=width, height=height)
    image.draft("RGB", (VIEW, VIEW))
    add_scaled(outcome, pixels_of(image), PartKind.VIEW)


def portrait(content: Content, outcome: Outcome) -> None:
    """Make a person's photograph of the middle of a picture: a square, large and small. It is never made larger."""
    image = open_picture(content.job.type, content.in_memory())
    image.draft("RGB", (2 * PORTRAIT, 2 * PORTRAIT))
    plain = pixels_of(image)
    side = min(plain.size)
    for kind, most in ((PartKind.VIEW, PORTRAIT), (PartKind.THUMB, PORTRAIT_THUMB)):
        size = (min(side, most), min(side, most))
        square = ImageOps.fit(plain, size, Image.Resampling.BICUBIC)
        outcome.add(kind, "image/webp", as_webp(square), square.size)


def add_scaled(outcome: Outcome, image: Image.Image, large: PartKind) -> None:
    """Add a picture of pixels alone at most `VIEW` pixels long as `large`, and its thumbnail."""
    image.thumbnail((VIEW, VIEW), Image.Resampling.BICUBIC, reducing_gap=2.0)
    outcome.add(large, "image/webp", as_webp(image), image.size)
    thumb = image.copy()
    thumb.thumbnail((THUMB, THUMB), Image.Resampling.BICUBIC, reducing_gap=2.0)
    outcome.add(PartKind.THUMB, "image/webp", as_webp(thumb), thumb.size)


def open_picture(of_type: str, content: bytes) -> Image.Image:
    """Read what comes before the pixels. Raises Refused."""
    if of_type not in FORMATS:
        raise Refused(Refusal.TYPE)
    try:
        image = Image.open(io.BytesIO(content), formats=(FORMATS[of_type],))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(Refusal.PIXELS) from error
    except UnidentifiedImageError as error:
        raise Refused(Refusal.BROKEN) from error
    if max(image.size) > MAX_SIDE:
        raise Refused(Refusal.PIXELS)
    return image


def open_unseen(of_type: str, content: bytes) -> tuple[Image.Image, int]:
    """Read what comes before the pixels of a picture that has too many of them to be decoded, and how it lies.

    Raises Refused.
    """
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = open_picture(of_type, content)
    finally:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    found = Image.Exif()  # `getexif` would decode a PNG to find what comes behind its pixels
    found.load(image.info.get("exif", b""))
    return image, _orientation(found)


def orientation_of(image: Image.Image) -> int:
    """Return how a picture lies, 1 for upright."""
    return _orientation(image.getexif())


def _orientation(exif: Image.Exif) -> int:
    found: object = exif.get(ORIENTATION)
    return found if isinstance(found, int) and found in _LYING else 1


def upright_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """Return width and height as the picture is shown, before a decoder scales it."""
    return (image.height, image.width) if orientation in _TURNED else image.size


def pixels_of(image: Image.Image) -> Image.Image:
    """Return the picture upright in sRGB, as RGB or RGBA, with nothing beside its pixels."""
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits, which `convert` would cut off
        upright = upright.convert("I").point(_eight_bits).convert("L")
    has_alpha = upright.has_transparency_data
    if profile and upright.mode in ("RGB", "CMYK", "L"):
        upright = in_srgb(upright, profile)
    plain = upright.convert("RGBA" if has_alpha else "RGB")
    if plain is image:
        plain = image.copy()
    plain.info.clear()
    return plain


def _eight_bits(value: Any) -> Any:
    return value * (1 / 256)


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture's colours in sRGB, or as they are where the profile is unusable."""
    with suppress(ImageCms.PyCMSError, OSError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        changed = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
        return changed or image
    return image


def as_webp(image: Image.Image) -> bytes:
    """Return the picture as a WebP file that holds pixels alone."""
    written = io.BytesIO()
    image.save(written, "WEBP", quality=_QUALITY, method=2, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()
