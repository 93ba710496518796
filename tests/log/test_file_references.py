"""References to files are what the entries say: whatever is changed of them behind the appliance is found (F72)."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.actions import disposal, messages
from appliance.attachments import FileForm
from appliance.log.integrity import Check, Fault, verify_room
from appliance.model import RoomId
from appliance.reads.sync import load_sync
from appliance.store import file_refs
from appliance.store.db import reading
from appliance.wire.events import FileEvent
from appliance.wire.messages import TextBody
from tests.bureau import DAY, KEYS, MALEE, NARIN, SIGNER, SOMCHAI, Bureau
from tests.made_files import JPEG, an_upload, found_out
from tests.sql import run_sql


async def send(b: Bureau, room: RoomId, *files: str) -> int:
    return (await messages.send_message(b.s, NARIN, room, TextBody(text=""), b.txn(), files=files)).n


async def two_messages(b: Bureau) -> tuple[RoomId, list[str]]:
    """Make a room with a message of two files (n=2) and, a week later, one with the second of them again (n=3)."""
    room = await b.group(NARIN, MALEE, SOMCHAI)
    paper, photo = await an_upload(b.s, NARIN), await an_upload(b.s, NARIN, "ก.jpg", kind=JPEG, form=FileForm.PICTURE)
    await send(b, room, paper, photo)
    b.clock.pass_(8 * DAY)
    await send(b, room, photo)
    await b.s.log.checkpoints.sign()
    return room, [paper, photo]


def fault(b: Bureau, room: RoomId, *, keys: bool = True) -> Fault | None:
    with reading(b.s.config.database, KEYS.database_key) as rows:
        return verify_room(rows, room, Check(SIGNER.verifier, b.s.log.bodies if keys else None))


async def change(b: Bureau, statement: str, *values: object) -> None:
    async with b.s.store.write() as tx:
        await tx.run(run_sql, statement, values)


async def test_what_was_sent_is_sound_with_the_keys_and_without(bureau: Bureau) -> None:
    room, _ = await two_messages(bureau)
    assert [fault(bureau, room, keys=keys) for keys in (True, False)] == [None, None]


ADDED = "INSERT INTO file_ref (room, n, place, blob, epoch, wrapped_key, form) SELECT"
FORGERIES: dict[str, tuple[str, int, bool]] = {
    "a file gone": ("DELETE FROM file_ref WHERE n = 2 AND place = 1", 2, True),
    "all files of a message gone": ("DELETE FROM file_ref WHERE n = 3", 3, True),
    "a file nobody sent": (
        f"{ADDED} room, n, 2, blob, epoch, wrapped_key, form FROM file_ref WHERE n = 3", 3, True,
    ),
    "a file of a message that has none": (
        f"{ADDED} room, 1, 0, blob, epoch, wrapped_key, form FROM file_ref WHERE n = 3", 1, True,
    ),
    "a file of another message": (
        "UPDATE file_ref SET blob = (SELECT blob FROM file_ref WHERE n = 2 AND place = 0) WHERE n = 3", 3, False,
    ),
    "another order": ("UPDATE file_ref SET place = 5 - place WHERE n = 2", 2, True),
    "another form": ("UPDATE file_ref SET form = 'voice' WHERE n = 3", 3, False),
    "another label": ("UPDATE file_ref SET label = 2 WHERE n = 3", 3, False),
    "the key of another file": (
        "UPDATE file_ref SET wrapped_key = (SELECT wrapped_key FROM file_ref WHERE n = 2 AND place = 0) WHERE n = 3",
        3, False,
    ),
    "a key of nothing": ("UPDATE file_ref SET wrapped_key = zeroblob(61) WHERE n = 3", 3, False),
    "the key of another week": (
        "UPDATE file_ref SET epoch = (SELECT epoch FROM file_ref WHERE n = 2 AND place = 0) WHERE n = 3", 3, False,
    ),
    "a key of words": (
        "UPDATE file_ref SET epoch = (SELECT epoch FROM entry WHERE n = 3) WHERE n = 3", 3, True,
    ),
}  # fmt: skip
"""What a forger does, at which entry it is found, and whether without the keys too."""


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_change_in_the_database_is_found(bureau: Bureau, name: str) -> None:
    statement, n, without_keys = FORGERIES[name]
    room, _ = await two_messages(bureau)
    await change(bureau, statement)
    found = Fault(room, "files", n)
    assert fault(bureau, room) == found
    assert fault(bureau, room, keys=False) == (found if without_keys else None)
    assert room in str(found)


async def test_what_an_entry_erased_is_missed_by_nobody(bureau: Bureau) -> None:
    room, [paper, photo] = await two_messages(bureau)
    await disposal.erase_bodies(bureau.s, room, 2, 2, "ระเบียบ 90 วัน")
    await bureau.s.log.checkpoints.sign()
    assert fault(bureau, room) is None
    assert [len(await references(bureau, one)) for one in (paper, photo)] == [0, 1]
    await change(bureau, "DELETE FROM file_ref")
    assert fault(bureau, room) == Fault(room, "files", 3)


async def test_a_key_destroyed_that_no_entry_tells_of_is_found(bureau: Bureau) -> None:
    room, [_, photo] = await two_messages(bureau)
    epoch = (await references(bureau, photo))[1].epoch
    await bureau.s.log.change(lambda tx: tx.destroy_keys([epoch]))
    assert fault(bureau, room) == Fault(room, "files", 3)


async def references(b: Bureau, blob: str) -> list[Any]:
    async with b.s.store.read() as reader:
        return list(await reader.run(file_refs.of_blob, blob))


async def test_an_edit_and_a_retraction_change_nothing_of_it(bureau: Bureau) -> None:
    room, _ = await two_messages(bureau)
    await messages.edit_message(bureau.s, NARIN, room, 3, TextBody(text="มีคำแล้ว"), bureau.txn())
    await messages.retract_message(bureau.s, NARIN, room, 3, "", bureau.txn())
    await bureau.s.log.checkpoints.sign()
    assert fault(bureau, room) is None


async def test_what_is_found_out_is_told_where_the_file_is_shown(bureau: Bureau) -> None:
    """Once for each message that shows it; nothing of one that was retracted, nothing of a file that nobody sent."""
    room, [paper, photo] = await two_messages(bureau)
    before = bureau.s.log.feed.pos
    await found_out(bureau.s, photo, 2)
    assert await told(bureau, room, before) == [(2, photo, 2), (3, photo, 2)]
    await messages.retract_message(bureau.s, NARIN, room, 3, "", bureau.txn())
    before = bureau.s.log.feed.pos
    await found_out(bureau.s, photo, 4)
    await found_out(bureau.s, await an_upload(bureau.s, NARIN), 4)
    assert await told(bureau, room, before) == [(2, photo, 4)]
    await disposal.erase_bodies(bureau.s, room, 2, 2, "ระเบียบ 90 วัน")
    before = bureau.s.log.feed.pos
    await found_out(bureau.s, paper, 6)
    assert await told(bureau, room, before) == []


async def told(b: Bureau, room: RoomId, since: int) -> list[tuple[int, str, int | None]]:
    """Return (message, file, pages) of what a member hears of files after a position."""
    page = await load_sync(b.s, MALEE, since, 100, None)
    events = [event for event in page.events if isinstance(event, FileEvent)]
    assert {event.room for event in events} <= {room}
    return [(event.state.n, event.state.id, event.state.facts.pages) for event in events]
