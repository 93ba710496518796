"""Messages that carry files: which a person may send, and that a file and its message come into being together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from appliance.actions import message_files, messages, rooms
from appliance.attachments import FileForm
from appliance.errors import AppError, Conflict, Forbidden, Invalid, NotReady, QuotaExceeded
from appliance.files import keys
from appliance.log import file_access
from appliance.log.file_access import find_file
from appliance.model import Appended, PersonId, RoomId, RoomKind
from appliance.reads.damaged import viewer_of
from appliance.reads.messages import load_messages
from appliance.rules import policy
from appliance.rules.policy import POLICIES, Who
from appliance.services import Services
from appliance.store import blobs, entries, file_refs, file_use, uploads
from appliance.store.db import Rows
from appliance.wire.entries import MessageTextEvent
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import MALEE, NARIN, OUTSIDER, SOMCHAI, Bureau, open_bureau
from tests.made_files import an_upload
from tests.sql import edit_entries


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


async def send(
    b: Bureau, who: PersonId, room: RoomId, files: Sequence[str], text: str = "", txn_id: str | None = None
) -> Appended:
    return await messages.send_message(b.s, who, room, TextBody(text=text), txn_id or b.txn(), files=files)


async def shown(b: Bureau, who: PersonId, room: RoomId, n: int) -> MessageTextEvent:
    found = await load_messages(b.s, who, room, MessagesQuery(around=n, limit=1))
    [event] = found.messages
    assert isinstance(event, MessageTextEvent)
    return event


async def rows_of(b: Bureau, read: Any, *args: object) -> Any:
    async with b.s.store.read() as reader:
        return await reader.run(read, *args)


async def test_a_message_carries_files_and_nothing_else(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    ids = [
        await an_upload(bureau.s, NARIN, "แผน.pdf"),
        await an_upload(bureau.s, NARIN, "ภาพ.jpg", form=FileForm.PICTURE),
    ]
    sent = await send(bureau, NARIN, room, ids)
    for who in (NARIN, MALEE):
        body = (await shown(bureau, who, room, sent.n)).body
        assert body is not None
        assert (body.text, [(one.id, one.name, one.form) for one in body.files]) == (
            "", [(ids[0], "แผน.pdf", "document"), (ids[1], "ภาพ.jpg", "picture")],
        )  # fmt: skip
        assert [one.state for one in body.files] == ["pending"] * 2
    last = (await bureau.view(MALEE, room)).last
    assert isinstance(last, MessageTextEvent)
    assert last.body is not None
    assert [one.id for one in last.body.files] == ids
    for one in ids:
        assert await rows_of(bureau, uploads.get, one) is None
        row = await rows_of(bureau, blobs.get, one)
        assert (row.refs, row.wrapped_key) == (1, None)


async def test_the_key_of_a_file_opens_through_its_message_alone(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    wrapped = (await rows_of(bureau, blobs.get, one)).wrapped_key
    key = keys.unwrap(bureau.s.keys.files_keys, one, wrapped)
    sent = await send(bureau, NARIN, room, [one])
    found = await rows_of(bureau, find_file, bureau.s.log.bodies, MALEE, viewer_of(bureau.s, MALEE), one)
    assert (found.room, found.n, found.key) == (room, sent.n, key)
    viewer = viewer_of(bureau.s, OUTSIDER)
    assert await rows_of(bureau, find_file, bureau.s.log.bodies, OUTSIDER, viewer, one) is None
    await messages.retract_message(bureau.s, NARIN, room, sent.n, "", bureau.txn())
    for who in (NARIN, MALEE):
        assert await rows_of(bureau, find_file, bureau.s.log.bodies, who, viewer_of(bureau.s, who), one) is None


@pytest.mark.parametrize(
    ("state", "error", "code"),
    [
        (uploads.RECEIVING, NotReady, "file_not_ready"),
        (uploads.PREPARING, NotReady, "file_not_ready"),
        (uploads.REFUSED, Conflict, "file_type_blocked"),
    ],
)
async def test_what_is_not_ready_is_not_sent(bureau: Bureau, state: str, error: type[AppError], code: str) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    ready, other = await an_upload(bureau.s, NARIN), await an_upload(bureau.s, NARIN, state=state)
    with pytest.raises(error) as caught:
        await send(bureau, NARIN, room, [ready, other], "ดูไฟล์")
    assert caught.value.code == code
    assert (await bureau.s.log.head(room)).size == 2
    assert (await rows_of(bureau, uploads.get, ready)).state == uploads.READY


async def test_nobody_sends_what_is_not_theirs(bureau: Bureau) -> None:
    """Another's upload, a file of a room that one is not in, one that never was, one that was sent and retracted."""
    room, elsewhere = await bureau.group(NARIN, MALEE, SOMCHAI), await bureau.group(MALEE, SOMCHAI, OUTSIDER)
    anothers, secret, gone = [await an_upload(bureau.s, who) for who in (MALEE, MALEE, NARIN)]
    await send(bureau, MALEE, elsewhere, [secret])
    retracted = await send(bureau, NARIN, room, [gone])
    await messages.retract_message(bureau.s, NARIN, room, retracted.n, "", bureau.txn())
    for one in (anothers, secret, gone, "f_none"):
        with pytest.raises(Forbidden) as caught:
            await send(bureau, NARIN, room, [one])
        assert caught.value.code == "file_not_yours"


