"""How much an answer holds: a list ends at its limit or at 1 MiB, says so, and loses nothing by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from appliance.actions import member_suggestions, messages, removal_requests
from appliance.errors import Invalid
from appliance.model import PersonId
from appliance.reads import bounds, sync
from appliance.reads.bounds import MAX_BYTES, fitting, page_after
from appliance.reads.directory import load_units
from appliance.reads.owner_requests import load_member_suggestions, load_removal_requests
from appliance.reads.rooms import MyRooms
from appliance.store import feed
from appliance.store.db import Params, Rows
from appliance.wire.cursors import MEMBER_SUGGESTIONS, REMOVAL_REQUESTS, UNITS, written
from appliance.wire.messages import TextBody
from appliance.wire.rooms import RemovalRequest
from tests.agency import Agency, Client, new_txn
from tests.bureau import CLERK, HEAD, MALEE, NARIN, SOMCHAI, open_bureau

LONG = "ก" * 20_000
"""The longest message: 60 KB, so that eighteen of them are more than an answer holds."""
MANY = 40


async def asked(client: Client, path: str, **query: object) -> tuple[Any, int]:
    """Return an answer and its size in bytes."""
    params = {name: str(value) for name, value in query.items()}
    async with client.raw("GET", path, params=params) as response:
        raw = await response.read()
        assert response.status == 200, raw
        return json.loads(raw), len(raw)


@pytest.fixture
async def long_room(running: Agency) -> tuple[Client, str, int]:
    """A room with many of the longest messages, and where the feed stood before them."""
    narin = await running.login("narin.p")
    room = running.room("dengue")
    since = (await narin.get("/sync"))["pos"]
    for i in range(MANY):
        await narin.say(room, f"{i:05}" + LONG[5:])
    return narin, room, since


async def test_catching_up(long_room: tuple[Client, str, int]) -> None:
    narin, room, since = long_room
    heard: list[int] = []
    pages = 0
    more = True
    while more:
        page, size = await asked(narin, "/sync", since=since, limit=5000)
        assert size < MAX_BYTES + 1_000
        heard += [event["n"] for event in page["events"] if event["type"] == "message.text" and event["room"] == room]
        assert page["pos"] != since
        since, more, pages = page["pos"], page["more"], pages + 1
    assert heard == list(range(heard[0], heard[0] + MANY))
    assert pages == 3


async def test_pages_of_a_room(long_room: tuple[Client, str, int]) -> None:
    narin, room, _ = long_room
    path = f"/rooms/{room}/messages"
    newest = (await narin.get(f"/rooms/{room}"))["room"]["size"] - 1
    oldest = newest - MANY + 1
    back: list[int] = []
    while not back or back[-1] > oldest:
        page, size = await asked(narin, path, limit=200, **({"before": back[-1]} if back else {}))
        assert size < MAX_BYTES + 1_000
        back += [event["n"] for event in page["messages"]]
        assert page["has_more"] is (back[-1] > 0)
    assert back == list(range(newest, back[-1] - 1, -1))
    on: list[int] = [oldest - 1]
    more = True
    while more:
        page, size = await asked(narin, path, limit=200, after=on[-1])
        assert size < MAX_BYTES + 1_000
        on += [event["n"] for event in page["messages"]]
        more = page["has_more"]
    assert on[1:] == list(range(oldest, newest + 1))


async def test_a_page_around_a_message_has_it_and_what_is_beside_it(long_room: tuple[Client, str, int]) -> None:
    narin, room, _ = long_room
    newest = (await narin.get(f"/rooms/{room}"))["room"]["size"] - 1
    for around in (newest - MANY // 2, newest, newest - MANY + 1):
        page, size = await asked(narin, f"/rooms/{room}/messages", limit=MANY, around=around)
        assert size < MAX_BYTES + 1_000
        found = [event["n"] for event in page["messages"]]
        assert around in found
        assert found == list(range(found[0], found[-1] + 1))
        assert page["has_more"] is (found[-1] < newest)


async def test_the_wordings_of_a_message(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    n = (await narin.say(room, "คำแรก"))["n"]
    for i in range(MANY):
        body = {"txn_id": new_txn(), "body": {"text": f"{i:05}" + LONG[5:]}}
        await narin.patch(f"/rooms/{room}/messages/{n}", body)
    found: list[str] = []
    query: dict[str, object] = {"limit": 200}
    while True:
        page, size = await asked(narin, f"/rooms/{room}/messages/{n}/history", **query)
        assert size < MAX_BYTES + 1_000
        found += [version["body"]["text"][:5] for version in page["versions"]]
        if "cursor" not in page:
            break
        query["cursor"] = page["cursor"]
    assert found == ["คำแรก", *(f"{i:05}" for i in range(MANY))]
    small, _ = await asked(narin, f"/rooms/{room}/messages/{n}/history", limit=2)
    assert len(small["versions"]) == 2


async def test_a_snapshot_comes_in_pages_and_what_happens_meanwhile_is_told(running: Agency) -> None:
    narin, malee = await running.login("narin.p"), await running.login("malee.t")
    whole = await narin.get("/sync")
    assert "cursor" not in whole
    found: list[str] = []
    query: dict[str, object] = {"limit": 3}
    first = None
    sent: list[int] = []
    while True:
        page = await narin.get("/sync", **query)
        first = first or page["pos"]
        assert page["pos"] == first
        assert len(page["events"]) <= 3
        found += [event["room"] for event in page["events"]]
        if "cursor" not in page:
            assert not page["more"]
            break
        assert page["more"]
        query["cursor"] = page["cursor"]
        sent.append((await malee.say(running.room("all"), "ระหว่างนั้น"))["n"])
    assert found == [event["room"] for event in whole["events"]]
    after = await narin.get("/sync", since=first)
    assert [event["n"] for event in after["events"] if event["type"] == "message.text"] == sent
    await narin.refused("GET", "/sync?cursor=x", status=400, code="invalid")


async def test_a_stream_gets_a_long_snapshot_whole(running: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its frames move the cursor at the end alone: who is cut off before that begins again."""
    monkeypatch.setattr("appliance.live.PAGE", 3)
    narin = await running.login("narin.p")
    whole = await narin.get("/sync")
    async with narin.stream("f0") as stream:
        found, frame = list[str](), dict[str, Any](pos="f0")
        while frame["pos"] == "f0":
            frame = await stream.frame()
            found += [event["room"] for event in frame["events"]]
    assert found == [event["room"] for event in whole["events"]]
    assert frame["pos"] == whole["pos"]


