"""Row 18 of federation.md §7: a peer that takes a byte now and then, or answers nothing, costs itself alone."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

from federation.gateway import messages as m
from federation.protocol.frames import Ack, Feed, Hello, encode
from federation.protocol.frames import parse as parse_frame
from tests.federation import frame_samples, registries
from tests.federation.fake_peer import FakePeer, fake_peer
from tests.federation.members import Clock, Member
from tests.federation.running import At, at
from tests.waiting import until

ENTRIES, BODY = 16, '"' + "x" * 50_000 + '"'
"""A frame of 800 kB."""
FRAMES = 200
BOUND = 40 * 1024**2


def frame(position: int) -> bytes:
    return encode(frame_samples.feed(position, entries=ENTRIES, body=BODY))


async def test_what_waits_for_a_slow_peer_waits_in_the_database(tmp_path: Path) -> None:
    """The appliance is told of room, gives no more than that, and goes on when the peer has taken some."""
    moph, moi = Member("moph"), Member("moi")
    async with at(Member("dga"), tmp_path / "dga", Clock(), dial=False) as dga:
        await dga.take(registries.registry(dga.member.listed(), moph.listed(), moi.listed()))
        async with fake_peer(moph, dga) as slow, fake_peer(moi, dga) as quick:
            for peer in (slow, quick):
                await peer.greet()
                assert isinstance(await peer.hear(), Hello)
            await until(lambda: len(dga.appliance.of(m.Opened)) == 2)
            room = {told.peer: told.room for told in dga.appliance.told if isinstance(told, m.Opened)}
            assert room == {"moph": 8, "moi": 8}
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            given = await _give_all_there_is_room_for(dga, "moph", room["moph"])
            gc.collect()
            held = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            assert given < FRAMES
            assert held < BOUND, held
            # The other one is served meanwhile.
            for position in range(1, 6):
                dga.appliance.jobs.put_nowait(m.Outgoing("moi", encode(frame_samples.feed(position))))
                heard = await quick.hear()
                assert isinstance(heard, Feed)
                await quick.say(Ack(heard.pos))
            # And the slow one gets all, in order, once it reads.
            positions = [0]
            await _read(slow, given, positions)
            assert positions == list(range(given + 1))
            told = sum(each.frames for each in dga.appliance.told if isinstance(each, m.Ready) and each.peer == "moph")
            assert told <= given


async def _give_all_there_is_room_for(dga: At, peer: str, room: int) -> int:
    """Give frames as an appliance does, so many as there is room for, until as much waits as may; return how many."""
    given = 0

    def is_full() -> bool:
        nonlocal given
        told = [told for told in dga.appliance.told if isinstance(told, m.Ready) and told.peer == peer]
        while given < min(FRAMES, room + sum(each.frames for each in told)):
            given += 1
            dga.appliance.jobs.put_nowait(m.Outgoing(peer, frame(given)))
        [waits] = [link.waits_out for link in dga.gateway.links.status() if link.peer == peer]
        return given == FRAMES or waits >= (room - 1) * len(frame(1))

    await until(is_full)
    return given


async def _read(slow: FakePeer, given: int, positions: list[int]) -> None:
    while len(positions) <= given:
        heard = await slow.hear()
        assert isinstance(heard, Feed)
        positions.append(heard.pos)
        await slow.say(Ack(heard.pos))


def test_the_sample_is_as_large_as_it_says() -> None:
    assert isinstance(parse_frame(frame(1)), Feed)
    assert 700_000 < len(frame(1)) < 1024**2