async def test_what_one_is_shown_one_may_send_again(bureau: Bureau) -> None:
    room, other = await bureau.group(NARIN, MALEE, SOMCHAI), await bureau.group(MALEE, SOMCHAI, OUTSIDER)
    one = await an_upload(bureau.s, NARIN, "คำสั่ง.pdf")
    await send(bureau, NARIN, room, [one])
    used = await rows_of(bureau, file_use.of_agency)
    sent = await send(bureau, MALEE, other, [one], "ส่งต่อ")
    body = (await shown(bureau, OUTSIDER, other, sent.n)).body
    assert body is not None
    assert [(file.id, file.name) for file in body.files] == [(one, "คำสั่ง.pdf")]
    assert (await rows_of(bureau, blobs.get, one)).refs == 2
    assert await rows_of(bureau, file_use.of_agency) == used
    found = await rows_of(bureau, find_file, bureau.s.log.bodies, OUTSIDER, viewer_of(bureau.s, OUTSIDER), one)
    assert found.room == other


async def test_looking_for_a_file_costs_the_same_however_often_it_was_sent_on(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was retracted is not walked through, and of what is shown a few are read."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    first = await send(bureau, NARIN, room, [one])
    for _ in range(12):
        again = await send(bureau, NARIN, room, [one])
        await messages.retract_message(bureau.s, NARIN, room, again.n, "", bureau.txn())
    looked_at: list[int] = []

    def counting(rows: Rows, key: int, n: int) -> object:
        looked_at.append(n)
        return entries.one(rows, key, n)

    monkeypatch.setattr(file_access, "entries", SimpleNamespace(one=counting))
    found = await rows_of(bureau, find_file, bureau.s.log.bodies, MALEE, viewer_of(bureau.s, MALEE), one)
    assert (found.n, looked_at) == (first.n, [first.n])
    await messages.retract_message(bureau.s, NARIN, room, first.n, "", bureau.txn())
    looked_at.clear()
    assert await rows_of(bureau, find_file, bureau.s.log.bodies, MALEE, viewer_of(bureau.s, MALEE), one) is None
    assert looked_at == []


async def test_a_way_to_a_file_behind_many_that_are_hidden_is_found(bureau: Bureau) -> None:
    """References are read a few at a time; the one that serves may be in any of these pages."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    first = await send(bureau, NARIN, room, [one])
    for _ in range(2 * file_refs.FEW + 1):
        await send(bureau, NARIN, room, [one])
    async with bureau.s.store.write() as tx:
        # Damage: the bodies of all later ones are gone, so they say no file.
        assert await tx.run(edit_entries, f"UPDATE entry SET sealed = x'00' WHERE n > {first.n}")  # noqa: S608
    found = await rows_of(bureau, find_file, bureau.s.log.bodies, MALEE, viewer_of(bureau.s, MALEE), one)
    assert found.n == first.n


async def test_who_was_taken_off_before_the_commit_sends_nothing_again(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, other = await bureau.group(NARIN, MALEE, SOMCHAI), await bureau.group(MALEE, SOMCHAI, OUTSIDER)
    one = await an_upload(bureau.s, NARIN)
    await send(bureau, NARIN, room, [one])
    real = message_files.with_files

    async def slowly(*args: Any, **more: Any) -> Any:
        found = await real(*args, **more)
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        return found

    monkeypatch.setattr(messages, "with_files", slowly)
    with pytest.raises(Forbidden) as caught:
        await send(bureau, MALEE, other, [one])
    assert caught.value.code == "file_not_yours"
    assert (await rows_of(bureau, blobs.get, one)).refs == 1


async def test_a_repeat_gets_the_first_result_though_the_upload_is_gone(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    first = await send(bureau, NARIN, room, [one], txn_id="ครั้งเดียว")
    assert await send(bureau, NARIN, room, [one], txn_id="ครั้งเดียว") == first
    assert (await rows_of(bureau, blobs.get, one)).refs == 1


async def test_of_two_that_come_at_once_with_one_id_one_is_sent(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    results = await asyncio.gather(*(send(bureau, NARIN, room, [one], txn_id="ครั้งเดียว") for _ in range(3)))
    assert len(set(results)) == 1
    assert (await rows_of(bureau, blobs.get, one)).refs == 1


async def test_of_two_messages_with_one_upload_the_second_is_refused_and_neighbours_go_in(bureau: Bureau) -> None:
    """The sender is shown the file once the first is there, so a later try sends it again."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    results = await asyncio.gather(
        send(bureau, NARIN, room, [one], "หนึ่ง"), bureau.say(MALEE, room), send(bureau, NARIN, room, [one], "สอง"),
        return_exceptions=True,
    )  # fmt: skip
    assert sorted(getattr(result, "code", "ok") for result in results) == ["file_not_yours", "ok", "ok"]
    assert isinstance(results[1], Appended)
    assert (await rows_of(bureau, blobs.get, one)).refs == 1
    await send(bureau, NARIN, room, [one], "สอง")
    assert (await rows_of(bureau, blobs.get, one)).refs == 2


