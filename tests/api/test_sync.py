"""Catching up by cursor: the snapshot and everything after it, in order, none twice."""

from __future__ import annotations

from typing import Any

from appliance.wire.cursors import FEED, feed_position, written
from tests.agency import Agency, Client, new_txn


async def everything_after(client: Client, since: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = await client.get("/sync", since=since, limit=limit)
        found += page["events"]
        since = page["pos"]
        if not page["more"]:
            return found


async def test_the_snapshot_is_the_room_list(running: Agency) -> None:
    lalita = await running.login("lalita.w")
    snapshot = await lalita.get("/sync")
    assert not snapshot["more"]
    assert {event["type"] for event in snapshot["events"]} == {"room"}
    rooms = (await lalita.get("/rooms"))["rooms"]
    assert {event["room"]: event["state"]["size"] for event in snapshot["events"]} == {
        room["id"]: room["size"] for room in rooms
    }


async def test_pages_of_any_size_tell_the_same(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    since = (await lalita.get("/sync"))["pos"]
    room = running.room("dengue")
    sent = [(await narin.say(room, f"ข้อความที่ {i}"))["n"] for i in range(7)]
    await lalita.post(f"/rooms/{room}/receipts", {"upto": sent[2]})
    await narin.patch(f"/rooms/{room}", {"name": "ชื่อใหม่"})
    whole = await everything_after(lalita, since, 1000)
    assert [event["n"] for event in whole if event["type"] == "message.text"] == sent
    assert [event["type"] for event in whole[-2:]] == ["receipt", "room.rename"]
    for limit in (1, 2, 3):
        assert await everything_after(lalita, since, limit) == whole


async def test_a_removed_member_hears_of_it_and_of_nothing_more(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    since = (await lalita.get("/sync"))["pos"]
    await narin.say(room, "ก่อนออก")
    await narin.post(f"/rooms/{room}/members", {"remove": [lalita.person], "txn_id": new_txn()})
    await narin.say(room, "หลังออก")
    heard = await everything_after(lalita, since, 100)
    assert [event["type"] for event in heard] == ["room.left"]
    assert room not in {event["room"] for event in (await lalita.get("/sync"))["events"]}


async def test_a_room_joined_meanwhile_arrives_whole(running: Agency) -> None:
    narin, decha = await running.login("narin.p"), await running.login("decha.r")
    room = running.room("dengue")
    since = (await decha.get("/sync"))["pos"]
    await narin.post(f"/rooms/{room}/members", {"add": [decha.person], "txn_id": new_txn()})
    await narin.say(room, "สวัสดีครับ")
    heard = await everything_after(decha, since, 100)
    views = [event for event in heard if event["type"] == "room"]
    assert [view["room"] for view in views] == [room]
    later = [event for event in heard if event.get("n", -1) >= views[0]["state"]["size"]]
    assert later == []


async def test_a_cursor_from_the_future_gets_the_snapshot(running: Agency) -> None:
    """After a restore the feed is shorter than what a client has seen."""
    lalita = await running.login("lalita.w")
    snapshot = await lalita.get("/sync")
    assert snapshot["snapshot"]
    ahead = await lalita.get("/sync", since=written(FEED, feed_position(snapshot["pos"]) + 1_000))
    assert (ahead["pos"], ahead["snapshot"]) == (snapshot["pos"], True)
    assert {event["type"] for event in ahead["events"]} == {"room"}
    assert "snapshot" not in await lalita.get("/sync", since=snapshot["pos"])
