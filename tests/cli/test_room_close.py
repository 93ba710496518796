"""`gchat room close`: rooms that people were put into and cannot leave (F40)."""

from __future__ import annotations

import json
from asyncio import to_thread
from functools import partial
from pathlib import Path

from tests.agency import serve
from tests.commands import carried_out

gchat = partial(to_thread, carried_out)


async def test_a_room_is_closed_and_left_by_a_command(world_data: Path) -> None:
    rooms = json.loads((world_data / "demo-cast.json").read_text())["rooms"]
    done = await gchat("room", "close", rooms["budget"], rooms["news"], "--why", "ห้องก่อกวน", "--data", world_data)
    assert done.code == 0, done.err
    told = (await gchat("audit", "list", "--data", world_data)).out
    assert told.count("room.end") == 2
    assert "ห้องก่อกวน" in told
    async with serve(world_data) as agency:
        for code in ("budget", "news"):
            state = (await agency.services.log.head(agency.room(code))).state
            assert state.closed
            assert set(state.members) == {state.owner}
    verified = await gchat("room", "verify", rooms["budget"], "--data", world_data)
    assert verified.code == 0, verified.err


async def test_a_reason_is_needed_and_a_room_that_is_there(world_data: Path) -> None:
    assert (await gchat("room", "close", "r_x", "--data", world_data)).code == 2
    refused = await gchat("room", "close", "r_x", "--why", "x", "--data", world_data)
    assert refused.code == 1
    assert "Nothing was found" in refused.err
