"""What an archive does not name, with a real clamd: such bytes are looked at by nobody, so they are never clean.

The virus here is one that clamd finds in an ordinary archive, and each shape is one that some program unpacks.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from appliance.actions import scanning
from appliance.actions.upload_preparation import prepare_upload
from tests.clamd import MARKER, Clamd
from tests.files.prepared import Desk, desk

OLE, PDF, RTF = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), b"%PDF-1.4\n", b"{\\rtf1 x}"
VIRUS = b"A" * 5_000 + MARKER + b"B" * 5_000
LOCAL, LISTED, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


class Stream(io.BytesIO):
    """Where a program can only write on, as to a pipe: a ZIP gets data descriptors then."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def a_zip(*contents: bytes, how: int = zipfile.ZIP_DEFLATED, comment: bytes = b"", large: bool = False) -> bytes:
    return _written(io.BytesIO(), *contents, how=how, comment=comment, large=large)


def streamed(*contents: bytes, large: bool = False) -> bytes:
    return _written(Stream(), *contents, large=large)


def _written(
    to: io.BytesIO, *contents: bytes, how: int = zipfile.ZIP_DEFLATED, comment: bytes = b"", large: bool = False
) -> bytes:
    with zipfile.ZipFile(to, "w", how) as archive:
        for n, content in enumerate(contents):
            with archive.open(f"ในนี้ {n}.xml", "w", force_zip64=large) as member:
                member.write(content)
        archive.comment = comment
    return to.getvalue()


def moved(made: bytes, more: bytes) -> bytes:
    """Put bytes between the members and the list of a ZIP, which says rightly where it begins then."""
    at, end = made.index(LISTED), made.rindex(END)
    start = struct.pack("<I", at + len(more))
    return made[:at] + more + made[at : end + 16] + start + made[end + 20 :]


def without_signatures(made: bytes) -> bytes:
    """The one data descriptor of a ZIP without its signature, as some programs write it (APPNOTE 4.3.9.3)."""
    at = made.index(b"PK\x07\x08")
    return moved(made[:at] + made[at + 4 :], b"").replace(made[-6:-2], struct.pack("<I", at + 12), 1)


def named_twice(made: bytes) -> bytes:
    """A ZIP whose list names its one member two times."""
    at, end = made.index(LISTED), made.rindex(END)
    entry = made[at:end]
    return made[:at] + entry * 2 + struct.pack("<4sHHHHIIH", END, 0, 0, 2, 2, 2 * len(entry), at, 0)


def as_tar_too(made: bytes) -> bytes:
    """A ZIP with the sign of a tar in the first extra field: clamd takes it for a tar."""
    at = 30 + int.from_bytes(made[26:28], "little")
    extra = struct.pack("<HH", 0xCAFE, 508) + bytes(257 - at - 4) + b"ustar\x0000" + bytes(500)
    extra = extra[:512]
    made = moved(made, bytes(len(extra)))
    end = made.index(LISTED) - len(extra)
    return made[:28] + struct.pack("<H", len(extra)) + made[30:at] + extra + made[at:end] + made[end + len(extra) :]


def a_tar(form: int = tarfile.GNU_FORMAT, name: str = "ก.txt") -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo("x" + kind.decode())
            info.type, info.linkname = kind, name
            archive.addfile(info)
        info = tarfile.TarInfo(name)
        info.size = 5
        archive.addfile(info, io.BytesIO(b"hello"))
    return written.getvalue()


def member(kind: bytes, content: bytes) -> bytes:
    info = tarfile.TarInfo("v.zip")
    info.type, info.size = kind, len(content)
    return info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


def two_sizes(content: bytes) -> bytes:
    """A member of a tar whose size stands in its pax header alone."""
    info = tarfile.TarInfo("v.zip")
    info.pax_headers = {"size": str(len(content))}
    return info.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % 512)


BAD, GOOD = a_zip(VIRUS), a_zip(b"hello" * 99)
LZMA = a_zip(VIRUS, how=zipfile.ZIP_LZMA)
LOCKED = BAD[:6] + b"\1" + BAD[7:]
HIDDEN = {
    "two ZIPs": BAD + GOOD,
    "two ZIPs, the first without its end": BAD[: BAD.index(END)] + GOOD,
    "a locked ZIP before another": LOCKED + GOOD,
    "a member that the list does not name": moved(GOOD, BAD[: BAD.index(LISTED)]),
    "the same, packed by LZMA": moved(GOOD, LZMA[: LZMA.index(LISTED)]),
    "bytes that are no member": moved(GOOD, b"x"),
    "bytes before a ZIP": b"JUNKJUNK" * 10 + GOOD,
    "bytes behind a ZIP": GOOD + b"x",
    "a ZIP in a comment": a_zip(b"x", comment=LZMA[: LZMA.index(LISTED)]),
    "a member that is named twice": named_twice(GOOD),
    "a ZIP that is a tar too": as_tar_too(BAD),
    "two ZIPs in a ZIP": a_zip(BAD + GOOD),
    "two ZIPs in gzip": gzip.compress(BAD + GOOD),
    "a ZIP behind a tar": a_tar() + BAD,
    "a ZIP behind a tar and many zeros": a_tar() + bytes(90_000) + LZMA + bytes(90_000),
    "a ZIP behind a tar in gzip": gzip.compress(a_tar() + BAD),
    "a link with data": member(tarfile.LNKTYPE, BAD) + a_tar(),
    "a folder with data": member(tarfile.DIRTYPE, BAD) + a_tar(),
    "a member of GNU's folders with data": member(b"D", LZMA) + a_tar(),
    "a member of an unknown type with data": member(b"Z", LZMA) + a_tar(),
    "a size that the header does not say": two_sizes(BAD) + a_tar(),
    "a broken header": a_tar()[:512] + b"?" + a_tar()[513:],
    "a ZIP behind gzip": gzip.compress(b"hello") + BAD,
    "a second stream of bzip2": bz2.compress(b"hello") + bz2.compress(BAD),
    "a ZIP behind bzip2": bz2.compress(b"hello") + LZMA,
    "a ZIP behind xz": lzma.compress(b"hello") + LZMA,
    "a ZIP that begins as PDF": PDF + LZMA,
    "a ZIP that begins as PDF and ends as one": PDF + LZMA + b"\n%%EOF\n",
    "a ZIP that begins as OLE": OLE + GOOD,
    "a ZIP that begins as RTF": RTF + GOOD,
    "a locked ZIP behind PDF": PDF + LOCKED + bytes(99),
    "an Office file with an OLE part that holds a ZIP by LZMA": a_zip(b"<x/>", OLE + LZMA + bytes(99)),
}
ORDINARY = {
    "a ZIP of several": a_zip(b"", b"hello", b"<w/>" * 9_000),
    "a ZIP without compression": a_zip(b"hello", b"", how=zipfile.ZIP_STORED),
    "an empty ZIP": a_zip(),
    "a ZIP with a comment": a_zip(b"hello", comment="ทำโดยกอง".encode()),
    "a streamed ZIP": streamed(b"hello", b"<w/>" * 9_000),
    "a streamed ZIP for large files": streamed(b"hello", b"<w/>" * 9_000, large=True),
    "a ZIP for large files": a_zip(b"hello", b"<w/>" * 9_000, large=True),
    "a data descriptor without signature": without_signatures(streamed(b"hello" * 99)),
    "a ZIP in a ZIP": a_zip(GOOD, streamed(b"x")),
    "an Office file with an old one in it": a_zip(b"<x/>", OLE + GOOD + bytes(600)),
    "a tar": a_tar(),
    "a tar with long names": a_tar(name="ชื่อยาว" * 30),
    "a tar of POSIX": a_tar(tarfile.PAX_FORMAT, "ชื่อยาว" * 30),
    "a tar in gzip": gzip.compress(a_tar()),
    "a tar in bzip2": bz2.compress(a_tar()),
    "a tar in xz": lzma.compress(a_tar()),
    "gzip with zeros behind it": gzip.compress(b"hello") + bytes(512),
    "two streams of gzip": gzip.compress(b"hello") + gzip.compress(b"hello"),
}


async def scanned(at: Desk, content: bytes) -> str:
    upload = await at.whole_upload(content, original=True)
    await prepare_upload(at.b.s, upload)
    await scanning.scan_file(at.b.s, upload)
    return (await at.blob(upload)).scan


@pytest.mark.media
async def test_what_no_archive_names_is_never_clean(tmp_path: Path, clamd: Clamd) -> None:
    async with desk(tmp_path, clamd.path, scan="hold") as at:
        assert await scanned(at, BAD) == "infected"
        states = {name: await scanned(at, content) for name, content in HIDDEN.items()}
        # Some clamd finds by itself; nothing is clean.
        assert {name for name, state in states.items() if state not in ("unscannable", "infected")} == set()


@pytest.mark.media
async def test_what_common_programs_write_is_clean(tmp_path: Path, clamd: Clamd) -> None:
    async with desk(tmp_path, clamd.path, scan="hold") as at:
        states = {name: await scanned(at, content) for name, content in ORDINARY.items()}
        assert {name: state for name, state in states.items() if state != "clean"} == {}


@pytest.mark.parametrize("name", ["two ZIPs", "a member that the list does not name", "a ZIP that is a tar too"])
def test_the_shapes_are_archives_that_programs_open(name: str) -> None:
    """Else to hold them would say nothing."""
    with zipfile.ZipFile(io.BytesIO(HIDDEN[name])) as archive:
        assert archive.testzip() is None