@pytest.mark.parametrize("files", [["f_1", "f_1"], []])
async def test_there_is_something_to_look_at_and_nothing_twice(bureau: Bureau, files: list[str]) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    with pytest.raises(Invalid):
        await send(bureau, NARIN, room, [one for _ in files])


async def test_a_private_chat_begins_with_a_file(bureau: Bureau) -> None:
    one = await an_upload(bureau.s, NARIN, "ถึงท่าน.pdf")
    txn = bureau.txn()
    sent = await rooms.write_to(bureau.s, NARIN, MALEE, TextBody(text=""), txn, files=[one])
    body = (await shown(bureau, MALEE, sent.room, sent.n)).body
    assert body is not None
    assert [file.name for file in body.files] == ["ถึงท่าน.pdf"]
    assert await rooms.write_to(bureau.s, NARIN, MALEE, TextBody(text=""), txn, files=[one]) == sent
    again = await rooms.write_to(bureau.s, MALEE, NARIN, TextBody(text="ขอบคุณ"), bureau.txn(), files=[one])
    assert again.room == sent.room


async def test_above_the_quota_nothing_is_sent_and_it_is_said_how_much_is_left(tmp_path: Path) -> None:
    async with open_bureau(tmp_path) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        small = replace(b.s, config=replace(b.s.config, files=replace(b.s.config.files, quota_person_year=2_500)))
        b.s = small
        for _ in range(2):
            await send(b, NARIN, room, [await an_upload(b.s, NARIN, size=1_000)])
        too_much = await an_upload(b.s, NARIN, size=1_000)
        with pytest.raises(QuotaExceeded) as caught:
            await send(b, NARIN, room, [too_much])
        assert caught.value.code == "quota_person"
        assert (await rows_of(b, uploads.get, too_much)).state == uploads.READY
        await send(b, MALEE, room, [await an_upload(b.s, MALEE, size=1_000)])


async def test_where_files_are_not_allowed_words_are(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, MALEE)
    owners = replace(POLICIES[RoomKind.GROUP], may_send_files=Who.OWNER)
    monkeypatch.setitem(policy.POLICIES, RoomKind.GROUP, owners)
    with pytest.raises(Forbidden) as caught:
        await send(bureau, MALEE, room, [one])
    assert caught.value.code == "files_not_allowed"
    assert (await bureau.view(MALEE, room)).denied.get("attach") == "files_not_allowed"
    await bureau.say(MALEE, room)
    await send(bureau, NARIN, room, [await an_upload(bureau.s, NARIN)])


