"""How the appliance and the worker speak with each other about one file.

Owns: the job line, the answer line, and the limits of both. The appliance sends one line of JSON (`Job`) and then
exactly `size` bytes of the file. The worker answers with one line of JSON (`Answer`) and then the bytes of each part,
one after the other, as long as the line says. Both sides read with the same strict types, and each believes
nothing that is not bounded here: the file may be made to take over the worker, which may then answer anything.

Not: how the worker is fenced in (`appliance/files/fences.py`), nor what is done with the answer.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

MIB: Final = 1024 * 1024
MAX_LINE: Final = 64 * 1024
"""Bytes of the job line and of the answer line, the line's end included."""
MAX_PAGES: Final = 20
"""Pages of a PDF file that one job renders. Whoever wants more asks again, from a later page."""
MAX_SIDE: Final = 100_000
"""Pixels of a picture's longer side."""
FFMPEG: Final = "/usr/bin/ffmpeg"
"""Where Debian puts it: inside the fence as outside."""
MAX_PIXELS: Final = 50_000_000
"""Pixels of a picture that is decoded."""
WAVEFORM: Final = 100
"""Values of a waveform."""


class JobKind(StrEnum):
    """What the worker is to do with a file."""

    CLEAN = "clean"
    PICTURE = "picture"
    PORTRAIT = "portrait"
    PDF = "pdf"
    VIDEO = "video"
    SOUND = "sound"
    ARCHIVE = "archive"


class PartKind(StrEnum):
    """What the worker made of a file. `clean` stands in place of the file itself; the others are its variants."""

    CLEAN = "clean"
    THUMB = "thumb"
    VIEW = "view"
    POSTER = "poster"
    AUDIO = "audio"
    PAGE = "page"


class Refusal(StrEnum):
    """Why the worker makes nothing of a file. The file can still be sent as it is."""

    TYPE = "type"
    """The job is not for files of this type."""
    BROKEN = "broken"
    """The file is damaged, or is not what its type says."""
    LOCKED = "locked"
    """The file is encrypted."""
    TOO_LARGE = "too_large"
    """The file has more bytes than the worker has room for."""
    PIXELS = "pixels"
    """The picture has more pixels than are decoded."""
    MISSING = "missing"
    """It is not the file's fault: this machine lacks a program that the job needs."""


LARGEST: Final = {
    JobKind.CLEAN: 256 * MIB,
    JobKind.PICTURE: 64 * MIB,
    JobKind.PORTRAIT: 64 * MIB,
    JobKind.PDF: 128 * MIB,
    JobKind.VIDEO: 400 * MIB,
    JobKind.SOUND: 256 * MIB,
    JobKind.ARCHIVE: 400 * MIB,
}
"""Bytes of a file, for each job: what has room in the worker's 700 MB beside what is made of it."""
CLEANED_IN_PLACE: Final = frozenset(("video/mp4", "video/3gpp", "video/quicktime", "audio/mp4"))
"""Types that need no room for a second file: what says something is overwritten where it lies."""
LARGEST_IN_PLACE: Final = 480 * MIB
"""Bytes of a file that is cleaned where it lies: the 500 MB that the appliance takes by default are 476.8 MiB."""
SECONDS: Final = {
    JobKind.CLEAN: 30,
    JobKind.PICTURE: 8,
    JobKind.PORTRAIT: 8,
    JobKind.PDF: 8,
    JobKind.VIDEO: 8,
    JobKind.SOUND: 30,
    JobKind.ARCHIVE: 8,
}
"""Seconds until the answer line must be there, and of processor time. Whatever writes a whole file anew has more."""
PARTS: Final = {
    JobKind.CLEAN: {PartKind.CLEAN: 1},
    JobKind.PICTURE: {PartKind.THUMB: 1, PartKind.VIEW: 1},
    JobKind.PORTRAIT: {PartKind.VIEW: 1, PartKind.THUMB: 1},
    JobKind.PDF: {PartKind.THUMB: 1, PartKind.PAGE: MAX_PAGES},
    JobKind.VIDEO: {PartKind.THUMB: 1, PartKind.POSTER: 1},
    JobKind.SOUND: {PartKind.AUDIO: 1},
    JobKind.ARCHIVE: {},
}
"""The parts that each job may answer with, and how many of each."""
LARGEST_PART: Final = {
    PartKind.CLEAN: LARGEST_IN_PLACE,
    PartKind.THUMB: MIB,
    PartKind.VIEW: 8 * MIB,
    PartKind.POSTER: 8 * MIB,
    PartKind.AUDIO: 128 * MIB,
    PartKind.PAGE: 8 * MIB,
}
"""Bytes of one part."""
CLEANED: Final = {
    "image/jpeg": "image/jpeg",
    "image/png": "image/png",
    "image/webp": "image/webp",
    "image/gif": "image/gif",
    "image/heic": "image/jpeg",
    "image/heif": "image/jpeg",
    "image/avif": "image/jpeg",
    "image/bmp": "image/png",
    "image/tiff": "image/tiff",
    "video/mp4": "video/mp4",
    "video/3gpp": "video/3gpp",
    "video/quicktime": "video/quicktime",
    "video/webm": "video/webm",
    "video/x-matroska": "video/x-matroska",
    "video/x-msvideo": "video/x-msvideo",
    "video/mp2t": "video/mp2t",
    "video/mpeg": "video/mpeg",
    "video/x-ms-asf": "video/x-ms-asf",
    "video/x-flv": "video/x-flv",
    "audio/mp4": "audio/mp4",
    "audio/mpeg": "audio/mpeg",
    "audio/aac": "audio/aac",
    "audio/ogg": "audio/ogg",
    "audio/webm": "audio/webm",
    "audio/wav": "audio/wav",
    "audio/flac": "audio/flac",
    "audio/amr": "audio/amr",
    "audio/aiff": "audio/aiff",
}
"""What a file of each type becomes when it is cleaned. Other pictures, videos and sounds cannot be cleaned."""
CLEANED_UNSEEN: Final = frozenset(("image/jpeg", "image/png", "image/gif"))
"""Pictures that are cleaned without decoding them where they have more than `MAX_PIXELS`."""
_MADE: Final = {
    PartKind.CLEAN: frozenset(CLEANED.values()),
    PartKind.THUMB: frozenset(("image/webp",)),
    PartKind.VIEW: frozenset(("image/webp",)),
    PartKind.POSTER: frozenset(("image/webp",)),
    PartKind.AUDIO: frozenset(("audio/mp4",)),
    PartKind.PAGE: frozenset(("image/webp",)),
}

