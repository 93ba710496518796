"""What happens by itself after a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.actions import disposal, evidence, file_check, owner_requests, removal_requests
from appliance.config import Evidence, parse
from appliance.errors import ConfigError, Forbidden, Unavailable
from appliance.followers.timers import HOUR_S, JOBS, NIGHTLY, Timers
from appliance.model import RoomId
from appliance.reads.owner_requests import load_removal_requests
from appliance.services import Services
from tests.bureau import ADMIN, DAY, MALEE, NARIN, SOMCHAI, Bureau, open_bureau
from tests.waiting import PATIENCE_S, until


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


def test_requests_are_escalated_every_hour() -> None:
    assert JOBS["removal-requests"] == (owner_requests.escalate_due, HOUR_S)


async def test_every_room_is_verified_each_night_at_the_hour_that_was_set(bureau: Bureau) -> None:
    assert {
        "evidence-check": evidence.check_evidence,
        "file-check": file_check.check_nightly,
        "idle-keys": disposal.destroy_idle_keys,
    } == NIGHTLY
    config = replace(bureau.s.config, evidence=Evidence(check_hour_utc=3))
    timers = Timers(replace(bureau.s, config=config))
    timers.start()
    try:
        scheduler = timers._scheduler  # noqa: SLF001 - nothing in the product asks when a job is due
        assert scheduler is not None
        due = scheduler.get_job("evidence-check").next_run_time
        assert (due.hour, due.minute, due.utcoffset()) == (3, 0, timedelta(0))
    finally:
        await timers.close()


def test_an_hour_that_no_day_has_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"evidence\.check_hour_utc"):
        parse(Path(), {"evidence": {"check_hour_utc": 24}})


async def test_a_due_job_does_its_action(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await removal_requests.ask_removal(bureau.s, MALEE, room, "")
    bureau.clock.pass_(3 * DAY)
    timers = Timers(bureau.s, {"removal-requests": (owner_requests.escalate_due, 0.02)})
    timers.start()
    try:
        await until(lambda: _escalated(bureau, room), "escalated")
    finally:
        await timers.close()


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
    await asyncio.wait_for(again.wait(), PATIENCE_S)
    await timers.close()
    await asyncio.sleep(0.05)
    assert len(ran) <= 4


async def test_a_job_that_runs_at_the_end_is_cancelled_and_no_fault(
    bureau: Bureau, caplog: pytest.LogCaptureFixture
) -> None:
    begun, ended = asyncio.Event(), list[str]()

    async def long(_: Services) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("put away")

    timers = Timers(bureau.s, {"long": (long, 0.01)})
    timers.start()
    await asyncio.wait_for(begun.wait(), PATIENCE_S)
    await timers.close()
    assert ended == ["put away"], "it goes on while what it uses is closed"
    for _ in range(5):  # the scheduler hears of the end in a callback
        await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
