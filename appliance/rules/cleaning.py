"""Which files are cleaned of what they say of place and device, and which cannot be, whatever they are called (F11).

The rule has no gap between its halves: whatever is a picture, a video or a sound by its bytes, or claims to be one by
its name or by what its sender's device says, is either cleaned or refused. It goes out uncleaned only as «original»,
which is marked. A claim does not count where the bytes show that it is something else: a PDF file, an archive, a text.

Pure. The table of what can be cleaned is `preview/protocol.py: CLEANED`, since the worker does it; the signs are in
`file_types.py` and `media_signs.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.preview.protocol import CLEANED, CLEANED_UNSEEN, MAX_PIXELS, Job, JobKind, Refusal, largest
from appliance.rules.file_types import EXTENSIONS, extension, is_text, sniff
from appliance.rules.media_signs import ENDS, RAW_ENDS, TIFF
from appliance.rules.worker_jobs import worker_type

if TYPE_CHECKING:
    from appliance.attachments import FileForm

NOT_CLEANED: Final = "file_not_cleaned"
DAMAGED: Final = "file_damaged"
TOO_MANY_PIXELS: Final = "file_too_many_pixels"
TOO_LARGE_TO_CLEAN: Final = "file_too_large_to_clean"
REFUSED_AS: Final = {
    Refusal.TYPE: NOT_CLEANED,
    Refusal.LOCKED: NOT_CLEANED,
    Refusal.BROKEN: DAMAGED,
    Refusal.PIXELS: TOO_MANY_PIXELS,
    Refusal.TOO_LARGE: TOO_LARGE_TO_CLEAN,
}
"""The code of an upload that is refused because the worker made no cleaned file of it."""


class Cleaning(NamedTuple):
    """What is done with a file: cleaned `as_type`; refused with the code `refused`; or, with neither, sent as it is."""

    as_type: str | None = None
    refused: str | None = None


def cleaning_for(media_type: str, form: FileForm, head: bytes, said: str, name: str) -> Cleaning:
    """Decide about a file that begins so.

    `media_type` is what it was found to be (`file_types.type_of`), `said` and `name` what its sender calls it.
    """
    found, named = sniff(head), worker_type(media_type, form)
    if found == TIFF and extension(name) in RAW_ENDS:
        return Cleaning(refused=NOT_CLEANED)
    for one in (named, worker_type(found or "")):
        if one in CLEANED:
            return Cleaning(as_type=one)
    if is_media(named) or is_media(found or ""):
        return Cleaning(refused=NOT_CLEANED)
    claims = is_media(said) or extension(name) in ENDS
    is_other = found is not None or is_text(head)
    return Cleaning(refused=DAMAGED if claims and not is_other else None)


def has_no_view(width: int | None, height: int | None) -> bool:
    """Return whether a picture has more pixels than are decoded: it is sent as a file without a preview."""
    return (width or 0) * (height or 0) > MAX_PIXELS


def is_media(media_type: str) -> bool:
    """Return whether a type is one of a picture, a video or a sound."""
    return media_type.startswith(("image/", "video/", "audio/")) or media_type == "application/vnd.rn-realmedia"


class Claim(NamedTuple):
    """What is said of a file before its first byte. `width` and `height` are in pixels, None where nobody says."""

    type: str
    name: str
    size: int
    width: int | None = None
    height: int | None = None


class TooMuch(NamedTuple):
    """Why a file is refused before its first byte, and how much is taken: of bytes in MB, of pixels in millions."""

    code: str
    most: int


def too_much_to_clean(claim: Claim) -> TooMuch | None:
    """Return why a file that is said to be so could not be cleaned, None where it could or is not to be."""
    claimed = (worker_type(claim.type), worker_type(EXTENSIONS.get(extension(claim.name), "")))
    known = next((one for one in claimed if one in CLEANED), None)
    if known is None:
        return None
    if claim.size > (most := largest(Job(JobKind.CLEAN, known, claim.size))):
        return TooMuch(TOO_LARGE_TO_CLEAN, most // 1_000_000)
    is_picture = known.startswith("image/") and known not in CLEANED_UNSEEN
    if is_picture and has_no_view(claim.width, claim.height):
        return TooMuch(TOO_MANY_PIXELS, MAX_PIXELS // 1_000_000)
    return None
