"""`/readyz` tells whether the writer and the database answer, and why not; `/healthz` that the process lives."""

from __future__ import annotations

import asyncio
from itertools import count

from appliance.reads.readiness import FRESH_S, Readiness
from tests.agency import Agency
from tests.waiting import PATIENCE_S


async def page(agency: Agency, path: str) -> tuple[int, str]:
    async with agency.session.get(agency.url + path) as response:
        return response.status, (await response.text()).strip()


async def test_an_appliance_at_work_is_ready(running: Agency) -> None:
    assert await page(running, "/readyz") == (200, "ok")
    assert await page(running, "/healthz") == (200, "ok")


async def test_a_writer_that_ended_is_told(running: Agency) -> None:
    await running.services.log.close()
    assert await page(running, "/readyz") == (503, "writer_stopped")
    assert await page(running, "/healthz") == (200, "ok")


async def test_a_writer_that_does_not_answer_is_told(running: Agency) -> None:
    ticks = count(step=FRESH_S)
    impatient = Readiness(running.services, lambda: next(ticks), answer_s=0.1)
    async with running.services.store.exclusive():
        fault = await impatient.load_fault()
    assert fault is not None
    assert fault.code == "writer_slow"
    # A busy machine may need longer than that for a writer that does answer.
    patient = Readiness(running.services, lambda: next(ticks), answer_s=PATIENCE_S)
    assert await patient.load_fault() is None


async def test_however_often_it_is_asked_the_database_is_asked_once(running: Agency) -> None:
    now, asked = 0.0, 0
    readiness = Readiness(running.services, lambda: now)
    check = running.services.store.check

    async def counted() -> None:
        nonlocal asked
        asked += 1
        await check()

    running.services.store.check = counted  # type: ignore[method-assign]
    assert await asyncio.gather(*(readiness.load_fault() for _ in range(50))) == [None] * 50
    assert asked == 1
    now += FRESH_S
    assert await readiness.load_fault() is None
    assert asked == 2