Bytes = Annotated[int, Meta(ge=0, le=2**40)]
Pixels = Annotated[int, Meta(ge=1, le=MAX_SIDE)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class ProtocolError(ValueError):
    """The other side sent what the protocol does not allow."""


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with a file of `size` bytes. `type` is its media type as found by its first bytes, not as claimed.

    `page`: the first page of a PDF file to render, counted from 1.
    """

    kind: JobKind
    type: Annotated[str, Meta(max_length=100)]
    size: Bytes
    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


def largest(job: Job) -> int:
    """Return how many bytes a file may have for a job."""
    in_place = job.kind is JobKind.CLEAN and job.type in CLEANED_IN_PLACE
    return LARGEST_IN_PLACE if in_place else LARGEST[job.kind]


class Members(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive holds, counted by unpacking it: members in all levels, bytes of the largest and of all.

    `depth`: 1 for an archive without archives in it. `encrypted`: a member cannot be read without a password.
    `complete`: everything was unpacked and counted; otherwise there may be more of everything.
    """

    count: Count
    largest: Bytes
    total: Bytes
    depth: Annotated[int, Meta(ge=1, le=100)]
    encrypted: bool
    complete: bool


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the worker found out. `width` and `height` are of the upright picture or video, in pixels."""

    width: Pixels | None = None
    height: Pixels | None = None
    seconds: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    pages: Count | None = None
    waveform: (
        Annotated[list[Annotated[int, Meta(ge=0, le=100)]], Meta(min_length=WAVEFORM, max_length=WAVEFORM)] | None
    ) = None
    members: Members | None = None


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that was made, of `size` bytes. `page` counts from 1."""

    kind: PartKind
    type: Annotated[str, Meta(max_length=100)]
    size: Bytes
    width: Pixels | None = None
    height: Pixels | None = None
    page: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came of a job: why nothing was made, or facts and parts. The bytes of `parts` follow in their order."""

    refused: Refusal | None = None
    facts: Facts = Facts()
    parts: Annotated[tuple[Part, ...], Meta(max_length=MAX_PAGES + 2)] = ()


_ENCODER: Final = msgspec.json.Encoder()
_JOBS: Final = msgspec.json.Decoder(Job)
_ANSWERS: Final = msgspec.json.Decoder(Answer)


def encode(value: Job | Answer) -> bytes:
    """Return the line of a job or an answer."""
    return _ENCODER.encode(value) + b"\n"


def read_job(line: bytes) -> Job:
    """Return the job that a line says. Raises ProtocolError."""
    try:
        return _JOBS.decode(_whole(line))
    except msgspec.MsgspecError as error:
        raise ProtocolError("not a job") from error


def read_answer(line: bytes, job: Job) -> Answer:
    """Return the answer to a job that a line says. Raises ProtocolError for parts that this job cannot have."""
    try:
        answer = _ANSWERS.decode(_whole(line))
    except msgspec.MsgspecError as error:
        raise ProtocolError("not an answer") from error
    if answer.refused is not None and answer != Answer(refused=answer.refused):
        raise ProtocolError("a refusal with something in it")
    for kind, most in PARTS[job.kind].items():
        if sum(part.kind is kind for part in answer.parts) > most:
            raise ProtocolError(f"too many parts of kind {kind}")
    for part in answer.parts:
        _check_part(part, job)
    return answer


def _check_part(part: Part, job: Job) -> None:
    if part.kind not in PARTS[job.kind]:
        raise ProtocolError(f"a part of kind {part.kind} in the answer to {job.kind}")
    expected = {CLEANED.get(job.type)} if part.kind is PartKind.CLEAN else _MADE[part.kind]
    if part.type not in expected:
        raise ProtocolError(f"a part of kind {part.kind} of another type")
    if part.size > LARGEST_PART[part.kind]:
        raise ProtocolError(f"a part of kind {part.kind} that is too large")
    if (part.page is not None) is not (part.kind is PartKind.PAGE):
        raise ProtocolError("a page without its number, or a number without a page")


def _whole(line: bytes) -> bytes:
    if len(line) > MAX_LINE or not line.endswith(b"\n"):
        raise ProtocolError("a line that is too long, or cut")
    return line
