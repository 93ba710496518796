"""What the answer of a virus scanner proves of a file, and who may open the file then.

Pure. `scan_state`: an answer, the scanner's limits and what is known of the file in, a state out. `may_open`: the state
and the agency's policy in, a reason or None out. The tables are scan_state.json and may_open_file.json in
tests/rules/tables.

A scanner leaves out what is above its limits and may answer «OK» all the same: 31 kB of zip may hold 30 MB that nobody
looked at. So «OK» makes a file clean only where the scanner has shown that it tells of what it leaves out (`Telling`),
and where a worker has unpacked an archive too: there are kinds of packing that a scanner passes over in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from appliance.attachments import ScanState
from appliance.model import Deny

_LIMITS: Final = "Heuristics.Limits.Exceeded"
_ENCRYPTED: Final = "Heuristics.Encrypted."
NOT_VIRUSES: Final = (_LIMITS, _ENCRYPTED)
"""clamd «finds» these when it is set to tell of what it could not look into (`AlertExceedsMax`, `AlertEncrypted`)."""
_BY_SIZE: Final = (f"{_LIMITS}.MaxFileSize", f"{_LIMITS}.MaxScanSize")


class ScanPolicy(StrEnum):
    """What an agency wants of files that were not found clean (setting `files.scan`).

    `hold`: others wait until they are. `deliver`: they may be opened, with a sign, and those that still wait for the
    scan after a while. `off`: there is no scanner.
    """

    HOLD = "hold"
    DELIVER = "deliver"
    OFF = "off"


class Verdict(StrEnum):
    """What a scanner answered."""

    NOTHING_FOUND = "nothing_found"
    FOUND = "found"
    OVER_LIMIT = "over_limit"
    UNREADABLE = "unreadable"


class Answer(NamedTuple):
    """What a scanner answered of one file; `signature` is the name of what it found."""

    verdict: Verdict
    signature: str | None = None


class Telling(NamedTuple):
    """Whether a scanner tells of members above its limits, and of encrypted ones, when it was tried with such."""

    limits: bool
    encrypted: bool


def telling(of_oversized: Answer, of_locked: Answer) -> Telling:
    """Return what two answers show: of a ZIP with a member above the limit, and of one with a password.

    A scan that took too long is told of as well; that shows nothing of sizes.
    """
    return Telling(
        of_oversized.verdict is Verdict.FOUND and (of_oversized.signature or "").startswith(_BY_SIZE),
        of_locked.verdict is Verdict.FOUND and (of_locked.signature or "").startswith(_ENCRYPTED),
    )


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """Up to where the scanner looks: bytes of a file sent, of one member, of all members together; members; depth.

    As set in clamd.conf: StreamMaxLength, MaxFileSize, MaxScanSize, MaxFiles, MaxRecursion.
    """

    stream: int
    member: int
    total: int
    members: int
    depth: int


class Listing(NamedTuple):
    """What an archive holds. `complete`: every member was listed, those of archives inside it too, to the last."""

    members: int
    largest: int
    total: int
    depth: int
    encrypted: bool
    complete: bool


def scan_state(
    answer: Answer, size: int, limits: ScanLimits, told: Telling, *, archive: bool, listing: Listing | None
) -> ScanState:
    """Return the state of a file of `size` bytes. `listing` is None where nobody could list its members."""
    if answer.verdict is Verdict.FOUND:
        unseen = (answer.signature or "").startswith(NOT_VIRUSES)
        return ScanState.UNSCANNABLE if unseen else ScanState.INFECTED
    if answer.verdict is Verdict.OVER_LIMIT or size >= min(limits.stream, limits.member, limits.total):
        return ScanState.TOO_BIG
    if answer.verdict is Verdict.UNREADABLE or not all(told) or (archive and not _is_within(listing, size, limits)):
        return ScanState.UNSCANNABLE
    return ScanState.CLEAN


def _is_within(listing: Listing | None, size: int, limits: ScanLimits) -> bool:
    """Return whether the scanner looked at every member of an archive."""
    return (
        listing is not None
        and listing.complete
        and not listing.encrypted
        and listing.largest < limits.member
        and listing.total + size < limits.total
        and listing.members < limits.members
        and listing.depth < limits.depth
    )


def may_open(
    state: ScanState, policy: ScanPolicy, age_ms: int, wait_ms: int, *, is_sender: bool, released: bool = False
) -> Deny | None:
    """Say why a file may not be opened now, or None.

    `age_ms`: since its last byte arrived; `wait_ms`: how long it waits for the scan where it is delivered unscanned.
    `released`: an operator let it be opened, whatever the scan said. Nobody else opens what is infected.
    """
    if released or state is ScanState.CLEAN:
        return None
    if state is ScanState.INFECTED:
        return Deny.FILE_INFECTED
    if is_sender or policy is ScanPolicy.OFF:
        return None
    if policy is ScanPolicy.HOLD or (state is ScanState.PENDING and age_ms < wait_ms):
        return Deny.FILE_HELD
    return None
