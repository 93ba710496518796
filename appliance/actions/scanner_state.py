"""The virus scanner as an administrator sees it: whether it answers, how old its signatures are, what waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.actions.audit_records import record
from appliance.attachments import ScanState
from appliance.log.file_facts import RELEASED
from appliance.rules.thai_days import DAY_MS
from appliance.store import file_work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.files.scanner import Version
    from appliance.rules.roles import Actor
    from appliance.services import Services

OLD_DAYS: Final = 3
"""From how many days on signatures are called old: ClamAV publishes some every day."""
SIGNATURES: Final = "scanner.signatures"
RESCAN: Final = "scanner.rescan"


@dataclass(frozen=True, slots=True)
class ScannerState:
    """Which scanner answers, how many days old its signatures are (None: it does not say), and files by their state."""

    version: Version
    days: int | None
    files: Mapping[str, int]

    @property
    def is_old(self) -> bool:
        """Whether the signatures are older than they should be, or nobody knows."""
        return self.days is None or self.days >= OLD_DAYS


async def count_files(s: Services) -> Mapping[str, int]:
    """Return how many files have each state, as it is shown: a file that was released is in no other."""
    async with s.store.read() as reader:
        counts = {state.value: await reader.run(file_work.count_by_scan, state) for state in ScanState}
        # The scanner goes on saying «infected», so what was released is kept as one that it cannot say anything of.
        counts[RELEASED] = await reader.run(file_work.count_by_scan, ScanState.UNSCANNABLE, released=True)
    return counts


async def ask_scanner(s: Services) -> ScannerState:
    """Return what the scanner says. Raises Unavailable (`scanner_away`)."""
    version = await s.files.scanner.version()
    days = None
    if version.signatures_at is not None:
        days = max(0, s.clock() - round(version.signatures_at.timestamp() * 1000)) // DAY_MS
    return ScannerState(version, days, await count_files(s))


async def note_signatures(s: Services, by: Actor, files: Sequence[str]) -> None:
    """Record that signatures were put in, and have the scanner load them. Raises Unavailable (`scanner_away`)."""
    async with s.store.write() as tx:
        await record(s, tx, by.name, SIGNATURES, "clamav", files=list(files))
    await s.files.scanner.reload()


async def note_rescan(s: Services, by: Actor, count: int) -> None:
    """Record that an operator has files scanned again."""
    async with s.store.write() as tx:
        await record(s, tx, by.name, RESCAN, "clamav", files=count)
