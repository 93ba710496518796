"""Signatures of ClamAV brought by hand, for sites without internet: what a CVD file says of itself, and putting it in.

Owns the rules of a CVD file (ClamAV's `cvd.c`): a header of 512 bytes, fields parted by colons, then the signatures;
the header names the MD5 of what follows, and the signature of ClamAV's makers over that.

Rules:
- the digital signature is checked by ClamAV's own `sigtool`; where that is missing nothing is put in;
- nothing older takes the place of something newer;
- a file appears in clamd's folder whole or not at all.

Does not: tell clamd.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.errors import Conflict, Invalid, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("main.cvd", "daily.cvd", "bytecode.cvd")
HEADER_BYTES: Final = 512
SIGTOOL_S: Final = 120
_MAGIC: Final = "ClamAV-VDB"
_FIELDS: Final = 8
_CHUNK: Final = 1024 * 1024
_OK: Final = "Verification OK"


@dataclass(frozen=True, slots=True)
class Signatures:
    """What the header of a file of signatures says: when it was built (as text), its version, how many there are."""

    built: str
    version: int
    count: int
    md5: str


def read_header(path: Path) -> Signatures:
    """Return what a file of signatures says of itself. Raises Invalid (`cvd_malformed`), OSError."""
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    fields = header.decode("ascii", "replace").rstrip().split(":")
    numbers = fields[2:4]
    if len(header) != HEADER_BYTES or len(fields) < _FIELDS or fields[0] != _MAGIC:
        raise Invalid(code="cvd_malformed", file=path.name)
    if not all(number.isdecimal() and number.isascii() for number in numbers):
        raise Invalid(code="cvd_malformed", file=path.name)
    return Signatures(fields[1], int(numbers[0]), int(numbers[1]), fields[5])


def check(path: Path) -> Signatures:
    """Return what a CVD file says of itself, once it is proven to be ClamAV's own.

    Raises Invalid (`cvd_name`, `cvd_malformed`, `cvd_unsigned`), Unavailable (`sigtool_missing`), OSError.
    """
    if path.name not in NAMES:
        raise Invalid(code="cvd_name", file=path.name, names=", ".join(NAMES))
    found = read_header(path)
    with path.open("rb") as file:
        file.seek(HEADER_BYTES)
        digest = hashlib.md5(usedforsecurity=False)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != found.md5.lower():
        raise Invalid(code="cvd_malformed", file=path.name)
    if not _is_signed(path):
        raise Invalid(code="cvd_unsigned", file=path.name)
    return found


def put_in(path: Path, found: Signatures, database: Path) -> None:
    """Put a file that was checked into clamd's folder. Raises Conflict (`cvd_older`), OSError."""
    # What freshclam has put together bit by bit lies there with another ending.
    for present in (database / path.name, (database / path.name).with_suffix(".cld")):
        with suppress(FileNotFoundError, Invalid):
            there = read_header(present)
            if there.version > found.version:
                raise Conflict(code="cvd_older", file=path.name, version=found.version, present=there.version)
    staging = database / f".{path.name}.new"
    try:
        shutil.copyfile(path, staging)
        staging.chmod(0o644)
        staging.replace(database / path.name)
    finally:
        staging.unlink(missing_ok=True)
    (database / path.name).with_suffix(".cld").unlink(missing_ok=True)


def _is_signed(path: Path) -> bool:
    program = shutil.which("sigtool")
    if program is None:
        raise Unavailable(code="sigtool_missing")
    try:
        said = subprocess.run(  # noqa: S603 the path is an argument, no shell is asked
            [program, "--info", str(path.resolve())], capture_output=True, timeout=SIGTOOL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return said.returncode == 0 and _OK in said.stdout.decode("utf-8", "replace")
