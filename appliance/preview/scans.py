"""TIFF files: scans and faxes of many pages, written anew page by page with their pixels alone.

Rules: every page stays, in its colours, its depth and the resolution that its scanner noted, since that is its size on
paper. A photograph as a sensor gave it (DNG, NEF and others are TIFF files too) is refused: what Pillow reads of one is
the small picture beside it.
"""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image, TiffImagePlugin

from appliance.preview.content import Refused
from appliance.preview.pictures import in_srgb, open_picture
from appliance.preview.protocol import MAX_PIXELS, Refusal

_MOST_PAGES: Final = 500
_SUBTYPE, _SUB_PICTURES, _DNG_VERSION = 254, 330, 50_706  # TIFF 6.0 §8; TIFF/EP; DNG 1.6
_IS_REDUCED: Final = 1
_QUALITY: Final = 90
_PACKED: Final = {
    "jpeg": {"compression": "jpeg", "quality": _QUALITY},
    "tiff_jpeg": {"compression": "jpeg", "quality": _QUALITY},
}


def clean_tiff(original: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return the pages in a file of their own, and the size of the first. Raises Refused."""
    image = open_picture("image/tiff", original)
    tags = getattr(image, "tag_v2", {})
    if _SUB_PICTURES in tags or _DNG_VERSION in tags or tags.get(_SUBTYPE, 0) & _IS_REDUCED:
        raise Refused(Refusal.TYPE)
    pages = getattr(image, "n_frames", 1)
    if pages > _MOST_PAGES:
        raise Refused(Refusal.TOO_LARGE)
    file = io.BytesIO()
    first = (0, 0)
    with TiffImagePlugin.AppendingTiffWriter(file, new=True) as writer:
        for number in range(pages):
            image.seek(number)
            if image.width * image.height > MAX_PIXELS:
                raise Refused(Refusal.PIXELS)
            page = _plain(image)
            first = first if number else page.size
            page.save(writer, "TIFF", **_written_as(image, page))
            writer.newFrame()
    return file.getvalue(), first


def _plain(image: Image.Image) -> Image.Image:
    """Return a page upright, with nothing beside its pixels."""
    page = image.copy()
    profile = page.info.get("icc_profile")
    if profile and page.mode in ("RGB", "CMYK", "L"):
        page = in_srgb(page, profile)
    page.info.clear()
    return page


def _written_as(image: Image.Image, page: Image.Image) -> dict[str, Any]:
    """Return how a page is packed: as it was where that loses little or nothing, so that a scan does not grow."""
    dpi = {"dpi": image.info["dpi"]} if "dpi" in image.info else {}
    if page.mode == "1":
        return {"compression": "group4", **dpi}
    packed = _PACKED.get(image.info.get("compression", ""), {}) if page.mode in ("RGB", "L") else {}
    return {**(packed or {"compression": "tiff_adobe_deflate"}), **dpi}