async def test_a_label_above_the_rooms_is_refused_and_the_message_has_the_highest(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    low, high = await an_upload(bureau.s, NARIN, label=1), await an_upload(bureau.s, NARIN, label=2)
    with pytest.raises(Forbidden) as caught:
        await send(bureau, NARIN, room, [low])
    assert caught.value.code == "label_too_high"
    monkeypatch.setitem(policy.POLICIES, RoomKind.GROUP, replace(POLICIES[RoomKind.GROUP], label_ceiling=2))
    sent = await send(bureau, NARIN, room, [low, high])
    body = (await shown(bureau, MALEE, room, sent.n)).body
    assert body is not None
    assert [file.label for file in body.files] == [1, 2]


async def test_what_is_infected_is_not_sent(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    async with bureau.s.store.write() as tx:
        await tx.run(lambda rows: rows.run("UPDATE blob SET scan = 'infected' WHERE id = ?", (one,)))
    with pytest.raises(Forbidden) as caught:
        await send(bureau, NARIN, room, [one])
    assert caught.value.code == "file_infected"


async def test_an_edit_keeps_the_files_and_a_retraction_hides_them(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN, "แผน.pdf")
    sent = await send(bureau, NARIN, room, [one], "แผน")
    await messages.edit_message(bureau.s, NARIN, room, sent.n, TextBody(text="แผนที่แก้แล้ว"), bureau.txn())
    event = await shown(bureau, MALEE, room, sent.n)
    assert event.body is not None
    assert (event.body.text, [file.name for file in event.body.files]) == ("แผนที่แก้แล้ว", ["แผน.pdf"])
    with pytest.raises(Invalid):
        await messages.edit_message(bureau.s, NARIN, room, sent.n, TextBody(text=""), bureau.txn())
    await messages.retract_message(bureau.s, NARIN, room, sent.n, "", bureau.txn())
    assert (await shown(bureau, MALEE, room, sent.n)).body is None


async def test_destroying_the_key_of_files_takes_the_files_and_nothing_else(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN, "ลับ.pdf")
    sent = await send(bureau, NARIN, room, [one], "ตามเอกสาร")
    [ref] = await rows_of(bureau, file_refs.of_blob, one)
    await destroy(bureau.s, ref.epoch)
    event = await shown(bureau, MALEE, room, sent.n)
    assert event.body is not None
    assert event.body.text == "ตามเอกสาร"
    assert [(file.name, file.state) for file in event.body.files] == [("ลับ.pdf", "gone")]
    assert await rows_of(bureau, find_file, bureau.s.log.bodies, MALEE, viewer_of(bureau.s, MALEE), one) is None
    again = await send(bureau, NARIN, room, [await an_upload(bureau.s, NARIN, "ใหม่.pdf")])
    body = (await shown(bureau, MALEE, room, again.n)).body
    assert body is not None
    assert [file.state for file in body.files] == ["pending"]


async def destroy(s: Services, epoch: int) -> None:
    await s.log.change(lambda tx: tx.destroy_keys([epoch]))


async def test_what_was_promised_to_uploads_is_there_for_all_that_are_sent_at_once(tmp_path: Path) -> None:
    """Uploads reserve their bytes: sending them takes no more, and one that is too many takes none from the others."""
    async with open_bureau(tmp_path) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        b.s = replace(b.s, config=replace(b.s.config, files=replace(b.s.config.files, quota_person_year=20_000)))
        ids = [await an_upload(b.s, NARIN, size=1_000) for _ in range(20)]
        results = await asyncio.gather(*(send(b, NARIN, room, [one]) for one in ids))
        assert len({result.n for result in results}) == 20
        assert await rows_of(b, file_use.of_agency) == 20_000
        one_more = await an_upload(b.s, NARIN, size=1)
        with pytest.raises(QuotaExceeded) as caught:
            await send(b, NARIN, room, [one_more])
        assert caught.value.detail == {"left": "0 B", "limit": "20 KB"}
        await send(b, NARIN, room, [ids[0]], "ส่งอีกครั้งไม่เพิ่มอะไร")
