"""What an archive holds, counted by unpacking it: the virus scan is believed only about what is within its limits.

Rules: nothing is taken from what an archive says of its sizes; every member is unpacked and counted, archives within
archives as well, until a limit is reached. Nothing unpacked is kept but an archive that is being looked into. Names
are not read. Zip (with the office formats made of it), tar, gzip, bzip2 and xz are understood; any other archive that
is met makes the count incomplete.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import IO, Final, cast

from appliance.preview.content import FOLDER, Content, Outcome, Refused
from appliance.preview.protocol import MIB, Facts, Members, Refusal

_MAX_MEMBERS: Final = 10_000
_MAX_TOTAL: Final = 400 * MIB
_MAX_NESTED: Final = 64 * MIB
"""Bytes of an archive in an archive."""
_MAX_DEPTH: Final = 6
_ENOUGH_S: Final = 6
_CHUNK: Final = 256 * 1024
_ENCRYPTED: Final = 0x1  # APPNOTE.TXT 4.4.4: general purpose bit 0
_TAR_MARK: Final = 257
_HEAD: Final = _TAR_MARK + 8
_OTHERS: Final = (
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"MSCF",
    b"xar!",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"LZIP",
)
"""The first bytes of archives that nothing here opens: 7z, rar, cab, xar, zstd, lz4, lzip."""


class _Enough(Exception):
    """A limit was reached."""


class _Count:
    """What was counted so far."""

    def __init__(self) -> None:
        self.count = self.largest = self.total = 0
        self.depth = 1
        self.encrypted = False
        self.complete = True
        self._end = monotonic() + _ENOUGH_S

    def member(self) -> None:
        """Count one more member. Raises _Enough."""
        self.count += 1
        self.check(self.count <= _MAX_MEMBERS)

    def bytes_of(self, member: IO[bytes]) -> Iterator[bytes]:
        """Read a member and count its bytes. Raises _Enough."""
        size = 0
        while chunk := member.read(_CHUNK):
            size += len(chunk)
            self.total += len(chunk)
            self.largest = max(self.largest, size)
            self.check(self.total <= _MAX_TOTAL)
            yield chunk

    def check(self, is_within: bool) -> None:  # noqa: FBT001 -- one value, which is what the name says
        """Raise _Enough at a limit, or when time is over."""
        if not is_within or monotonic() > self._end:
            raise _Enough

    def members(self) -> Members:
        """Return it as the answer says it."""
        return Members(self.count, self.largest, self.total, self.depth, self.encrypted, self.complete)


def members(content: Content, outcome: Outcome) -> None:
    """Count what an archive holds. Raises Refused for what is none, or broken."""
    path, count = content.in_folder(), _Count()
    with path.open("rb") as file:
        walk = walker(file.read(_HEAD))
        file.seek(0)
        if walk is None:
            raise Refused(Refusal.TYPE)
        try:
            walk(file, count, 1)
        except _Enough:
            count.complete = False
    outcome.facts = Facts(members=count.members())


_Walk = Callable[[IO[bytes], _Count, int], None]


def walker(head: bytes) -> _Walk | None:
    """Return what looks into an archive that begins so, None if it is none that is understood."""
    if head[_TAR_MARK : _TAR_MARK + 5] == b"ustar":
        return _tar
    return next((walk for mark, walk in _WALKS.items() if head.startswith(mark)), None)


def _zip(file: IO[bytes], count: _Count, depth: int) -> None:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            count.member()
            if info.flag_bits & _ENCRYPTED:
                count.encrypted = True
                continue
            try:
                with archive.open(info) as member:
                    _look(member, count, depth)
            except NotImplementedError:
                count.complete = False


def _tar(file: IO[bytes], count: _Count, depth: int) -> None:
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for info in archive:
            count.member()
            if info.isreg() and (member := archive.extractfile(info)):
                _look(member, count, depth)


def _gzip(file: IO[bytes], count: _Count, depth: int) -> None:
    count.member()
    with gzip.open(file) as member:
        _look(cast("IO[bytes]", member), count, depth)


def _bzip2(file: IO[bytes], count: _Count, depth: int) -> None:
    count.member()
    with bz2.open(file) as member:
        _look(member, count, depth)


def _xz(file: IO[bytes], count: _Count, depth: int) -> None:
    count.member()
    with lzma.open(file) as member:
        _look(member, count, depth)


_WALKS: Final[dict[bytes, _Walk]] = {
    b"PK\x03\x04": _zip,
    b"PK\x05\x06": _zip,
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\x00": _xz,
}


def _look(member: IO[bytes], count: _Count, depth: int) -> None:
    """Count a member, and look into it if it is an archive itself."""
    chunks = count.bytes_of(member)
    first = next(chunks, b"")
    walk = walker(first[:_HEAD])
    if walk is None:
        count.complete &= not first.startswith(_OTHERS)
        for _ in chunks:
            pass
        return
    count.depth = max(count.depth, depth + 1)
    count.check(depth < _MAX_DEPTH)
    path = FOLDER / f"nested-{depth}"
    _keep(path, first, chunks, count)
    with path.open("rb") as file:
        walk(file, count, depth + 1)
    path.unlink()


def _keep(path: Path, first: bytes, chunks: Iterator[bytes], count: _Count) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in chain((first,), chunks):
            size += len(chunk)
            count.check(size <= _MAX_NESTED)
            file.write(chunk)
