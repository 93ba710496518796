"""Rooms over HTTP: creating, members, ownership, one's own view (F15, F32 to F40)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import msgspec
import pytest

from appliance.api.app import STAFF
from appliance.rules.membership import MAX_MEMBERS
from appliance.rules.receipts import MAX_GAPS
from appliance.wire.rooms import MemberView
from tests.agency import Agency, Client, new_txn
from tests.api.test_errors import limited

OpenWorld = Callable[..., AbstractAsyncContextManager[Agency]]


async def make_group(owner: Client, name: str, *members: str, txn_id: str | None = None) -> str:
    body = {"kind": "group", "name": name, "members": list(members), "txn_id": txn_id or new_txn()}
    answer = await owner.post("/rooms", body)
    return str(answer["room"]["id"])


async def test_a_new_group_has_everybody_in_at_once(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = await make_group(narin, "ทีมเฉพาะกิจ", lalita.person, running.person("poramet.n"))
    view = (await lalita.get(f"/rooms/{room}"))["room"]
    assert view["name"] == "ทีมเฉพาะกิจ"
    assert view["role"] == "member"
    assert view["member_count"] == 3
    assert {member["person"]: member["role"] for member in view["members"]} == {
        narin.person: "owner",
        lalita.person: "member",
        running.person("poramet.n"): "member",
    }


async def test_the_same_txn_id_answers_the_same_room(running: Agency) -> None:
    narin = await running.login("narin.p")
    others = [running.person("lalita.w"), running.person("poramet.n")]
    first = await make_group(narin, "หนึ่ง", *others, txn_id="again")
    assert await make_group(narin, "หนึ่ง", *others, txn_id="again") == first


async def test_a_direct_room_is_the_one_there_is(running: Agency) -> None:
    narin, suphawadi = await running.login("narin.p"), await running.login("suphawadi.c")
    for caller, other in ((narin, suphawadi), (suphawadi, narin)):
        body = {"kind": "direct", "members": [other.person], "txn_id": new_txn()}
        assert (await caller.post("/rooms", body))["room"]["id"] == running.room("d3")


async def test_the_field_at_fault_is_named(running: Agency) -> None:
    """Bugs, «A new machine»: a private chat has no name, and takes one other person."""
    narin = await running.login("narin.p")
    one, two = running.person("lalita.w"), running.person("somchai.j")
    body = {"kind": "direct", "members": [one], "name": "ชื่อ", "txn_id": new_txn()}
    assert (await narin.refused("POST", "/rooms", body, status=400, code="invalid"))["field"] == "name"
    body = {"kind": "direct", "members": [one, two], "txn_id": new_txn()}
    assert (await narin.refused("POST", "/rooms", body, status=400, code="invalid"))["field"] == "members"


@pytest.mark.parametrize("kind", ["direct", "group"])
async def test_nobody_starts_a_private_chat_with_a_superior(running: Agency, kind: str) -> None:
    """F38: a group of two is the same; the refusal does not say why."""
    thawin = await running.login("thawin.o", language="en")
    body = {"kind": kind, "members": [running.person("witthaya.s")], "txn_id": new_txn()}
    if kind == "group":
        body["name"] = "สองคน"
    error = await thawin.refused("POST", "/rooms", body, status=403, code="contact_not_allowed")
    assert "rank" not in error["message"].lower()
    up = {"kind": "direct", "members": [running.person("thawin.o")], "txn_id": new_txn()}
    assert (await (await running.login("witthaya.s")).post("/rooms", up))["room"]["kind"] == "direct"


async def test_only_the_owner_renames_closes_adds_and_removes(running: Agency) -> None:
    """F32 to F36."""
    room = running.room("budget")
    waraphon, sudarat = await running.login("waraphon.s"), await running.login("sudarat.k")
    narin = running.person("narin.p")
    add = {"add": [narin], "txn_id": new_txn()}
    remove = {"remove": [running.person("ekkachai.d")], "txn_id": new_txn()}
    await waraphon.refused("PATCH", f"/rooms/{room}", {"name": "ชื่อใหม่"}, status=403, code="not_owner")
    await waraphon.refused("DELETE", f"/rooms/{room}", status=403, code="not_owner")
    await waraphon.refused("POST", f"/rooms/{room}/members", add, status=403, code="not_owner")
    await waraphon.refused("POST", f"/rooms/{room}/members", remove, status=403, code="not_owner")
    denied = (await waraphon.get(f"/rooms/{room}"))["room"]["denied"]
    assert {denied[action] for action in ("rename", "close", "add", "remove", "transfer")} == {"not_owner"}

    assert (await sudarat.patch(f"/rooms/{room}", {"name": "ชื่อใหม่"}))["room"]["name"] == "ชื่อใหม่"
    assert (await sudarat.post(f"/rooms/{room}/members", add))["added"] == [narin]
    assert (await sudarat.post(f"/rooms/{room}/members", remove))["removed"] == remove["remove"]
    await (await running.login("ekkachai.d")).refused("GET", f"/rooms/{room}", status=403, code="not_a_member")


async def test_a_member_cannot_leave_and_the_owner_hands_over_first(running: Agency) -> None:
    """F40, F37."""
    room = running.room("budget")
    waraphon, sudarat = await running.login("waraphon.s"), await running.login("sudarat.k")
    leave = {"remove": [waraphon.person], "txn_id": new_txn()}
    await waraphon.refused("POST", f"/rooms/{room}/members", leave, status=403, code="cannot_leave")
    own = {"remove": [sudarat.person], "txn_id": new_txn()}
    await sudarat.refused("POST", f"/rooms/{room}/members", own, status=403, code="owner_must_transfer")
    view = (await sudarat.post(f"/rooms/{room}/owner", {"person": waraphon.person}))["room"]
    assert (view["owner"], view["role"]) == (waraphon.person, "member")
    assert (await waraphon.post(f"/rooms/{room}/members", {**own, "txn_id": new_txn()}))["removed"] == [sudarat.person]


async def test_a_closed_room_can_be_read_but_not_written_to(running: Agency) -> None:
    bunloet = await running.login("bunloet.p")
    room = running.room("seminar")
    assert (await bunloet.get(f"/rooms/{room}"))["room"]["closed"]
    message = {"txn_id": new_txn(), "body": {"text": "ยังอยู่ไหม"}}
    await bunloet.refused("POST", f"/rooms/{room}/messages", message, status=403, code="room_closed")
    assert (await bunloet.get(f"/rooms/{room}/messages"))["messages"]


async def test_outsiders_learn_nothing(running: Agency) -> None:
    decha = await running.login("decha.r")
    assert (await decha.get("/rooms"))["rooms"] == []
    room = running.room("dengue")
    await decha.refused("GET", f"/rooms/{room}", status=403, code="not_a_member")
    await decha.refused("GET", "/rooms/r_nosuchroom", status=404, code="not_found")


# What an outsider might send to each route about a room: a value at each end of what the route takes.
OUTSIDERS_BODIES: dict[str, list[object]] = {
    "PATCH /rooms/{room}": [{"name": "ชื่อ"}, {"name": "\u200b"}],
    "POST /rooms/{room}/members": [
        {"add": ["p_nobody"], "txn_id": "t"},
        {"remove": ["p_nobody"], "txn_id": "t"},
        {"txn_id": "t"},
    ],
    "POST /rooms/{room}/owner": [{"person": "p_nobody"}],
    "PATCH /rooms/{room}/preferences": [{"muted": True}, {"hidden": True}, {"pinned": True}],
    "POST /rooms/{room}/unread": [{"n": 0}, {"n": 2**31}],
    "POST /rooms/{room}/receipts": [{"upto": 0}, {"upto": 2**31}],
    "POST /rooms/{room}/removal-requests": [{}],
    "PATCH /rooms/{room}/removal-requests/{request}": [{"outcome": "granted"}],
    "POST /rooms/{room}/member-suggestions": [{"people": ["p_nobody"]}],
    "PATCH /rooms/{room}/member-suggestions/{request}": [{"outcome": "granted"}],
    "POST /rooms/{room}/messages": [
        {"txn_id": "t", "body": {"text": "ก"}},
        {"txn_id": "u", "body": {"text": "ก"}, "reply_to": 2**31},
    ],
    "PATCH /rooms/{room}/messages/{n}": [{"txn_id": "t", "body": {"text": "ก"}}],
}


async def test_an_outsider_gets_one_answer_from_every_route_of_a_room(running: Agency) -> None:
    """Nothing that is sent, and no position named, tells an outsider anything of the room."""
    decha = await running.login("decha.r")
    room = running.room("dengue")
    routes = [route for route in STAFF.routes if "{room}" in route.path]
    assert len(routes) >= 23
    answers = set()
    for route in routes:
        path = route.path.removeprefix("/api/v1")
        for n in (0, 1, 2**31):
            filled = path.format(room=room, n=n, emoji="👍", request="rr_nothing")
            for body in OUTSIDERS_BODIES.get(f"{route.method} {path}", [None]):
                error = await decha.refused(route.method, filled, body, status=403, code="not_a_member")
                answers.add((error["message"], error["field"]))
    assert len(answers) == 1


async def test_a_suspended_person_cannot_be_added(running: Agency) -> None:
    sudarat = await running.login("sudarat.k")
    path = f"/rooms/{running.room('budget')}/members"
    for user in ("anucha.p", "sairung.c"):
        add = {"add": [running.person(user)], "txn_id": new_txn()}
        error = await sudarat.refused("POST", path, add, status=403, code="people_not_active")
        assert running.services.directory.people[running.person(user)].name in error["message"]
    unknown = {"add": ["p_nobody"], "txn_id": new_txn()}
    await sudarat.refused("POST", path, unknown, status=400, code="unknown_person")


async def test_muting_and_hiding_concern_oneself_alone(running: Agency) -> None:
    """F40: the word «permanently» leaves temporary absence."""
    lalita, narin = await running.login("lalita.w"), await running.login("narin.p")
    room = running.room("dengue")
    assert (await lalita.patch(f"/rooms/{room}/preferences", {"muted": True, "hidden": True}))["room"]["hidden"]
    view = (await narin.get(f"/rooms/{room}"))["room"]
    assert not view.get("muted")
    assert not view.get("hidden")
    await narin.say(room, "สวัสดีครับ")
    view = (await lalita.get(f"/rooms/{room}"))["room"]
    assert view["muted"]
    assert not view.get("hidden")


async def test_clearing_hides_for_oneself_and_deletes_nothing(running: Agency) -> None:
    """F19."""
    lalita, narin = await running.login("lalita.w"), await running.login("narin.p")
    room = running.room("dengue")
    before = await narin.get(f"/rooms/{room}/messages")
    await lalita.post(f"/rooms/{room}/clear")
    view = (await lalita.get(f"/rooms/{room}"))["room"]
    assert (view["unread"], view["cleared"]) == (0, view["size"] - 1)
    assert await narin.get(f"/rooms/{room}/messages") == before


async def test_marking_unread_keeps_the_first_read(running: Agency) -> None:
    """F16."""
    lalita, narin = await running.login("lalita.w"), await running.login("narin.p")
    room = running.room("dengue")
    n = (await narin.say(room, "อ่านแล้วแจ้งด้วยครับ"))["n"]
    await lalita.post(f"/rooms/{room}/receipts", {"upto": n})
    await lalita.post(f"/rooms/{room}/unread", {"n": n})
    assert (await lalita.get(f"/rooms/{room}"))["room"]["unread_from"] == n
    readers = await narin.get(f"/rooms/{room}/messages/{n}/readers")
    assert lalita.person in {reader["person"] for reader in readers["read"]}
    await lalita.delete(f"/rooms/{room}/unread")
    assert "unread_from" not in (await lalita.get(f"/rooms/{room}"))["room"]


async def test_members_readers_and_requests_are_named_in_both_languages(running: Agency) -> None:
    """And a member's status message stands beside the name (ux, «Also seen»)."""
    lalita, narin = await running.login("lalita.w"), await running.login("narin.p")
    decha, room = running.person("decha.r"), running.room("dengue")
    await lalita.patch("/me", {"status": "ประชุมถึงบ่ายสามโมง"})
    profile = (await narin.get(f"/people/{lalita.person}"))["person"]
    members = (await narin.get(f"/rooms/{room}"))["room"]["members"]
    member = next(one for one in members if one["person"] == lalita.person)
    assert member["status"] == profile["status"] == "ประชุมถึงบ่ายสามโมง"
    assert "status" not in next(one for one in members if one["person"] == narin.person)
    assert [member[key] for key in ("name_en", "post_en")] == [profile["name_en"], profile["post_en"]]
    assert (member["unit"], member["unit_en"]) == (profile["unit"]["name"], profile["unit"]["name_en"])
    n = (await narin.say(room, "โปรดทราบ"))["n"]
    readers = await narin.get(f"/rooms/{room}/messages/{n}/readers")
    unread = next(one for one in readers["unread"] if one["person"] == lalita.person)
    assert (unread["name_en"], unread["unit_en"]) == (member["name_en"], member["unit_en"])
    asked = await lalita.post(f"/rooms/{room}/member-suggestions", {"people": [decha]})
    [suggested] = asked["suggestion"]["people"]
    wanted = (await narin.get(f"/people/{decha}"))["person"]
    assert asked["suggestion"]["name_en"] == member["name_en"]
    assert [suggested[key] for key in ("name_en", "post_en")] == [wanted["name_en"], wanted["post_en"]]


