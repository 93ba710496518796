"""What the log hears of an event loop that stood still."""

from __future__ import annotations

import asyncio
import logging
from itertools import chain, count, repeat

import pytest

from appliance.process.loop_watch import BEAT_S, LATE_S, LoopWatch
from tests.waiting import until


async def test_a_late_beat_is_told_with_the_cpu_time_in_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gchat.loop")
    times = chain([100.0, 100.0 + BEAT_S + 0.25], count(101.0, BEAT_S))
    used = chain([1.0, 1.2], repeat(1.2))
    watch = LoopWatch(lambda: next(times), lambda: next(used))
    watch.start()
    await until(lambda: bool(caplog.messages))
    watch.close()
    assert caplog.messages == [f"late 250.0 ms, own CPU 200.0 ms, at {100.0 + BEAT_S + 0.25:.3f}"]


async def test_a_loop_in_time_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gchat.loop")
    beats, now = asyncio.Event(), [0.0, 0.0]

    def monotonic() -> float:
        now[1] += 1
        if now[1] == 6:
            beats.set()
        now[0] += BEAT_S + LATE_S / 2 if now[1] % 2 == 0 else 0
        return now[0]

    watch = LoopWatch(monotonic, lambda: 0.0)
    watch.start()
    await beats.wait()
    watch.close()
    assert caplog.messages == []


async def test_where_nobody_listens_nothing_beats() -> None:
    logging.getLogger("gchat.loop").setLevel(logging.WARNING)
    try:
        watch = LoopWatch(lambda: pytest.fail("asked for the time"))
        watch.start()
        watch.close()
    finally:
        logging.getLogger("gchat.loop").setLevel(logging.NOTSET)
