"""A hub that was restored from an old backup writes nothing until it has back what its followers have."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import pytest

from appliance.errors import AppError, Unavailable
from appliance.log.foreign import Given
from appliance.model import RoomId
from appliance.rules.recovery import Recovery, recovery
from tests.bureau import NARIN, Bureau
from tests.log.agencies import Gateway, follow, given_from, open_agencies, shared_room, size_of
from tests.log.agencies import note_of as kept_note


@pytest.mark.parametrize(
    ("heads", "found"),
    [
        ({"moi": 5, "moph": 9}, Recovery("moph", 9, done=False)),
        ({"moi": 9, "moph": 9}, Recovery("moi", 9, done=False)),
        ({"moi": None, "moph": 9}, Recovery("moph", 9, done=False)),
        ({"moi": None, "moph": 5}, Recovery(None, 5, done=False)),
        ({"moi": 2, "moph": 5}, Recovery(None, 5, done=True)),
        ({}, Recovery(None, 5, done=True)),
    ],
)
def test_what_a_hub_with_five_entries_does_next(heads: dict[str, int | None], found: Recovery) -> None:
    assert recovery(5, heads) == found


async def missing(b: Bureau, room: RoomId, first: int) -> tuple[list[Given], str]:
    return await given_from(b, room, first), await kept_note(b, room)


async def test_a_restored_hub_pulls_its_entries_back_and_then_writes(tmp_path: Path) -> None:
    """Without this it would sign another entry 4."""
    async with open_agencies(tmp_path, "test", "moph", "moi") as three:
        hub, moph, _ = three.values()
        room = await shared_room(hub, "moph", "moi")
        await hub.say(NARIN, room, "ก่อนสำรอง")
        await follow(hub, moph, room)
    backup = tmp_path / "backup.db"
    shutil.copy(tmp_path / "test" / "gchat.db", backup)
    async with open_agencies(tmp_path, "test", "moph", "moi") as three:
        hub, moph, _ = three.values()
        hub.txns = count(100)
        await hub.say(NARIN, room, "หลังสำรอง")
        given = await given_from(hub, room, 4)
        await moph.s.log.replicate(room, "test", given, await kept_note(hub, room))
        frontier = (await hub.s.log.head(room)).frontier
    for name in ("gchat.db-wal", "gchat.db-shm"):
        (tmp_path / "test" / name).unlink(missing_ok=True)
    shutil.copy(backup, tmp_path / "test" / "gchat.db")
    async with open_agencies(tmp_path, "test", "moph", "moi") as three:
        hub, moph, _ = three.values()
        hub.txns = count(200)
        await hub.s.log.recover()
        assert (await hub.s.log.head(room)).size == 4
        for refused in (hub.say(NARIN, room), hub.s.log.receive(room, "moph", await Gateway(moph).texts(room, "x"))):
            with pytest.raises(Unavailable) as caught:
                await refused
            assert caught.value.code == "room_recovering"
        recovering = hub.s.log.recovering
        assert recovering.heard(room, "moph", 5, 4) == Recovery("moph", 5, done=False)
        await hub.s.log.replicate(room, "moph", *await missing(moph, room, 4))
        assert (await hub.s.log.head(room)).frontier == frontier
        assert not recovering.next_for(room, size_of(hub, room)).done, "another follower has not answered"
        assert recovering.heard(room, "moi", 0, 5).done
        assert (await hub.say(NARIN, room)).n == 5
        await follow(hub, moph, room)


async def test_a_follower_that_has_more_holds_the_room_at_once(tmp_path: Path) -> None:
    async with open_agencies(tmp_path, "test", "moph") as two:
        hub = two["test"]
        room, own = await shared_room(hub, "moph"), await hub.group(NARIN)
        assert hub.s.log.recovering.heard(room, "moph", 3, 3).done
        assert not hub.s.log.recovering.heard(room, "moph", 7, 3).done
        with pytest.raises(AppError):
            await hub.say(NARIN, room)
        await hub.say(NARIN, own)
        hub.s.log.recovering.end(room)
        assert ((await hub.say(NARIN, room)).n, list(hub.s.log.recovering)) == (3, [])
