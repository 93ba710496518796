"""Messages over HTTP: sending, editing, retracting, reacting, pages, readers (F16 to F19)."""

from __future__ import annotations

from typing import Any

from tests.agency import Agency, new_txn


async def test_a_repeated_txn_id_answers_the_first_result(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    first = await narin.say(room, "ครั้งเดียว", txn_id="once")
    assert await narin.say(room, "ครั้งเดียว", txn_id="once") == first
    texts = [event["body"]["text"] for event in (await narin.get(f"/rooms/{room}/messages", limit=5))["messages"]]
    assert texts.count("ครั้งเดียว") == 1


async def test_text_is_kept_as_typed(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    text = "  เว้นวรรค\n\tน้ำ \u0e4d\u0e32 e\u0301 👨‍👩‍👧 \u2028 ก" + "ก" * 19_000
    n = (await narin.say(room, text))["n"]
    page = await narin.get(f"/rooms/{room}/messages", around=n, limit=1)
    assert page["messages"][0]["body"]["text"] == text


async def test_what_cannot_be_read_is_refused(running: Agency) -> None:
    narin = await running.login("narin.p")
    path = f"/rooms/{running.room('dengue')}/messages"
    for text, code in (
        (" \n ", "empty_text"),
        ("", "empty_text"),
        ("ก" * 20_001, "invalid"),
        ("ก\x00ข", "text_character"),
    ):
        body = {"txn_id": new_txn(), "body": {"text": text}}
        error = await narin.refused("POST", path, body, status=400, code=code)
        assert error["field"] == "body.text"


async def test_what_turns_the_direction_of_writing_is_closed(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    n = (await narin.say(room, "ชื่อไฟล์ \u202egpj.exe\nบรรทัดใหม่"))["n"]
    page = await narin.get(f"/rooms/{room}/messages", around=n, limit=1)
    assert page["messages"][0]["body"]["text"] == "ชื่อไฟล์ \u202egpj.exe\u202c\nบรรทัดใหม่"


async def test_a_character_that_cannot_be_used_is_named(running: Agency) -> None:
    narin = await running.login("narin.p", language="en")
    room = running.room("dengue")
    body: dict[str, Any] = {"txn_id": new_txn(), "body": {"text": "\u0e01\u0e01\x1b[31m"}}
    error = await narin.refused("POST", f"/rooms/{room}/messages", body, status=400, code="text_character")
    assert error["message"] == "The text has a character that cannot be used: U+001B (character 3)."
    body["body"]["text"] = "ก" + "\u0e48" * 31
    error = await narin.refused("POST", f"/rooms/{room}/messages", body, status=400, code="text_marks")
    assert (error["field"], "30" in error["message"]) == ("body.text", True)
    asked = {"reason": "\x00\x1b"}
    await narin.refused("POST", f"/rooms/{room}/removal-requests", asked, status=400, code="text_character")
    async with narin.stream() as stream:
        await stream.send("send", room=room, txn_id="bad", body={"text": "\ufffe"})
        assert (await stream.answer("bad"))["error"]["code"] == "text_character"


async def test_pages_go_both_ways_without_gaps(running: Agency) -> None:
    narin = await running.login("narin.p")
    path = f"/rooms/{running.room('dengue')}/messages"
    back: list[dict[str, Any]] = []
    query: dict[str, object] = {"limit": 17}
    while True:
        page = await narin.get(path, **query)
        back += page["messages"]
        if not page["has_more"]:
            break
        query["before"] = page["messages"][-1]["n"]
    size = (await narin.get(f"/rooms/{running.room('dengue')}"))["room"]["size"]
    assert [event["n"] for event in back] == list(range(size - 1, -1, -1))
    forward = await narin.get(path, after=0, limit=200)
    assert [event["n"] for event in forward["messages"]] == list(range(1, size))
    assert forward["messages"] == back[-2::-1]
    around = (await narin.get(path, around=20, limit=7))["messages"]
    assert [event["n"] for event in around] == list(range(17, 24))
    await narin.refused("GET", path, params={"before": "3", "after": "1"}, status=400, code="invalid")


async def test_new_members_read_what_was_said_before(running: Agency) -> None:
    """F18: readable from the beginning, and not unread; that they were added is (F32)."""
    narin, decha = await running.login("narin.p"), await running.login("decha.r")
    room = running.room("dengue")
    await narin.post(f"/rooms/{room}/members", {"add": [decha.person], "txn_id": new_txn()})
    mine = await decha.get(f"/rooms/{room}/messages", limit=200)
    assert mine == await narin.get(f"/rooms/{room}/messages", limit=200)
    assert (await decha.get(f"/rooms/{room}"))["room"]["unread"] == 1
    n = (await narin.say(room, "ยินดีต้อนรับครับ"))["n"]
    assert (await decha.get(f"/rooms/{room}"))["room"]["unread"] == 2
    await decha.post(f"/rooms/{room}/receipts", {"upto": n})
    assert (await decha.get(f"/rooms/{room}"))["room"]["unread"] == 0


async def test_an_edit_keeps_its_history(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    n = (await narin.say(room, "ประชุมบ่ายโมง"))["n"]
    path = f"/rooms/{room}/messages/{n}"
    edit = {"txn_id": new_txn(), "body": {"text": "ประชุมบ่ายสอง"}}
    edited = await narin.patch(path, edit)
    shown = (await lalita.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"][0]
    assert shown["body"]["text"] == "ประชุมบ่ายสอง"
    assert shown["edited"] == {"n": edited["n"], "at": edited["at"]}
    versions = (await lalita.get(f"{path}/history"))["versions"]
    assert [version["body"]["text"] for version in versions] == ["ประชุมบ่ายโมง", "ประชุมบ่ายสอง"]
    await lalita.refused("PATCH", path, {**edit, "txn_id": new_txn()}, status=403, code="not_author")
    running.clock.pass_(days=1.1)
    late = {**edit, "txn_id": new_txn()}
    await narin.refused("PATCH", path, late, status=403, code="edit_window_over")


async def test_a_retraction_leaves_a_trace_and_no_words(running: Agency) -> None:
    amphai, narin = await running.login("amphai.c"), await running.login("narin.p")
    room = running.room("dengue")
    n = (await amphai.say(room, "ข้อมูลส่วนบุคคลที่ส่งผิดห้อง"))["n"]
    path = f"/rooms/{room}/messages/{n}"
    await (await running.login("lalita.w")).refused("DELETE", path, status=403, code="not_author")
    await amphai.delete(path, reason="ส่งผิดห้อง")
    shown = (await narin.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"][0]
    assert shown["sender"] == amphai.person
    assert shown["hidden"]
    assert "body" not in shown
    await narin.refused("GET", f"{path}/history", status=404, code="not_found")
    again = {"txn_id": new_txn(), "body": {"text": "แก้"}}
    await amphai.refused("PATCH", path, again, status=403, code="message_retracted")


async def test_reactions_are_counted_by_name(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    n = (await narin.say(room, "เยี่ยม"))["n"]
    path = f"/rooms/{room}/messages/{n}/reactions/👍"
    await lalita.put(path)
    await lalita.put(path)
    await narin.put(path)
    shown = (await narin.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"][0]
    assert shown["reactions"] == [{"emoji": "👍", "people": [lalita.person, narin.person]}]
    await lalita.delete(path)
    shown = (await narin.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"][0]
    assert shown["reactions"] == [{"emoji": "👍", "people": [narin.person]}]
    await lalita.refused("PUT", path.replace("👍", "abc"), status=400, code="invalid")


async def test_readers_are_named_and_so_are_those_who_have_not_read(running: Agency) -> None:
    """F16."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    n = (await narin.say(room, "โปรดรับทราบ"))["n"]
    everybody = {member["person"] for member in (await narin.get(f"/rooms/{room}"))["room"]["members"]}
    readers = await narin.get(f"/rooms/{room}/messages/{n}/readers")
    assert readers["read"] == []
    assert {person["person"] for person in readers["unread"]} == everybody - {narin.person}

    await lalita.post(f"/rooms/{room}/receipts", {"upto": n})
    first = (await narin.get(f"/rooms/{room}/messages/{n}/readers"))["read"]
    assert [(reader["person"], reader["name"]) for reader in first] == [(lalita.person, "นางสาวลลิตา วิเศษสุวรรณ")]
    running.clock.pass_(seconds=600)
    await lalita.post(f"/rooms/{room}/receipts", {"upto": n})
    readers = await narin.get(f"/rooms/{room}/messages/{n}/readers")
    assert readers["read"] == first
    assert lalita.person not in {person["person"] for person in readers["unread"]}
    beyond = {"upto": n + 1000}
    await lalita.refused("POST", f"/rooms/{room}/receipts", beyond, status=400, code="invalid")


async def test_a_reader_who_was_removed_still_shows(running: Agency) -> None:
    """F16."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    n = (await narin.say(room, "ก่อนออก"))["n"]
    await lalita.post(f"/rooms/{room}/receipts", {"upto": n})
    await narin.post(f"/rooms/{room}/members", {"remove": [lalita.person], "txn_id": new_txn()})
    readers = await narin.get(f"/rooms/{room}/messages/{n}/readers")
    assert [reader["person"] for reader in readers["read"]] == [lalita.person]


async def test_mentions_are_counted_apart(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    before = (await lalita.get(f"/rooms/{room}"))["room"]
    await narin.say(room, "@นางสาวลลิตา วิเศษสุวรรณ ดูหน่อยครับ", mentions=[lalita.person])
    await narin.say(room, "@ทุกคน ประชุม", everyone=True)
    after = (await lalita.get(f"/rooms/{room}"))["room"]
    assert (after["unread"] - before["unread"], after["mentions"] - before["mentions"]) == (2, 2)


async def test_replies_point_back_only(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    n = (await narin.say(room, "คำถาม"))["n"]
    m = (await narin.say(room, "คำตอบ", reply_to=n))["n"]
    shown = (await narin.get(f"/rooms/{room}/messages", around=m, limit=1))["messages"][0]
    assert shown["reply_to"] == n
    ahead = {"txn_id": new_txn(), "body": {"text": "อนาคต"}, "reply_to": m + 50}
    await narin.refused("POST", f"/rooms/{room}/messages", ahead, status=403, code="not_a_message")
