"""What is written to a room that another agency orders: kept here, sealed, submitted, and back as an entry, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.actions import messages
from appliance.errors import AppError, Forbidden
from appliance.evidence.seal import seal_batch
from appliance.log.foreign import Answer
from appliance.model import WAITING, Deny, RoomId
from appliance.reads.messages import load_messages
from appliance.wire.committed import Committed
from appliance.wire.entries import MessageTextEvent
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import MALEE, NARIN, Bureau
from tests.log.agencies import follow, open_agencies, shared_room
from tests.signed import KEY_ID, gateway_key
from tests.sql import all_rows

Two = dict[str, Bureau]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with open_agencies(tmp_path, "test", "moph") as found:
        yield found


async def begun(two: Two) -> tuple[Bureau, Bureau, RoomId]:
    hub, moph = two.values()
    room = await shared_room(hub, "moph")
    await follow(hub, moph, room)
    return hub, moph, room


async def seal(b: Bureau, room: RoomId) -> int:
    """Have the gateway seal what is pending; return how much that was."""
    prepared = await b.s.log.outbox.to_seal(room)
    if prepared is None:
        return 0
    await b.s.log.outbox.sealed(prepared, seal_batch(prepared.headers, KEY_ID, gateway_key(b.s.log.home.agency)))
    return len(prepared.ids)


async def submit(b: Bureau, hub: Bureau, room: RoomId) -> list[Answer]:
    events = await b.s.log.outbox.to_submit(room)
    answers = await hub.s.log.receive(room, b.s.log.home.agency, events) if events else []
    await b.s.log.outbox.answered(room, answers)
    return answers


async def phases(b: Bureau) -> list[tuple[object, ...]]:
    async with b.s.store.read() as reader:
        return await reader.run(all_rows, "SELECT phase, reason FROM outbox ORDER BY key", ())


async def words(b: Bureau, room: RoomId) -> list[str]:
    page = await load_messages(b.s, MALEE, room, MessagesQuery())
    return [one.body.text for one in reversed(page.messages) if isinstance(one, MessageTextEvent) and one.body]


async def test_it_waits_is_ordered_by_the_hub_and_comes_back_once(two: Two) -> None:
    hub, moph, room = await begun(two)
    sent = [await moph.say(MALEE, room, text) for text in ("หนึ่ง", "สอง")]
    assert [one.n for one in sent] == [WAITING, WAITING]
    assert await words(moph, room) == []
    assert await moph.s.log.outbox.rooms() == [(room, "test")]
    assert await seal(moph, room) == 2
    assert [(one.id, one.n) for one in await submit(moph, hub, room)] == [(sent[0].id, 3), (sent[1].id, 4)]
    assert await phases(moph) == [("accepted", None), ("accepted", None)]
    told: list[Committed] = []
    moph.s.log.feed.followers.append(told.append)
    await follow(hub, moph, room)
    assert await phases(moph) == []
    assert await words(moph, room) == await words(hub, room) == ["หนึ่ง", "สอง"]
    [news] = [one for each in told for one in each.rooms]
    assert news.txn_ids == {MALEE: {0: "t-1", 1: "t-2"}}, "who wrote it knows it again"


async def test_a_repeat_is_the_same_before_and_after_it_came_back(two: Two) -> None:
    hub, moph, room = await begun(two)
    body = TextBody(text="ครั้งเดียว")
    first = await messages.send_message(moph.s, MALEE, room, body, "t")
    again = await messages.send_message(moph.s, MALEE, room, body, "t")
    assert (again.id, again.n) == (first.id, WAITING)
    await seal(moph, room)
    await submit(moph, hub, room)
    await follow(hub, moph, room)
    back = await messages.send_message(moph.s, MALEE, room, body, "t")
    assert (back.id, back.n, await phases(moph)) == (first.id, 3, [])


async def test_an_answer_that_was_lost_is_given_again(two: Two) -> None:
    hub, moph, room = await begun(two)
    await moph.say(MALEE, room)
    await seal(moph, room)
    events = await moph.s.log.outbox.to_submit(room)
    lost = await hub.s.log.receive(room, "moph", events)
    await moph.say(MALEE, room, "ต่อมา")
    assert await seal(moph, room) == 1
    assert await submit(moph, hub, room) == [*lost, Answer((await phases_ids(moph))[1], 4)]


async def phases_ids(b: Bureau) -> list[str]:
    async with b.s.store.read() as reader:
        return [row[0] for row in await reader.run(all_rows, "SELECT id FROM outbox ORDER BY key", ())]


async def test_behind_a_refused_one_all_are_sealed_anew_with_the_same_ids(two: Two) -> None:
    hub, moph, room = await begun(two)
    message = await hub.say(NARIN, room, "จะถูกเรียกคืน")
    await follow(hub, moph, room)
    await messages.react(moph.s, MALEE, room, message.n, "👍", on=True)
    await moph.say(MALEE, room, "ต่อมา")
    await messages.retract_message(hub.s, NARIN, room, message.n, "", None)
    await seal(moph, room)
    answers = await submit(moph, hub, room)
    assert [one.reason for one in answers] == ["message_retracted", "counter"]
    assert await phases(moph) == [("refused", "message_retracted"), ("pending", None)]
    await follow(hub, moph, room)
    await seal(moph, room)
    assert [(one.id, one.reason) for one in await submit(moph, hub, room)] == [(answers[1].id, None)]
    await follow(hub, moph, room)
    assert await phases(moph) == [("refused", "message_retracted")]


async def test_what_the_rules_refuse_is_refused_at_once(two: Two) -> None:
    _, moph, room = await begun(two)
    with pytest.raises(Forbidden) as refused:
        await moph.say(NARIN, room)
    assert refused.value.deny is Deny.NOT_A_MEMBER
    with pytest.raises(AppError):
        await messages.react(moph.s, MALEE, room, 0, "👍", on=True)
    assert await phases(moph) == []


async def test_what_lost_its_body_on_the_way_is_refused(two: Two) -> None:
    _, moph, room = await begun(two)
    await moph.say(MALEE, room)
    await seal(moph, room)
    async with moph.s.store.read() as reader:
        [(key,)] = await reader.run(all_rows, "SELECT epoch FROM outbox", ())
    await moph.s.log.change(lambda tx: tx.destroy_keys([key]))
    assert await moph.s.log.outbox.to_submit(room) == []
    assert await phases(moph) == [("refused", "erased")]


async def test_it_waits_over_a_restart(tmp_path: Path) -> None:
    async with open_agencies(tmp_path, "test", "moph") as two:
        _, moph, room = await begun(two)
        await moph.say(MALEE, room, "ก่อนปิด")
        await seal(moph, room)
        before = await moph.s.log.outbox.to_submit(room)
    async with open_agencies(tmp_path, "test", "moph") as two:
        hub, moph = two.values()
        assert await moph.s.log.outbox.to_submit(room) == before
        await submit(moph, hub, room)
        await moph.s.log.head(room)
        await hub.s.log.head(room)
        assert (await hub.s.log.head(room)).size == 4
