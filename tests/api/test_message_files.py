"""Messages with files over HTTP and the stream: live, in the sync, on pages and in the history they are the same."""

from __future__ import annotations

from typing import Any

from appliance.attachments import FileForm
from appliance.log.file_events import announce
from appliance.log.file_facts import scanning_of
from appliance.log.riders import RiderTx
from appliance.model import RoomId
from appliance.store import file_work, uploads
from appliance.store.file_work import NewBlob
from tests.agency import Agency, Client, new_txn
from tests.made_files import JPEG, an_upload, clean


def posted(files: list[str], text: str = "", **more: object) -> dict[str, object]:
    return {"txn_id": new_txn(), "body": {"text": text}, "files": files, **more}


async def everywhere(client: Client, room: RoomId, n: int, since: str) -> dict[str, Any]:
    """Return a message as it is seen by a sync, on a page and as the first wording of the history."""
    synced = (await client.get("/sync", since=since))["events"]
    [page] = (await client.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"]
    history = (await client.get(f"/rooms/{room}/messages/{n}/history"))["versions"]
    return {
        "sync": next(one["body"] for one in synced if one.get("n") == n and one["type"] == "message.text"),
        "page": page["body"],
        "history": history[0]["body"],
    }


async def test_a_message_with_files_is_the_same_everywhere(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room, since = running.room("dengue"), (await lalita.get("/sync"))["pos"]
    picture = await an_upload(running.services, narin.person, "ภาพหน้างาน.jpg", kind=JPEG, form=FileForm.PICTURE)
    async with lalita.stream() as stream:
        sent = await narin.post(f"/rooms/{room}/messages", posted([picture]))
        live = await stream.event("message.text", n=sent["n"])
    [file] = live["body"]["files"]
    assert (live["body"]["text"], file["id"], file["name"], file["type"], file["form"]) == (
        "", picture, "ภาพหน้างาน.jpg", JPEG, "picture",
    )  # fmt: skip
    for place, body in (await everywhere(lalita, room, sent["n"], since)).items():
        assert body == live["body"], place
    listed = (await lalita.get(f"/rooms/{room}/files", form="picture", limit=1))["files"]
    assert [(one["n"], one["sender"], one["file"]) for one in listed] == [(sent["n"], narin.person, file)]


async def test_a_file_and_its_variants_have_the_fields_that_programs_rely_on(running: Agency) -> None:
    narin, s = await running.login("narin.p"), running.services
    voice = await an_upload(s, narin.person, "บันทึกเสียง.webm", kind="audio/webm", size=2_000, form=FileForm.VOICE)
    picture = await an_upload(s, narin.person, "ภาพหน้างาน.jpg", kind=JPEG, form=FileForm.PICTURE)
    root, now = b"\0" * 32, s.clock()
    made = [
        NewBlob("f_audio", "audio", narin.person, "audio/mp4", 900, root, now, parent=voice, ms=4_200),
        NewBlob("f_thumb", "thumb", narin.person, "image/webp", 90, root, now, parent=picture, width=320, height=240),
    ]
    async with s.store.write() as tx:
        await tx.run(file_work.insert, made)
    await clean(s, voice)
    sent = await narin.post(f"/rooms/{running.room('dengue')}/messages", posted([voice, picture]))
    [page] = (await narin.get(f"/rooms/{running.room('dengue')}/messages", around=sent["n"], limit=1))["messages"]
    assert [promised(file) for file in page["body"]["files"]] == [
        {
            "id": voice,
            "name": "บันทึกเสียง.webm",
            "type": "audio/webm",
            "size": 2_000,
            "state": "clean",
            "variants": [{"kind": "audio", "id": "f_audio", "seconds": 4.2}],
        },
        {
            "id": picture,
            "name": "ภาพหน้างาน.jpg",
            "type": JPEG,
            "size": 1_000,
            "state": "pending",
            "variants": [{"kind": "thumb", "id": "f_thumb", "width": 320, "height": 240}],
        },
    ]


def promised(file: dict[str, Any]) -> dict[str, Any]:
    """Return of a file of a message what programs rely on: fields that are null are left out, more may be there."""
    names, of_variants = ("id", "name", "type", "size", "state"), ("kind", "id", "width", "height", "seconds")
    variants = [{name: one[name] for name in of_variants if name in one} for one in file["variants"]]
    return {name: file[name] for name in names} | {"variants": variants}


async def test_the_stream_takes_files_in_order_with_words(running: Agency) -> None:
    narin, room = await running.login("narin.p"), running.room("dengue")
    one = await an_upload(running.services, narin.person)
    waits = await an_upload(running.services, narin.person, state=uploads.PREPARING)
    async with narin.stream() as stream:
        await stream.send("send", room=room, txn_id="ก", body={"text": "ก่อน"})
        await stream.send("send", room=room, txn_id="ข", body={"text": ""}, files=[one])
        await stream.send("send", room=room, txn_id="ค", body={"text": "หลัง"})
        places = [(await stream.answer(txn))["n"] for txn in "กขค"]
        assert places == sorted(places)
        await stream.send("send", room=room, txn_id="ข", body={"text": ""}, files=[one])
        assert (await stream.answer("ข"))["n"] == places[1]
        await stream.send("send", room=room, txn_id="ง", body={"text": ""}, files=[waits])
        refused = await stream.answer("ง")
        assert (refused["error"]["code"], refused["status"], refused["retry_after"]) == ("file_not_ready", 409, 1)
        await stream.send("send", room=room, txn_id="จ", body={"text": ""}, files=[])
        assert (await stream.answer("จ"))["error"]["code"] == "empty_text"


async def test_what_is_not_ready_says_when_to_come_again(running: Agency) -> None:
    narin, room = await running.login("narin.p"), running.room("dengue")
    waits = await an_upload(running.services, narin.person, state=uploads.PREPARING)
    path = f"/rooms/{room}/messages"
    async with narin.raw("POST", path, json=posted([waits])) as response:
        assert (response.status, response.headers["Retry-After"]) == (409, "1")
    await narin.refused("POST", path, posted(["f_none"]), status=403, code="file_not_yours")
    await narin.refused("POST", path, posted([waits] * 21), status=400, code="invalid")
    n = (await narin.say(room, "เดิม"))["n"]
    edit = {"txn_id": new_txn(), "body": {"text": "ใหม่"}, "files": [waits]}
    await narin.refused("PATCH", f"{path}/{n}", edit, status=400, code="invalid")


async def test_a_private_chat_begins_with_a_file(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    one = await an_upload(running.services, narin.person, "ถึงท่าน.pdf")
    sent = await narin.post(f"/people/{lalita.person}/messages", posted([one]))
    [event] = (await lalita.get(f"/rooms/{sent['room']}/messages", around=sent["n"], limit=1))["messages"]
    assert [file["name"] for file in event["body"]["files"]] == ["ถึงท่าน.pdf"]


async def test_what_is_found_out_later_comes_as_an_event_without_the_name(running: Agency) -> None:
    narin, lalita, s = await running.login("narin.p"), await running.login("lalita.w"), running.services
    room = running.room("dengue")
    one = await an_upload(s, narin.person, "ลับเฉพาะ.pdf")
    sent = await narin.post(f"/rooms/{room}/messages", posted([one]))
    since = (await lalita.get("/sync"))["pos"]

    def scanned(tx: RiderTx) -> None:
        tx.rows.run("UPDATE blob SET scan = 'clean', preparing = 0, pages = 3 WHERE id = ?", (one,))
        announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), one)

    async with lalita.stream() as stream:
        await s.log.change(scanned)
        live = await stream.event("file", room=room)
    assert live["state"] == {"n": sent["n"], "id": one, "facts": {"state": "clean", "pages": 3, "variants": []}}
    assert "ลับเฉพาะ" not in str(live)
    synced = [event for event in (await lalita.get("/sync", since=since))["events"] if event["type"] == "file"]
    assert [event["state"] for event in synced] == [live["state"]]
    [page] = (await lalita.get(f"/rooms/{room}/messages", around=sent["n"], limit=1))["messages"]
    [file] = page["body"]["files"]
    assert {name: file.get(name) for name in ("state", "pages", "variants")} == live["state"]["facts"]
    assert "preparing" not in file
