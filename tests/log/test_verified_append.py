"""What the writer appends is what every replica accepts, byte by byte; and nobody appends for another agency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.actions import disposal, messages, rooms
from appliance.errors import AppError, Forbidden
from appliance.evidence.canonical import encode_header
from appliance.evidence.registry import ALWAYS, Enrolled, Registry, Status, StatusSince
from appliance.evidence.tree import Frontier, leaf_hash
from appliance.evidence.verification import Accepted, Body, Log, verify_entry
from appliance.log.rows import leaf_of
from appliance.model import Deny, Draft, EntryType, Principal, RoomId, Target
from appliance.rules.entry_states import ClosedBySystem, RoomRenamed
from appliance.store import entries
from appliance.wire.messages import TextBody as WireBody
from tests.bureau import CLERK, MALEE, NARIN, SOMCHAI, Bureau

if TYPE_CHECKING:
    from appliance.store.entries import EntryRow


async def busy(b: Bureau) -> RoomId:
    """A room with an entry of every type that people and the system append."""
    room = await b.group(NARIN, MALEE, SOMCHAI)
    sent = await b.say(MALEE, room, "คำแรก")
    await messages.send_message(b.s, NARIN, room, WireBody(text="@ทุกคน", everyone=True), b.txn(), sent.n)
    await messages.edit_message(b.s, MALEE, room, sent.n, WireBody(text="คำที่แก้"), b.txn())
    await messages.react(b.s, SOMCHAI, room, sent.n, "👍", on=True)
    await messages.retract_message(b.s, MALEE, room, sent.n, "ผิดห้อง", None)
    await rooms.change_members(b.s, NARIN, room, [CLERK], [SOMCHAI], b.txn())
    await rooms.rename_room(b.s, NARIN, room, "ชื่อใหม่", None)
    await disposal.erase_bodies(b.s, room, sent.n, sent.n, "R1")
    await rooms.transfer_room(b.s, NARIN, room, MALEE, None)
    await rooms.close_room(b.s, MALEE, room)
    return room


async def rows_of(b: Bureau, room: RoomId) -> list[EntryRow]:
    head = await b.s.log.head(room)
    async with b.s.store.read() as reader:
        return await reader.run(entries.between, head.key, 0, head.size)


async def body_of(b: Bureau, room: RoomId, row: EntryRow) -> Body | None:
    if row.sealed is None or row.epoch is None:
        return None
    async with b.s.store.read() as reader:
        return Body(*await reader.run(b.s.log.bodies.open_bytes, room, row.n, row.epoch, row.sealed))


async def test_what_is_appended_is_what_a_replica_accepts(bureau: Bureau) -> None:
    room = await busy(bureau)
    log, tree, targets = Log(room), Frontier(), dict[int, Target]()
    ids, kinds = set[str](), set[EntryType]()
    for row in await rows_of(bureau, room):
        verdict = verify_entry(log, leaf_of(row), Registry.alone("test"), await body_of(bureau, room, row))
        assert isinstance(verdict, Accepted), verdict
        made, entry = verdict.candidate, verdict.entry
        assert encode_header(made.header) == row.header == made.sealed
        tree = tree.append(leaf_hash(leaf_of(row)))
        ids.add(made.header.id)
        kinds.add(entry.type)
        targets[row.n] = Target(row.n, entry.type, entry.sender, entry.at, entry.state, redacted=False)
        counters = {**log.counters, made.header.origin: made.header.counter + 1}
        log = Log(room, verdict.state, made.n + 1, made.hub_time, made.registry_version, counters, ids, targets.get)
    head = await bureau.s.log.head(room)
    assert (log.state, log.size, log.last_at, tree) == (head.state, head.size, head.last_at, head.frontier)
    assert (log.registry, log.counters) == (head.registry, head.counters)
    assert kinds == set(EntryType) - {EntryType.SYSTEM_REMOVE, EntryType.SYSTEM_CLOSE, EntryType.OWNER_REASSIGN}


@pytest.mark.parametrize("sender", ["narin@evil", "system@evil", "malee@test2"])
async def test_nobody_is_appended_for_another_agency(bureau: Bureau, sender: str) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    for kind, state in (
        (EntryType.ROOM_RENAME, RoomRenamed("x")),
        (EntryType.SYSTEM_CLOSE, ClosedBySystem()),
        (EntryType.MESSAGE_TEXT, None),
    ):
        with pytest.raises(Forbidden) as caught:
            await bureau.s.log.append(Draft(room, Principal(sender), kind, body=None, state=state))
        assert caught.value.deny is Deny.ORIGIN_MISMATCH
    assert (await bureau.s.log.head(room)).size == 2


async def test_an_agency_that_is_not_enrolled_any_more_appends_nothing(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    bureau.s.log.registry = Registry(7, {"test": Enrolled((*ALWAYS, StatusSince(7, Status.REVOKED)))})
    with pytest.raises(AppError):
        await bureau.say(MALEE, room)
    bureau.s.log.registry = Registry(8, {"test": Enrolled()})
    assert (await bureau.say(MALEE, room)).n == 2
    assert [row.registry_version for row in await rows_of(bureau, room)] == [0, 0, 8]
    assert (await bureau.s.log.head(room)).registry == 8
    bureau.s.log.registry = Registry(5, {"test": Enrolled()})
    with pytest.raises(AppError):
        await bureau.say(MALEE, room)
