"""Photographs of people's cards: chosen by the person, judged by a moderator, taken away by either (F17).

A picture is uploaded like a file, without a room. What is kept of it is a square of its middle in two sizes, which a
worker makes of its pixels alone; the upload and the picture as it came are deleted in the same transaction.

Rules:
- a picture becomes a photograph once its scan lets others open it, and keeps what that scan said;
- who moderates (`Duty.MODERATE_PHOTO`) never judges their own, and names the picture that they looked at;
- the person, and those who may judge it, hear by an event that something has changed; it says no more;
- a photograph that is replaced, refused or removed is deleted for good, as are those of accounts that ended.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.actions.file_content import WORKER_FAILED, clear, worked
from appliance.actions.file_deletion import Why, delete_marked
from appliance.attachments import FileForm, ScanState
from appliance.errors import AppError, Conflict, Forbidden, Invalid, NotFound, NotReady, Unavailable
from appliance.files import keys
from appliance.files.content import write_sealed
from appliance.files.uploaded import ready_file
from appliance.files.workers import PreviewRefused
from appliance.identity.moderators import as_actor, may_moderate, moderators_of
from appliance.log.file_facts import scanning_of
from appliance.model import Deny
from appliance.preview.protocol import Job, JobKind, PartKind
from appliance.rules import portraits as rules
from appliance.rules.portraits import MOST_REASON, PhotoMode, Portrait
from appliance.rules.scanning import may_open
from appliance.rules.text import has_visible
from appliance.store import audit, blobs, file_deletions, file_work, portraits, uploads
from appliance.store.file_work import NewBlob

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.evidence.canonical import JsonValue
    from appliance.log.riders import RiderTx
    from appliance.model import PersonId
    from appliance.rules.roles import Actor
    from appliance.services import Services
    from appliance.store.blobs import BlobRow
    from appliance.store.db import Rows

KIND: Final = "portrait"
CHANGED: Final = "photo"
NOT_A_PICTURE: Final = "photo_not_picture"


class _Source(NamedTuple):
    """The picture that somebody has uploaded, and its key."""

    blob: BlobRow
    key: bytes

    def __repr__(self) -> str:
        """Name the file alone: the key must not show in a log."""
        return f"_Source({self.blob.id})"


async def choose_photo(s: Services, person: PersonId, upload: str) -> None:
    """Make a picture that this person has uploaded their photograph.

    Raises Forbidden (`photos_off`, `file_held`, `file_infected`), NotFound, NotReady (`photo_not_ready`), Conflict with
    the reason of an upload that was refused, Invalid (`photo_not_picture`), AppError (`worker_failed`), Unavailable.
    """
    mode = PhotoMode(s.config.files.photos)
    if mode is PhotoMode.OFF:
        raise Forbidden(Deny.PHOTOS_OFF)
    async with s.store.read() as reader:
        source = await reader.run(_source, s, person, upload)
    made = await _made(s, source)

    def put(tx: RiderTx) -> None:
        row = uploads.get(tx.rows, upload)
        if row is None or row.blob != source.blob.id:
            raise NotFound(field="upload")
        before = portraits.get(tx.rows, person) or Portrait(person)
        file_work.insert(tx.rows, made)
        _change(s, tx, before, rules.with_new(before, made[0].id, mode, tx.at), Why.REPLACED)
        file_deletions.mark_uploads(tx.rows, [upload], Why.REPLACED.value, tx.at)

    try:
        s.log.take_share(person)
        await s.log.change(put)
    except AppError:
        await _forget(s, made)
        raise
    await _delete(s)


async def remove_own_photo(s: Services, person: PersonId) -> None:
    """Take one's own photograph away, with one that waits; without any nothing happens."""

    def put(tx: RiderTx) -> None:
        before = portraits.get(tx.rows, person)
        after = rules.removed(before, None, tx.at) if before else None
        if before and after:
            _change(s, tx, before, after, Why.ERASED)

    s.log.take_share(person)
    await s.log.change(put)
    await _delete(s)


async def judge_photo(
    s: Services, moderator: PersonId, person: PersonId, file: str, *, granted: bool, reason: str
) -> None:
    """Do what a moderator on the staff has decided, as `approve_photo` or `refuse_photo`."""
    actor = as_actor(s.accounts, moderator)
    if granted:
        await approve_photo(s, actor, person, file)
    else:
        await refuse_photo(s, actor, person, file, reason)


async def approve_photo(s: Services, actor: Actor, person: PersonId, file: str) -> None:
    """Show everybody the picture that waits. Raises Forbidden, NotFound, Conflict (`photo_changed`)."""

    def decide(before: Portrait) -> Portrait | None:
        return rules.approved(before, file, s.clock())

    await _judge(s, actor, person, decide, action="photo.approve", file=file)


async def refuse_photo(s: Services, actor: Actor, person: PersonId, file: str, reason: str) -> None:
    """Delete the picture that waits and tell the person why. Raises as `approve_photo`, Invalid."""
    why = _reason(reason)

    def decide(before: Portrait) -> Portrait | None:
        return rules.refused(before, file, why, s.clock())

    await _judge(s, actor, person, decide, action="photo.refuse", file=file, reason=why)


async def remove_photo(s: Services, actor: Actor, person: PersonId, reason: str) -> None:
    """Delete somebody's photograph, with one that waits, and tell them why. Raises as `refuse_photo`."""
    why = _reason(reason)

    def decide(before: Portrait) -> Portrait | None:
        return rules.removed(before, why, s.clock())

    await _judge(s, actor, person, decide, action="photo.remove", reason=why)


