"""Two and three agencies with one room: what one orders, the others judge, keep, and prove alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import AppError, Forbidden
from appliance.evidence.registry import Registry
from appliance.log.commands import THIS_ROOM
from appliance.log.foreign import Given
from appliance.log.integrity import Check, verify_room
from appliance.log.notes import log_signer, sign_room
from appliance.model import Deny, Draft, EntryType, PersonId, RoomId, RoomKind
from appliance.reads.messages import load_messages
from appliance.rules.entry_states import Card, MembersAdded, OwnerReassigned, OwnerTransferred, RoomCreated
from appliance.store.db import reading
from appliance.store.rooms import id_by_pair, pair_key
from appliance.wire.entries import MessageTextEvent
from appliance.wire.messages import MessagesQuery
from tests.bureau import MALEE, NARIN, Bureau, keys_of
from tests.log.agencies import (
    Gateway,
    follow,
    given_from,
    note_of,
    open_agencies,
    ordered_entry,
    person,
    registry_of,
    shared_room,
)
from tests.signed import acceptance, order_to, signed_card, with_order_keys

Three = dict[str, Bureau]


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[Three]:
    async with open_agencies(tmp_path, "test", "moph", "moi") as found:
        yield found


async def words(b: Bureau, who: PersonId, room: RoomId) -> list[str]:
    page = await load_messages(b.s, who, room, MessagesQuery())
    return [one.body.text for one in reversed(page.messages) if isinstance(one, MessageTextEvent) and one.body]


def faults(b: Bureau, room: RoomId) -> object:
    signer = log_signer(b.s.config.agency, keys_of(b.s.config.agency.slug))
    with reading(b.s.config.database, keys_of("test").database_key) as rows:
        return verify_room(rows, room, Check(signer.verifier, b.s.log.bodies, registry=b.s.log.registry))


async def test_a_room_is_the_same_wherever_it_is_followed(three: Three) -> None:
    hub, moph, moi = three.values()
    room = await shared_room(hub, "moph", "moi")
    await hub.say(NARIN, room, "เรียนทุกท่าน")
    await follow(hub, moph, room)
    await follow(hub, moi, room)
    answers = await Gateway(moph).submit(hub, room, "รับทราบ", "ขอบคุณ")
    assert [(one.n, one.reason) for one in answers] == [(4, None), (5, None)]
    await hub.say(NARIN, room, "ปิดประชุม")
    for b in (moph, moi):
        await follow(hub, b, room)
        head, mine = await hub.s.log.head(room), await b.s.log.head(room)
        assert (head.size, head.frontier, head.state) == (mine.size, mine.frontier, mine.state)
        assert await words(b, MALEE, room) == ["เรียนทุกท่าน", "รับทราบ", "ขอบคุณ", "ปิดประชุม"]
    await hub.s.log.checkpoints.sign()
    for b in three.values():
        await b.s.log.checkpoints.sign()
        assert faults(b, room) is None


async def test_what_a_hub_gives_again_changes_nothing(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    given, note = await given_from(hub, room), await note_of(hub, room)
    ran: list[int] = []
    assert len(await moph.s.log.replicate(room, "test", given, note, [lambda _: ran.append(1)])) == 3
    assert await moph.s.log.replicate(room, "test", given, note, [lambda _: ran.append(2)]) == []
    assert ran == [1, 2], "the cursor moves with it"
    await hub.say(NARIN, room)
    again = await given_from(hub, room)
    assert [one.n for one in await moph.s.log.replicate(room, "test", again, await note_of(hub, room))] == [3]


async def test_what_an_entry_has_seen_may_have_come_in_the_same_batch(three: Three) -> None:
    """Two frames of one room are written together; the second names a size in the midst of the first."""
    hub, moph, moi = three.values()
    room = await shared_room(hub, "moph", "moi")
    await follow(hub, moph, room)
    await hub.say(NARIN, room)
    await follow(hub, moi, room)
    await hub.say(NARIN, room)
    assert [one.n for one in await Gateway(moi).submit(hub, room, "เห็นถึงรายการที่สาม")] == [5]
    parts = [
        (await given_from(hub, room, first, last), await note_of(hub, room, last + 1))
        for first, last in ((3, 4), (5, 5))
    ]
    taken = await asyncio.gather(*(moph.s.log.replicate(room, "test", *part) for part in parts))
    assert [[one.n for one in part] for part in taken] == [[3, 4], [5]]
    assert room not in moph.s.log.quarantined


async def test_a_gap_says_which_entry_is_missing(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    await follow(hub, moph, room)
    await hub.say(NARIN, room)
    await hub.say(NARIN, room)
    with pytest.raises(AppError) as refused:
        await moph.s.log.replicate(room, "test", await given_from(hub, room, 4), await note_of(hub, room))
    assert (refused.value.code, refused.value.detail["n"]) == ("replica_gap", 3)
    await follow(hub, moph, room)


async def test_an_event_that_comes_twice_has_one_place(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    await follow(hub, moph, room)
    events = await Gateway(moph).texts(room, "ครั้งเดียว")
    first = await hub.s.log.receive(room, "moph", events)
    assert await hub.s.log.receive(room, "moph", events) == first
    assert (await hub.s.log.head(room)).size == 4


async def test_behind_a_refused_event_all_are_numbered_anew(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    await follow(hub, moph, room)
    gateway = Gateway(moph)
    bad = await gateway.texts(room, "ไม่ใช่สมาชิก", sender=person(NARIN, "moph"))
    good = await gateway.texts(room, "หนึ่ง", counter=1)
    answers = await hub.s.log.receive(room, "moph", [*bad, *good])
    assert [one.reason for one in answers] == ["not_a_member", "counter"]
    assert [one.reason for one in await hub.s.log.receive(room, "moph", good)] == ["counter"]
    again = await gateway.texts(room, "หนึ่ง", id=answers[1].id)
    assert [(one.id, one.n) for one in await hub.s.log.receive(room, "moph", again)] == [(answers[1].id, 3)]


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"origin": "moi", "sender": "malee@moi"}, "origin_mismatch"),
        ({"sender": "malee@moi"}, "origin_mismatch"),
        ({"counter": 7}, "counter"),
    ],
)
async def test_what_is_not_of_its_agency_is_refused(three: Three, lie: dict[str, object], reason: str) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph", "moi")
    await follow(hub, moph, room)
    events = await Gateway(moph).texts(room, "ปลอม", **lie)  # type: ignore[arg-type]
    assert [one.reason for one in await hub.s.log.receive(room, "moph", events)] == [reason]
    assert (await hub.s.log.head(room)).size == 3


async def test_a_hub_that_invents_an_event_of_another_agency_has_its_room_read_only(three: Three) -> None:
    hub, moph, moi = three.values()
    room, other = await shared_room(hub, "moph", "moi"), await shared_room(hub, "moph")
    await follow(hub, moph, room)
    await follow(hub, moi, room)
    await follow(hub, moph, other)
    # The key of the agency that is invented is another one at the hub.
    hub.s.log.registry = Registry(
        1, {**registry_of("test", "moi").agencies, "moph": registry_of("moi").agencies["moi"]}
    )
    forger = Gateway(moi)
    events = await forger.texts(room, "ปลอม", origin="moph", sender="malee@moph")
    assert [one.reason for one in await hub.s.log.receive(room, "moph", events)] == [None]
    with pytest.raises(Forbidden) as refused:
        await follow(hub, moph, room)
    assert (refused.value.deny, refused.value.detail["reason"]) == (Deny.ROOM_QUARANTINED, "seal_invalid")
    with pytest.raises(Forbidden) as closed:
        await moph.say(MALEE, room)
    assert closed.value.deny is Deny.ROOM_QUARANTINED
    assert await words(moph, MALEE, room) == []
    await hub.say(NARIN, other)
    await follow(hub, moph, other)
    assert room in moph.s.log.quarantined
    assert other not in moph.s.log.quarantined


async def test_a_body_that_is_not_the_committed_one_is_asked_for_again(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    await hub.say(NARIN, room, "คำจริง")
    given = await given_from(hub, room)
    body = given[-1].body
    assert body is not None
    bad = [*given[:-1], Given(given[-1].leaf, body._replace(data=body.data.replace(b"text", b"tuxt")))]
    with pytest.raises(AppError) as refused:
        await moph.s.log.replicate(room, "test", bad, await note_of(hub, room))
    assert refused.value.code == "replica_refused"
    await follow(hub, moph, room)
    assert await words(moph, MALEE, room) == ["คำจริง"]


async def test_a_room_goes_to_the_agency_that_accepted_it(three: Three) -> None:
    hub, moph, _ = three.values()
    room, other = await shared_room(hub, "moph"), await shared_room(hub, "moph")
    to = person(MALEE, "moph")
    head = await hub.s.log.head(room)
    taken = acceptance("moph", room, head.size, head.frontier.root(), hub.clock())
    for refused, where, accepted in ((Deny.ACCEPTANCE_DIFFERS, other, taken), (Deny.ACCEPTANCE_MISSING, room, None)):
        state = OwnerTransferred(to, accepted=accepted)
        with pytest.raises(Forbidden) as raised:
            await hub.s.log.append(Draft(where, hub.s.log.home.principal(NARIN), EntryType.OWNER_TRANSFER, state=state))
        assert raised.value.deny is refused
    state = OwnerTransferred(to, accepted=taken)
    await hub.say(NARIN, room, "ระหว่างนั้นมีผู้พิมพ์")
    await hub.s.log.append(Draft(room, hub.s.log.home.principal(NARIN), EntryType.OWNER_TRANSFER, state=state))
    await follow(hub, moph, room)
    mine = (await moph.s.log.head(room)).state
    assert (mine.hub, mine.hub_epoch, mine.owner) == ("moph", 2, to)
    assert await words(moph, MALEE, room) == ["ระหว่างนั้นมีผู้พิมพ์"]
    for b in (hub, moph):
        await b.s.log.checkpoints.sign()
        assert faults(b, room) is None


async def test_a_room_whose_hub_is_gone_goes_on_by_an_order_of_the_registry(three: Three) -> None:
    """The new hub writes, seals and signs the entry by itself; the others follow it, and by no order of one key."""
    hub, moph, moi = three.values()
    room, to = await shared_room(hub, "moph", "moi"), person(MALEE, "moph")
    for b in (moph, moi):
        b.s.log.registry = with_order_keys(b.s.log.registry)
        await follow(hub, b, room)
    head = await moph.s.log.head(room)
    for keys, refused in ((1, True), (2, False)):
        state = OwnerReassigned(to, why="agency-gone", order=order_to(room, head.size, head.frontier.root(), to, keys))
        given, tree = ordered_entry(moph, head, state)
        moved = replace(head.state, hub="moph", hub_epoch=2, hub_since=head.size)
        note = sign_room(log_signer(moph.s.config.agency, keys_of("moph")), moved, tree)
        if refused:
            with pytest.raises(AppError) as raised:
                await moi.s.log.replicate(room, "moph", [given], note)
            assert raised.value.code == "replica_refused"
        else:
            await moi.s.log.replicate(room, "moph", [given], note)
    mine = (await moi.s.log.head(room)).state
    assert (mine.hub, mine.hub_epoch, mine.hub_since, mine.owner) == ("moph", 2, head.size, to)


async def test_a_private_chat_is_named_by_its_two_wherever_it_is_followed(three: Three) -> None:
    hub, moph, _ = three.values()
    beginner, other = person(NARIN, "test"), person(MALEE, "moph")
    pair = pair_key(RoomKind.DIRECT, [NARIN, PersonId(other)])
    card = signed_card(Card(other, "มาลี มีสุข", "กองควบคุมโรค", "นายแพทย์", 3), hub.clock())
    begun = await hub.s.log.append(
        Draft(THIS_ROOM, beginner, EntryType.ROOM_CREATE, "t", state=RoomCreated(RoomKind.DIRECT, beginner)),
        Draft(THIS_ROOM, beginner, EntryType.MEMBER_ADD, state=MembersAdded((card,), rank=900)),
        pair=pair,
    )
    room = begun[0].room
    await follow(hub, moph, room)
    async with moph.s.store.read() as reader:
        assert await reader.run(id_by_pair, pair_key(RoomKind.DIRECT, [MALEE, PersonId(beginner)])) == room
    await moph.s.log.checkpoints.sign()
    assert faults(moph, room) is None