async def test_the_list_of_rooms(running: Agency) -> None:
    narin = await running.login("narin.p")
    whole = await narin.get("/rooms")
    found: list[str] = []
    query: dict[str, object] = {"limit": 4}
    while True:
        page = await narin.get("/rooms", **query)
        found += [room["id"] for room in page["rooms"]]
        if "cursor" not in page:
            break
        query["cursor"] = page["cursor"]
    assert found == [room["id"] for room in whole["rooms"]]


async def test_of_many_busy_rooms_only_what_is_told_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE", 4)
    monkeypatch.setattr(sync, "READ_AT_ONCE", 8)
    read = 0

    class Counting:
        """A connection that counts the lines read of rooms."""

        def __init__(self, rows: Rows) -> None:
            self._rows = rows

        def __getattr__(self, name: str) -> Any:
            return getattr(self._rows, name)

        def all(self, statement: str, values: Params = ()) -> list[tuple[Any, ...]]:
            nonlocal read
            found: list[tuple[Any, ...]] = self._rows.all(statement, values)
            if statement == feed.SQL.entries_from:
                read += len(found)
            return found

    async with open_bureau(tmp_path) as b:
        rooms = [await b.group(NARIN, MALEE, SOMCHAI, CLERK) for _ in range(10)]
        since = b.s.log.feed.pos
        for _ in range(30):
            for room in rooms:
                await b.say(MALEE, room)

        def page(rows: Rows) -> object:
            return sync._read_feed(cast("Rows", Counting(rows)), b.s, PersonId(NARIN), since, 12, None, mine=MyRooms())  # noqa: SLF001

        async with b.s.store.read() as reader:
            told = await reader.run(page)
        assert len(told.events) == 12  # type: ignore[attr-defined]
        assert read <= 10 * 4 + 12 + 8, "of 300 entries"


async def test_the_first_item_always_fits(tmp_path: Path) -> None:
    assert fitting(["x" * MAX_BYTES, "y"]) == (["x" * MAX_BYTES], True)
    assert fitting([], 5) == ([], False)
    assert fitting(iter("abc"), 2) == (["a", "b"], True)
    assert fitting("ab", 2) == (["a", "b"], False)
    async with open_bureau(tmp_path) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        await messages.send_message(b.s, MALEE, room, TextBody(text="ก"), "t")
        assert (await sync.load_sync(b.s, NARIN, 1, 1)).events


def test_a_list_by_ids_ends_at_its_bytes_and_goes_on_after_its_cursor() -> None:
    """Requests, suggestions and units, however many there are."""
    views = [
        RemovalRequest(id=f"q{n}", room="r", person="p", name="ก" * 200, state="pending", asked=0) for n in range(5_000)
    ]
    found: list[RemovalRequest] = []
    cursor = None
    while True:
        shown, cursor = page_after(REMOVAL_REQUESTS, views, cursor, lambda view: view.id)
        assert sum(len(msgspec.json.encode(view)) for view in shown) <= MAX_BYTES
        found += shown
        if cursor is None:
            break
    assert found == views
    for none in (written(REMOVAL_REQUESTS, "q-none"), written(REMOVAL_REQUESTS, ""), written(UNITS, "q1"), "q 1"):
        with pytest.raises(Invalid):
            page_after(REMOVAL_REQUESTS, views, none, lambda view: view.id)


async def test_requests_suggestions_and_units_come_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds.Bytes.__init__, "__defaults__", (1,))
    async with open_bureau(tmp_path) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI, CLERK)
        for person in (MALEE, SOMCHAI, CLERK):
            await removal_requests.ask_removal(b.s, person, room, "ย้ายงาน")
            await member_suggestions.suggest_members(b.s, person, room, [HEAD], "")
        ids: list[str] = []
        cursor = None
        while len(ids) < 10:
            page = await load_removal_requests(b.s, NARIN, room, cursor)
            ids += [request.id for request in page.requests]
            if (cursor := page.cursor) is None:
                break
        assert len(set(ids)) == len(ids) == 3
        first = await load_member_suggestions(b.s, NARIN, room)
        assert (len(first.suggestions), first.cursor) == (1, written(MEMBER_SUGGESTIONS, first.suggestions[0].id))
        chart = load_units(b.s)
        assert (len(chart.units), chart.cursor) == (1, written(UNITS, chart.units[0].id))
        assert load_units(b.s, chart.cursor).units[0].id != chart.units[0].id
