"""How many bytes of files fit: the limits of a person in a year, of a unit, of the agency, and of the disk.

Pure: what is used and what may be used in, what is left out. An upload is refused by the limit that leaves least, so
that whoever sends as much as the refusal says is left is not refused by the next one. What is used counts the uploads
on their way too: space that was promised to one upload is promised to no other. The last of the disk
(above `MOST_DISK_PERCENT`) is for messages alone, so that chat goes on when there is no more room for files.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from appliance.attachments import MOST_DISK_PERCENT
from appliance.rules.thai_days import thai_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.model import Millis

WARN_PERCENT: Final = 90
"""From here on administrators are warned."""
LEAST_VARIANTS: Final = 16 * 1024 * 1024
"""Bytes that may be made of the smallest file: a hundred pages of text at reading size."""
VARIANTS_PER_BYTE: Final = 2
_STEP: Final = 1000
_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB")


class Scope(StrEnum):
    """Whose bytes are counted; the value is also the end of the code of the refusal."""

    PERSON = "person"
    UNIT = "unit"
    AGENCY = "agency"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Use:
    """Bytes that are used and bytes that may be; `limit` 0 is none."""

    used: int
    limit: int = 0

    @property
    def left(self) -> int | None:
        """The bytes that still fit, None where nothing limits them."""
        return max(0, self.limit - self.used) if self.limit else None

    @property
    def percent(self) -> int:
        """How much of the limit is used, rounded down; 0 where there is none."""
        return self.used * 100 // self.limit if self.limit else 0

    @property
    def is_nearly_used(self) -> bool:
        """Whether administrators are to be warned."""
        return self.percent >= WARN_PERCENT


@dataclass(frozen=True, slots=True)
class OverQuota:
    """Why a file does not fit: whose limit it is, the bytes that still fit there, and the limit itself."""

    scope: Scope
    left: int
    limit: int


def check_quota(size: int, uses: Mapping[Scope, Use]) -> OverQuota | None:
    """Return which limit `size` more bytes are above, the one that leaves least, or None where they fit."""
    full = [
        OverQuota(scope, use.left or 0, use.limit)
        for scope, use in uses.items()
        if use.limit and use.used + size > use.limit
    ]
    return min(full, key=lambda over: over.left, default=None)


def most_variants(size: int) -> int:
    """Return the bytes that may be made, in all, of a file of so many bytes to be shown in its place.

    A small PDF file can ask for a hundred pages of noise, which no format makes small.
    """
    return max(LEAST_VARIANTS, VARIANTS_PER_BYTE * size)


def agency_limit(disk_bytes: int, percent: int) -> int:
    """Return the bytes of files that an agency may keep on a disk of so many bytes; 0, which is none, for 0 percent."""
    return disk_bytes * percent // 100


def disk_use(total: int, free: int) -> Use:
    """Return what is used of a disk and up to where it takes files."""
    return Use(total - free, max(1, total * MOST_DISK_PERCENT // 100))


def year_of(at: Millis) -> int:
    """Return the year, of the common era, in whose quota a file of this time counts, as in Thailand."""
    return thai_day(at).year


def size_text(size: int) -> str:
    """Return bytes as people read them: `512 B`, `1.5 MB` (of 1,000 KB), rounded down: as much as is shown does fit."""
    steps = min((len(str(size)) - 1) // 3, len(_UNITS) - 1)
    tenths = size * 10 // _STEP**steps
    shown = f"{tenths // 10}" if tenths % 10 == 0 or steps == 0 else f"{tenths // 10}.{tenths % 10}"
    return f"{shown} {_UNITS[steps]}"