async def test_a_room_of_a_post_belongs_to_who_holds_it(running: Agency) -> None:
    """Q8."""
    narin = await running.login("narin.p")
    view = (await narin.get(f"/rooms/{running.room('epid')}"))["room"]
    post = running.services.directory.now.holder_of(view["owner_post"])
    assert post == view["owner"] == narin.person
    stolen = {"owner_post": view["owner_post"]}
    body = {"kind": "group", "name": "ไม่ใช่ของเรา", "members": [], "options": stolen, "txn_id": new_txn()}
    await (await running.login("poramet.n")).refused("POST", "/rooms", body, status=403, code="not_owner")


async def test_removal_requests_go_to_the_owner(running: Agency) -> None:
    """F41."""
    room = running.room("incident")
    thanaphon, chaiwat = await running.login("thanaphon.a"), await running.login("chaiwat.b")
    waiting = (await thanaphon.get(f"/rooms/{room}/removal-requests"))["requests"]
    assert [(request["person"], request["state"]) for request in waiting] == [(chaiwat.person, "pending")]
    path = f"/rooms/{room}/removal-requests"
    await chaiwat.refused("POST", path, {"reason": "อีกครั้ง"}, status=403, code="request_pending")
    granted = await thanaphon.patch(f"{path}/{waiting[0]['id']}", {"outcome": "granted", "note": "ขอบคุณครับ"})
    assert granted["request"]["state"] == "granted"
    await chaiwat.refused("GET", f"/rooms/{room}", status=403, code="not_a_member")


