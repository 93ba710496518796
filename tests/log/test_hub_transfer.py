"""A room that changes its hub: the old one signs up to the entry that hands it over, the new one goes on from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.errors import Forbidden
from appliance.log.notes import sign_room
from appliance.model import WAITING, Deny, Draft, EntryType, RoomId
from appliance.rules.entry_states import OwnerTransferred
from tests.bureau import MALEE, NARIN, SIGNER, Bureau
from tests.log.agencies import follow, given_from, note_of, open_agencies, person, shared_room
from tests.signed import acceptance

Three = dict[str, Bureau]


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[Three]:
    async with open_agencies(tmp_path, "test", "moph", "moi") as found:
        yield found


async def handed_over(three: Three) -> RoomId:
    """A room of `test` that `moph` takes over, followed by all up to there."""
    hub, moph, moi = three.values()
    room = await shared_room(hub, "moph", "moi")
    head = await hub.s.log.head(room)
    taken = acceptance("moph", room, head.size, head.frontier.root(), hub.clock())
    state = OwnerTransferred(person(MALEE, "moph"), accepted=taken)
    await hub.s.log.append(Draft(room, hub.s.log.home.principal(NARIN), EntryType.OWNER_TRANSFER, state=state))
    await follow(hub, moph, room)
    await follow(hub, moi, room)
    return room


async def test_the_new_hub_goes_on_in_the_next_epoch_and_the_old_one_follows(three: Three) -> None:
    old, new, moi = three.values()
    room = await handed_over(three)
    assert (await note_of(old, room)).split("\n")[0].endswith("/e1")
    assert (await new.say(MALEE, room, "รับช่วงแล้ว")).n == 4
    assert (await note_of(new, room)).split("\n")[0].endswith("/e2")
    for b in (old, moi):
        await follow(new, b, room)
        head, mine = await new.s.log.head(room), await b.s.log.head(room)
        assert (mine.frontier, mine.state) == (head.frontier, head.state)
    assert (await old.say(NARIN, room, "ตอบ")).n == WAITING


async def test_what_the_old_hub_signs_beyond_its_end_makes_the_room_read_only(three: Three) -> None:
    old, new, moi = three.values()
    room = await handed_over(three)
    await new.say(MALEE, room)
    head = await new.s.log.head(room)
    forged = sign_room(SIGNER, head.state, head.frontier).replace("/e2", "/e1")
    with pytest.raises(Forbidden) as refused:
        await moi.s.log.replicate(room, "moph", await given_from(new, room, 4), forged)
    assert (refused.value.deny, refused.value.detail["reason"]) == (Deny.ROOM_QUARANTINED, "note")
    await follow(new, old, room)
