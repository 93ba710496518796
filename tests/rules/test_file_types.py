"""What a file is, by its bytes and its name; what is never taken; what may be shown in place."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from appliance.attachments import FileForm, is_media_type
from appliance.rules import file_types
from appliance.rules.file_types import (
    BLOCKED,
    UNKNOWN,
    BlockedKind,
    blocked_ends,
    extension,
    form_of,
    is_blocked_content,
    is_blocked_name,
    sniff,
    type_of,
)

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(20)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
MP4 = b"\0\0\0\x20ftypisom" + bytes(20)
M4A = b"\0\0\0\x20ftypM4A " + bytes(20)
HEIC = b"\0\0\0\x18ftypheic" + bytes(20)
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(40)
MKV = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska" + bytes(40)
PDF = b"%PDF-1.7\n%\xe2\xe3"
ZIP = b"PK\x03\x04" + bytes(30)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(30)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def tar(name: bytes) -> bytes:
    return name.ljust(257, b"\0") + b"ustar\0" + bytes(249)


SNIFFED = (
    (JPEG, "image/jpeg"),
    (PNG, "image/png"),
    (b"GIF89a" + bytes(9), "image/gif"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
    (b"RIFF\0\0\0\0ACONLIST", None),
    (HEIC, "image/heic"),
    (b"\0\0\0\x18ftypavif", "image/avif"),
    (b"II*\0" + bytes(9), "image/tiff"),
    (b"BM\x36\0\0\0\0\0\0\0\x36", "image/bmp"),
    (b"BMW i5 2027", None),
    (MP4, "video/mp4"),
    (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
    (M4A, "audio/mp4"),
    (WEBM, "video/webm"),
    (MKV, "video/x-matroska"),
    (b"OggS\0\x02", "audio/ogg"),
    (b"ID3\x04\0\0", "audio/mpeg"),
    (b"\xff\xfb\x90\x64", "audio/mpeg"),
    (b"\xff\xf1\x50\x80", "audio/aac"),
    (b"\xff\xfea\0b\0", None),  # UTF-16
    (b"\xff", None),
    (b"fLaC\0", "audio/flac"),
    (b"#!AMR\n", "audio/amr"),
    (PDF, "application/pdf"),
    (b"{\\rtf1\\ansi", "application/rtf"),
    (ZIP, file_types.ZIP),
    (OLE, file_types.OLE),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07\x01", "application/vnd.rar"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (bytes(257) + b"ustar\0", "application/x-tar"),
    (b"<!DOCTYPE html><p>", "text/html"),
    (b"\xef\xbb\xbf \n<!-- x --><HTML>", "text/html"),
    (b"<script>alert(1)</script>", "text/html"),
    (b'<?xml version="1.0"?><!-- a --><svg xmlns="x">', "image/svg+xml"),
    (b"<svg/onload=alert(1)>", "image/svg+xml"),
    (b'<!DOCTYPE svg [ <!ENTITY a "b>"> ]>\n<svg>', "image/svg+xml"),
    (b"<?xml?><!-- --><!-- --><html>", "text/html"),
    (b"<!-- <html>", None),
    # Read in a time that grows with the length: as one pattern, forty comments alone would take days.
    pytest.param(b"<!---->" * 9_000 + b"x", None, id="comments"),
    pytest.param(b"<?x?>" * 9_000 + b"x", None, id="instructions"),
    pytest.param(b"<!--" * 9_000, None, id="comments that do not end"),
    pytest.param(b"<!doctype svg [" * 4_000, None, id="declarations that do not end"),
    pytest.param(b" " * 60_000 + b"<", None, id="spaces"),
    ("สวัสดี".encode(), None),
    (b"", None),
)


@pytest.mark.parametrize(("head", "found"), SNIFFED)
def test_the_first_bytes_show_the_type(head: bytes, found: str | None) -> None:
    assert sniff(head) == found


@pytest.mark.parametrize(
    ("head", "said", "name", "result"),
    [
        (JPEG, "image/jpeg", "a.jpg", "image/jpeg"),
        (JPEG, "application/octet-stream", "a.JPG", "image/jpeg"),
        (JPEG, "image/png", "a.png", UNKNOWN),
        (JPEG, "text/html", "a.html", UNKNOWN),
        (PNG, "image/jpeg", "a.png", "image/png"),
        (WEBM, "audio/webm", "voice.webm", "audio/webm"),
        (MP4, "audio/mp4", "voice.m4a", "audio/mp4"),
        (M4A, "video/mp4", "v.mp4", "video/mp4"),
        (HEIC, "image/heif", "a.heif", "image/heif"),
        (ZIP, DOCX, "หนังสือ.docx", DOCX),
        (ZIP, "application/octet-stream", "หนังสือ.docx", DOCX),
        (ZIP, "image/jpeg", "a.jpg", UNKNOWN),
        (OLE, "application/msword", "a.doc", "application/msword"),
        (PDF, "application/pdf", "a.pdf", "application/pdf"),
        (PDF, DOCX, "a.docx", UNKNOWN),
        ("ก,ข\n".encode(), "text/csv", "a.csv", "text/csv"),
        ("ก,ข\n".encode("cp874"), "text/csv", "a.csv", "text/csv"),
        ("ก,ข\n".encode("utf-16"), "application/vnd.ms-excel", "a.csv", "text/csv"),
        (b"\xff\xfe\0", "text/plain", "a.txt", UNKNOWN),
        (b"\0\1\2", "text/plain", "a.txt", UNKNOWN),
        (b"\xdb\xff", "text/plain", "a.txt", UNKNOWN),
        ("ก".encode() * 30_000, "text/plain", "a.txt", "text/plain"),
        (b"hello", "image/jpeg", "a.jpg", UNKNOWN),
        (b"hello", "application/x-nothing", "a", UNKNOWN),
        (b"<svg>", "image/svg+xml", "a.svg", "image/svg+xml"),
        (b"<svg>", "application/xml", "a.xml", "image/svg+xml"),
        (b"<svg>", "image/png", "a.png", UNKNOWN),
        (b"<html>", "text/html", "a.html", "text/html"),
        (b"<html>", "text/plain", "a.txt", UNKNOWN),
    ],
)
def test_a_type_counts_where_the_bytes_agree(head: bytes, said: str, name: str, result: str) -> None:
    assert type_of(head[: file_types.SNIFF_BYTES], said, name) == result


def test_what_may_hold_a_script_is_not_shown_in_place() -> None:
    assert not {"text/html", "image/svg+xml", "application/pdf", "application/xhtml+xml", UNKNOWN} & file_types.INLINE
    assert all(is_media_type(one) for one in (*file_types.INLINE, *file_types.EXTENSIONS.values()))
    assert not {one for one in file_types.INLINE if one.partition("/")[0] not in ("image", "video", "audio")}


@pytest.mark.parametrize(
    "name",
    [
        *("setup.exe", "SETUP.EXE", "a.pdf.exe", "run.bat", "x.ps1", "link.lnk", "disk.iso", "macro.docm", "m.XLSM"),
        *(
            "trailing.exe.",
            "trailing.exe ",
            ".bat",
            ". .hta",
            "รายงาน.scr",
            "a.js",
            "a.py",
            "a.jar",
            "a.dmg",
            "a.chm",
            "a.url",
            "a.hta",
        ),
    ],
)
def test_what_runs_is_never_taken(name: str) -> None:
    assert is_blocked_name(name)


@pytest.mark.parametrize("name", ["a.pdf", "exe", "a.exe.pdf", "รายงาน", "a.docx", "bat", "a.", "photo.jpeg", "a.xls"])
def test_everything_else_is(name: str) -> None:
    assert not is_blocked_name(name)


def test_an_agency_blocks_more() -> None:
    assert is_blocked_name("a.RAR", ("rar",))
    # What is never taken keeps its kind, whatever the agency has set.
    assert blocked_ends((".RAR", "exe"))[BlockedKind.AGENCY] == {"rar"}
    assert is_blocked_name("a.7z", (".7Z", "zip"))
    assert not is_blocked_name("a.pdf", ("rar",))


@pytest.mark.parametrize(
    ("head", "blocked"),
    [
        (b"MZ\x90\0\x03" + bytes(60), True),
        (b"MZ is how this text begins", False),
        (b"\x7fELF\x02", True),
        (b"#!/bin/sh\n", True),
        (b"\xef\xbb\xbf#!/bin/sh\n", True),
        (b"#!AMR\n", False),
        (b"L\0\0\0\x01\x14\x02\0", True),
        (b"\xca\xfe\xba\xbe", True),
        (b"[InternetShortcut]\r\nURL=", True),
        (bytes(32_769) + b"CD001", True),
        (bytes(32_768) + b"CD001", False),
        (JPEG, False),
        (b"", False),
        (b"!<arch>\ndebian-binary   ", True),
        (b"!<arch>\n/               ", False),
        (b"\xed\xab\xee\xdb\x03\0", True),
        (b"MSWIM\0\0\0\xd0", True),
        (b"<<< Oracle VM VirtualBox Disk Image >>>\n".ljust(64, b"\0") + b"\x7f\x10\xda\xbe", True),
        (b"\0asm\1\0\0\0", True),
        (b"ID;PWXL;N;E\r\n", True),
        ("ID;Province;ชื่อ\r\n".encode(), False),
        (b"REGEDIT4\r\n", True),
        (b"Windows Registry Editor Version 5.00\r\n", True),
        (codecs.BOM_UTF16_LE + "Windows Registry Editor Version 5.00".encode("utf-16-le"), True),
        (b"<html><head><HTA:APPLICATION ID='x'/></head></html>", True),
        (b"<html><head><title>HTA</title></head></html>", False),
        (b"<?xml version='1.0'?><PCSettings><SearchableContent>", True),
        (b"<?xml version='1.0'?><w:wordDocument w:macrosPresent=\"yes\">", True),
        (b"<?xml version='1.0'?><w:wordDocument w:macrosPresent=\"no\">", False),
        (b"MIME-Version: 1.0\nContent-Location: file:///C:/x/editdata.mso\n", True),
        (b"MIME-Version: 1.0\nContent-Type: text/html\n", False),
        (tar(b"machine.ovf"), True),
        (tar(b"report.txt"), False),
        (JPEG + b"<hta:application", False),
    ],
)
def test_programs_are_told_by_their_bytes(head: bytes, blocked: bool) -> None:  # noqa: FBT001 - a table
    assert is_blocked_content(head) is blocked


def test_only_containers_are_searched_for_macros() -> None:
    assert [file_types.may_hold_macros(one) for one in (file_types.ZIP, file_types.OLE, "image/jpeg", None)] == [
        *(True, True, False, False),
    ]


@pytest.mark.parametrize(
    ("media_type", "said", "form"),
    [
        ("image/jpeg", FileForm.PICTURE, FileForm.PICTURE),
        ("image/svg+xml", FileForm.PICTURE, FileForm.DOCUMENT),
        (UNKNOWN, FileForm.PICTURE, FileForm.DOCUMENT),
        ("image/jpeg", FileForm.DOCUMENT, FileForm.DOCUMENT),
        ("video/mp4", FileForm.VIDEO, FileForm.VIDEO),
        ("audio/mpeg", FileForm.VIDEO, FileForm.DOCUMENT),
        ("audio/webm", FileForm.VOICE, FileForm.VOICE),
        ("video/webm", FileForm.VOICE, FileForm.VOICE),
        ("application/pdf", FileForm.VOICE, FileForm.DOCUMENT),
        ("audio/ogg", FileForm.SOUND, FileForm.SOUND),
    ],
)
def test_a_form_needs_a_type_that_allows_it(media_type: str, said: FileForm, form: FileForm) -> None:
    assert form_of(media_type, said) is form


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("a.PDF", "pdf"),
        ("a.b.c", "c"),
        ("a", ""),
        (".profile", "profile"),
        ("a.", ""),
        ("a. exe", "exe"),
        ("", ""),
        ("ก.ข", "ข"),
    ],
)
def test_the_end_of_a_name(name: str, end: str) -> None:
    assert extension(name) == end


@pytest.mark.parametrize(
    ("media_type", "made_here", "shown"),
    [
        ("image/jpeg", True, True),
        ("image/jpeg", False, False),
        ("video/mp4", False, True),
        ("audio/webm", False, True),
        ("image/svg+xml", True, False),
        ("text/html", True, False),
        ("application/pdf", True, False),
        (UNKNOWN, True, False),
    ],
)
def test_a_picture_is_shown_in_place_only_where_it_was_made_here(
    media_type: str,
    made_here: bool,  # noqa: FBT001 - a table
    shown: bool,  # noqa: FBT001
) -> None:
    assert file_types.shown_inline(media_type, made_here=made_here) is shown


def test_each_blocked_end_is_of_one_kind() -> None:
    ends = [end for kind in BLOCKED.values() for end in kind]
    assert len(ends) == len(set(ends)) > 100
    assert all(extension(f"a.{end}") == end for end in ends)
    assert BLOCKED[BlockedKind.MACROS] > {"docm", "xlsm", "pptm"}


def test_the_guide_lists_every_end_that_is_never_taken() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    for ends in BLOCKED.values():
        row = next(line for line in guide.splitlines() if "|" in line and f" {min(ends)} " in line.replace("`", " "))
        assert set(row.split("|")[2].strip(" `").split()) == ends
