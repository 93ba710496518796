"""The edges of what the log does with other agencies: ranges without a note, what is no event, what is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from appliance.errors import AppError, Forbidden, NotFound
from appliance.log.file_keys import open_blob
from appliance.log.foreign import Given
from appliance.log.foreign_facts import frontier_at
from appliance.log.quarantine import QuarantinedRooms
from appliance.model import Draft, EntryType, RoomId, TextBody
from appliance.rules.entry_states import OwnerTransferred, Reacted
from tests.bureau import MALEE, NARIN, Bureau
from tests.log.agencies import Gateway, follow, given_from, note_of, open_agencies, person, shared_room
from tests.signed import acceptance

Two = dict[str, Bureau]
NOWHERE = RoomId("r_" + "a" * 26)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with open_agencies(tmp_path, "test", "moph") as found:
        yield found


async def begun(two: Two) -> tuple[Bureau, Bureau, RoomId]:
    hub, moph = two.values()
    room = await shared_room(hub, "moph")
    await follow(hub, moph, room)
    return hub, moph, room


def size_of(given: Sequence[Given]) -> int:
    return sum(len(one.leaf) + (0 if one.body is None else len(one.body.salt) + len(one.body.data)) for one in given)


async def test_a_follower_gives_up_to_a_note_that_it_has(two: Two) -> None:
    hub, moph, room = await begun(two)
    for text in ("หนึ่ง", "สอง"):
        await hub.say(NARIN, room, text)
    await follow(hub, moph, room)
    given = await given_from(hub, room)
    found = await moph.s.log.giving.range_for("test", room, 0, size_of(given[:4]))
    assert found is not None
    assert (found.end, found.note) == (3, await note_of(hub, room, 3))
    with pytest.raises(NotFound):
        await moph.s.log.giving.range_for("test", room, 0, 1)


async def test_an_event_without_its_body_is_refused(two: Two) -> None:
    hub, moph, room = await begun(two)
    [event] = await Gateway(moph).texts(room, "ไม่มีเนื้อความ")
    [answer] = await hub.s.log.receive(room, "moph", [type(event)(event.header, event.seal, None)])
    assert answer.n is None
    assert answer.reason


async def test_what_has_no_body_is_sent_with_none(two: Two) -> None:
    _, moph, room = await begun(two)
    state = Reacted(target=0, emoji="👍", on=True)
    draft = Draft(room, person(MALEE, "moph"), EntryType.MESSAGE_REACTION, state=state, body=TextBody("x"))
    with pytest.raises(Forbidden):
        await moph.s.log.append(draft)


async def test_behind_what_closes_a_room_nothing_is_taken(two: Two) -> None:
    hub, moph, room = await begun(two)
    await hub.say(NARIN, room, "จริง")
    [true] = await given_from(hub, room, 3)
    forged = Given(true.leaf.replace(b"message.text", b"message.edit"), true.body)
    note = await note_of(hub, room)
    replicate = moph.s.log.replicate
    results = await asyncio.gather(
        replicate(room, "test", [forged], note), replicate(room, "test", [true], note), return_exceptions=True
    )
    assert [type(one) for one in results] == [Forbidden, Forbidden]
    assert room in moph.s.log.quarantined


async def test_an_acceptance_of_a_size_that_never_was_is_none(two: Two) -> None:
    hub, _, room = await begun(two)
    head = await hub.s.log.head(room)
    said = acceptance("moph", room, head.size + 10, head.frontier.root(), hub.clock())
    state = OwnerTransferred(to=person(MALEE, "moph"), accepted=said)
    with pytest.raises(AppError):
        await hub.s.log.append(Draft(room, person(NARIN, "test"), EntryType.OWNER_TRANSFER, state=state))
    with pytest.raises(NotFound):
        await hub.s.log.append(Draft(NOWHERE, person(NARIN, "test"), EntryType.OWNER_TRANSFER, state=state))
    assert (await hub.s.log.head(room)).size == head.size


async def test_what_is_not_there_is_said(two: Two) -> None:
    hub, _, room = await begun(two)
    with pytest.raises(NotFound):
        await hub.s.log.outbox.to_seal(NOWHERE)
    head = await hub.s.log.head(room)
    async with hub.s.store.read() as reader:
        assert await reader.run(open_blob, hub.s.log.bodies, hub.s.keys.files_keys, "f_none") is None
        assert await reader.run(frontier_at, head.key, 1, 0) is None


async def test_rooms_that_cannot_be_read_at_start_are_judged_again(caplog: pytest.LogCaptureFixture) -> None:
    class Unreadable:
        async def read_each(self, *_: object) -> list[AppError]:
            return [AppError("torn")]

    rooms = QuarantinedRooms()
    await rooms.load(Unreadable())  # type: ignore[arg-type]
    assert list(rooms) == []
    assert "cannot be read" in caplog.text
