"""What another agency is given of a room, what it answers, and that both sides' exports prove the same log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.actions.disposal import erase_bodies
from appliance.actions.evidence import export_room
from appliance.actions.room_settling import settle_rooms
from appliance.errors import AppError, Forbidden, Invalid
from appliance.evidence import verifier
from appliance.evidence.note import split_note
from appliance.log.giving import Range
from appliance.log.notes import log_signer
from appliance.model import Draft, EntryType, RoomId
from appliance.rules.confirmation import confirmed_size
from appliance.rules.entry_states import MembersRemoved
from tests.bureau import MALEE, NARIN, Bureau, keys_of
from tests.log.agencies import Gateway, add, note_of, open_agencies, person, shared_room, witness
from tests.office import OPERATOR

Three = dict[str, Bureau]


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[Three]:
    async with open_agencies(tmp_path, "test", "moph", "moi") as found:
        yield found


async def catch_up(hub: Bureau, follower: Bureau, room: RoomId, max_bytes: int = 1 << 20) -> list[Range]:
    """Bring a follower up to the hub range by range, as a link does."""
    peer, ranges = follower.s.log.home.agency, []
    cached = follower.s.log.cached(room)
    first = 0 if cached is None else cached.size
    while found := await hub.s.log.giving.range_for(peer, room, first, max_bytes):
        await follower.s.log.replicate(room, hub.s.log.home.agency, found.given, found.note)
        ranges.append(found)
        first = found.end
    return ranges


async def cosign(hub: Bureau, agency: str, room: RoomId, size: int) -> None:
    text, _ = split_note(await note_of(hub, room, size))
    await hub.s.log.giving.acknowledge(agency, room, size, [witness(agency).cosign(text, 1)], hub.s.log.registry)


async def test_a_new_agency_is_given_all_of_a_room_of_before_in_ranges(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await hub.group(NARIN, MALEE)
    for n in range(150):
        await hub.say(NARIN, room, f"ข้อความที่ {n}")
    await add(hub, room, person(MALEE, "moph"))
    ranges = await catch_up(hub, moph, room)
    assert [(one.first, one.end) for one in ranges] == [(0, 64), (64, 128), (128, 153)]
    again = await hub.s.log.giving.range_for("moph", room, 0)
    assert again == ranges[0], "the same bytes, the note signed for it too"
    assert (await moph.s.log.head(room)).frontier == (await hub.s.log.head(room)).frontier


async def test_a_range_is_bounded_by_its_bytes(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    for _ in range(4):
        await hub.say(NARIN, room, "ก" * 3_000)
    ranges = await catch_up(hub, moph, room, 20_000)
    assert [(one.first, one.end) for one in ranges] == [(0, 4), (4, 6), (6, 7)]
    await hub.say(NARIN, room, "ก" * 3_000)
    assert [len(one.given) for one in await catch_up(hub, moph, room, 1)] == [1], "one is always given"


async def test_destroyed_bodies_are_given_as_headers_alone(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    sent = await hub.say(NARIN, room, "จะถูกทำลาย")
    await erase_bodies(hub.s, room, sent.n, sent.n, "R1")
    [found] = await catch_up(hub, moph, room)
    assert found.given[sent.n].body is None
    assert (await moph.s.log.head(room)).size == 5


async def test_a_removed_agency_gets_its_removal_and_nothing_after(three: Three) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph", "moi")
    await hub.say(NARIN, room)
    gone = MembersRemoved((person(MALEE, "moph"),))
    await hub.s.log.append(Draft(room, hub.s.log.home.principal(NARIN), EntryType.MEMBER_REMOVE, state=gone))
    await hub.say(NARIN, room, "ไม่ได้ยิน")
    ranges = await catch_up(hub, moph, room)
    assert ranges[-1].end == ranges[-1].upto == 5
    assert await hub.s.log.giving.due("moph") == [(room, 0, 5)]
    assert await hub.s.log.giving.range_for("moph", room, 5) is None
    await add(hub, room, person(MALEE, "moph"))
    assert (await catch_up(hub, moph, room))[-1].end == 7


async def test_who_never_had_a_member_is_given_nothing(three: Three) -> None:
    hub = three["test"]
    room = await shared_room(hub, "moph")
    with pytest.raises(Forbidden):
        await hub.s.log.giving.range_for("moi", room, 0)
    assert await hub.s.log.giving.due("moi") == []
    own = await hub.group(NARIN, MALEE)
    with pytest.raises(Forbidden):
        await hub.s.log.giving.range_for("moph", own, 0)


async def test_an_entry_is_confirmed_once_more_than_half_of_the_followers_cosigned_it(three: Three) -> None:
    hub = three["test"]
    room = await shared_room(hub, "moph", "moi")
    giving = hub.s.log.giving
    assert await giving.due("moph") == [(room, 0, 3)]
    await cosign(hub, "moph", room, 3)
    assert (await giving.due("moph"), await giving.confirmed(room)) == ([], 0)
    await hub.say(NARIN, room)
    await cosign(hub, "moi", room, 4)
    assert await giving.confirmed(room) == 3
    await cosign(hub, "moph", room, 4)
    assert await giving.confirmed(room) == 4
    note = await giving.cosigned_note(room, 4)
    assert note is not None
    assert [name for name, _, _ in split_note(note)[1]] == [
        "agency.test/a/test/log", "agency.test/a/moi/wit", "agency.test/a/moph/wit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cosigned", "confirmed"), [({}, 0), ({"a": 5}, 0), ({"a": 5, "b": 3}, 3), ({"a": 5, "b": 3, "c": 9}, 5)]
)
def test_more_than_half_of_three(cosigned: dict[str, int], confirmed: int) -> None:
    assert confirmed_size(cosigned, ["a", "b", "c"]) == confirmed
    assert confirmed_size(cosigned, []) == 0


async def test_people_of_other_agencies_have_no_account_here_and_stay(three: Three) -> None:
    hub = three["test"]
    room = await shared_room(hub, "moph", "moi")
    before = await hub.s.log.head(room)
    assert await settle_rooms(hub.s)
    after = await hub.s.log.head(room)
    assert (after.size, after.agencies) == (before.size, before.agencies)
    assert person(MALEE, "moi") in after.state.members


async def test_a_cosignature_of_another_counts_for_nobody(three: Three) -> None:
    hub = three["test"]
    room = await shared_room(hub, "moph", "moi")
    text, _ = split_note(await note_of(hub, room, 3))
    line = witness("moi").cosign(text, 1)
    with pytest.raises(Invalid) as refused:
        await hub.s.log.giving.acknowledge("moph", room, 3, [line], hub.s.log.registry)
    assert refused.value.code == "cosignature_invalid"
    with pytest.raises(AppError):
        await hub.s.log.giving.acknowledge("moph", room, 99, [], hub.s.log.registry)
    assert await hub.s.log.giving.due("moph") == [(room, 0, 3)]


async def exported(b: Bureau, room: RoomId, path: Path) -> bytes:
    lines: list[bytes] = []

    async def write(line: bytes) -> None:
        lines.append(line)

    await export_room(b.s, OPERATOR, room, "คำสั่งศาล", write)
    path.write_bytes(b"".join(lines))  # noqa: ASYNC240 - a few lines in a test
    return b"".join(lines)


async def test_both_sides_exports_prove_the_same_log(
    three: Three, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, moph, _ = three.values()
    room = await shared_room(hub, "moph")
    await hub.say(NARIN, room, "เรียนทุกท่าน")
    await catch_up(hub, moph, room)
    await Gateway(moph).submit(hub, room, "รับทราบ")
    await catch_up(hub, moph, room)
    files = {name: tmp_path / f"{name}.jsonl" for name in ("test", "moph")}
    written = {name: await exported(three[name], room, path) for name, path in files.items()}
    roots = {json.loads(data.splitlines()[-1])["cp"].split("\n")[2] for data in written.values()}
    assert len(roots) == 1
    vkey = log_signer(hub.s.config.agency, keys_of("test")).verifier.vkey
    for path in files.values():
        # The hub's key is given, and no key of the gateway's: what its agency said and signed is counted, not proved.
        assert verifier.main(["room", str(path), "--vkey", vkey]) == 3, capsys.readouterr()
        assert "moph (2)" in capsys.readouterr().out
