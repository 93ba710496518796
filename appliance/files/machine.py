"""What this machine has for files: a fence for the workers, ffmpeg, a virus scanner. For the setup of a new agency.

Rules:
- the fence is systemd's where its socket is, else bubblewrap's; it is tried, since a container may forbid it;
- without a scanner on the machine nothing is scanned (`off`), and that is said: with any other policy each file would
  wait, and then be shown as one whose scan is late.

Does not: install or start anything, or look again while the appliance runs (`Workers.check`, `scanner_watch.py`).
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from appliance.config import Clamav, Files
from appliance.errors import Unavailable
from appliance.files.fences import FenceMissing, chosen
from appliance.files.scanner import Scanner
from appliance.preview.protocol import FFMPEG
from appliance.rules.scanning import ScanPolicy


class Lack(StrEnum):
    """What is missing. The catalogue says what does not work without it (`setup.files.NAME`)."""

    FENCE = "fence"
    FFMPEG = "ffmpeg"
    SCANNER = "scanner"
    SCANNER_SILENT = "scanner_silent"


PACKAGES: Final = {Lack.FENCE: "bubblewrap", Lack.FFMPEG: "ffmpeg", Lack.SCANNER: "clamav-daemon"}
"""Debian's packages that bring what is missing; a fence of systemd is none of them."""


class Programs(NamedTuple):
    """Where Debian puts the programs that are looked for."""

    ffmpeg: Path = Path(FFMPEG)
    clamd: Path = Path("/usr/sbin/clamd")


class ForFiles(NamedTuple):
    """The settings that fit this machine, and what it lacks with the reason."""

    settings: Files
    lacks: dict[Lack, str]

    @property
    def packages(self) -> list[str]:
        """The packages to install."""
        return [
            package
            for lack, package in PACKAGES.items()
            if lack in self.lacks and not (lack is Lack.FENCE and self.settings.fence == "systemd")
        ]


_DEBIAN: Final = Programs()


async def look(
    fence: str | None = None,
    scan: str | None = None,
    *,
    files: Files | None = None,
    clamav: Clamav | None = None,
    programs: Programs = _DEBIAN,
) -> ForFiles:
    """Return how files are looked at and scanned here; `fence` and `scan` are what somebody has decided already."""
    files, clamav = files or Files(), clamav or Clamav()
    lacks: dict[Lack, str] = {}
    has_socket = await asyncio.to_thread(Path(files.preview_socket).is_socket)
    files = replace(files, fence=fence or ("systemd" if has_socket else "bwrap"))
    try:
        await chosen(files).check()
    except FenceMissing as missing:
        lacks[Lack.FENCE] = str(missing)
    if not os.access(programs.ffmpeg, os.X_OK):
        lacks[Lack.FFMPEG] = str(programs.ffmpeg)
    if scan != ScanPolicy.OFF and (lack := await _of_scanner(clamav, programs.clamd)):
        lacks[lack] = clamav.socket
    policy = scan or (ScanPolicy.OFF if Lack.SCANNER in lacks else ScanPolicy.DELIVER)
    return ForFiles(replace(files, scan=str(policy)), lacks)


async def _of_scanner(clamav: Clamav, program: Path) -> Lack | None:
    """Return what is missing of the scanner. One that is installed may still wait for its first signatures."""
    try:
        await Scanner(clamav.socket, 1, clamav.answer_s).ping()
    except Unavailable:
        return Lack.SCANNER_SILENT if os.access(program, os.X_OK) else Lack.SCANNER
    return None
