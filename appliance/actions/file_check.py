"""Comparing the objects of files with their rows, and the counts with what they count: each night, and when asked.

What it finds is a fault and never normal: 0, or something is wrong. It may run beside uploads, sends and deletions: an
object counts as lost only when no row knows it and nobody has written to it for an hour, and before a row is said to
lack its object the row is looked for once more. The result is in the log of the process and on record (`files.check`).

`repair` mends what can be mended without loss: objects that no row knows are deleted (with receipts), counts are made
again, overdue deletions are done. Objects that are missing, of a wrong size or that do not open are for a backup to
restore. The nightly run opens a part of all files first, deletes the objects that no row knows and mends nothing else.
`deep` opens every record of every file and compares its root (`file_deep_check.py`).
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.actions import file_deletion
from appliance.actions.audit_records import record
from appliance.actions.file_deep_check import find_damage, open_slice
from appliance.actions.file_deletion import Why
from appliance.actions.file_faults import Fault, FaultKind
from appliance.actions.file_quarantine import seal_damaged_again
from appliance.files.content import sealed_length
from appliance.model import SYSTEM
from appliance.rules.thai_days import HOUR_MS
from appliance.store import file_checks, file_deletions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.file_checks import Kept

logger = logging.getLogger(__name__)
PAGE: Final = 500
MOST_NAMED: Final = 1_000
"""Faults of one kind that are named; there may be more."""
ON_RECORD: Final = 20
CHECKED: Final = "files.check"


class Checked(NamedTuple):
    """What a check looked at and found; `waiting` is how many erased names the search index has not confirmed yet."""

    objects: int
    rows: int
    waiting: int
    faults: list[Fault]


async def check_nightly(s: Services) -> Checked:
    """Open a part of all files, check, delete the objects that no row knows, put the result on record, once a night."""
    await open_slice(s)
    await seal_damaged_again(s)
    found = await check_files(s, SYSTEM)
    await _delete_lost(s, found.faults)
    return found


async def check_files(s: Services, actor: str, *, deep: bool = False) -> Checked:
    """Compare everything once and put the result on record."""
    lost, objects = await _lost_objects(s)
    faults, rows = await _rows_and_objects(s, deep=deep)
    faults = [*lost, *faults, *await _counts(s)]
    async with s.store.read() as reader:
        waiting = await reader.run(file_checks.waiting_index)
    for fault in faults:
        logger.warning("files: %s", fault)
    async with s.store.write() as tx:
        await record(
            s, tx, actor, CHECKED, "files", "faults" if faults else "done",
            objects=objects, rows=rows, count=len(faults), faults=[str(fault) for fault in faults[:ON_RECORD]],
        )  # fmt: skip
    logger.info("files: %d objects, %d rows, %d faults", objects, rows, len(faults))
    return Checked(objects, rows, waiting, faults)


async def repair_files(s: Services, found: Checked) -> None:
    """Mend what can be mended of what a check found. Raises Unavailable."""
    await _delete_lost(s, found.faults)
    counts = [fault.id for fault in found.faults if fault.kind is FaultKind.WRONG_COUNT]
    async with s.store.write() as tx:
        await tx.run(file_checks.count_refs, counts)
        await tx.run(lambda rows: file_checks.put_use(rows, file_checks.wrong_use(rows)))
    await file_deletion.sweep(s)


async def _delete_lost(s: Services, faults: list[Fault]) -> None:
    lost = [fault.id for fault in faults if fault.kind is FaultKind.OBJECT_WITHOUT_ROW]
    if not lost:
        return

    def mark(rows: Rows) -> None:
        for name in file_checks.unknown_objects(rows, lost):
            file_deletions.mark_object(rows, name, name, file_deletions.BLOB, Why.ORPHAN, s.clock())

    async with s.store.write() as tx:
        await tx.run(mark)
    await file_deletion.delete_marked(s)


async def _lost_objects(s: Services) -> tuple[list[Fault], int]:
    """Return the objects that no row knows and nobody writes to, what is no object, and how many objects there are."""
    objects, count = s.files.objects, 0
    faults: list[Fault] = []
    ids: Iterator[str] = await objects.run(objects.list)
    while page := await objects.run(lambda: list(islice(ids, PAGE))):
        count += len(page)
        async with s.store.read() as reader:
            unknown = await reader.run(file_checks.unknown_objects, page)
        for name in unknown:
            seen = await objects.run(objects.look, name)
            if seen is not None and seen.written_at <= s.clock() - HOUR_MS and len(faults) < MOST_NAMED:
                faults.append(Fault(FaultKind.OBJECT_WITHOUT_ROW, name))
    foreign = await objects.run(lambda: list(islice(objects.foreign(), MOST_NAMED)))
    # Whoever put it there chose its name.
    return [*faults, *(Fault(FaultKind.FOREIGN_OBJECT, ascii(name)) for name in foreign)], count


async def _rows_and_objects(s: Services, *, deep: bool) -> tuple[list[Fault], int]:
    faults: list[Fault] = []
    count = 0
    for list_after in (file_checks.blobs_after, file_checks.uploads_after):
        async for kept in _all(s, list_after):
            count += 1
            kind = await _fault_of(s, kept) or await _damage_of(s, kept, deep=deep)
            if kind is not None and len(faults) < MOST_NAMED and await _is_kept(s, kept):
                faults.append(Fault(kind, kept.id))
    return faults, count


async def _all(s: Services, list_after: Callable[[Rows, str, int], list[Kept]]) -> AsyncIterator[Kept]:
    after = ""
    while True:
        async with s.store.read() as reader:
            page = await reader.run(list_after, after, PAGE)
        if not page:
            return
        for kept in page:
            yield kept
        after = page[-1].id


async def _fault_of(s: Services, kept: Kept) -> FaultKind | None:
    seen = await s.files.objects.run(s.files.objects.look, kept.id)
    if kept.growing:
        # An upload whose first byte is awaited may have no object yet.
        return FaultKind.WRONG_SIZE if seen is not None and seen.size > sealed_length(kept.size) else None
    if seen is None:
        return FaultKind.OBJECT_MISSING
    return None if seen.size == sealed_length(kept.size) else FaultKind.WRONG_SIZE


async def _damage_of(s: Services, kept: Kept, *, deep: bool) -> FaultKind | None:
    if deep and kept.root is not None:
        return await find_damage(s, kept)
    return FaultKind.DAMAGED if kept.damaged else None


async def _is_kept(s: Services, kept: Kept) -> bool:
    async with s.store.read() as reader:
        return await reader.run(file_checks.is_kept, kept)


async def _counts(s: Services) -> list[Fault]:
    before, most = s.clock() - HOUR_MS, MOST_NAMED
    async with s.store.read() as reader:
        wrong_use = await reader.run(file_checks.wrong_use)
        found = {
            FaultKind.WRONG_COUNT: await reader.run(file_checks.wrong_refs, most),
            FaultKind.VARIANT_WITHOUT_FILE: await reader.run(file_checks.lost_variants, most),
            FaultKind.WRONG_USE: [f"{owner.scope}/{owner.owner}/{owner.year}" for owner in wrong_use],
            FaultKind.UPLOAD_OVERDUE: await reader.run(file_checks.overdue_uploads, before, most),
            FaultKind.DELETION_OVERDUE: await reader.run(file_checks.overdue_deletions, before, most),
        }
    return [Fault(kind, name) for kind, names in found.items() for name in names]
