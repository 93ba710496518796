"""Deleting files: nothing of one is left, whatever happens meanwhile, and receipts say what was where."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from appliance.actions import disposal, file_check, file_deletion, rooms
from appliance.actions.file_deletion import AT_ONCE, Why
from appliance.actions.upload_preparation import refuse_upload
from appliance.actions.uploads import Part, begin_upload, cancel_upload, receive_part
from appliance.attachments import FileForm
from appliance.errors import NotFound, StorageFailed, TooMany, Unavailable
from appliance.files import keys
from appliance.files.content import sealed_length
from appliance.files.said import Said
from appliance.model import AccountState, PersonId
from appliance.rules.thai_days import HOUR_MS
from appliance.store import file_deletions
from appliance.store.db import Rows
from appliance.store.file_deletions import Receipt
from appliance.vault.epochs import EpochCipher, EpochId, unwrap_any
from search_index import wire
from tests.bureau import DAY, MALEE, NARIN, SOMCHAI, Bureau, open_bureau
from tests.filing import CONTENT, Filing

SEALED = sealed_length(len(CONTENT))
THUMB = sealed_length(100)
WEEK = 7 * DAY


@pytest.fixture
def filing(bureau: Bureau) -> Filing:
    return Filing(bureau)


class Died(Exception):
    """Stands for the end of the process at this point."""


def index_at(pos: int) -> object:
    """Return what answers like an index that has the feed up to a position on its disk."""

    async def status() -> wire.State:
        return wire.State(pos, "", pos, 0, 0, 0)

    return status


async def test_a_cancelled_upload_leaves_nothing_and_its_quota_is_free(bureau: Bureau, filing: Filing) -> None:
    upload = await filing.upload(room=await bureau.group(NARIN, MALEE))
    kept = await filing.upload(SOMCHAI)
    assert len(await filing.use()) == 3
    receipts = await file_deletion.delete_uploads(bureau.s, [upload, "never was"], Why.CANCELLED)
    assert receipts == [Receipt(upload, "staging", "cancelled", bureau.clock(), SEALED)]
    assert await filing.objects() == {kept}
    assert await filing.use() == [("agency", "", 0, len(CONTENT)), ("person", SOMCHAI, 0, len(CONTENT))]
    # Once more changes nothing and has no second receipt.
    assert await file_deletion.delete_uploads(bureau.s, [upload], Why.CANCELLED) == []


async def test_an_upload_takes_along_what_was_made_of_it(bureau: Bureau, filing: Filing) -> None:
    blob = await filing.blob(variants=2)
    upload = await filing.upload(blob=blob)
    await file_deletion.delete_uploads(bureau.s, [upload], Why.EXPIRED)
    assert await filing.objects() == set()
    assert await filing.receipts(blob) == [
        ("blob", "expired", SEALED),
        ("variant", "expired", THUMB),
        ("variant", "expired", THUMB),
        ("staging", "expired", SEALED),
    ]
    assert await filing.rows("SELECT id FROM blob") == []


async def test_an_object_that_was_replaced_before_has_one_receipt(bureau: Bureau, filing: Filing) -> None:
    """The uploaded original goes once the cleaned file is there; the upload's end has nothing more to delete of it."""
    blob = await filing.blob()
    upload = await filing.upload(blob=blob)
    await filing.run(
        lambda rows: file_deletions.mark_object(rows, upload, blob, "staging", Why.REPLACED, bureau.clock())
    )
    assert [receipt.store for receipt in await file_deletion.delete_marked(bureau.s)] == ["staging"]
    await file_deletion.delete_uploads(bureau.s, [upload], Why.CANCELLED)
    assert await filing.receipts(blob) == [("staging", "replaced", SEALED), ("blob", "cancelled", SEALED)]


