"""Opening every record of stored files and comparing their roots: some of them each night, all of them when asked.

Rules:
- a file or variant that does not open, or has another root, is marked as damaged; one that was marked and opens again,
  since a backup of it was restored, is not any more (`log/file_content.py`);
- a night opens what was opened the longest ago: a `PART` of all bytes and at least `LEAST_BYTES`, so that everything is
  opened within that many nights however much there is. Where it was is in the rows (`blob.checked_at`), so a restart
  loses nothing. Some of what is marked is opened beside it;
- what is in quarantine has a key of its own, and nothing reads it.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from appliance.actions.file_faults import FaultKind
from appliance.attachments import ScanState
from appliance.errors import Unavailable, WrongKey
from appliance.files import keys
from appliance.files.content import Leaves, read_clear, taken_together
from appliance.log.file_content import mark_damaged, mark_sound
from appliance.log.file_facts import scanning_of
from appliance.log.file_keys import open_blob
from appliance.sealed_file import SealBroken
from appliance.store import blobs, file_checks

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.file_checks import Kept

PART: Final = 30
"""Nights in which everything has been opened once."""
LEAST_BYTES: Final = 10 << 30
MOST_MARKED: Final = 20
"""Files that are known to be damaged and are tried once more each night, beside its part."""
PAGE: Final = 100
_HOW: Final = {FaultKind.DOES_NOT_OPEN: "it does not open", FaultKind.WRONG_ROOT: "it has another root"}


async def open_slice(s: Services, least: int = LEAST_BYTES) -> int:
    """Open this night's part of all files; return how many bytes that were. `least` is in bytes."""
    begun, opened = s.clock(), 0
    async with s.store.read() as reader:
        most = max(least, await reader.run(file_checks.all_bytes) // PART)
        marked = await reader.run(file_checks.damaged, MOST_MARKED)
    await _open(s, marked, begun)
    while opened < most:
        async with s.store.read() as reader:
            page = await reader.run(file_checks.checked_before, begun, PAGE)
        if not page:
            break
        before = accumulate((kept.size for kept in page), initial=opened)
        due = [kept for kept, bytes_before in zip(page, before, strict=False) if bytes_before < most]
        await _open(s, due, begun)
        opened += sum(kept.size for kept in due)
    return opened


async def _open(s: Services, due: list[Kept], at: Millis) -> None:
    for kept in due:
        await find_damage(s, kept)
    async with s.store.write() as tx:
        await tx.run(_put_checked, due, at)


async def find_damage(s: Services, kept: Kept) -> FaultKind | None:
    """Open every record of a blob, and mark it as what it is found to be. Return what is wrong with it, or None."""
    kind, scanning = await _opened(s, kept), scanning_of(s.config.files, s.files.health)
    if kind is not None:
        await mark_damaged(s.log, scanning, kept.id, _HOW[kind])
    elif kept.damaged:
        await mark_sound(s.log, scanning, kept.id)
    return kind


async def _opened(s: Services, kept: Kept) -> FaultKind | None:
    async with s.store.read() as reader:
        row = await reader.run(blobs.get, kept.id)
        file = await reader.run(blobs.get, row.parent) if row is not None and row.parent else row
        if row is None or file is None or file.scan == ScanState.INFECTED:
            return None
        try:
            opened = await reader.run(open_blob, s.log.bodies, s.keys.files_keys, file.id)
        except WrongKey:
            opened = None
    if opened is None:
        # One that nothing refers to any more is being deleted.
        return None if file.refs == 0 and file.wrapped_key is None else FaultKind.DOES_NOT_OPEN
    key = keys.variant_key(opened.key, kept.id) if row.parent else opened.key
    leaves = Leaves()
    try:
        content = read_clear(s.files.objects, kept.id, key, kept.size)
        async for _ in taken_together(s.files.objects, content, leaves.add):
            pass
    except (SealBroken, Unavailable):
        return FaultKind.DOES_NOT_OPEN
    return None if leaves.root() == kept.root else FaultKind.WRONG_ROOT


def _put_checked(rows: Rows, done: list[Kept], at: Millis) -> None:
    for kept in done:
        file_checks.put_checked(rows, kept.id, at)
