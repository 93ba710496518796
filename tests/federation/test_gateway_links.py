"""Links between real gateways: opened, used, slowed, ended; by WebSocket and by requests."""

from __future__ import annotations

from pathlib import Path

from federation.gateway import messages as m
from federation.protocol.frames import Stmt, encode
from tests.federation.running import linked
from tests.waiting import until


async def test_two_gateways_link_and_each_appliance_hears_of_it(tmp_path: Path) -> None:
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        for one, other in ((dga, moph), (moph, dga)):
            await until(lambda one=one: bool(one.appliance.of(m.Opened)))  # type: ignore[misc]
            [opened] = one.appliance.of(m.Opened)
            assert isinstance(opened, m.Opened)
            assert (opened.peer, opened.version, opened.skew_ms) == (other.slug, 1, 0)


async def test_a_frame_goes_from_one_appliance_to_the_other(tmp_path: Path) -> None:
    said = encode(Stmt("{}"))
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        await until(lambda: bool(dga.appliance.of(m.Opened)))
        dga.appliance.jobs.put_nowait(m.Outgoing("moph", said))
        await until(lambda: bool(moph.appliance.of(m.Brought)))
        assert moph.appliance.of(m.Brought) == [m.Brought("dga", (said,))]
