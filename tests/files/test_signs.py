"""By which bytes archives are known, at the beginning, at the end, and in the middle of other files."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Iterator

import pytest

from appliance.preview.signs import HEAD_BYTES, TAIL_BYTES, Archive, Search, archive_kind

JPEG, OLE = b"\xff\xd8\xff\xe0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def a_zip(how: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", how) as archive:
        archive.writestr("a", b"x")
        archive.comment = comment
    return written.getvalue()


def locked(made: bytes) -> bytes:
    """Say in the header of its first member that it needs a password."""
    return made[:6] + b"\1" + made[7:]


def a_tar() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return written.getvalue()


def searched(content: bytes, size: int) -> bool:
    search = Search()
    for piece in pieces(content, size):
        search.take(piece)
    return search.is_archive


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_zip(), Archive.ZIP),
        (a_tar(), Archive.TAR),
        (gzip.compress(b"x", mtime=0), Archive.GZIP),
        (bz2.compress(b"x"), Archive.BZIP2),
        (lzma.compress(b"x"), Archive.XZ),
        (lzma.compress(b"x", lzma.FORMAT_ALONE), Archive.OTHER),
        (b"7z\xbc\xaf\x27\x1c", Archive.OTHER),
        (b"Rar!\x1a\x07", Archive.OTHER),
        (b"MSCF", Archive.OTHER),
        (b"..-lh5-", Archive.OTHER),
        (b"!<arch>\n", Archive.OTHER),
        (b"", None),
        (b"P", None),
        (b"PKI is short for public key infrastructure", None),
        (JPEG, None),
        (b"%PDF-1.7", None),
        (bytes(600), None),
        ("ข้อความ".encode(), None),
    ],
)
def test_how_archives_begin(content: bytes, kind: Archive | None) -> None:
    assert archive_kind(content[:HEAD_BYTES]) is kind
    assert searched(content, 7) is (kind is not None)


@pytest.mark.parametrize("size", [5, 1_000, 1_000_000])
@pytest.mark.parametrize(
    "content",
    [
        JPEG + bytes(999) + a_zip(),
        JPEG + bytes(999) + a_zip() + bytes(2 * TAIL_BYTES),
        b"JUNKJUNK" * 10 + a_zip() + bytes(TAIL_BYTES),
        b"the end of a ZIP alone" + b"PK\x05\x06" + bytes(18 + TAIL_BYTES),
        b"text" + b"Rar!\x1a\x07\x01\0" + bytes(99),
        b"text" + b"7z\xbc\xaf\x27\x1c" + bytes(99),
        b"text" + b"MSCF\0\0\0\0" + bytes(99),
    ],
    ids=["behind", "in the middle", "with junk around", "its end", "rar", "7z", "cab"],
)  # fmt: skip
def test_archives_are_found_anywhere_however_the_bytes_come(content: bytes, size: int) -> None:
    assert searched(content, size)


@pytest.mark.parametrize("head", [OLE, b"%PDF-1.7\n", b"{\\rtf1"])
def test_documents_hold_archives_as_parts_and_are_none(head: bytes) -> None:
    assert not searched(head + bytes(600) + a_zip() + bytes(99), 64)


@pytest.mark.parametrize("size", [5, 1_000_000])
@pytest.mark.parametrize("head", [OLE, b"%PDF-1.7\n", b"{\\rtf1"])
@pytest.mark.parametrize(
    "behind",
    [a_zip(), a_zip(comment=b"PK\x05\x06"), a_zip(zipfile.ZIP_LZMA) + bytes(99), locked(a_zip()) + bytes(99)],
    ids=["it ends as a ZIP", "with a comment", "LZMA in it", "locked"],
)
def test_documents_are_archives_if_they_end_as_one_or_the_scanner_passes_over_a_member(
    head: bytes, behind: bytes, size: int
) -> None:
    assert searched(head + bytes(600) + behind, size)


def test_what_has_the_signs_of_two_kinds_is_opened_by_nobody_here() -> None:
    assert archive_kind(a_zip()[:250].ljust(257, b"\0") + b"ustar") is Archive.OTHER


def test_a_long_video_is_no_archive_by_chance() -> None:
    """Four bytes occur by chance in every tenth file of 500 MB; here they are put in, and what follows is chance."""
    rng = random.Random(9)  # noqa: S311 the same in every run
    noise = b"".join(b"PK\x03\x04" + rng.randbytes(60) for _ in range(2_000))
    assert not searched(b"\x1aE\xdf\xa3" + noise, 4_096)
