"""The clear bytes of stored objects, and what follows where one does not open.

Rules:
- a damaged file is marked once (`blob.damaged_at`), its rooms are told (`state` is `damaged`), and the log has an
  ALERT line; the check of files counts it from then on;
- the mark ends when a check has opened every record again, as after a backup was restored (`mark_sound`);
- what does not open of an object that no row knows any more, or that was sealed away for the quarantine, is an error of
  its reader alone.

Does not: decide who may have the bytes (`file_access.py`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from appliance.attachments import ScanState
from appliance.errors import STORAGE_DAMAGED, AppError, Unavailable
from appliance.files.content import WHOLE, Part, read_clear
from appliance.files.objects import ObjectMissing
from appliance.log.file_events import announce
from appliance.sealed_file import SealBroken
from appliance.store import blobs, file_checks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from appliance.files.objects import BlobStore
    from appliance.log.bodies import Bodies
    from appliance.log.file_facts import Scanning
    from appliance.log.riders import RiderTx
    from appliance.log.writer import RoomLog

logger = logging.getLogger(__name__)


async def read_stored(
    objects: BlobStore,
    log: RoomLog,
    scanning: Scanning,
    object_id: str,
    key: bytes,
    size: int,
    *,
    part: Part = WHOLE,
) -> AsyncGenerator[bytes]:
    """Give a part of an object whose content has `size` bytes, or all of it.

    Raises Unavailable, with the code `storage_damaged` for a record that does not open, before any byte of it.
    """
    try:
        async for piece in read_clear(objects, object_id, key, size, part.start, part.stop, keeps_up=part.keeps_up):
            yield piece
    except SealBroken as broken:
        await mark_damaged(log, scanning, object_id, f"{broken} does not open")
        raise Unavailable(f"object {object_id}: {broken} does not open", code=STORAGE_DAMAGED) from broken
    except ObjectMissing:
        await mark_damaged(log, scanning, object_id, "its object is missing")
        raise


async def mark_damaged(log: RoomLog, scanning: Scanning, object_id: str, what: str) -> None:
    """Note that a file or variant is damaged, and tell its rooms; does nothing where its row has gone, or says so."""
    try:
        marked = await log.change(lambda tx: _mark(tx, log.bodies, scanning, object_id, damaged=True))
    except AppError as error:
        logger.error("file %s is damaged and cannot be marked: %s", object_id, error)  # noqa: TRY400 - no fault of ours
        return
    if marked:
        logger.error("ALERT file damaged: file=%s: %s", object_id, what)


async def mark_sound(log: RoomLog, scanning: Scanning, object_id: str) -> None:
    """Note that every record of a file or variant opens, and tell its rooms where it was damaged. Raises AppError."""
    if await log.change(lambda tx: _mark(tx, log.bodies, scanning, object_id, damaged=False)):
        logger.warning("file %s opens again", object_id)


def _mark(tx: RiderTx, bodies: Bodies, scanning: Scanning, object_id: str, *, damaged: bool) -> bool:
    row = blobs.get(tx.rows, object_id)
    if (
        row is None
        or row.scan == ScanState.INFECTED
        or not file_checks.put_damaged(tx.rows, object_id, tx.at if damaged else None)
    ):
        return False
    announce(tx, bodies, scanning, row.parent or row.id)
    return True
