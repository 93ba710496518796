"""Destroying a key leads to what erasing bodies leads to: nothing is left anywhere, and everybody hears of it."""

from __future__ import annotations

import asyncio

import pytest

from appliance.actions import disposal, evidence, file_deletion, messages
from appliance.errors import Invalid, NotFound
from appliance.model import RoomId
from appliance.reads.messages import load_messages
from appliance.reads.search_batch import stored_batch
from appliance.reads.sync import load_sync
from appliance.wire.entries import MessageTextEvent
from appliance.wire.events import FileEvent
from appliance.wire.messages import MessagesQuery, TextBody
from search_index import wire
from tests.bureau import DAY, MALEE, NARIN, Bureau
from tests.filing import Filing

RULE = "ระเบียบ 90 วัน"
WEEK = 7 * DAY


async def send(b: Bureau, room: RoomId, text: str, *files: str) -> int:
    return (await messages.send_message(b.s, NARIN, room, TextBody(text=text), b.txn(), files=files)).n


async def number_of(filing: Filing, kind: str) -> int:
    [(number,)] = await filing.rows(
        "SELECT max(key) FROM epoch_key WHERE kind = ? AND room = 1 AND wrapped IS NOT NULL", kind
    )
    return int(number)


async def kept_keys(filing: Filing, kind: str) -> int:
    [(count,)] = await filing.rows("SELECT count(*) FROM epoch_key WHERE kind = ? AND wrapped IS NOT NULL", kind)
    return int(count)


async def told_gone(b: Bureau, since: int) -> list[tuple[int, str]]:
    page = await load_sync(b.s, MALEE, since, 100, None)
    files = [event for event in page.events if isinstance(event, FileEvent)]
    return [(event.state.n, event.state.id) for event in files if event.state.facts.state == "gone"]


