"""What becomes of an upload once its last byte is there: a file that a message can refer to, or a refusal (F11).

One pass over the content finds out what it is (`look_through`); then photographs, video and sound are cleaned, and the
upload is `ready`. Its scan and its variants follow in the background, and nobody waits for them to send.

Rules:
- what says where and with what it was made is not sent unless its sender chose «original» (`rules/cleaning.py`). What
  cannot be cleaned is refused with words that say why, and never sent uncleaned on the quiet;
- what a sender's device says of size and length counts only until a worker has looked: where none will, it is left out;
- what runs on somebody's machine is refused, whatever its name is (`rules/file_types.py`);
- a cleaned file is another file: its own id, key and object. The uploaded object is marked for deletion in the
  transaction that makes the upload ready;
- an upload may be prepared twice, after a crash: only the first result is kept.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.actions.file_content import WORKER_AWAY, WORKER_FAILED, clear, worked
from appliance.actions.file_deletion import Why, delete_marked
from appliance.attachments import FileForm
from appliance.errors import STORAGE_DAMAGED, AppError, NotFound, Unavailable
from appliance.files import keys, said
from appliance.files.content import Leaves, taken_together, write_sealed
from appliance.files.workers import PreviewRefused
from appliance.preview.protocol import CLEANED, Facts, Job, JobKind, PartKind
from appliance.rules.cleaning import NOT_CLEANED, REFUSED_AS, Cleaning, cleaning_for, has_no_view
from appliance.rules.file_types import (
    MACRO_SIGNS,
    SNIFF_BYTES,
    UNKNOWN,
    form_of,
    is_blocked_content,
    may_hold_macros,
    sniff,
    type_of,
)
from appliance.rules.worker_jobs import job_for, renamed, shown_as, worker_type
from appliance.store import file_deletions, file_work, uploads
from appliance.store.file_work import NEVER_SCANNED, NewBlob
from appliance.wire.files import UploadChanged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.files.said import Said
    from appliance.log.riders import RiderTx
    from appliance.services import Services
    from appliance.store.uploads import UploadRow

BLOCKED: Final = "file_type_blocked"
NOT_PREPARED: Final = "file_not_prepared"
PREPARER_AWAY: Final = "preparer_away"
UPLOAD: Final = "upload"
_LONGEST_SIGN: Final = max(map(len, MACRO_SIGNS))


class Seen:
    """What one pass over a content shows: its first bytes, the root over it, and whether it holds macros."""

    def __init__(self) -> None:
        self.head = b""
        self.macros = False
        self._may_hold_macros = False
        self._leaves = Leaves()
        self._before = b""

    @property
    def root(self) -> bytes:
        """The root over all that was taken."""
        return self._leaves.root()

    def take(self, piece: bytes) -> None:
        """Take the next bytes; blocking."""
        self._leaves.add(piece)
        if len(self.head) < SNIFF_BYTES:
            # Once it is whole it is looked at no more: on some heads that takes milliseconds.
            self.head += piece[: SNIFF_BYTES - len(self.head)]
            self._may_hold_macros = may_hold_macros(sniff(self.head))
        if not self.macros and self._may_hold_macros:
            window = self._before + piece.lower()
            self.macros = any(sign in window for sign in MACRO_SIGNS)
            self._before = window[-_LONGEST_SIGN:]


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of an upload: where its content lies, under which key, and what its message will say.

    `facts`: what the worker that cleaned it found out.
    """

    id: str
    key: bytes
    size: int
    root: bytes
    type: str
    about: Said
    facts: Facts


async def prepare_upload(s: Services, upload: str) -> None:
    """Make an upload ready, or refuse it. One that is not there any more, or not whole, is left alone.

    Raises AppError for what may go better another time.
    """
    async with s.store.read() as reader:
        row = await reader.run(uploads.get, upload)
    if row is None or row.state != uploads.PREPARING:
        return
    key = keys.unwrap(s.keys.files_keys, row.id, row.wrapped_key)
    seen = await look_through(s, clear(s, row.id, key, row.size))
    if is_blocked_content(seen.head) or seen.macros:
        await refuse_upload(s, upload, BLOCKED)
        return
    about = said.opened(key, row.id, row.said)
    kind = type_of(seen.head, about.type, about.name)
    form = form_of(kind, about.form)
    named = worker_type(kind, form)
    about = msgspec.structs.replace(about, form=shown_as(named, form))
    made = _Made(row.id, key, row.size, seen.root, named, about, Facts())
    cleaning = Cleaning() if about.original else cleaning_for(kind, form, seen.head, about.type, about.name)
    if cleaning.refused is not None:
        await refuse_upload(s, upload, cleaning.refused)
        return
    if cleaning.as_type is not None:
        try:
            made = await _clean(s, row, made, cleaning.as_type)
        except PreviewRefused as refused:
            await refuse_upload(s, upload, REFUSED_AS[refused.code])
            return
    await _publish(s, row, key, made)


