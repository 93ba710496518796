"""A hub or a follower that was restored from an older copy: what both have is compared, and nobody writes twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from appliance.errors import Unavailable
from appliance.evidence.note import Checkpoint, sign_checkpoint
from appliance.model import RoomId
from appliance.store import replicas
from federation.exchange import comparing, sending
from federation.gateway import messages as m
from federation.protocol import frames
from tests.bureau import MALEE, NARIN, SIGNER, Bureau
from tests.federation.storm import Storm
from tests.log.agencies import Gateway, shared_room, size_of
from tests.sql import all_rows
from tests.waiting import until


@pytest.fixture
async def storm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Storm]:
    for module in (comparing, sending):
        monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.05)
    (tmp_path / "now").mkdir()
    found = Storm(tmp_path / "now", "moph", "moi", "dga")
    for slug in found.slugs:
        await found.begin(slug)
    try:
        yield found
    finally:
        await found.end_all()


async def same(storm: Storm, room: RoomId, *slugs: str) -> None:
    """Wait until agencies have a room alike."""

    async def is_same() -> bool:
        heads = [storm.agencies[slug].s.log.cached(room) for slug in slugs]
        return None not in heads and len({head.frontier.root() for head in heads if head is not None}) == 1

    await until(is_same, "all have the same log")


async def begun(storm: Storm) -> RoomId:
    room = await shared_room(storm.agencies["moph"], "moi", "dga")
    await storm.heal()
    await same(storm, room, *storm.slugs)
    return room


async def held(b: Bureau) -> list[RoomId]:
    return list(b.s.log.recovering)


async def test_a_restored_hub_writes_only_once_it_has_back_what_its_followers_have(
    storm: Storm, tmp_path: Path
) -> None:
    """Row 16 of federation.md §7."""
    room = await begun(storm)
    await storm.copy("moph", tmp_path / "copy")
    kept = await storm.agencies["moph"].say(NARIN, room, "หลังสำรอง")
    await same(storm, room, *storm.slugs)
    await storm.restore("moph", tmp_path / "copy")
    hub = storm.agencies["moph"]
    assert (await hub.s.log.head(room)).size == kept.n
    for other in ("moi", "dga"):
        with pytest.raises(Unavailable) as refused:
            await hub.say(NARIN, room)
        assert refused.value.code == "room_recovering"
        await storm.link("moph", other)
        await same(storm, room, *storm.slugs)
    await until(lambda: not list(hub.s.log.recovering), "the room is written to again")
    assert (await hub.say(NARIN, room)).n == kept.n + 1
    await same(storm, room, *storm.slugs)


async def test_a_hub_that_does_not_notice_signs_two_histories_and_is_caught(storm: Storm, tmp_path: Path) -> None:
    """Its whole disk was set back, with the mark: the other agencies find out, and the room is read-only there."""
    room = await begun(storm)
    await storm.copy("moph", tmp_path / "copy")
    await storm.agencies["moph"].say(NARIN, room, "ก่อน")
    await same(storm, room, *storm.slugs)
    await storm.restore("moph", tmp_path / "copy", whole_disk=True)
    await storm.agencies["moph"].say(NARIN, room, "อีกเรื่องหนึ่ง")
    await storm.link("moph", "moi")
    moi = storm.agencies["moi"]
    await storm.agencies["moph"].say(NARIN, room, "ต่อ")
    await until(lambda: room in moi.s.log.quarantined, "two entries of one place")


async def test_what_a_restored_hub_had_accepted_is_submitted_again(storm: Storm, tmp_path: Path) -> None:
    """The hub answered, and was restored before anybody had the entry: its agency still has it."""
    room = await begun(storm)
    await storm.copy("moph", tmp_path / "copy")
    moi = storm.agencies["moi"]

    def hold(_: str, frame: bytes) -> bool:
        return isinstance(frames.parse(frame), frames.Feed)

    storm.keep_back = hold
    sent = await moi.say(MALEE, room, "รับแล้วแต่หาย")

    async def accepted() -> bool:
        async with moi.s.store.read() as reader:
            return await reader.run(all_rows, "SELECT id, phase FROM outbox", ()) == [(sent.id, "accepted")]

    await until(accepted)
    await storm.restore("moph", tmp_path / "copy")
    storm.keep_back = lambda *_: False
    await storm.heal()

    async def is_there() -> bool:
        async with moi.s.store.read() as reader:
            return await reader.run(all_rows, "SELECT id FROM outbox", ()) == []

    await until(is_there, "its entry is back")
    await same(storm, room, *storm.slugs)
    assert size_of(moi, room) == 4


async def test_a_follower_restored_from_a_copy_is_given_what_it_lost_with_nothing_new_written(
    storm: Storm, tmp_path: Path
) -> None:
    room = await begun(storm)
    await storm.copy("moi", tmp_path / "copy")
    await storm.agencies["moph"].say(NARIN, room, "ที่หายไป")
    await same(storm, room, *storm.slugs)
    await storm.restore("moi", tmp_path / "copy")
    await storm.link("moph", "moi")
    await same(storm, room, *storm.slugs)


async def test_a_link_that_ends_while_an_acknowledgement_is_kept_hides_no_restored_follower(
    storm: Storm, tmp_path: Path
) -> None:
    """The row says that the follower has the entry, and the call that wrote it never came to its end."""
    room = await begun(storm)
    hub = storm.agencies["moph"]
    await until(partial(is_acknowledged, hub, room))
    await storm.copy("moi", tmp_path / "copy")
    acknowledge, has_committed = hub.s.log.giving.acknowledge, asyncio.Event()

    async def cut_off(peer: str, *rest: Any) -> None:
        await acknowledge(peer, *rest)
        if peer == "moi":
            has_committed.set()
            await asyncio.Event().wait()

    hub.s.log.giving.acknowledge = cut_off  # type: ignore[method-assign, assignment]
    await hub.say(NARIN, room, "ที่หายไป")
    await has_committed.wait()
    hub.s.log.giving.acknowledge = acknowledge  # type: ignore[method-assign]
    await storm.restore("moi", tmp_path / "copy")
    await storm.link("moph", "moi")
    await same(storm, room, *storm.slugs)


@pytest.mark.parametrize("lie", ["a note of nobody", "a note of another room", "no number", "no answer"])
async def test_a_peer_that_says_it_has_more_holds_no_room_without_the_hubs_own_note(storm: Storm, lie: str) -> None:
    room = await begun(storm)
    hub = storm.agencies["moph"]
    await storm.cut("moph", "moi")
    other = f"agency.test/room/r_{'a' * 26}/e1"
    asked: list[m.Asked] = []

    async def answer(request: m.Asked) -> m.Answered:
        asked.append(request)
        note = "words" if lie == "a note of nobody" else sign_checkpoint(Checkpoint(other, 99, bytes(32)), SIGNER)
        body = b"{}" if lie == "no number" else json.dumps({"size": 99, "note": note}).encode()
        return m.Answered(503 if lie == "no answer" and len(asked) < 3 else 200, body)

    storm.exchanges["moi"].questions.answer = answer  # type: ignore[method-assign, assignment]
    await storm.crash("moph")
    hub = storm.agencies["moph"]
    await storm.link("moph", "moi")
    await until(lambda: len(asked) > (2 if lie == "no answer" else 0), "it was asked")
    assert await held(hub) == []
    assert (await hub.say(NARIN, room)).n == 3


async def test_a_peer_is_compared_with_once_and_again_when_it_went_back(storm: Storm) -> None:
    room = await begun(storm)
    asked: list[str] = []
    answer = storm.exchanges["moi"].questions.answer

    async def note(request: m.Asked) -> m.Answered:
        asked.append(request.kind)
        return await answer(request)

    storm.exchanges["moi"].questions.answer = note  # type: ignore[method-assign, assignment]
    await storm.cut("moph", "moi")
    await storm.link("moph", "moi")
    await storm.agencies["moph"].say(NARIN, room)
    await same(storm, room, *storm.slugs)
    await until(partial(is_acknowledged, storm.agencies["moph"], room))
    assert asked == []
    await storm.cut("moph", "moi")
    async with storm.agencies["moi"].s.store.write() as tx:
        await tx.run(all_rows, "DELETE FROM peer_cursor", ())
    await storm.link("moph", "moi")
    await until(lambda: asked == [m.Kind.HEAD])


async def is_acknowledged(b: Bureau, room: RoomId) -> bool:
    head = await b.s.log.head(room)
    async with b.s.store.read() as reader:
        return (await reader.run(replicas.cosigned, head.key)).get("moi") == head.size


async def test_a_room_that_waits_is_the_answer_and_the_link_goes_on(storm: Storm) -> None:
    room = await begun(storm)
    hub = storm.agencies["moph"]
    hub.s.log.recovering.begin({room: ["dga"]})
    events = await Gateway(storm.agencies["moi"]).texts(room, "รอ")
    seal = events[0]
    body = events[0].body
    assert body is not None
    one = sending._event(seal)  # noqa: SLF001 - the frame as it is sent
    answer = await storm.bring("moi", "moph", frames.Submit(7, room, (one,)))
    assert isinstance(answer, m.Frames)
    [res] = [frames.parse(data) for data in answer.frames]
    assert isinstance(res, frames.Res)
    assert [result.err for result in res.r] == ["room_recovering"]
    sent = await storm.agencies["moi"].say(MALEE, room, "รอเหมือนกัน")
    hub.s.log.recovering.end(room)
    await same(storm, room, *storm.slugs)

    async def is_in() -> bool:
        async with storm.agencies["moi"].s.store.read() as reader:
            return await reader.run(all_rows, "SELECT id FROM outbox", ()) == []

    await until(is_in, sent.id)
