"""A clock that steps back an hour and forward a week while the appliance runs: order, sessions and limits hold.

A room's hub time never goes back, whatever the clock does; what people see is what the clock said. What is limited is
limited by a clock that only runs forward.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from appliance.demo.world import PASSWORD
from appliance.vault.epochs import iso_week
from tests.agency import Agency, Client
from tests.sql import all_rows

HOUR = 3_600.0
WEEK = 7 * 24 * HOUR


async def weeks_of(running: Agency, room: str) -> list[str]:
    """Return the weeks a room has epoch keys of, in the order they were made."""
    async with running.services.store.read() as reader:
        rows = await reader.run(
            all_rows,
            "SELECT k.week FROM epoch_key k JOIN room r ON r.key = k.room WHERE r.id = ? ORDER BY k.key",
            (room,),
        )
    return [row[0] for row in rows]


@pytest.mark.parametrize("steps", [(-HOUR, WEEK), (WEEK, -WEEK - HOUR), (-WEEK, WEEK, WEEK)], ids=str)
async def test_steps_of_the_clock_keep_order_sessions_and_streams(running: Agency, steps: tuple[float, ...]) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    sent: list[dict[str, Any]] = []
    async with lalita.stream() as stream:
        for step in (0.0, *steps):
            running.clock.pass_(seconds=step)
            for _ in range(3):
                sent.append(await narin.say(room, f"ข้อความที่ {len(sent)}"))
            await lalita.post(f"/rooms/{room}/receipts", {"upto": sent[-1]["n"]})
        heard = [await stream.event("message.text") for _ in sent]
    assert [event["n"] for event in heard] == [one["n"] for one in sent]
    entries = (await lalita.get(f"/rooms/{room}/messages", limit=200))["messages"][::-1]
    assert [event["n"] for event in entries] == list(range(entries[0]["n"], entries[-1]["n"] + 1))
    async with running.services.store.read() as reader:
        times = await reader.run(
            all_rows,
            "SELECT coalesce(e.ht, e.at) FROM entry e JOIN room r ON r.key = e.room WHERE r.id = ? ORDER BY e.n",
            (room,),
        )
    assert all(a <= b for (a,), (b,) in itertools.pairwise(times)), "hub time never goes back"
    for client in (narin, lalita):
        assert (await client.get("/me"))["person"]["id"] == client.person
    read = (await narin.get(f"/rooms/{room}/messages/{sent[-1]['n']}/readers"))["read"]
    assert lalita.person in {person["person"] for person in read}
    weeks = await weeks_of(running, room)
    assert len(weeks) == len(set(weeks))
    assert {iso_week(one["at"]) for one in sent} <= set(weeks)


async def test_a_new_week_has_a_new_key_and_the_old_messages_open(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    before = await narin.say(room, "สัปดาห์นี้")
    weeks = await weeks_of(running, room)
    running.clock.pass_(seconds=WEEK)
    after = await narin.say(room, "สัปดาห์หน้า")
    assert await weeks_of(running, room) == [*weeks, iso_week(after["at"])]
    page = (await narin.get(f"/rooms/{room}/messages", around=after["n"]))["messages"]
    texts = {event["n"]: event["body"]["text"] for event in page if event.get("body")}
    assert (texts[before["n"]], texts[after["n"]]) == ("สัปดาห์นี้", "สัปดาห์หน้า")


async def flood(client: Client, room: str, most: int = 400) -> tuple[int, float]:
    """Send until refused; return how many went through, and the seconds to wait."""
    for sent in range(most):
        body = {"txn_id": f"flood-{client.user}-{sent}-{id(client)}", "type": "text", "body": {"text": "ท่วม"}}
        async with client.raw("POST", f"/rooms/{room}/messages", json=body) as response:
            if response.status == 429:
                return sent, float(response.headers["Retry-After"])
    raise AssertionError("no limit")


async def test_limits_run_on_their_own_clock(running: Agency) -> None:
    """A step forward frees nobody, a step back locks nobody out for longer."""
    narin = await running.login("narin.p")
    room = running.room("dengue")
    await flood(narin, room)
    running.clock.pass_(seconds=WEEK)
    sent, _ = await flood(narin, room)
    assert sent < 20, "a step of the clock filled the bucket"
    running.clock.pass_(seconds=-WEEK - HOUR)
    sent, wait = await flood(narin, room)
    assert sent < 20
    assert wait <= 2
    await asyncio.sleep(wait)
    await narin.say(room, "ได้ส่งแล้ว")


async def test_a_delay_before_the_next_sign_in_does_not_grow_when_the_clock_steps_back(running: Agency) -> None:
    async def attempt(password: str) -> tuple[int, float]:
        body = {"user": "narin.p", "password": password, "device": "test"}
        async with running.session.post(f"{running.url}/api/v1/login", json=body) as response:
            return response.status, float(response.headers.get("Retry-After", 0))

    for _ in range(5):
        assert (await attempt("ผิดแน่นอน"))[0] == 401
    status, wait = await attempt(PASSWORD)
    assert status == 429
    running.clock.pass_(seconds=-HOUR)
    status, longer = await attempt(PASSWORD)
    assert status == 429
    assert longer <= wait + 1
    running.clock.pass_(seconds=longer + 1)
    assert (await attempt(PASSWORD))[0] == 200


async def test_a_session_begun_far_ahead_of_the_clock_is_refused(running: Agency) -> None:
    """It would be good for as long again as the clock was ahead (bug I)."""
    running.clock.pass_(seconds=400 * 24 * HOUR)
    narin = await running.login("narin.p")
    running.clock.pass_(seconds=-400 * 24 * HOUR)
    async with narin.raw("GET", "/me") as response:
        assert response.status == 401
    again = await running.login("narin.p")
    assert (await again.get("/me"))["person"]["id"] == narin.person