async def look_through(s: Services, content: AsyncIterator[bytes]) -> Seen:
    """Read a content once, in the threads of the files."""
    seen = Seen()
    async for _ in taken_together(s.files.objects, content, seen.take):
        pass
    return seen


async def refuse_upload(s: Services, upload: str, code: str) -> None:
    """Refuse an upload for good and tell its person why; it goes when they take it away, or with its time."""

    def put(tx: RiderTx) -> None:
        row = uploads.get(tx.rows, upload)
        if row is not None and uploads.set_refused(tx.rows, upload, code):
            # Nobody can do anything with its bytes any more.
            file_deletions.mark_object(tx.rows, upload, upload, file_deletions.STAGING, Why.REFUSED.value, tx.at)
            tell(tx, row, UploadChanged(id=upload, state="refused", refused=code))

    await s.log.change(put)
    with suppress(Unavailable):
        await delete_marked(s)


async def give_up(s: Services, upload: str, error: AppError) -> None:
    """Refuse an upload that could not be prepared however often it was tried."""
    known = {WORKER_AWAY: PREPARER_AWAY, STORAGE_DAMAGED: STORAGE_DAMAGED, WORKER_FAILED: NOT_CLEANED}
    await refuse_upload(s, upload, known.get(error.code, NOT_PREPARED))


def tell(tx: RiderTx, row: UploadRow, changed: UploadChanged) -> None:
    """Put what became of an upload on its person's feed."""
    tx.announce(UPLOAD, msgspec.to_builtins(changed), person=row.person)


async def _clean(s: Services, row: UploadRow, given: _Made, as_type: str) -> _Made:
    """Return the file without what it says of place and device, as a new one. Raises PreviewRefused, AppError."""
    fresh, key = s.new_id("f"), keys.new_file_key()
    content = clear(s, row.id, given.key, row.size)
    async with worked(s, Job(JobKind.CLEAN, as_type, row.size), content, row.person) as result:
        async for part, chunks in result.parts():
            if part.kind is PartKind.CLEAN:
                written = await write_sealed(s.files.objects, fresh, key, chunks)
                kind = UNKNOWN if given.type == UNKNOWN else part.type
                form = FileForm.DOCUMENT if has_no_view(result.facts.width, result.facts.height) else given.about.form
                name = renamed(given.about.name, as_type, part.type)
                about = msgspec.structs.replace(given.about, name=name, form=form)
                return _Made(fresh, key, written.size, written.root, kind, about, result.facts)
    raise AppError(f"a worker that cleaned {CLEANED[as_type]} gave nothing", code=WORKER_FAILED)


async def _publish(s: Services, row: UploadRow, upload_key: bytes, made: _Made) -> None:
    """Make the upload ready with what came of it, unless it was cancelled meanwhile."""

    def put(tx: RiderTx) -> None:
        file_work.insert(tx.rows, [_blob_of(s, row, made)])
        if not uploads.set_ready(tx.rows, row.id, made.id):
            raise NotFound(field="upload")
        file_work.put_said(tx.rows, row.id, said.sealed(made.about, upload_key, row.id))
        if made.id != row.id:
            file_deletions.mark_object(tx.rows, row.id, made.id, file_deletions.STAGING, Why.REPLACED.value, tx.at)
        tell(tx, row, UploadChanged(id=row.id, state="ready"))

    try:
        await s.log.change(put)
    except NotFound:
        if made.id != row.id:
            await s.files.objects.run_writing(s.files.objects.delete, made.id)
        return
    s.files.to_prepare.set()
    if made.id != row.id:
        await delete_marked(s)


def _blob_of(s: Services, row: UploadRow, made: _Made) -> NewBlob:
    size = _expected(made.type, made.about, made.facts)
    return NewBlob(
        id=made.id,
        kind="file",
        owner=row.person,
        type=made.type,
        size=made.size,
        root=made.root,
        made_at=s.clock(),
        wrapped_key=keys.wrap(s.keys.files_key, made.id, made.key),
        width=size.width,
        height=size.height,
        ms=None if size.seconds is None else round(size.seconds * 1000),
        scan_due=NEVER_SCANNED,
        preparing=job_for(made.type) is not None,
    )


def _expected(of_type: str, about: Said, facts: Facts) -> Facts:
    """Return size and length of a file before a worker has looked at it.

    They are what one found while cleaning it, or what is said of it where a worker will look.
    """
    job = job_for(of_type)
    is_seen, is_heard = job in (JobKind.PICTURE, JobKind.VIDEO), job in (JobKind.VIDEO, JobKind.SOUND)
    return Facts(
        width=facts.width or (about.width if is_seen else None),
        height=facts.height or (about.height if is_seen else None),
        seconds=about.seconds if is_heard else None,
    )
