"""Deleting files for good: the one way, whatever the reason, with a receipt for each store that had something of one.

Used by cancelled, refused, failed and expired uploads, by originals that a cleaned file replaces, by erasure and
destroyed keys, and by moderation. A deletion has three steps:

1. In one transaction the rows of the upload or blob and of its variants go, and their objects are marked. From its
   commit on nothing finds, opens or refers to them, and the quota is free again.
2. The marked objects are deleted.
3. In one transaction the marks go and the receipts are written.

After a crash at any point `sweep`, once a minute, goes on with what is marked. At once go references, wrapped keys and
rows, in the transaction of whoever deletes; then the objects, before the caller of `delete_uploads` or `delete_blobs`
is answered, and within a minute where keys or bodies were destroyed. The receipt of the search index is written when it
has the erasure on its disk.

A message that is taken back keeps its files, as it keeps its words: nobody is shown them, and they are evidence until
they are erased. A blob that a message refers to is never deleted here.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from appliance.errors import Unavailable
from appliance.rules.thai_days import HOUR_MS
from appliance.store import file_deletions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.file_deletions import Marked, Receipt

AT_ONCE: Final = 100
"""Rows of one transaction."""


class Why(StrEnum):
    """Why something of a file was deleted, as its receipts say."""

    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    FAILED = "failed"
    REPLACED = "replaced"
    UNREFERENCED = "unreferenced"
    ERASED = "erased"
    KEY_DESTROYED = "key_destroyed"
    MODERATED = "moderated"
    INFECTED = "infected"
    ACCOUNT_ENDED = "account_ended"
    ROOM_CLOSED = "room_closed"
    ORPHAN = "orphan"


async def delete_uploads(s: Services, uploads: Sequence[str], why: Why) -> list[Receipt]:
    """Delete uploads and what was made of them; return the receipts. Raises Unavailable: then the sweep goes on.

    Uploads that are not there are left out, and what a message refers to stays.
    """
    await _mark(s, file_deletions.mark_uploads, uploads, why)
    return await delete_marked(s)


async def delete_blobs(s: Services, blobs: Sequence[str], why: Why) -> list[Receipt]:
    """Delete blobs that no message refers to, with their variants; return the receipts. Raises as `delete_uploads`."""
    await _mark(s, file_deletions.mark_blobs, blobs, why)
    return await delete_marked(s)


async def delete_unreferenced(s: Services) -> list[Receipt]:
    """Delete every blob whose last reference has gone, and those that an hour after they were made nothing leads to."""
    while True:
        async with s.store.read() as reader:
            found = await reader.run(file_deletions.unreferenced, s.clock() - HOUR_MS, AT_ONCE)
        if not found:
            return await delete_marked(s)
        await _mark(s, file_deletions.mark_blobs, found, Why.UNREFERENCED)


async def delete_marked(s: Services) -> list[Receipt]:
    """Delete the objects that are marked and write their receipts; return these. Raises Unavailable.

    An object that cannot be deleted stays marked and keeps no other from being deleted.
    """
    receipts: list[Receipt] = []
    trouble: Unavailable | None = None
    async with s.files.deleting:
        after = ""
        while True:
            async with s.store.read() as reader:
                marked = await reader.run(file_deletions.list_marked, after, AT_ONCE)
            if not marked:
                break
            after = marked[-1].id
            deleted: list[tuple[Marked, int]] = []
            for mark in marked:
                try:
                    deleted.append((mark, await s.files.objects.run_writing(s.files.objects.delete, mark.id)))
                except Unavailable as error:
                    trouble = error
            receipts += await _finish(s, deleted)
    if trouble is not None:
        raise trouble
    return receipts


async def note_index(s: Services) -> list[Receipt]:
    """Write the receipts of what the search index has forgotten for good. Raises Unavailable where it is not there."""
    receipts: list[Receipt] = []
    async with s.files.deleting:
        after = ""
        upto: int | None = None
        while True:
            async with s.store.read() as reader:
                marked = await reader.run(file_deletions.list_marked_of_index, s.log.feed.pos, after, AT_ONCE)
            if not marked:
                return receipts
            upto = (await s.search.status()).durable if upto is None else upto
            after = marked[-1].id
            receipts += await _finish(s, [(mark, 0) for mark in marked if mark.pos <= upto])


async def sweep(s: Services) -> list[Receipt]:
    """Delete what is due: uploads that have expired or that nobody can send any more, blobs without references, and
    what a crash left half deleted. A timer calls this each minute. Raises Unavailable.
    """
    while True:
        async with s.store.read() as reader:
            expired = await reader.run(file_deletions.expired_uploads, s.clock(), AT_ONCE)
        if not expired:
            break
        await _mark(s, file_deletions.mark_uploads, expired, Why.EXPIRED)
    async with s.store.read() as reader:
        closed = await reader.run(file_deletions.uploads_to_closed_rooms)
        gone = s.accounts.ended().intersection(await reader.run(file_deletions.people_with_uploads))
        ended = [upload for person in gone for upload in await reader.run(file_deletions.uploads_of, person)]
    await _mark(s, file_deletions.mark_uploads, closed, Why.ROOM_CLOSED)
    await _mark(s, file_deletions.mark_uploads, ended, Why.ACCOUNT_ENDED)
    receipts = await delete_unreferenced(s)
    with suppress(Unavailable):
        # Without the search process it stays to be confirmed.
        receipts += await note_index(s)
    return receipts


async def _mark(
    s: Services, mark: Callable[[Rows, Sequence[str], str, int], None], ids: Sequence[str], why: Why
) -> None:
    for start in range(0, len(ids), AT_ONCE):
        async with s.store.write() as tx:
            await tx.run(mark, ids[start : start + AT_ONCE], why.value, s.clock())


async def _finish(s: Services, deleted: Sequence[tuple[Marked, int]]) -> list[Receipt]:
    if not deleted:
        return []
    async with s.store.write() as tx:
        return await tx.run(file_deletions.finish, deleted, s.clock())
