"""What an archive holds, counted by unpacking it: the virus scan is believed only about what is within its limits.

Rules: nothing is taken from what an archive says of its sizes; every member is unpacked and counted, archives within
archives as well, until a limit is reached. Nothing unpacked is kept but an archive that is being looked into. Names
are not read. Zip (with the office formats made of it), tar, gzip, bzip2 and xz are understood. Any other archive that
is met, one that begins in the middle of a member, a member that is not as large as its archive says, or bytes of an
archive that belong to no member make the count incomplete.
"""

from __future__ import annotations

import gzip
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import IO, Final, cast

from appliance.preview.content import FOLDER, Content, Outcome, Refused
from appliance.preview.protocol import MIB, Facts, Members, Refusal
from appliance.preview.signs import HEAD_BYTES, TAIL_BYTES, Archive, Search, archive_kind
from appliance.preview.streams import bunzipped, unxzed
from appliance.preview.tars import ends_at, is_plain
from appliance.preview.zip_layout import is_whole
from appliance.preview.zips import Crooked, is_encrypted, unpacked

_MAX_MEMBERS: Final = 10_000
_MAX_TOTAL: Final = 400 * MIB
_MAX_NESTED: Final = 64 * MIB
"""Bytes of an archive in an archive."""
_MAX_DEPTH: Final = 6
_ENOUGH_S: Final = 6
_CHUNK: Final = 256 * 1024


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

    def bytes_of(self, member: Iterator[bytes]) -> Iterator[bytes]:
        """Pass on the bytes of a member and count them. Raises _Enough."""
        size = 0
        for chunk in member:
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
        head = file.read(HEAD_BYTES)
        file.seek(max(0, content.job.size - TAIL_BYTES))
        walk = _WALKS.get(archive_kind(head, file.read()))
        file.seek(0)
        if walk is None:
            raise Refused(Refusal.TYPE)
        try:
            walk(file, count, 1)
        except (_Enough, Crooked):
            count.complete = False
    outcome.facts = Facts(members=count.members())


def _zip(file: IO[bytes], count: _Count, depth: int) -> None:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            count.member()
            try:
                if is_encrypted(file, info):
                    count.encrypted = True
                else:
                    _look(unpacked(file, info), count, depth)
            except Crooked:
                count.complete = False
        count.complete = count.complete and is_whole(file, archive)


def _tar(file: IO[bytes], count: _Count, depth: int) -> None:
    end = 0
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for info in archive:
            count.member()
            count.complete &= is_plain(file, info, end)
            end = ends_at(info)
            if info.isreg() and (member := archive.extractfile(info)):
                _look(_pieces(member), count, depth)
    file.seek(end)
    for piece in _pieces(file):
        count.check(not any(piece))


def _gzip(file: IO[bytes], count: _Count, depth: int) -> None:
    count.member()
    with gzip.open(file) as member:
        _look(_pieces(cast("IO[bytes]", member)), count, depth)


def _bzip2(file: IO[bytes], count: _Count, depth: int) -> None:
    count.member()
    _look(bunzipped(file), count, depth)


def _xz(file: IO[bytes], count: _Count, depth: int) -> None:
    count.member()
    _look(unxzed(file), count, depth)


def _pieces(member: IO[bytes]) -> Iterator[bytes]:
    while piece := member.read(_CHUNK):
        yield piece


_WALKS: Final[dict[Archive | None, Callable[[IO[bytes], _Count, int], None]]] = {
    Archive.ZIP: _zip,
    Archive.TAR: _tar,
    Archive.GZIP: _gzip,
    Archive.BZIP2: _bzip2,
    Archive.XZ: _xz,
}


def _look(member: Iterator[bytes], count: _Count, depth: int) -> None:
    """Count a member, and look into it if it is an archive itself."""
    chunks = count.bytes_of(member)
    first = _beginning(chunks)
    walk = _WALKS.get(archive_kind(first))
    if walk is None:
        search = Search()
        for chunk in chain((first,), chunks):
            search.take(chunk)
        count.complete &= not search.is_archive
        return
    count.depth = max(count.depth, depth + 1)
    count.check(depth < _MAX_DEPTH)
    path = FOLDER / f"nested-{depth}"
    _keep(path, first, chunks, count)
    with path.open("rb") as file:
        walk(file, count, depth + 1)
    path.unlink()


def _beginning(chunks: Iterator[bytes]) -> bytes:
    """Return as many bytes as the signs are in, or all there are: what is unpacked may come in small pieces."""
    first = b""
    while len(first) < HEAD_BYTES and (chunk := next(chunks, b"")):
        first += chunk
    return first


def _keep(path: Path, first: bytes, chunks: Iterator[bytes], count: _Count) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in chain((first,), chunks):
            size += len(chunk)
            count.check(size <= _MAX_NESTED)
            file.write(chunk)
