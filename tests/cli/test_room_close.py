"""`gchat room close`: rooms that people were put into and cannot leave (F40)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agency import serve
from tests.faults.appliance import gchat


async def test_a_room_is_closed_and_left_by_a_command(world_data: Path) -> None:
    rooms = json.loads((world_data / "demo-cast.json").read_text())["rooms"]
    done = gchat("room", "close", rooms["budget"], rooms["news"], "--why", "ห้องก่อกวน", "--data", world_data)
    assert done.returncode == 0, done.stderr
    told = gchat("audit", "list", "--data", world_data).stdout
    assert told.count("room.end") == 2
    assert "ห้องก่อกวน" in told
    async with serve(world_data) as agency:
        for code in ("budget", "news"):
            state = (await agency.services.log.head(agency.room(code))).state
            assert state.closed
            assert set(state.members) == {state.owner}
    verified = gchat("room", "verify", rooms["budget"], "--data", world_data)
    assert verified.returncode == 0, verified.stderr


def test_a_reason_is_needed_and_a_room_that_is_there(world_data: Path) -> None:
    assert gchat("room", "close", "r_x", "--data", world_data).returncode != 0
    refused = gchat("room", "close", "r_x", "--why", "x", "--data", world_data)
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr
