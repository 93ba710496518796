"""Uploads, from what is said before the first byte until the last one is there (F11).

Everything is decided before the first byte: room, classification, kind, size, space. From then on the offset is the
number of bytes in whole sealed records on the disk, and nothing else has to be remembered. With the last byte an upload
is handed to `preparing`. Whose upload it is not, and what is gone, is not found.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.actions.file_deletion import Why, delete_uploads
from appliance.actions.file_quota import refuse_above
from appliance.attachments import FileForm
from appliance.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    StorageFull,
    TooLarge,
    TooMany,
    Unavailable,
)
from appliance.files import keys, said
from appliance.files.content import acknowledged
from appliance.files.objects import aside_of
from appliance.files.receiving import Receiver, receive, receive_checked
from appliance.files.uploaded import ready_file
from appliance.log.file_facts import facts_of, scanning_of
from appliance.log.views import file_view
from appliance.model import Deny
from appliance.rules.cleaning import Claim, too_much_to_clean
from appliance.rules.portraits import LARGEST_PHOTO, PhotoMode
from appliance.rules.thai_days import HOUR_MS
from appliance.rules.uploads import MOST_UPLOADS, may_be_named, may_upload
from appliance.sealed_file import RECORD_BYTES, SEALED_RECORD_BYTES
from appliance.store import uploads
from appliance.wire.files import UploadView

if TYPE_CHECKING:
    from appliance.files.said import Said
    from appliance.model import PersonId, RoomId
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.uploads import UploadRow
    from appliance.wire.files import FileView

ALGORITHMS: Final[Mapping[str, Callable[[], hashlib._Hash]]] = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
"""What a checksum of a part may be made with. It finds accidents on the way, so that SHA-1 does no harm."""
RETRY_S: Final = 3600


class WrongOffset(Conflict):
    """Bytes for another place than the one where the upload stands; `offset` is that one."""

    code = "upload_offset"

    def __init__(self, offset: int) -> None:
        super().__init__(offset=offset)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of an upload on their way. `length` is how many are announced, None where none are.

    `cut()` ends the connection they come by. `sum` is the algorithm and the value that they must have.
    """

    offset: int
    length: int | None
    pieces: AsyncIterable[bytes]
    cut: Callable[[], object]
    sum: tuple[str, bytes] | None = None


