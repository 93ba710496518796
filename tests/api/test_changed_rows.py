"""Rows that were changed in the database: the room is named as damaged, and its member's other rooms go on."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.agency import Agency, Client, new_txn
from tests.sql import run_sql

NO_SUCH_KIND: Final = "UPDATE room SET kind = 'no_such' WHERE id = ?"
NO_SUCH_ROLE: Final = """UPDATE room_member SET role = 'no_such'
    WHERE room = (SELECT key FROM room WHERE id = ?) AND role = 'member'"""
NO_SUCH_TYPE: Final = """UPDATE log SET type = 'no_such'
    WHERE place = ((SELECT key FROM room WHERE id = ?) << 32) + ?"""

UNREADABLE: Final = """UPDATE log SET header = CAST(? || header AS BLOB)
    WHERE place = ((SELECT key FROM room WHERE id = ?) << 32) + ?"""


async def change(agency: Agency, sql: str, *values: object) -> None:
    """Change rows behind the appliance's back."""
    async with agency.services.store.write() as tx:
        assert await tx.run(run_sql, sql, values)


async def listed(who: Client) -> dict[str, dict[str, Any]]:
    """Return the rooms of somebody as the list has them, which are those of the snapshot."""
    rooms = {room["id"]: room for room in (await who.get("/rooms"))["rooms"]}
    snapshot = (await who.get("/sync"))["events"]
    assert {event["room"]: event["state"]["damaged"] for event in snapshot if event["state"].get("damaged")} == {
        room: True for room, view in rooms.items() if view.get("damaged")
    }
    return rooms


async def two_rooms(who: Client, other: Client, third: str) -> tuple[str, str]:
    """Make two groups of the same people."""
    asked = {"kind": "group", "name": "งานสารบรรณ", "members": [other.person, third]}
    one, two = [(await who.post("/rooms", {**asked, "txn_id": new_txn()}))["room"]["id"] for _ in range(2)]
    return one, two


@pytest.mark.parametrize("sql", [NO_SUCH_KIND, NO_SUCH_ROLE])
async def test_a_room_that_says_what_no_room_says_is_damaged_and_costs_no_neighbour(running: Agency, sql: str) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room, neighbour = await two_rooms(narin, lalita, running.person("somchai.j"))
    await narin.say(room, "ก่อน")
    before = set(await listed(lalita))
    await change(running, sql, room)
    rooms = await listed(lalita)
    assert set(rooms) == before
    assert {room for room, view in rooms.items() if view.get("damaged")} == {room}
    for view in (rooms[room], (await lalita.get(f"/rooms/{room}"))["room"]):
        assert view["damaged"]
        assert view["denied"]["post"] == "storage_damaged"
    page = (await lalita.get(f"/rooms/{room}/messages"))["messages"]
    assert [event["body"]["text"] for event in page if event["type"] == "message.text"] == ["ก่อน"]
    await narin.say(neighbour, "ที่นี่ยังใช้ได้")
    assert (await lalita.get(f"/rooms/{neighbour}"))["room"]["unread"] == 2
    await lalita.say(neighbour, "รับทราบ")


async def test_nothing_is_sent_to_a_room_of_no_kind(running: Agency) -> None:
    """A seeded room, which the appliance has not read since it started."""
    narin, room = await running.login("narin.p"), running.room("dengue")
    await change(running, NO_SUCH_KIND, room)
    body = {"txn_id": new_txn(), "type": "text", "body": {"text": "ก"}}
    await narin.refused("POST", f"/rooms/{room}/messages", body, status=503, code="storage_damaged")
    [damaged] = [view for view in (await listed(narin)).values() if view.get("damaged")]
    assert (damaged["id"], damaged["kind"]) == (room, "no_such")


async def test_an_entry_of_no_type_is_damaged_and_so_is_nothing_else(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room, neighbour = await two_rooms(narin, lalita, running.person("somchai.j"))
    n = (await narin.say(room, "หนึ่ง"))["n"]
    await narin.patch(f"/rooms/{room}/messages/{n}", {"txn_id": new_txn(), "body": {"text": "แก้ไข"}})
    await change(running, NO_SUCH_TYPE, room, n)
    page = {event["n"]: event for event in (await lalita.get(f"/rooms/{room}/messages"))["messages"]}
    assert page[n]["hidden"] == "damaged"
    body = {"txn_id": new_txn(), "type": "text", "body": {"text": "ตอบ"}, "reply_to": n}
    await lalita.refused("POST", f"/rooms/{room}/messages", body, status=403, code="not_a_message")
    await narin.say(room, "สอง")
    await narin.say(neighbour, "สาม")
    assert {room, neighbour} <= set(await listed(lalita))


@pytest.mark.parametrize("before", ["}", "\xff"], ids=["no JSON", "no UTF-8"])
async def test_an_entry_whose_header_cannot_be_read_is_damaged_and_so_is_nothing_else(
    running: Agency, before: str
) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room, neighbour = await two_rooms(narin, lalita, running.person("somchai.j"))
    since = (await lalita.get("/sync"))["pos"]
    n = (await narin.say(room, "หนึ่ง"))["n"]
    await change(running, UNREADABLE, before.encode("latin-1"), room, n)
    await narin.say(neighbour, "สอง")
    assert {room, neighbour} <= set(await listed(lalita))
    found = {(event["room"], event["n"]): event for event in (await lalita.get(f"/sync?since={since}"))["events"]}
    assert found[room, n]["type"] == "damaged"
    assert [event["body"]["text"] for (at, _), event in found.items() if at == neighbour] == ["สอง"]
    page = {event["n"]: event for event in (await lalita.get(f"/rooms/{room}/messages"))["messages"]}
    assert page[n]["hidden"] == "damaged"
    await lalita.refused("GET", f"/rooms/{room}/messages/{n}/history", status=404, code="not_found")