async def test_a_member_suggests_and_the_owner_adds(running: Agency) -> None:
    """F34."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    decha = await running.login("decha.r")
    path = f"/rooms/{running.room('dengue')}/member-suggestions"
    wanted = {"people": [decha.person], "reason": "ดูแลพื้นที่ระบาด"}
    made = (await lalita.post(path, wanted))["suggestion"]
    await lalita.refused("POST", path, wanted, status=403, code="request_pending")
    await narin.refused("POST", path, wanted, status=403, code="owner_adds_directly")
    await decha.refused("POST", path, wanted, status=403, code="not_a_member")
    await lalita.refused("POST", path, {"people": []}, status=400, code="invalid")
    [waiting] = (await narin.get(path))["suggestions"]
    assert waiting == made
    assert (waiting["person"], [one["person"] for one in waiting["people"]]) == (lalita.person, [decha.person])
    answer = {"outcome": "granted", "note": "เพิ่มแล้วครับ"}
    await lalita.refused("PATCH", f"{path}/{made['id']}", answer, status=403, code="not_owner")
    done = await narin.patch(f"{path}/{made['id']}", answer)
    assert (done["suggestion"]["state"], done["suggestion"]["note"]) == ("granted", "เพิ่มแล้วครับ")
    assert (await decha.get(f"/rooms/{running.room('dengue')}"))["room"]["role"] == "member"
    refusal = {"outcome": "refused"}
    await narin.refused("PATCH", f"{path}/{made['id']}", refusal, status=409, code="conflict")


async def test_bad_names_are_refused_and_clean_ones_kept_clean(running: Agency) -> None:
    sudarat = await running.login("sudarat.k")
    room = running.room("budget")
    await sudarat.refused("PATCH", f"/rooms/{room}", {"name": "\u200b\u202e "}, status=400, code="room_name")
    view = (await sudarat.patch(f"/rooms/{room}", {"name": "  งบ\u202e 2571\u200b  "}))["room"]
    assert view["name"] == "งบ 2571"


async def test_a_room_costs_its_size_and_ones_own_settings_do_not(
    open_world: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an answer with many members costs is owed by who asked."""
    monkeypatch.setattr("appliance.api.rooms.MEMBERS_A_REQUEST", 0.1)
    async with open_world(limited(user_requests_s=0.001, user_requests_burst=20)) as agency:
        narin = await agency.login("narin.p")
        room = agency.room("dengue")
        for muted in (True, False):
            view = (await narin.patch(f"/rooms/{room}/preferences", {"muted": muted}))["room"]
            assert "members" not in view
        assert (await narin.get(f"/rooms/{room}"))["room"]["members"]
        await narin.refused("GET", f"/rooms/{room}", status=429, code="too_many_requests")


def test_a_room_of_as_many_as_may_be_is_bounded() -> None:
    """What was passed over is told as few ranges, or 5,000 members would not fit in a few MiB."""
    member = MemberView(
        person="p_" + "x" * 26,
        name="นางสาวกนกพรรณ ศรีสุวรรณรัตน์",
        role="member",
        since=1_000_000,
        unit="สำนักงานสาธารณสุขจังหวัดนครศรีธรรมราช",
        post="นักวิชาการสาธารณสุขชำนาญการพิเศษ",
        read=9_999_999,
        skipped=[(9_000_000 + n, 9_000_001 + n) for n in range(MAX_GAPS)],
    )
    assert len(msgspec.json.encode(member)) * MAX_MEMBERS < 3 << 20
