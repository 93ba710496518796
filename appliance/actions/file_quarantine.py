"""Files in which a virus was found: nobody is given them, their bytes are sealed away, and it is on record.

What happens when one is found, in one transaction: the file is `infected` (nobody opens it from here on, its sender
neither), what was made of it goes, uploads of it that were not sent yet are refused, the audit log has a record, and
the rooms of its messages are told. Then comes a line for whoever watches the log (syslog, SOC), without name or words;
and the object is sealed anew under a key that no message has (`files/keys.py: quarantine_key`).

The message stays with the reason. Once the message's own key is destroyed, nothing opens the file in quarantine either.

An operator may delete such a file where no message refers to it. Of one that messages carry two people decide, of whom
neither has uploaded it or sent it on (`rules/roles.py: may_release_file`): they release it, where the finding was
wrong, and it says of itself then that a virus was found and that it was released; or they delete it, and its messages
stay and say that (`file_facts.py: REMOVED`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.actions.file_content import clear
from appliance.actions.file_deletion import Why, delete_marked
from appliance.actions.upload_preparation import tell
from appliance.attachments import ScanState
from appliance.errors import Conflict, Forbidden, NotFound, Unavailable
from appliance.files import keys
from appliance.files.content import write_sealed
from appliance.files.objects import aside_of
from appliance.log.file_events import announce, announce_facts
from appliance.log.file_facts import REMOVED, scanning_of
from appliance.log.file_keys import open_blob
from appliance.model import SYSTEM, Deny, PersonId
from appliance.rules.roles import may_release_file
from appliance.store import audit, blobs, file_checks, file_deletions, file_refs, file_work, uploads
from appliance.wire.files import UploadChanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evidence.canonical import JsonValue
    from appliance.log.file_keys import OpenBlob
    from appliance.log.riders import RiderTx
    from appliance.rules.roles import Actor
    from appliance.services import Services
    from appliance.store.blobs import BlobRow
    from appliance.store.db import Rows
    from appliance.store.file_work import Infected

logger = logging.getLogger(__name__)
INFECTED: Final = Deny.FILE_INFECTED.value
FOUND: Final = "file.infected"
RELEASED: Final = "file.release"
DELETED: Final = "file.delete_infected"


async def put_in_quarantine(s: Services, blob: str, signature: str) -> None:
    """Note that a scan that was due has found a virus in a file."""

    def put(tx: RiderTx) -> int | None:
        row = blobs.get(tx.rows, blob)
        if row is None or not file_work.put_infected(tx.rows, blob, signature, tx.at):
            return None
        file_deletions.mark_variants(tx.rows, blob, Why.INFECTED.value, tx.at)
        for upload, _person in file_work.refuse_uploads_of(tx.rows, blob, INFECTED):
            if (refused := uploads.get(tx.rows, upload)) is not None:
                tell(tx, refused, UploadChanged(id=upload, state="refused", refused=INFECTED))
        rooms = sorted({reference.room for reference in file_refs.of_blob(tx.rows, blob)})
        audit.append(
            tx.rows,
            at=tx.at,
            actor=SYSTEM,
            action=FOUND,
            target=blob,
            outcome="done",
            detail={"signature": signature, "person": row.owner, "rooms": list(rooms)},
        )
        announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob)
        return len(rooms)

    rooms = await s.log.change(put)
    if rooms is None:
        return
    logger.warning("ALERT virus found: file=%s signature=%s rooms=%d", blob, signature, rooms)
    s.files.to_prepare.set()
    await delete_marked(s)


async def seal_away(s: Services, opened: OpenBlob) -> None:
    """Seal the object of an infected file under the key of the quarantine. Raises AppError, StorageFull."""
    row, key = opened
    if await _quarantine_key(s, opened) is None:
        await _seal_anew(s, opened, key, keys.quarantine_key(s.keys.files_key, key, row.id))
    async with s.store.write() as tx:
        await tx.run(file_work.end_preparing, row.id)
        await tx.run(file_checks.put_damaged, row.id, None)


async def note_unsealed(s: Services, blob: str) -> None:
    """Note that an infected file could not be sealed away, as its object does not open; say so where people look.

    Nobody is given it, but what opens of it opens with the key that its messages keep. The list and the check of files
    tell, and it is tried again each night, until it is deleted or its object restored.
    """
    async with s.store.write() as tx:
        await tx.run(file_checks.put_damaged, blob, s.clock())
    logger.error("ALERT infected file not sealed away: file=%s (restore its object, or delete it)", blob)


async def seal_damaged_again(s: Services) -> None:
    """Have infected files whose objects did not open sealed away once more: they may be restored by now."""
    async with s.store.write() as tx:
        await tx.run(file_work.seal_damaged_again)
    s.files.to_prepare.set()


async def list_quarantine(s: Services) -> Sequence[Infected]:
    """Return what is in quarantine."""
    async with s.store.read() as reader:
        return await reader.run(file_work.list_infected)


async def release(s: Services, by: Actor, blob: str, why: str, second: Actor) -> None:
    """Let a file of the quarantine be opened again; it says that a virus was found in it and that it was released.

    Raises NotFound for one that is not there, or is not sealed away yet; Conflict (`quarantine_not_sent`) for one that
    no message refers to: nobody would open it, its upload is over; Forbidden.
    """
    async with s.store.read() as reader:
        opened = await reader.run(open_blob, s.log.bodies, s.keys.files_keys, blob)
    if opened is None or opened.row.scan != ScanState.INFECTED or opened.row.preparing:
        raise NotFound(code="not_in_quarantine", file=blob)
    if not opened.row.refs:
        raise Conflict(code="quarantine_not_sent", file=blob)
    async with s.store.read() as reader:
        await reader.run(_check_deciders, opened.row, by, second)
    if (sealed := await _quarantine_key(s, opened)) is not None:
        await _seal_anew(s, opened, sealed, opened.key)

    def put(tx: RiderTx) -> None:
        if not file_work.put_released(tx.rows, blob):
            raise NotFound(code="not_in_quarantine", file=blob)
        detail = {"why": why, "second": second.name, "signature": opened.row.found}
        audit.append(tx.rows, at=tx.at, actor=by.name, action=RELEASED, target=blob, outcome="done", detail=detail)
        announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob)

    await s.log.change(put)


async def delete_infected(s: Services, by: Actor, blob: str, why: str, second: Actor | None = None) -> None:
    """Delete a file of the quarantine for good. The messages that carry it stay, and say that it was deleted.

    Raises NotFound; for one that a message carries, of which two people decide, Conflict (`quarantine_in_message`)
    without a second person, and Forbidden.
    """

    def put(tx: RiderTx) -> None:
        row = blobs.get(tx.rows, blob)
        if row is None or row.scan != ScanState.INFECTED:
            raise NotFound(code="not_in_quarantine", file=blob)
        detail: dict[str, JsonValue] = {"why": why, "signature": row.found}
        if row.refs:
            if second is None:
                raise Conflict(code="quarantine_in_message", file=blob)
            _check_deciders(tx.rows, row, by, second)
            rooms = {reference.room for reference in file_refs.of_blob(tx.rows, blob)}
            detail |= {"second": second.name, "rooms": [*sorted(rooms)]}
            announce_facts(tx, s.log.bodies, blob, REMOVED)
            file_deletions.delete_infected_references(tx.rows, blob, tx.at)
        audit.append(tx.rows, at=tx.at, actor=by.name, action=DELETED, target=blob, outcome="done", detail=detail)
        file_deletions.mark_uploads(tx.rows, file_work.uploads_of(tx.rows, blob), Why.INFECTED.value, tx.at)
        file_deletions.mark_blobs(tx.rows, [blob], Why.INFECTED.value, tx.at)

    await s.log.change(put)
    await delete_marked(s)


def _check_deciders(rows: Rows, row: BlobRow, by: Actor, second: Actor) -> None:
    """Check whether two people may decide of a file: neither has uploaded it, or sent it on in a message. Raises
    Forbidden.
    """
    senders = {PersonId(row.owner), *file_refs.senders(rows, row.id)}
    for sender in senders:
        if denied := may_release_file(by, sender, second):
            raise Forbidden(denied)


async def _quarantine_key(s: Services, opened: OpenBlob) -> bytes | None:
    """Return the key of the quarantine that opens the object, None where it is not sealed away yet."""
    for files_key in s.keys.files_keys:
        sealed = keys.quarantine_key(files_key, opened.key, opened.row.id)
        if await _opens(s, opened, sealed):
            return sealed
    return None


async def _opens(s: Services, opened: OpenBlob, key: bytes) -> bool:
    """Return whether the object opens with a key: its first record does or does not."""
    pieces = clear(s, opened.row.id, key, opened.row.size)
    try:
        await anext(pieces)
    except Unavailable:
        return False
    finally:
        await pieces.aclose()
    return True


async def _seal_anew(s: Services, opened: OpenBlob, old: bytes, new: bytes) -> None:
    """Seal an object under another key: a new one takes its place, whole or not at all."""
    row, objects = opened.row, s.files.objects
    staging = aside_of(row.id)
    await objects.run_writing(objects.delete, staging)
    await write_sealed(objects, staging, new, clear(s, row.id, old, row.size), as_id=row.id)
    await objects.run_writing(objects.replace, row.id, staging)