async def test_what_a_message_refers_to_stays_whoever_asks(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    blob, _, _ = await filing.sent(MALEE, room)
    upload = await filing.upload(blob=blob)
    assert await file_deletion.delete_blobs(bureau.s, [blob], Why.MODERATED) == []
    await file_deletion.delete_uploads(bureau.s, [upload], Why.CANCELLED)
    await file_deletion.sweep(bureau.s)
    assert await filing.objects() == {blob, f"{blob}-v0"}


async def test_a_recording_is_one_more_kind(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    blob = await filing.blob(kind="recording", variants=1)
    n = (await bureau.say(MALEE, room)).n
    await filing.refer(blob, room, n)
    await disposal.erase_bodies(bureau.s, room, n, n, "recordings")
    assert await filing.objects() == set()
    assert [store for store, _, _ in await filing.receipts(blob)] == ["reference", "blob", "variant"]


async def test_two_rooms_share_a_file_and_the_second_erasure_ends_it(bureau: Bureau, filing: Filing) -> None:
    short, long = [await bureau.group(NARIN, MALEE) for _ in range(2)]
    blob, n, key = await filing.sent(MALEE, short)
    other = (await bureau.say(MALEE, long)).n
    await filing.refer(blob, long, other, key=key)
    assert await filing.rows("SELECT refs, wrapped_key FROM blob WHERE id = ?", blob) == [(2, None)]
    bureau.clock.pass_(WEEK)

    await disposal.erase_bodies(bureau.s, short, n, n, "one-year")
    assert await filing.objects() == {blob, f"{blob}-v0"}
    assert await filing.receipts(blob) == [("reference", "erased", 62)]
    assert await filing.rows("SELECT room, n FROM file_ref") == [(2, other)]
    assert await filing.use() != []

    await disposal.erase_bodies(bureau.s, long, other, other, "ten-years")
    assert await filing.objects() == set()
    assert await filing.receipts(blob) == [
        ("reference", "erased", 62),
        ("reference", "erased", 62),
        ("blob", "unreferenced", SEALED),
        ("variant", "unreferenced", THUMB),
    ]
    assert await filing.use() == []
    # The keys under which the references were are destroyed with the last of them.
    assert await filing.rows("SELECT count(*) FROM epoch_key WHERE kind = 'file' AND wrapped IS NOT NULL") == [(0,)]


async def test_the_index_has_its_receipt_once_it_has_the_erasure_on_its_disk(
    bureau: Bureau, filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await bureau.group(NARIN, MALEE)
    blob, n, _ = await filing.sent(MALEE, room)
    erased = await disposal.erase_bodies(bureau.s, room, n, n, "rule")
    pos = bureau.s.log.feed.pos
    # No search process runs: nothing is said about it, and nothing else waits for it.
    with pytest.raises(Unavailable):
        await file_deletion.note_index(bureau.s)
    assert await file_deletion.sweep(bureau.s) == []
    assert await filing.objects() == set()
    monkeypatch.setattr(bureau.s.search, "status", index_at(pos - 1))
    assert await file_deletion.note_index(bureau.s) == []
    monkeypatch.setattr(bureau.s.search, "status", index_at(pos))
    assert [receipt.store for receipt in await file_deletion.note_index(bureau.s)] == ["index"]
    assert (await filing.receipts(blob))[-1] == ("index", "erased", 0)
    assert erased.n > n


async def test_the_key_of_this_week_stays_for_those_who_send_now(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    _, n, _ = await filing.sent(MALEE, room)
    await disposal.erase_bodies(bureau.s, room, n, n, "rule")
    assert await filing.rows("SELECT count(*) FROM epoch_key WHERE kind = 'file' AND wrapped IS NOT NULL") == [(1,)]


@pytest.mark.parametrize("kind", ["file", "text"])
async def test_a_destroyed_key_takes_its_references_and_the_sweep_the_bytes(
    bureau: Bureau, filing: Filing, kind: str
) -> None:
    room, other = [await bureau.group(NARIN, MALEE) for _ in range(2)]
    blob, _, _ = await filing.sent(MALEE, room)
    stays, _, _ = await filing.sent(MALEE, other)
    [(number,)] = await filing.rows("SELECT key FROM epoch_key WHERE kind = ? AND room = 1", kind)
    await bureau.s.log.change(lambda tx: tx.destroy_keys([number]))
    assert await filing.receipts(blob) == [("reference", "key_destroyed", 62)]
    assert await filing.rows("SELECT blob FROM file_ref") == [(stays,)]
    await file_deletion.sweep(bureau.s)
    assert await filing.objects() == {stays, f"{stays}-v0"}


async def test_a_copy_of_before_opens_nothing_with_the_key_destroyed(bureau: Bureau, filing: Filing) -> None:
    """Bytes and rows of a backup stand beside today's tables, in which the epoch key is destroyed."""
    room = await bureau.group(NARIN, MALEE)
    blob, n, key = await filing.sent(MALEE, room)
    objects = bureau.s.files.objects
    [(epoch, wrapped)] = await filing.rows("SELECT epoch, wrapped_key FROM file_ref WHERE blob = ?", blob)
    [(epoch_wrapped,)] = await filing.rows("SELECT wrapped FROM epoch_key WHERE key = ?", epoch)
    sealed = objects.read(blob, 0, SEALED)
    # With the epoch key of its day the copy opens: that is what backups hold, until the agency key is replaced.
    week = EpochId(room, (await filing.rows("SELECT week FROM epoch_key WHERE key = ?", epoch))[0][0], "file")
    cipher = EpochCipher(unwrap_any(bureau.s.keys.agency_keys, week, epoch_wrapped))
    assert keys.unwrap_reference(cipher, blob, room, n, wrapped) == key
    bureau.clock.pass_(WEEK)
    await disposal.erase_bodies(bureau.s, room, n, n, "rule")
    assert await filing.rows("SELECT wrapped FROM epoch_key WHERE key = ?", epoch) == [(None,)]
    # All that is left anywhere of a key of this file is the copied row, under a key that is no more.
    assert sealed
    for table, column in (("file_ref", "wrapped_key"), ("blob", "wrapped_key"), ("upload", "wrapped_key")):
        assert await filing.rows(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL") == []  # noqa: S608 - above
    for (left,) in await filing.rows("SELECT wrapped FROM epoch_key WHERE kind = 'file' AND wrapped IS NOT NULL"):
        raise AssertionError(left)


async def test_from_the_first_reference_on_the_key_of_files_opens_nothing(bureau: Bureau, filing: Filing) -> None:
    blob = await filing.blob()
    assert await filing.key_of(blob)
    room = await bureau.group(NARIN, MALEE)
    await filing.refer(blob, room, (await bureau.say(MALEE, room)).n)
    assert await filing.rows("SELECT wrapped_key FROM blob") == [(None,)]


async def test_what_nobody_can_send_any_more_goes_and_what_was_sent_stays(bureau: Bureau, filing: Filing) -> None:
    room, closing = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
    blob, _, _ = await filing.sent(MALEE, room)
    of_malee = await filing.upload(MALEE, room)
    to_closing = await filing.upload(SOMCHAI, closing)
    stays = await filing.upload(SOMCHAI, room)
    await file_deletion.sweep(bureau.s)
    assert {of_malee, to_closing, stays} <= await filing.objects()
    await bureau.set_state(MALEE, AccountState.REVOKED)
    await rooms.close_room(bureau.s, NARIN, closing)
    await file_deletion.sweep(bureau.s)
    assert await filing.objects() == {blob, f"{blob}-v0", stays}
    assert await filing.receipts(of_malee) == [("staging", "account_ended", SEALED)]
    assert await filing.receipts(to_closing) == [("staging", "room_closed", SEALED)]


async def test_an_upload_that_is_deleted_while_it_arrives_is_not_there_and_nothing_is_damaged(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE)
    about = Said(name="แผน.pdf", type="application/pdf", form=FileForm.DOCUMENT)
    size = 2 << 20
    upload = (await begin_upload(bureau.s, MALEE, about, size, room, 0)).id

    async def pieces() -> AsyncIterator[bytes]:
        yield bytes(size // 2)
        await rooms.close_room(bureau.s, NARIN, room)
        await file_deletion.sweep(bureau.s)
        yield bytes(size // 2)

    with pytest.raises(NotFound):
        await receive_part(bureau.s, MALEE, upload, Part(0, size, pieces(), lambda: None))


async def test_expired_uploads_go_on_time_however_many(bureau: Bureau, filing: Filing) -> None:
    for _ in range(AT_ONCE + 5):
        await filing.upload(content=b"x")
    bureau.clock.pass_(DAY - 1)
    assert await file_deletion.sweep(bureau.s) == []
    fresh = await filing.upload()
    bureau.clock.pass_(1)
    assert len(await file_deletion.sweep(bureau.s)) == AT_ONCE + 5
    assert await filing.objects() == {fresh}


async def test_a_blob_that_no_upload_leads_to_goes_after_an_hour(bureau: Bureau, filing: Filing) -> None:
    lost = await filing.blob()
    waiting = await filing.blob()
    portrait = await filing.blob(kind="portrait")
    await filing.upload(blob=waiting)
    await file_deletion.sweep(bureau.s)
    assert lost in await filing.objects()
    bureau.clock.pass_(HOUR_MS)
    await file_deletion.sweep(bureau.s)
    assert lost not in await filing.objects()
    assert {waiting, portrait} <= await filing.objects()


async def test_an_infected_file_goes_from_the_quarantine(bureau: Bureau, filing: Filing) -> None:
    blob = await filing.blob()
    await filing.run(lambda rows: rows.run("UPDATE blob SET scan = 'infected' WHERE id = ?", (blob,)))
    await file_deletion.delete_blobs(bureau.s, [blob], Why.MODERATED)
    assert await filing.receipts(blob) == [("quarantine", "moderated", SEALED)]


@pytest.mark.parametrize("point", ["before the objects", "between two objects", "before the receipts"])
async def test_a_crash_at_any_point_is_finished_by_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    async with open_bureau(tmp_path) as b:
        filing = Filing(b)
        blob = await filing.blob(variants=2)
        objects, calls = b.s.files.objects, 0
        delete = objects.delete

        def dying(name: str) -> int:
            nonlocal calls
            calls += 1
            if point == "before the objects" or (point == "between two objects" and calls == 2):
                raise Died
            return delete(name)

        def written(_rows: Rows, *_: object) -> None:
            raise Died

        monkeypatch.setattr(objects, "delete", dying)
        if point == "before the receipts":
            monkeypatch.setattr(file_deletions, "finish", written)
        with pytest.raises(Died):
            await file_deletion.delete_blobs(b.s, [blob], Why.MODERATED)
        monkeypatch.undo()
        # Nothing finds it any more, whatever is left of it.
        assert await filing.rows("SELECT id FROM blob") == []
    async with open_bureau(tmp_path) as b:
        filing = Filing(b)
        await file_deletion.sweep(b.s)
        assert await filing.objects() == set()
        assert [store for store, _, _ in await filing.receipts(blob)] == ["blob", "variant", "variant"]
        assert await filing.rows("SELECT id FROM file_deletion") == []


async def test_an_object_that_cannot_be_deleted_keeps_no_other_and_is_tried_again(
    bureau: Bureau, filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = await filing.upload(), await filing.upload()
    objects = bureau.s.files.objects
    delete = objects.delete

    def failing(name: str) -> int:
        if name == stuck:
            raise StorageFailed("the disk does not answer")
        return delete(name)

    monkeypatch.setattr(objects, "delete", failing)
    with pytest.raises(StorageFailed):
        await file_deletion.delete_uploads(bureau.s, [stuck, other], Why.CANCELLED)
    assert await filing.objects() == {stuck}
    monkeypatch.undo()
    await file_deletion.sweep(bureau.s)
    assert await filing.objects() == set()
    assert [await filing.receipts(name) for name in (stuck, other)] == [[("staging", "cancelled", SEALED)]] * 2


async def test_those_who_delete_at_once_count_each_object_once(bureau: Bureau, filing: Filing) -> None:
    uploads = [await filing.upload(content=b"x") for _ in range(20)]
    await asyncio.gather(*(file_deletion.delete_uploads(bureau.s, uploads, Why.CANCELLED) for _ in range(5)))
    rows = await filing.rows("SELECT blob, bytes FROM file_receipt ORDER BY blob")
    assert rows == [(name, sealed_length(1)) for name in uploads]


async def test_a_refused_upload_keeps_its_row_for_its_sender_and_nothing_else(bureau: Bureau, filing: Filing) -> None:
    upload = await filing.upload()
    await refuse_upload(bureau.s, upload, "file_type_blocked")
    assert await filing.objects() == set()
    assert await filing.use() == []
    assert await filing.rows("SELECT state, refused FROM upload") == [("refused", "file_type_blocked")]
    bureau.clock.pass_(DAY)
    await file_deletion.sweep(bureau.s)
    assert await filing.rows("SELECT id FROM upload") == []
    assert await filing.receipts(upload) == [("staging", "refused", SEALED)]


async def test_uploads_abandoned_at_random_points_leave_nothing(bureau: Bureau, filing: Filing) -> None:
    """1,008 of them, each cancelled after some turns of the event loop, wherever it is then: object, row, or both."""
    random = Random(7)  # noqa: S311 - the same sequence each time
    room = await bureau.group(NARIN, MALEE)
    sent, _, _ = await filing.sent(MALEE, room, variants=0)
    before = await filing.use()
    about = Said(name="แผน.pdf", type="application/pdf", form=FileForm.DOCUMENT)

    async def pieces(size: int) -> AsyncIterator[bytes]:
        for _ in range(0, size, 16 * 1024):
            yield bytes(16 * 1024)

    async def one(person: PersonId) -> None:
        size = 16 * 1024 * random.randrange(1, 8)
        upload = (await begin_upload(bureau.s, person, about, size, room, 0)).id
        part = Part(0, size, pieces(size), lambda: None)
        await receive_part(bureau.s, person, upload, part)
        if random.random() < 0.3:
            await cancel_upload(bureau.s, person, upload, lambda: None)

    for _ in range(63):
        tasks = [asyncio.create_task(one(person)) for person in (NARIN, MALEE) for _ in range(8)]
        for task in tasks:
            for _ in range(random.randrange(40)):
                await asyncio.sleep(0)
            if random.random() < 0.8:
                task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(end) for end in ended} <= {asyncio.CancelledError, type(None), TooMany}, ended
        # As at midnight of a day: their time is over.
        bureau.clock.pass_(DAY + HOUR_MS)
        await file_deletion.sweep(bureau.s)
    assert await filing.use() == before
    folder = bureau.s.files.objects.folder
    long_ago = bureau.clock() / 1000 - 7200
    for name in await filing.objects():
        os.utime(folder / name[-2:] / name, (long_ago, long_ago))
    await file_check.check_nightly(bureau.s)
    assert await filing.objects() == {sent}
    assert (await file_check.check_files(bureau.s, "test")).faults == []
