"""`gchat demo load`: every line sent once by one of the people, gone on with after an interruption, read back equal."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config, Limits
from appliance.demo import load as demo
from appliance.errors import AppError
from appliance.wire.committed import Committed
from tests.agency import Agency

pytestmark = pytest.mark.slow
LINES = [f"ข้อความจริงบรรทัดที่ {i} 🙂" for i in range(300)] + ["ซ้ำกันได้"] * 3 + ["  เว้นวรรคนำหน้า", "a\u2028b\x85c"]


def ready(agency: Agency) -> dict[str, Any]:
    data = agency.services.config.data
    logins = json.loads((data / "demo-logins.json").read_text(encoding="utf-8"))
    return {"staff_url": agency.url, "ca": None, "data": str(data), "logins": logins}


async def texts(agency: Agency) -> Counter[str]:
    """Everything that was said in rooms of 10 and more, read from the log itself."""
    found: Counter[str] = Counter()
    narin = await agency.login("bunloet.p")
    for room in (await narin.get("/rooms"))["rooms"]:
        page = await narin.get(f"/rooms/{room['id']}/messages", limit=200)
        found.update(event["body"]["text"] for event in page["messages"] if "body" in event)
    return found


async def test_all_lines_arrive_once_and_in_many_rooms(running: Agency, capsys: pytest.CaptureFixture[str]) -> None:
    assert await demo.load(ready(running), LINES, verify=True) == 0
    assert await demo.load(ready(running), LINES, verify=True) == 0
    out, err = capsys.readouterr()
    counts = [json.loads(line) for line in out.splitlines()]
    assert counts[0] == counts[1]
    assert counts[0]["read_back_equal"] == len(LINES)
    assert counts[0]["other_messages"] < 300
    assert f"{len(LINES):,} / {len(LINES):,}" in err
    state = json.loads((running.services.config.data / demo.STATE_FILE).read_text())
    assert len(state["rooms"]) >= 20
    senders = Counter(demo.State(state["digest"], state["rooms"], []).place(i) for i in range(len(LINES)))
    assert len({room for room, _ in senders}) >= 20
    assert len({author for _, author in senders}) >= 20


async def test_an_interrupted_load_goes_on(
    running: Agency, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was under way is sent again and gets its first answer."""
    monkeypatch.setattr(demo, "WINDOW", 2)
    loading = asyncio.create_task(demo.load(ready(running), LINES, verify=False))
    begun = running.services.log.feed.pos

    def interrupt(committed: Committed) -> None:
        if committed.pos > begun + 40:
            loading.cancel()

    running.services.log.feed.followers.append(interrupt)
    with pytest.raises(asyncio.CancelledError):
        await loading
    state = running.services.config.data / demo.STATE_FILE
    positions = json.loads(state.read_text())["positions"]
    assert None in positions
    running.services.log.feed.followers.pop()
    # Nothing remembered at all: the numbers of the lines alone keep them from doubling.
    state.unlink()
    assert await demo.load(ready(running), LINES, verify=True) == 0
    assert json.loads(capsys.readouterr().out)["read_back_equal"] == len(LINES)
    assert (await texts(running))["ซ้ำกันได้"] <= 3


@pytest.mark.slow
async def test_limits_are_waited_for(open_world: Callable[..., AbstractAsyncContextManager[Agency]]) -> None:
    def few(config: Config) -> Config:
        limits = Limits(user_entries_s=20, user_entries_burst=1)
        return dataclasses.replace(config, limits=dataclasses.replace(limits, address_requests_burst=10_000))

    async with open_world(few) as agency:
        assert await demo.load(ready(agency), LINES[:80], verify=True) == 0


async def test_a_difference_is_found(running: Agency, capsys: pytest.CaptureFixture[str]) -> None:
    assert await demo.load(ready(running), LINES[:20], verify=False) == 0
    state = json.loads((running.services.config.data / demo.STATE_FILE).read_text())
    room, author = demo.State(state["digest"], state["rooms"], []).place(7)
    users = {person: user for user, person in json.loads(_cast(running).read_text())["people"].items()}
    client = await running.login(users[author])
    edit = {"txn_id": "x", "body": {"text": "ไม่เหมือนเดิม"}}
    await client.patch(f"/rooms/{room}/messages/{state['positions'][7]}", edit)
    assert await demo.load(ready(running), LINES[:20], verify=True) == 1
    assert json.loads(capsys.readouterr().out)["different"] == 1


async def test_a_real_agency_has_no_demo(running: Agency) -> None:
    with pytest.raises(AppError, match="logins"):
        await demo.load({**ready(running), "logins": []}, LINES, verify=False)


def _cast(agency: Agency) -> Path:
    return agency.services.config.data / "demo-cast.json"
