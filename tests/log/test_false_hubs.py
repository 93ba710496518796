"""What is not a room's log: who brings it and what it proves decide whether the room becomes read-only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from appliance.errors import AppError, Forbidden, Invalid, Unavailable
from appliance.evidence.note import Checkpoint, sign_checkpoint
from appliance.evidence.tree import EMPTY_ROOT
from appliance.log.foreign import Given, received
from appliance.model import Deny, RoomId
from appliance.store import replicas
from tests.bureau import MALEE, NARIN, SIGNER, Bureau
from tests.log.agencies import Gateway, follow, given_from, note_of, open_agencies, registry_of, shared_room

Three = dict[str, Bureau]


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[Three]:
    async with open_agencies(tmp_path, "test", "moph", "moi") as found:
        yield found


async def followed(three: Three) -> tuple[Bureau, Bureau, RoomId]:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph", "moi")
    await hub.say(NARIN, room)
    await follow(hub, moph, room)
    return hub, moph, room


def lie(room: RoomId, size: int, root: bytes = EMPTY_ROOT) -> str:
    """A note of the hub over another tree."""
    return sign_checkpoint(Checkpoint(f"agency.test/room/{room}/e1", size, root), SIGNER)


async def give(b: Bureau, room: RoomId, peer: str, given: list[Given], note: str) -> AppError | None:
    try:
        await b.s.log.replicate(room, peer, given, note)
    except AppError as error:
        return error
    return None


@pytest.mark.parametrize("peer", ["test", "moi"])
async def test_two_notes_of_one_size_prove_a_fork_whoever_brings_them(three: Three, peer: str) -> None:
    hub, moph, room = await followed(three)
    note = lie(room, 4)
    error = await give(moph, room, peer, await given_from(hub, room), note)
    assert isinstance(error, Forbidden)
    assert (error.deny, error.detail) == (Deny.ROOM_QUARANTINED, {"reason": "fork", "n": 3})
    key = (await moph.s.log.head(room)).key
    async with moph.s.store.read() as reader:
        [found] = await reader.run(replicas.findings, key)
    assert (found.peer, found.step, found.reason, found.note) == (peer, 10, "fork", note)
    assert found.held == await note_of(hub, room)


@pytest.mark.parametrize(
    "how",
    ["another leaf", "no leaf", "a note of another size", "a note of nobody", "another tree", "another room's note"],
)
async def test_what_the_hub_gives_closes_the_room_and_what_others_give_does_not(three: Three, how: str) -> None:
    hub, moph, room = await followed(three)
    await hub.say(NARIN, room)
    other = await shared_room(hub, "moph")
    given, note = await given_from(hub, room, 4), await note_of(hub, room)
    if how == "another leaf":
        held = (await given_from(hub, room, 3, 3))[0]
        given = [Given(held.leaf.replace(b'"ht":1', b'"ht":2'), held.body), *given]
    elif how == "no leaf":
        given = [Given(b"{}", None)]
    elif how == "a note of another size":
        note = lie(room, 9)
    elif how == "a note of nobody":
        note = "words"
    elif how == "another tree":
        note = lie(room, 5)
    else:
        note = await note_of(hub, other)
    refused = await give(moph, room, "moi", given, note)
    assert isinstance(refused, Invalid)
    assert refused.code == "replica_refused"
    assert room not in moph.s.log.quarantined
    assert isinstance(await give(moph, room, "test", given, note), Forbidden)
    assert room in moph.s.log.quarantined


async def test_it_stays_read_only_over_a_restart_until_it_is_ended(tmp_path: Path) -> None:
    async with open_agencies(tmp_path, "test", "moph", "moi") as three:
        hub, moph, room = await followed(three)
        await give(moph, room, "test", await given_from(hub, room), lie(room, 4))
    async with open_agencies(tmp_path, "test", "moph", "moi") as three:
        moph = three["moph"]
        assert list(moph.s.log.quarantined) == [room]
        view = await moph.view(MALEE, room)
        assert set(view.denied.values()) == {"room_quarantined"}
        head = await moph.s.log.head(room)
        async with moph.s.store.write() as tx:
            await tx.run(replicas.end_quarantine, head.key, moph.clock())
        moph.s.log.quarantined.end(room)
        assert (await moph.say(MALEE, room)).n == -1


async def test_a_room_that_is_not_here_is_refused_and_leaves_nothing(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    assert isinstance(await give(moph, room, "test", await given_from(hub, room), lie(room, 3)), Invalid)
    assert moph.s.log.cached(room) is None
    await follow(hub, moph, room)


async def test_a_newer_registry_is_waited_for(three: Three) -> None:
    hub, moph, room = await followed(three)
    hub.s.log.registry = registry_of("test", "moph", "moi", version=7)
    await hub.say(NARIN, room)
    error = await give(moph, room, "test", await given_from(hub, room, 4), await note_of(hub, room))
    assert isinstance(error, Unavailable)
    assert error.code == "registry_unknown"
    moph.s.log.registry = hub.s.log.registry
    await follow(hub, moph, room)


async def test_a_hub_answers_for_its_own_rooms_alone(three: Three) -> None:
    hub, moph, room = await followed(three)
    await follow(hub, three["moi"], room)
    events = await Gateway(three["moi"]).texts(room, "ผิดที่")
    assert [one.reason for one in await moph.s.log.receive(room, "moi", events)] == ["not_hub"]
    nonsense = [structs.replace(events[0], header=b"{}")]
    assert [(one.id, one.reason) for one in await hub.s.log.receive(room, "moi", nonsense)] == [("", "not_canonical")]
    with pytest.raises(AppError):
        await hub.s.log.receive(RoomId("r_aaaaaaaaaaaaaaaaaaaaaaaaaa"), "moi", events)
    with pytest.raises(ValueError, match="65 entries"):
        received(room, "moi", events * 65, lambda _: None)


async def test_a_follower_gives_its_replica_to_another(three: Three) -> None:
    hub, moph, room = await followed(three)
    moi = three["moi"]
    found = await moph.s.log.giving.range_for("moi", room, 0)
    assert found is not None
    await moi.s.log.replicate(room, "moph", found.given, found.note)
    assert (await moi.s.log.head(room)).frontier == (await hub.s.log.head(room)).frontier