async def test_a_key_of_words_goes_with_entries_for_all_that_it_sealed(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing, room = Filing(bureau), await bureau.group(NARIN, MALEE)
    file = await filing.ready(NARIN, "แผนลับ.pdf", variants=1)
    first = await send(bureau, room, "คำแรก", file)
    last = await send(bureau, room, "คำที่สอง")
    bureau.clock.pass_(WEEK)
    kept = await send(bureau, room, "สัปดาห์ใหม่")
    [(key,)] = await filing.rows("SELECT min(key) FROM epoch_key WHERE kind = 'text' AND room = 1")
    since = bureau.s.log.feed.pos
    [said] = await disposal.destroy_key(bureau.s, room, key, RULE)
    await bureau.s.log.checkpoints.sign()
    # Words, references, wrapped keys, bytes; with the last reference of its past week the key of files too.
    assert await filing.objects() == set()
    assert await filing.rows("SELECT 1 FROM file_ref") == []
    assert (await kept_keys(filing, "file"), await kept_keys(filing, "text")) == (0, 1)
    page = await load_messages(bureau.s, MALEE, room, MessagesQuery())
    assert {e.n: e.hidden for e in page.messages if e.n in {first, last, kept}} == {
        first: "erased", last: "erased", kept: None
    }  # fmt: skip
    # Devices hear of it by the entry, and so does the index, whose receipt follows.
    [shred] = [event for event in (await load_sync(bureau.s, MALEE, since, 100, None)).events if event.type == "shred"]
    assert shred.n == said.n
    assert [(one.first, one.last) for one in (await stored_batch(bureau.s, since)).gone] == [(first, last)]

    async def status() -> wire.State:
        return wire.State(bureau.s.log.feed.pos, "", bureau.s.log.feed.pos, 0, 0, 0)

    monkeypatch.setattr(bureau.s.search, "status", status)
    await file_deletion.sweep(bureau.s)
    assert [store for store, _, _ in await filing.receipts(file)] == ["reference", "blob", "variant", "index"]
    assert (await evidence.check_evidence(bureau.s)).faults == []
    records = await filing.rows("SELECT target FROM audit WHERE action = 'room.destroy_key'")
    assert records == [(room,)]


async def test_a_key_of_files_takes_the_files_tells_their_readers_and_is_no_fault(bureau: Bureau) -> None:
    filing, room = Filing(bureau), await bureau.group(NARIN, MALEE)
    shown, retracted = await filing.ready(NARIN, "ก.pdf"), await filing.ready(NARIN, "ข.pdf")
    n, gone = await send(bureau, room, "ดูเอกสาร", shown), await send(bureau, room, "ผิดห้อง", retracted)
    await messages.retract_message(bureau.s, NARIN, room, gone, "", bureau.txn())
    since = bureau.s.log.feed.pos
    assert await disposal.destroy_key(bureau.s, room, await number_of(filing, "file"), RULE) == []
    await bureau.s.log.checkpoints.sign()
    # Nothing is told of a message that nobody is shown.
    assert await told_gone(bureau, since) == [(n, shown)]
    assert await filing.objects() == set()
    assert [why for _, why, _ in await filing.receipts(shown)] == ["key_destroyed", "unreferenced"]
    [event] = (await load_messages(bureau.s, MALEE, room, MessagesQuery(around=n, limit=1))).messages
    assert isinstance(event, MessageTextEvent)
    assert event.body is not None
    assert (event.body.text, event.body.files[0].state) == ("ดูเอกสาร", "gone")
    assert (await evidence.check_evidence(bureau.s)).faults == []


async def test_what_is_sealed_meanwhile_is_said_too(bureau: Bureau) -> None:
    """People write on while a key of this week is destroyed: no word is lost that no entry tells of."""
    filing, room = Filing(bureau), await bureau.group(NARIN, MALEE)
    await bureau.say(NARIN, room)
    key = await number_of(filing, "text")
    await asyncio.gather(
        *(bureau.say(MALEE, room) for _ in range(20)),
        disposal.destroy_key(bureau.s, room, key, RULE),
        *(bureau.say(MALEE, room) for _ in range(20)),
    )
    await bureau.s.log.checkpoints.sign()
    assert await filing.rows("SELECT 1 FROM entry WHERE epoch = ? AND sealed IS NOT NULL", key) == []
    assert (await evidence.check_evidence(bureau.s)).faults == []
    with pytest.raises(NotFound):
        await disposal.destroy_key(bureau.s, room, key, RULE)
    with pytest.raises(Invalid):
        await disposal.destroy_key(bureau.s, room, key, " ")


async def test_words_of_another_key_between_stay(bureau: Bureau) -> None:
    filing, room = Filing(bureau), await bureau.group(NARIN, MALEE)
    before = await send(bureau, room, "ก่อน")
    bureau.clock.pass_(WEEK)
    between = await send(bureau, room, "ระหว่าง")
    key = await number_of(filing, "text")
    bureau.clock.pass_(WEEK)
    after = await send(bureau, room, "หลัง")
    await disposal.destroy_key(bureau.s, room, key, RULE)
    page = await load_messages(bureau.s, MALEE, room, MessagesQuery())
    shown = {e.n: e.hidden for e in page.messages if e.n in {before, between, after}}
    assert shown == {before: None, between: "erased", after: None}


async def test_a_key_whose_references_went_in_its_own_week_goes_in_the_night_after(bureau: Bureau) -> None:
    filing, room, other = Filing(bureau), await bureau.group(NARIN, MALEE), await bureau.group(NARIN, MALEE)
    n = await send(bureau, room, "", await filing.ready(NARIN, "ก.pdf"))
    await send(bureau, other, "", await filing.ready(NARIN, "ข.pdf"))
    await disposal.erase_bodies(bureau.s, room, n, n, RULE)
    assert await disposal.destroy_idle_keys(bureau.s) == 0
    bureau.clock.pass_(WEEK)
    assert await disposal.destroy_idle_keys(bureau.s) == 1
    assert await filing.rows("SELECT room FROM epoch_key WHERE kind = 'file' AND wrapped IS NOT NULL") == [(2,)]
    assert await disposal.destroy_idle_keys(bureau.s) == 0