async def delete_of_ended(s: Services) -> None:
    """Delete the photographs of people whose accounts have ended. A timer calls this each minute."""
    async with s.store.read() as reader:
        ended = s.accounts.ended().intersection(await reader.run(portraits.people))
    if not ended:
        return

    def put(tx: RiderTx) -> None:
        for person in ended:
            before = portraits.get(tx.rows, person)
            if before is not None:
                _change(s, tx, before, Portrait(person, at=tx.at), Why.ACCOUNT_ENDED)

    await s.log.change(put)
    await _delete(s)


async def _judge(
    s: Services,
    actor: Actor,
    person: PersonId,
    decide: Callable[[Portrait], Portrait | None],
    *,
    action: str,
    **detail: JsonValue,
) -> None:
    """Do what a moderator has decided, on record in the same transaction."""
    if denied := may_moderate(s.directory.now, s.accounts, actor, person):
        raise Forbidden(denied)

    def put(tx: RiderTx) -> None:
        before = portraits.get(tx.rows, person)
        if before is None:
            raise NotFound(code="photo_not_found")
        after = decide(before)
        if after is None:
            raise Conflict(code="photo_changed")
        _change(s, tx, before, after, Why.REPLACED if action == "photo.approve" else Why.MODERATED)
        audit.append(
            tx.rows, at=after.at, actor=actor.name, action=action, target=person, outcome="done", detail=dict(detail)
        )

    await s.log.change(put)
    await _delete(s)


def _change(s: Services, tx: RiderTx, before: Portrait, after: Portrait, why: Why) -> None:
    """Keep what there is now, mark what is referred to no more, and tell the person, and who judges what waits."""
    portraits.put(tx.rows, after)
    file_deletions.mark_blobs(tx.rows, sorted(before.files - after.files), why.value, after.at)
    judging = before.waiting != after.waiting
    moderators = moderators_of(s.directory.now, s.accounts, after.person, tx.at) if judging else []
    for who in (after.person, *moderators):
        tx.announce(CHANGED, {}, person=who)


async def _delete(s: Services) -> None:
    with suppress(Unavailable):  # the sweep goes on with what is marked
        await delete_marked(s)


def _reason(reason: str) -> str:
    if not has_visible(reason):
        raise Invalid(field="reason", code="reason_missing")
    if len(reason) > MOST_REASON:
        raise Invalid(field="reason")
    return reason.strip()


def _source(rows: Rows, s: Services, person: PersonId, upload: str) -> _Source:
    row = uploads.get(rows, upload)
    if row is None or row.person != person or row.room is not None:
        raise NotFound(field="upload")
    if row.state == uploads.REFUSED:
        raise Conflict(code=row.refused)
    ready = ready_file(rows, s.keys.files_keys, row)
    blob = blobs.get(rows, ready.file.id) if ready else None
    if ready is None or blob is None:
        raise NotReady(code="photo_not_ready")
    if ready.file.form is not FileForm.PICTURE:
        raise Invalid(field="upload", code=NOT_A_PICTURE)
    _require_scan(s, blob)
    return _Source(blob, ready.key)


def _require_scan(s: Services, blob: BlobRow) -> None:
    """Wait for the scan as everybody does who is sent the file. Raises NotReady, Forbidden."""
    scanning, state = scanning_of(s.config.files, s.files.health), ScanState(blob.scan)
    denied = may_open(state, scanning.policy, s.clock() - blob.made_at, scanning.wait_ms, is_sender=False)
    if denied is Deny.FILE_HELD and state is ScanState.PENDING:
        raise NotReady(code="photo_not_ready")
    if denied:
        raise Forbidden(denied)


async def _made(s: Services, source: _Source) -> list[NewBlob]:
    """Write the large square and the small one as objects; return their rows. Raises Invalid, AppError."""
    made, key = list[NewBlob](), keys.new_file_key()
    try:
        await _make(s, source, key, made)
    except PreviewRefused as refused:
        await _forget(s, made)
        raise Invalid(field="upload", code=NOT_A_PICTURE) from refused
    except BaseException:
        await _forget(s, made)
        raise
    return made


async def _make(s: Services, source: _Source, key: bytes, made: list[NewBlob]) -> None:
    blob = source.blob
    job = Job(JobKind.PORTRAIT, blob.type, blob.size)
    async with worked(s, job, clear(s, blob.id, source.key, blob.size), blob.owner) as result:
        async for part, chunks in result.parts():
            fresh, parent = s.new_id("f"), made[0].id if made else None
            of_part = keys.variant_key(key, fresh) if parent else key
            written = await write_sealed(s.files.objects, fresh, of_part, chunks)
            made.append(
                NewBlob(
                    fresh,
                    part.kind.value if parent else KIND,
                    blob.owner,
                    part.type,
                    written.size,
                    written.root,
                    # As old as the picture: it has waited for the scan already.
                    blob.made_at,
                    parent=parent,
                    wrapped_key=None if parent else keys.wrap(s.keys.files_key, fresh, key),
                    width=part.width,
                    height=part.height,
                    scan=blob.scan,
                )
            )
    if [one.kind for one in made] != [KIND, PartKind.THUMB.value]:
        raise AppError("a portrait without its parts", code=WORKER_FAILED)


async def _forget(s: Services, made: list[NewBlob]) -> None:
    for one in made:
        await s.files.objects.run_writing(s.files.objects.delete, one.id)