async def begin_upload(
    s: Services, actor: PersonId, about: Said, size: int, room: RoomId | None, label: int
) -> UploadRow:
    """Make room for a file whose bytes will follow; answers when it is on the disk.

    Without a room it is a picture for the person's own card. Raises Forbidden, NotFound, Invalid (`file_empty`),
    TooLarge (`upload_too_large`, `file_too_large_to_clean`, `file_too_many_pixels`),
    QuotaExceeded, TooMany (`too_many_uploads`), StorageFull, Unavailable.
    """
    files = s.config.files
    if size < 1:
        raise Invalid(code="file_empty")
    largest = files.largest if room is not None else min(files.largest, LARGEST_PHOTO)
    if size > largest:
        raise TooLarge(code="upload_too_large", most=largest // 1_000_000)
    if denied := may_be_named(about.name, files.blocked):
        raise Forbidden(denied)
    if room is not None and not about.original:
        _refuse_uncleanable(about, size)
    where = await _room_for(s, actor, about, room, label)
    key, upload, now = keys.new_file_key(), s.new_id("f"), s.clock()
    new = uploads.NewUpload(
        id=upload,
        person=actor,
        room=where,
        size=size,
        label=label,
        said=said.sealed(about, key, upload),
        wrapped_key=keys.wrap(s.keys.files_key, upload, key),
        made_at=now,
        expires_at=now + files.upload_hours * HOUR_MS,
    )
    await _insert(s, new)
    return await find_upload(s, actor, upload)


def _refuse_uncleanable(about: Said, size: int) -> None:
    """Raise TooLarge for a picture, a video or a sound that is larger than what can be cleaned."""
    much = too_much_to_clean(Claim(about.type, about.name, size, about.width, about.height))
    if much is not None:
        raise TooLarge(code=much.code, most=much.most)


async def _room_for(s: Services, actor: PersonId, about: Said, room: RoomId | None, label: int) -> int | None:
    """Return the key of the room that a file is uploaded for, which takes it from this person. Raises as above."""
    if room is None:
        if about.form is not FileForm.PICTURE or label:
            raise Invalid(field="room")
        if s.config.files.photos == PhotoMode.OFF:
            raise Forbidden(Deny.PHOTOS_OFF)
        return None
    head = await s.log.head_for(actor, room)
    if denied := may_upload(head.state, s.log.home.principal(actor), label):
        raise Forbidden(denied)
    return head.key


async def _insert(s: Services, new: uploads.NewUpload) -> None:
    """Make the object and then its row: a crash between them leaves an object alone, which the sweep removes."""
    objects = s.files.objects
    await objects.run_writing(objects.create, new.id)
    try:
        async with s.store.write() as tx:
            await tx.run(_insert_row, s, new)
    except BaseException:
        await objects.run_writing(objects.delete, new.id)
        raise


def _insert_row(rows: Rows, s: Services, new: uploads.NewUpload) -> None:
    if uploads.count_of(rows, new.person) >= MOST_UPLOADS:
        raise TooMany(RETRY_S, code="too_many_uploads")
    refuse_above(s, rows, new.person, new.size)
    uploads.insert(rows, new)


async def find_upload(s: Services, actor: PersonId, upload: str) -> UploadRow:
    """Return an upload of this person. Raises NotFound, and AppError (`upload_expired`) once its time is over."""
    async with s.store.read() as reader:
        row = await reader.run(uploads.get, upload)
    if row is None or row.person != actor:
        raise NotFound(field="upload")
    if row.expires_at <= s.clock():
        raise AppError(code="upload_expired")
    return row


def said_of(s: Services, row: UploadRow) -> Said:
    """Return what is said of the file of an upload. Raises WrongKey."""
    return said.opened(_key(s, row), row.id, row.said)


async def offset_of(s: Services, actor: PersonId, upload: str, cut: Callable[[], object] | None = None) -> int:
    """Return how many bytes of an upload are kept.

    With `cut` who writes to it now is stopped first: the answer then is where to go on. Without it, it is where the
    upload stood a moment ago.
    """
    row = await find_upload(s, actor, upload)
    if cut is None and upload in s.files.arrivals:
        return await _stands(s, row)
    async with s.files.arrivals.only_writer(upload, cut or _let_it_be):
        return await _kept(s, await find_upload(s, actor, upload))


async def receive_part(s: Services, actor: PersonId, upload: str, part: Part) -> int:
    """Take bytes of an upload; return the offset after them, which are on the disk then.

    Whatever ends it early, all whole records that had arrived are kept, but those of a part with a sum. Raises
    WrongOffset, TooLarge (`upload_too_long`), Conflict (`upload_checksum`, `upload_taken_over`), NotFound, AppError
    (`upload_expired`, `upload_disk_full`), Unavailable, TooMany (`busy`), and what the pieces raise.
    """
    await find_upload(s, actor, upload)  # nobody else stops who writes to it
    async with s.files.arriving.place(actor), s.files.arrivals.only_writer(upload, part.cut):
        row = await find_upload(s, actor, upload)
        stands = await _stands(s, row)
        if part.offset != stands < row.size - RECORD_BYTES:
            # Refused without a wait for the disk, which would hold up the parts of all other people.
            raise WrongOffset(stands)
        kept = await _kept(s, row)
        if part.offset != kept:
            raise WrongOffset(kept)
        if part.length is not None and kept + part.length > row.size:
            raise TooLarge(code="upload_too_long")
        if kept == row.size or part.length == 0:
            return kept
        try:
            kept = await _receive(s, row, part)
        except StorageFull as full:
            raise AppError(code="upload_disk_full") from full
        except Unavailable:
            # It may have been deleted meanwhile: with its room, its account, its time. Then no storage is damaged.
            await find_upload(s, actor, upload)
            raise
        if kept == row.size:
            await _complete(s, row)
        return kept


async def cancel_upload(s: Services, actor: PersonId, upload: str, cut: Callable[[], object]) -> None:
    """Delete an upload for good; who writes to it now is stopped first. Raises NotFound, Unavailable."""
    await find_upload(s, actor, upload)
    async with s.files.arrivals.only_writer(upload, cut):
        await delete_uploads(s, [upload], Why.CANCELLED)


async def show_upload(s: Services, actor: PersonId, upload: str) -> UploadView:
    """Return an upload as it stands, with what a message would carry. Raises NotFound, AppError (`upload_expired`)."""
    offset = await offset_of(s, actor, upload)
    row = await find_upload(s, actor, upload)
    about = said_of(s, row)
    async with s.store.read() as reader:
        file = await reader.run(_file_of, s, row)
    return UploadView(
        id=row.id,
        state=row.state,
        name=about.name,
        type=about.type,
        size=row.size,
        offset=offset,
        expires_at=row.expires_at,
        refused=row.refused,
        file=file,
    )


def _file_of(rows: Rows, s: Services, row: UploadRow) -> FileView | None:
    ready = ready_file(rows, s.keys.files_keys, row)
    if ready is None:
        return None
    scanning = scanning_of(s.config.files, s.files.health)
    return file_view(ready.file, facts_of(rows, ready.file.id, scanning, s.clock()))


async def _receive(s: Services, row: UploadRow, part: Part) -> int:
    objects = s.files.objects
    receiver = Receiver(objects, row.id, _key(s, row), row.size, part.offset)
    pieces = _while_there_is_room(s, part.pieces)
    if part.sum is None:
        return await receive(receiver, pieces)
    algorithm, expected = part.sum
    return await receive_checked(receiver, pieces, ALGORITHMS[algorithm](), expected, objects, aside_of(row.id))


async def _while_there_is_room(s: Services, pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Give pieces until the disk is nearly full: others may have filled it since the part began.

    Raises AppError (`upload_disk_full`), and what the pieces raise.
    """
    async for piece in pieces:
        if s.disk.is_nearly_full():
            raise AppError(code="upload_disk_full")
        yield piece


async def _stands(s: Services, row: UploadRow) -> int:
    """Return how many bytes of an upload lie in whole records, which may not be safe on the disk yet."""
    if row.state != uploads.RECEIVING:
        return row.size
    length = await s.files.objects.run(s.files.objects.size, row.id)
    return min(length // SEALED_RECORD_BYTES * RECORD_BYTES, row.size)


async def _kept(s: Services, row: UploadRow) -> int:
    """Return how many bytes of an upload are kept; one that is found to be whole is handed on, as after a crash."""
    if row.state != uploads.RECEIVING:
        return row.size
    objects = s.files.objects
    kept = await objects.run_writing(acknowledged, objects, row.id, _key(s, row), row.size)
    if kept == row.size:
        await _complete(s, row)
    return kept


async def _complete(s: Services, row: UploadRow) -> None:
    """Hand an upload that is whole to those who prepare it."""
    expires_at = s.clock() + s.config.files.upload_hours * HOUR_MS
    async with s.store.write() as tx:
        await tx.run(uploads.set_preparing, row.id, expires_at)
        tx.after_commit(s.files.to_prepare.set)


def _key(s: Services, row: UploadRow) -> bytes:
    return keys.unwrap(s.keys.files_keys, row.id, row.wrapped_key)


def _let_it_be() -> None:
    """Be cut by nobody: whoever only asks where an upload stands is done before anything could be."""
