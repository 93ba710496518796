"""What happens by itself after a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.actions import owner_requests, removal_requests
from appliance.errors import Forbidden, Unavailable
from appliance.followers.timers import HOUR_S, JOBS, Timers
from appliance.model import RoomId
from appliance.reads.owner_requests import load_removal_requests
from appliance.services import Services
from tests.bureau import ADMIN, DAY, MALEE, NARIN, SOMCHAI, Bureau, open_bureau


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


def test_requests_are_escalated_every_hour() -> None:
    assert JOBS["removal-requests"] == (owner_requests.escalate_due, HOUR_S)


async def test_a_due_job_does_its_action(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await removal_requests.ask_removal(bureau.s, MALEE, room, "")
    bureau.clock.pass_(3 * DAY)
    timers = Timers(bureau.s, {"removal-requests": (owner_requests.escalate_due, 0.02)})
    timers.start()
    try:
        async with asyncio.timeout(5):
            while not await _escalated(bureau, room):  # noqa: ASYNC110 - what is waited for is in the database
                await asyncio.sleep(0.01)
    finally:
        timers.close()


async def _escalated(bureau: Bureau, room: RoomId) -> bool:
    try:
        return bool((await load_removal_requests(bureau.s, ADMIN, room)).requests)
    except Forbidden:
        return False


async def test_a_job_that_fails_runs_again_and_none_after_the_end(bureau: Bureau) -> None:
    ran: list[int] = []
    again = asyncio.Event()

    async def failing(_: Services) -> None:
        ran.append(1)
        if len(ran) == 3:
            again.set()
        raise Unavailable("the disk") if len(ran) % 2 else RuntimeError("a fault")

    timers = Timers(bureau.s, {"failing": (failing, 0.01)})
    timers.start()
    await asyncio.wait_for(again.wait(), 5)
    timers.close()
    await asyncio.sleep(0.05)
    assert len(ran) <= 4
