"""Whatever is a picture, a video or a sound, or claims to be one, is cleaned or refused; nothing else is."""

from __future__ import annotations

import struct

import pytest

from appliance.attachments import FileForm
from appliance.locale import LANGUAGES, texts
from appliance.preview.protocol import CLEANED, LARGEST_IN_PLACE, MAX_PIXELS, MIB, Refusal
from appliance.rules.cleaning import (
    DAMAGED,
    NOT_CLEANED,
    REFUSED_AS,
    TOO_LARGE_TO_CLEAN,
    TOO_MANY_PIXELS,
    Claim,
    Cleaning,
    TooMuch,
    cleaning_for,
    has_no_view,
    too_much_to_clean,
)
from appliance.rules.file_types import blocked_ends, form_of, type_of
from appliance.rules.media_signs import ENDS, RAW_ENDS

JPEG, PNG, GIF = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a"
MP4, WEBM, MKV = b"\0\0\0\x18ftypmp42", b"\x1aE\xdf\xa3....webm", b"\x1aE\xdf\xa3....matroska"
TIFF = b"II*\0\x08\0\0\0"
ID3 = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
NOISE = bytes(range(1, 9)) * 40


def box(name: bytes, content: bytes = bytes(8)) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def packets(step: int, first: int = 0) -> bytes:
    return (bytes(first) + b"\x47" + bytes(step - 1 - first)) * 6


BY_BYTES = [
    (JPEG, "image/jpeg"),
    (PNG, "image/png"),
    (GIF, "image/gif"),
    (TIFF, "image/tiff"),
    (b"MM\0*\0\0\0\x08", "image/tiff"),
    (b"BM\0\1\0\0" + bytes(4), "image/bmp"),
    (MP4, "video/mp4"),
    (b"\0\0\0\x14ftyp3gp5", "video/3gpp"),
    *((box(name), "video/quicktime") for name in (b"wide", b"mdat", b"moov", b"free", b"skip", b"pnot")),
    (b"\0\0\0\1mdat" + bytes(8), "video/quicktime"),
    (WEBM, "video/webm"),
    (MKV, "video/x-matroska"),
    (b"RIFF\0\1\0\0AVI ", "video/x-msvideo"),
    (packets(188), "video/mp2t"),
    (packets(192, 4), "video/mp2t"),
    (b"\0\0\1\xba\x44", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\0", "video/x-ms-asf"),
    (b"FLV\1\5\0\0\0\x09", "video/x-flv"),
    (ID3 + b"\xff\xfb\x90\0", "audio/mpeg"),
    (ID3 + b"\xff\xf1\x50\x80", "audio/aac"),
    (ID3 + b"fLaC\0", "audio/flac"),
    (b"#!AMR\n\x3c", "audio/amr"),
    (b"FORM\0\0\1\0AIFF", "audio/aiff"),
]
NOT_BY_ANYTHING = [
    b"II*\0\x10\0\0\0CR\2\0",
    b"IIU\0\x18\0\0\0",
    b"FUJIFILMCCD-RAW 0201\0",
    b"\0\0\0\x18ftypcrx ",
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"8BPS\0\1",
    b"caff\0\1",
    b".RMF\0\0\0\x12",
    b"<svg xmlns='http://www.w3.org/2000/svg'><metadata/></svg>",
]


def decided(head: bytes, name: str, said: str = "", form: FileForm = FileForm.DOCUMENT) -> Cleaning:
    kind = type_of(head, said, name)
    return cleaning_for(kind, form_of(kind, form), head, said, name)


@pytest.mark.parametrize(("head", "as_type"), BY_BYTES)
@pytest.mark.parametrize("name", ["a.bin", "a", "a.pdf", "a.jpg", "a.doc"])
def test_what_is_one_by_its_bytes_is_cleaned_whatever_it_is_called(head: bytes, as_type: str, name: str) -> None:
    assert decided(head, name).as_type == as_type
    assert as_type in CLEANED


@pytest.mark.parametrize("head", NOT_BY_ANYTHING)
@pytest.mark.parametrize("name", ["a.bin", "a.jpg", "a.svg"])
def test_what_nothing_here_cleans_is_refused(head: bytes, name: str) -> None:
    assert decided(head, name) == Cleaning(refused=NOT_CLEANED)


@pytest.mark.parametrize("end", sorted(RAW_ENDS))
def test_a_photograph_as_a_sensor_gave_it_is_no_scan(end: str) -> None:
    assert decided(TIFF, f"a.{end}") == Cleaning(refused=NOT_CLEANED)
    assert decided(TIFF, "a.tif") == Cleaning(as_type="image/tiff")


@pytest.mark.parametrize("end", sorted(ENDS.difference(*blocked_ends().values())))
def test_what_claims_to_be_one_by_its_name_and_is_nothing_known_is_refused(end: str) -> None:
    assert decided(NOISE, f"a.{end}") == Cleaning(refused=DAMAGED)
    assert decided(NOISE, f"A.{end.upper()}.") == Cleaning(refused=DAMAGED)


@pytest.mark.parametrize("said", ["image/jpeg", "image/x-anything", "video/mp4", "audio/wav"])
def test_what_claims_to_be_one_by_its_type_and_is_nothing_known_is_refused(said: str) -> None:
    assert decided(NOISE, "a", said) == Cleaning(refused=DAMAGED)


@pytest.mark.parametrize(
    ("head", "name", "said"),
    [
        (b"%PDF-1.7", "a.jpg", "image/jpeg"),
        (b"PK\x03\x04", "a.mov", "video/quicktime"),
        (b"const a = 1;\n", "a.ts", "video/mp2t"),
        ("บันทึก\n".encode(), "a.jpg", "image/jpeg"),
        (b"G" * 2000, "a.txt", "text/plain"),
        (b"The free lunch\n", "a.txt", "text/plain"),
        (b"MMORPG\n", "a.txt", "text/plain"),
        (b"caffeine\n", "a.txt", "text/plain"),
        (NOISE, "a.bin", ""),
        (NOISE, "a.dat", "application/octet-stream"),
        (b"<html><body>", "a.html", "text/html"),
    ],
)
def test_anything_else_is_sent_as_it_is(head: bytes, name: str, said: str) -> None:
    assert decided(head, name, said) == Cleaning()


@pytest.mark.parametrize(
    ("kind", "form", "head", "as_type"),
    [
        ("video/webm", FileForm.VIDEO, WEBM, "video/webm"),
        ("video/webm", FileForm.VOICE, WEBM, "audio/webm"),
        ("video/mp4", FileForm.SOUND, MP4, "audio/mp4"),
        ("video/x-ms-wmv", FileForm.VIDEO, BY_BYTES[21][0], "video/x-ms-asf"),
        ("video/avi", FileForm.VIDEO, b"RIFF\0\1\0\0AVI ", "video/x-msvideo"),
    ],
)
def test_a_recording_is_cleaned_as_what_it_is_sent_as(kind: str, form: FileForm, head: bytes, as_type: str) -> None:
    assert decided(head, "a", kind, form).as_type == as_type


@pytest.mark.parametrize(
    ("claim", "much"),
    [
        (Claim("video/mp4", "a.mp4", 500_000_000), None),
        (Claim("video/mp4", "a.mp4", LARGEST_IN_PLACE + 1), TooMuch(TOO_LARGE_TO_CLEAN, 503)),
        (Claim("", "a.MOV", LARGEST_IN_PLACE + 1), TooMuch(TOO_LARGE_TO_CLEAN, 503)),
        (Claim("video/webm", "a.webm", 256 * MIB), None),
        (Claim("video/webm", "a.webm", 256 * MIB + 1), TooMuch(TOO_LARGE_TO_CLEAN, 268)),
        (Claim("application/pdf", "a.pdf", 499_000_000), None),
        (Claim("application/octet-stream", "a.bin", 499_000_000, 9_000, 9_000), None),
        (Claim("image/jpeg", "a.jpg", 9_000_000, 12_000, 9_000), None),
        (Claim("image/heic", "a.heic", 9_000_000, 10_000, 5_000), None),
        (Claim("image/heic", "a.heic", 9_000_000, 10_000, 5_001), TooMuch(TOO_MANY_PIXELS, 50)),
        (Claim("image/heic", "a.heic", 9_000_000), None),
    ],
)
def test_what_is_too_much_to_clean_is_said_before_the_first_byte(claim: Claim, much: TooMuch | None) -> None:
    assert too_much_to_clean(claim) == much


def test_a_picture_above_the_limit_has_no_view() -> None:
    assert [has_no_view(*size) for size in ((10_000, 5_000), (10_000, 5_001), (None, 9), (None, None))] == [
        *(False, True, False, False),
    ]


def test_every_refusal_of_the_worker_has_words_and_the_limit_in_them_is_true() -> None:
    assert REFUSED_AS.keys() == set(Refusal) - {Refusal.MISSING}
    for language in LANGUAGES:
        assert {*REFUSED_AS.values(), TOO_LARGE_TO_CLEAN} <= texts(language).keys()
        assert f" {MAX_PIXELS // 1_000_000} " in texts(language)[TOO_MANY_PIXELS]
