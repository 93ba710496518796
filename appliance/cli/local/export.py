"""`gchat room export`: the room's log in a new file, or on standard output."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from appliance.cli.local.administer import administer
from appliance.cli.local.printing import Write
from appliance.errors import Conflict


def run(arguments: argparse.Namespace) -> int:
    """Write a room's whole log; return the exit code. Raises Conflict where the file is there already."""
    with _output(arguments.output) as write:
        return administer(arguments, write)


@contextmanager
def _output(path: Path | None) -> Iterator[Write]:
    """Lend what writes the export: standard output, or a new file that is there, whole, only after the last byte."""
    if path is None:
        yield sys.stdout.buffer.write
        return
    if path.exists():
        raise Conflict(str(path), code="file_exists")
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
            yield out.write
            out.flush()
            os.fsync(out.fileno())
        _rename_new(part, path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _rename_new(part: Path, path: Path) -> None:
    """Give the file its name unless another one has it by now. Raises Conflict."""
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise Conflict(str(path), code="file_exists") from error
    except OSError:
        # A file system without hard links, such as that of a memory stick.
        if path.exists():
            raise Conflict(str(path), code="file_exists") from None
        part.rename(path)
