"""What people may append (F83): one limit in the log, whichever way an entry comes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from appliance.actions import messages, room_settling, rooms
from appliance.config import Limits
from appliance.errors import Forbidden, TooMany
from appliance.limits import Buckets, HeavyCalls
from appliance.model import PersonId
from appliance.wire.messages import TextBody
from tests.bureau import CLERK, MALEE, NARIN, OUTSIDER, SOMCHAI, Clock, open_bureau, principal

HOUR = 3_600_000


async def refused(doing: object) -> TooMany | None:
    try:
        await doing  # type: ignore[misc]
    except TooMany as error:
        return error
    return None


async def test_every_way_to_append_takes_from_one_share(tmp_path: Path) -> None:
    async with open_bureau(tmp_path, limits=Limits(user_entries_s=1, user_entries_burst=6)) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        sent = await b.say(MALEE, room)
        await messages.edit_message(b.s, MALEE, room, sent.n, TextBody(text="แก้"), "e1")
        await messages.react(b.s, MALEE, room, sent.n, "👍", on=True)
        await messages.react(b.s, MALEE, room, sent.n, "👍", on=False)
        await messages.retract_message(b.s, MALEE, room, sent.n, "", "r1")
        await b.say(MALEE, room)
        before = (await b.s.log.head(room)).size
        tries = (
            b.say(MALEE, room),
            messages.edit_message(b.s, MALEE, room, sent.n, TextBody(text="อีก"), "e2"),
            messages.react(b.s, MALEE, room, sent.n, "👍", on=True),
            messages.retract_message(b.s, MALEE, room, sent.n, "", "r2"),
            rooms.create_group(b.s, MALEE, "ใหม่", [NARIN, SOMCHAI], "new"),
        )
        for doing in tries:
            error = await refused(doing)
            assert error is not None
            assert error.code == "too_many_requests"
            assert 0 < error.retry_after <= 2
        assert (await b.s.log.head(room)).size == before, "nothing was appended"
        await b.say(SOMCHAI, room)
        b.clock.pass_(1_000)
        await b.say(MALEE, room)


async def test_a_room_has_a_share_that_outsiders_do_not_use_up(tmp_path: Path) -> None:
    async with open_bureau(tmp_path, limits=Limits(room_entries_s=0.001, room_entries_burst=3)) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        for _ in range(10):
            with pytest.raises(Forbidden):
                await b.say(OUTSIDER, room)
        for who in (NARIN, MALEE, SOMCHAI):
            await b.say(who, room)
        assert await refused(b.say(NARIN, room)) is not None


async def test_the_system_has_no_limit(tmp_path: Path) -> None:
    async with open_bureau(tmp_path, limits=Limits(room_entries_s=0.001, room_entries_burst=1)) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI, CLERK)
        await b.say(NARIN, room)
        assert await refused(b.say(NARIN, room)) is not None
        await room_settling.remove_everywhere(b.s, MALEE)
        assert principal(MALEE) not in (await b.s.log.head(room)).state.members


async def test_rooms_made_and_people_added(tmp_path: Path) -> None:
    limits = Limits(user_rooms_hour=3, user_rooms_day=5, user_adds_hour=20)
    async with open_bureau(tmp_path, limits=limits) as b:
        made = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(3)]
        for _ in range(2):
            error = await refused(b.group(NARIN, MALEE, SOMCHAI))
            assert error is not None
            assert error.code == "too_many_rooms"
        assert await rooms.create_group(b.s, NARIN, "ซ้ำ", [MALEE, SOMCHAI], "t-1") == made[0], "a repeat makes none"
        await b.group(MALEE, NARIN, SOMCHAI)
        b.clock.pass_(HOUR)
        for _ in range(2):
            await b.group(NARIN, MALEE, SOMCHAI)
        error = await refused(b.group(NARIN, MALEE, SOMCHAI))
        assert error is not None
        assert error.retry_after > HOUR / 1000, "the day's share is used up"


async def test_many_people_at_once_are_added_or_none(tmp_path: Path) -> None:
    crowd = [PersonId(f"p{i}") for i in range(60)]
    async with open_bureau(tmp_path, extra=60, limits=Limits(user_adds_hour=40)) as b:
        await b.group(NARIN, *crowd)
        b.clock.pass_(HOUR // 2)
        error = await refused(b.group(NARIN, MALEE, SOMCHAI))
        assert error is not None, "more than the share leaves a debt"
        assert error.code == "too_many_added"
        b.clock.pass_(HOUR)
        await b.group(NARIN, MALEE, SOMCHAI)


def test_a_bucket_fills_at_its_rate() -> None:
    clock = Clock(0)
    buckets = Buckets(2, 4, lambda: clock.now / 1000)
    buckets.take("a", 4)
    with pytest.raises(TooMany) as caught:
        buckets.take("a", 3)
    assert caught.value.retry_after == pytest.approx(1.5)
    clock.pass_(1_500)
    buckets.take("a", 3)
    buckets.take("b", 9)
    clock.pass_(4_000)
    with pytest.raises(TooMany):
        buckets.take("b", 4)
    clock.pass_(500)
    buckets.take("b", 4)


async def test_one_heavy_call_at_a_time_and_a_few_in_line() -> None:
    calls, order, go = HeavyCalls(most_waiting=2), [], asyncio.Event()

    async def call(number: int) -> None:
        async with calls.slot("a"):
            order.append(number)
            await go.wait()

    tasks = [asyncio.create_task(call(number)) for number in range(3)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert order == [0]
    with pytest.raises(TooMany) as caught:
        await call(9)
    assert caught.value.code == "busy"
    async with calls.slot("b"):
        pass
    tasks[1].cancel()
    go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 2]
    async with calls.slot("a"):
        pass


async def test_heavy_calls_of_one_person_have_a_third_of_the_time() -> None:
    """After each there is a rest in proportion to what it took; others and later calls do not wait."""
    clock, pauses = Clock(0), list[float]()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.pass_(round(seconds * 1000))

    calls = HeavyCalls(clock=lambda: clock.now / 1000, pause=pause)

    async def call(person: str, took_ms: int) -> None:
        async with calls.slot(person):
            clock.pass_(took_ms)

    await call("a", 100)
    assert pauses == []
    await call("b", 50)
    assert pauses == []
    await call("a", 100)
    assert pauses == [pytest.approx(0.15)], "twice what it took, less what has passed"
    clock.pass_(201)
    await call("a", 60_000)
    assert len(pauses) == 1, "who comes later does not wait"
    await call("a", 1)
    assert pauses[1:] == [pytest.approx(2.0)], "no rest is longer"


async def test_a_call_that_fails_is_rested_for_too() -> None:
    clock, pauses = Clock(0), list[float]()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    calls = HeavyCalls(clock=lambda: clock.now / 1000, pause=pause)

    async def fail() -> None:
        async with calls.slot("a"):
            clock.pass_(300)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with calls.slot("a"):
        pass
    assert pauses == [pytest.approx(0.6)]
