"""The operator's record: who did what with which agency, one line after the other, each with the hash of the last.

Rules: lines are only added, flushed to the disk before what they tell of happens; a line that was cut short by a power
failure is taken off with the next one; an altered, missing or moved line is found when the record is read.

Whoever can write the file can write all of it anew: print its newest hash where they cannot reach.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from federation.registry.document import RegistryError

if TYPE_CHECKING:
    from pathlib import Path

FIRST: Final = "0" * 64
_MODE: Final = 0o600


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act. `before` is the SHA-256 of the line before it, `subject` an agency or a request."""

    at: int
    who: Annotated[str, Meta(min_length=1, max_length=200)]
    act: Annotated[str, Meta(min_length=1, max_length=32)]
    subject: Annotated[str, Meta(max_length=200)]
    detail: dict[str, str] = {}
    before: Annotated[str, Meta(min_length=64, max_length=64)] = FIRST


def read(path: Path) -> list[Line]:
    """Return all lines. Raises RegistryError (`record_altered`)."""
    return _read(path)[0]


def append(path: Path, line: Line) -> Line:
    """Add a line, with the hash of the one before it. Raises RegistryError (`record_altered`), OSError."""
    _, length, last = _read(path)
    written = msgspec.structs.replace(line, before=last)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        os.ftruncate(handle, length)
        os.lseek(handle, length, os.SEEK_SET)
        os.write(handle, msgspec.json.encode(written) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    return written


def head(path: Path) -> str:
    """Return the SHA-256 of the newest line. Raises RegistryError (`record_altered`)."""
    return _read(path)[2]


def _read(path: Path) -> tuple[list[Line], int, str]:
    data = path.read_bytes() if path.exists() else b""
    whole = data[: data.rfind(b"\n") + 1]
    lines: list[Line] = []
    last = FIRST
    for number, text in enumerate(whole.split(b"\n")[:-1], 1):
        try:
            line = msgspec.json.decode(text, type=Line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise RegistryError("record_altered", str(number)) from error
        if line.before != last:
            raise RegistryError("record_altered", str(number))
        lines.append(line)
        last = sha256(text).hexdigest()
    return lines, len(whole), last
