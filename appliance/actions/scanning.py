"""Scanning files for viruses, in the background: what clamd says of one, what that proves, and what follows (F85).

Rules:
- a file is `clean` only when all of it was looked at (`rules/scanning.py: scan_state`); while the scanner is away it
  stays `pending`, and never becomes clean by waiting;
- an archive is listed by a worker too, since the scanner passes over some kinds of packing in silence;
- a file that breaks the scanner itself, while that answers others, is tried again and then `unscannable`;
- a file that is scanned again keeps its state until there is a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.actions.file_content import clear, worked
from appliance.actions.file_quarantine import put_in_quarantine
from appliance.actions.scanner_watch import note_answer, note_away, what_it_tells
from appliance.attachments import ScanState
from appliance.errors import AppError, Unavailable
from appliance.files.content import taken_together
from appliance.files.scanner import SCANNER_AWAY
from appliance.files.workers import PreviewRefused
from appliance.log.file_events import announce
from appliance.log.file_facts import scanning_of
from appliance.log.file_keys import open_blob
from appliance.preview.protocol import Job, JobKind
from appliance.preview.signs import Search
from appliance.rules.file_types import SNIFF_BYTES, UNKNOWN, sniff
from appliance.rules.scanning import Answer, Listing, ScanLimits, Verdict, scan_state
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


class _Seen:
    """Passes a content on and remembers how it begins, and whether it holds other files."""

    def __init__(self, s: Services, content: AsyncIterator[bytes]) -> None:
        self._objects, self._content = s.files.objects, content
        self.head = b""
        self.search = Search()

    def pieces(self) -> AsyncIterator[bytes]:
        return taken_together(self._objects, self._content, self._take)

    def _take(self, piece: bytes) -> None:
        if len(self.head) < SNIFF_BYTES:
            self.head += piece[: SNIFF_BYTES - len(self.head)]
        self.search.take(piece)


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
    seen = _Seen(s, clear(s, blob, opened.key, opened.row.size))
    answer = await _asked(s, seen)
    told, archive = await what_it_tells(s), seen.search.is_archive
    may_be_clean = archive and all(told) and answer.verdict is Verdict.NOTHING_FOUND
    listing = await _listed(s, opened, seen.head) if may_be_clean else None
    state = scan_state(answer, opened.row.size, limits, told, archive=archive, listing=listing)
    if state is ScanState.INFECTED:
        await put_in_quarantine(s, blob, answer.signature or "?")
    else:
        await _keep(s, blob, state)


async def give_up(s: Services, blob: str, _error: AppError) -> None:
    """Note that a file cannot be scanned, however often it was tried."""
    await _keep(s, blob, ScanState.UNSCANNABLE)


async def announce_waited(s: Services, blob: str) -> None:
    """Tell the rooms of a file that it has waited long enough for its scan, where such files are delivered."""
    await s.log.change(lambda tx: announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob))


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


async def _asked(s: Services, seen: _Seen) -> Answer:
    try:
        answer = await s.files.scanner.scan(seen.pieces())
    except AppError as error:
        if error.code == SCANNER_AWAY:
            # It is away, or this file is what breaks it.
            await _ping(s)
            raise AppError(str(error), code=SCAN_FAILED) from error
        raise
    await note_answer(s)
    return answer


async def _ping(s: Services) -> None:
    try:
        await s.files.scanner.ping()
    except Unavailable as error:
        await note_away(s, error)
        raise


async def _listed(s: Services, opened: OpenBlob, head: bytes) -> Listing | None:
    row, key = opened
    job = Job(JobKind.ARCHIVE, sniff(head) or UNKNOWN, row.size)
    try:
        async with worked(s, job, clear(s, row.id, key, row.size), row.owner) as result:
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
            announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob)

    await s.log.change(put)
