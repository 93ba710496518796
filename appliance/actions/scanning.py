"""Scanning files for viruses, in the background: what clamd says of one, what that proves, and what follows (F85).

Rules:
- a file is `clean` only when all of it was looked at (`rules/scanning.py: scan_state`); while the scanner is away it
  stays `pending`, and never becomes clean by waiting;
- what holds other files is listed by a worker, since the scanner says nothing of members that it left out;
- a file that breaks the scanner itself, while that answers others, is tried again and then `unscannable`;
- a file that is scanned again keeps its state until there is a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.actions.file_content import clear, worked
from appliance.actions.file_quarantine import put_in_quarantine
from appliance.attachments import ScanState
from appliance.errors import AppError
from appliance.files.scanner import SCANNER_AWAY
from appliance.files.workers import PreviewRefused
from appliance.log.file_events import announce
from appliance.log.file_facts import scanning_of
from appliance.log.file_keys import open_blob
from appliance.preview.protocol import Job, JobKind
from appliance.rules.file_types import SNIFF_BYTES, UNKNOWN, sniff
from appliance.rules.looking import TAIL_BYTES, is_archive
from appliance.rules.scanning import Answer, Listing, Said, ScanLimits, scan_state
from appliance.store import file_work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.config import Clamav
    from appliance.log.file_keys import OpenBlob
    from appliance.log.riders import RiderTx
    from appliance.services import Services

SCAN_FAILED: Final = "scan_failed"
AGAIN_AT_ONCE: Final = 500
"""Files that one transaction notes to be scanned again."""
_AGAIN: Final = (ScanState.PENDING, ScanState.UNSCANNABLE, ScanState.TOO_BIG)


class _Ends:
    """Passes a content on and remembers how it begins and ends."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self._content = content
        self.head = self.tail = b""

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._content:
            if len(self.head) < SNIFF_BYTES:
                self.head += piece[: SNIFF_BYTES - len(self.head)]
            self.tail = piece[-TAIL_BYTES:] if len(piece) >= TAIL_BYTES else (self.tail + piece)[-TAIL_BYTES:]
            yield piece


def limits_of(clamav: Clamav) -> ScanLimits:
    """Return up to where the scanner looks, as the settings say."""
    return ScanLimits(
        stream=clamav.stream_max_length,
        member=clamav.max_file_size,
        total=clamav.max_scan_size,
        members=clamav.max_files,
        depth=clamav.max_recursion,
    )


async def scan_file(s: Services, blob: str) -> None:
    """Scan a file that is due and keep what that proves. Raises AppError: then it is still due."""
    async with s.store.read() as reader:
        opened = await reader.run(open_blob, s.log.bodies, s.keys.files_keys, blob)
    if opened is None:
        # Nothing opens it any more: it is being deleted.
        await _keep(s, blob, ScanState.UNSCANNABLE)
        return
    limits = limits_of(s.config.clamav)
    if opened.row.size >= limits.stream:
        await _keep(s, blob, ScanState.TOO_BIG)
        return
    ends = _Ends(clear(s, blob, opened.key, opened.row.size))
    answer = await _asked(s, ends)
    archive = is_archive(ends.head, ends.tail)
    listing = await _listed(s, opened, ends.head) if archive and answer.said is Said.NOTHING_FOUND else None
    state = scan_state(answer, opened.row.size, limits, archive=archive, listing=listing)
    if state is ScanState.INFECTED:
        await put_in_quarantine(s, blob, answer.signature or "?")
    else:
        await _keep(s, blob, state)


async def give_up(s: Services, blob: str, _error: AppError) -> None:
    """Note that a file cannot be scanned, however often it was tried."""
    await _keep(s, blob, ScanState.UNSCANNABLE)


async def announce_waited(s: Services, blob: str) -> None:
    """Tell the rooms of a file that it has waited long enough for its scan, where such files are delivered."""
    await s.log.change(lambda tx: announce(tx, s.log.bodies, scanning_of(s.config.files), blob))


async def scan_again(s: Services, *, clean_too: bool = False) -> int:
    """Have all files scanned again that were not found clean, or those as well; return how many."""
    count = 0
    for state in (*_AGAIN, ScanState.CLEAN) if clean_too else _AGAIN:
        after = ""
        while True:
            async with s.store.write() as tx:
                found = await tx.run(file_work.scan_again, state, after, AGAIN_AT_ONCE)
            if not found:
                break
            count, after = count + len(found), found[-1]
    s.files.to_prepare.set()
    return count


async def _asked(s: Services, ends: _Ends) -> Answer:
    try:
        return await s.files.scanner.scan(ends.pieces())
    except AppError as error:
        if error.code == SCANNER_AWAY:
            # It is away, or this file is what breaks it.
            await s.files.scanner.ping()
            raise AppError(str(error), code=SCAN_FAILED) from error
        raise


async def _listed(s: Services, opened: OpenBlob, head: bytes) -> Listing | None:
    row, key = opened
    job = Job(JobKind.ARCHIVE, sniff(head) or UNKNOWN, row.size)
    try:
        async with worked(s, job, clear(s, row.id, key, row.size)) as result:
            members = result.facts.members
    except PreviewRefused:
        return None
    if members is None:
        return None
    return Listing(
        members.count, members.largest, members.total, members.depth, members.encrypted, complete=members.complete
    )


async def _keep(s: Services, blob: str, state: ScanState) -> None:
    def put(tx: RiderTx) -> None:
        if file_work.put_scan(tx.rows, blob, state, None, tx.at):
            announce(tx, s.log.bodies, scanning_of(s.config.files), blob)

    await s.log.change(put)
