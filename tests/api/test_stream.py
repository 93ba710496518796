"""The live stream: what happens arrives at once, once, in order; sending, receipts and typing over it."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.config import Config
from appliance.live import SLOW_BYTES
from appliance.model import PersonId
from appliance.store import entries
from tests.agency import Agency, Stream, new_txn
from tests.waiting import PATIENCE_S, until


async def test_what_is_sent_arrives_at_every_member(running: Agency) -> None:
    narin, lalita, decha = [await running.login(user) for user in ("narin.p", "lalita.w", "decha.r")]
    room = running.room("dengue")
    async with lalita.stream() as stream, narin.stream() as own, decha.stream() as outside:
        sent = await narin.say(room, "เรียนทุกท่าน")
        for listening in (stream, own):
            event = await listening.event("message.text")
            assert (event["n"], event["sender"], event["at"]) == (sent["n"], narin.person, sent["at"])
            assert event["body"] == {"text": "เรียนทุกท่าน"}
        await outside.send("ping")
        assert "pong" in await outside.frame(), "an outsider was told"


async def test_what_was_missed_is_told_in_order_and_none_is_lost(running: Agency) -> None:
    """A stream that catches up tells several events in one frame."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    before = (await lalita.get("/sync", since=0))["pos"]
    sent = [(await narin.say(running.room("dengue"), f"ฉบับที่ {i}"))["n"] for i in range(5)]
    async with lalita.stream(since=before) as stream:
        assert [(await stream.event("message.text"))["n"] for _ in sent] == sent


async def test_sending_over_the_stream_is_answered_after_the_commit(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    async with narin.stream() as stream:
        for txn_id in ("a", "b", "a"):
            await stream.send("send", room=room, txn_id=txn_id, body={"text": f"ข้อความ {txn_id}"})
        answers = [await stream.answer(txn_id) for txn_id in ("a", "b", "a")]
    assert answers[0] == answers[2]
    assert answers[1]["n"] == answers[0]["n"] + 1
    page = await narin.get(f"/rooms/{room}/messages", limit=2)
    assert [event["body"]["text"] for event in page["messages"]] == ["ข้อความ b", "ข้อความ a"]


async def test_a_refused_frame_says_why_and_changes_nothing(running: Agency) -> None:
    decha = await running.login("decha.r", language="en")
    room = running.room("dengue")
    async with decha.stream() as stream:
        await stream.send("send", room=room, txn_id="x", body={"text": "ขอเข้าด้วย"})
        assert (await stream.answer("x"))["error"]["code"] == "not_a_member"
        for raw, code in (
            ("not json", "bad_json"),
            ('{"type":"shout"}', "invalid"),
            ('{"type":"ping","x":1}', "invalid"),
            (json.dumps({"type": "receipt", "room": room, "upto": 1}), "not_a_member"),
            (json.dumps({"type": "typing", "room": room}), "not_a_member"),
        ):
            await stream.socket.send_str(raw)
            assert (await stream.frame())["error"]["code"] == code, raw
        await stream.send("ping")
        assert "pong" in await stream.frame()


async def test_receipts_are_told_by_name(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    async with narin.stream() as listening, lalita.stream() as reading:
        n = (await narin.say(room, "อ่านหรือยัง"))["n"]
        await reading.send("receipt", room=room, upto=n)
        event = await listening.event("receipt", room=room)
    assert event["state"] == {"read": {lalita.person: n}, "shown": {lalita.person: [[0, n]]}}


async def test_those_who_look_at_a_large_room_hear_of_its_readers_before_the_others(
    running: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy moves no cursor: the line of the feed comes later, to everybody."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    receipts = running.services.receipts
    n = (await narin.say(room, "อ่านหรือยัง"))["n"]
    # As in a room of 2,000, whose feed has had its line a moment ago.
    monkeypatch.setattr(receipts, "_is_due", lambda _room, _members: False)
    async with narin.stream() as looking, narin.stream() as elsewhere, lalita.stream() as reading:
        await looking.send("watch", rooms=[room])
        await looking.send("ping")
        await looking.frame()
        await reading.send("receipt", room=room, upto=n, first=n)
        event = await looking.event("receipt", room=room)
        assert event["state"] == {"read": {lalita.person: n}, "shown": {lalita.person: [[n, n]]}}
        await elsewhere.send("ping")
        assert "pong" in await elsewhere.frame(), "nothing came before the answer"
        monkeypatch.undo()
        line = await elsewhere.event("receipt", room=room)
        assert line["state"] == event["state"]
        await looking.event("receipt", room=room)
        await looking.send("watch", rooms=["r_1", "r_2", "r_3", "r_4", "r_5"])
        assert (await looking.frame())["error"]["code"] == "invalid"


async def test_typing_is_seen_by_others_and_kept_nowhere(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    before = (await narin.get("/sync", since=0))["pos"]
    async with narin.stream(before) as listening, lalita.stream(before) as typing:
        await typing.send("typing", room=room)
        event = await listening.event("typing", room=room, sender=lalita.person)
        # Nothing in the room's log, and nothing in anybody's feed.
        assert "n" not in event
        assert (await narin.get("/sync", since=before))["events"] == []
        assert (await narin.get("/sync", since=0))["pos"] == before
        # Who types is not told: what comes next is what comes to everybody.
        sent = await narin.say(room, "หลังสัญญาณ")
        heard: list[str] = []
        while "message.text" not in heard:
            heard += [one["type"] for one in (await typing.frame()).get("events", ())]
        assert "typing" not in heard
    kept = (await narin.get("/sync", since=before))["events"]
    assert [(one["type"], one.get("n")) for one in kept] == [("message.text", sent["n"])]


async def test_reconnecting_goes_on_from_the_cursor(running: Agency) -> None:
    """No loss and no duplicate, whatever is sent while the line is down or coming up."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    heard: list[int] = []

    async def listen(stream: Stream, many: int) -> int:
        while len(heard) < many:
            frame = await stream.frame()
            heard.extend(event["n"] for event in frame.get("events", ()) if event["type"] == "message.text")
        return stream.at[0]

    async with lalita.stream() as stream:
        sent = [(await narin.say(room, "หนึ่ง"))["n"]]
        cursor = await listen(stream, 1)
    sent += [(await narin.say(room, f"ระหว่างขาด {i}"))["n"] for i in range(5)]
    busy = asyncio.gather(*(narin.say(room, f"ระหว่างต่อ {i}") for i in range(30)))
    async with lalita.stream(cursor) as stream:
        sent += sorted(answer["n"] for answer in await busy)
        await listen(stream, len(sent))
    assert heard == sent


async def test_being_added_and_removed_while_listening(running: Agency) -> None:
    narin, decha = await running.login("narin.p"), await running.login("decha.r")
    room = running.room("dengue")
    async with decha.stream() as stream:
        await narin.post(f"/rooms/{room}/members", {"add": [decha.person], "txn_id": new_txn()})
        view = (await stream.event("room", room=room))["state"]
        assert view["role"] == "member"
        n = (await narin.say(room, "ยินดีต้อนรับ"))["n"]
        assert n == view["size"] or (await stream.event("message.text", room=room))["n"] == n
        await narin.post(f"/rooms/{room}/members", {"remove": [decha.person], "txn_id": new_txn()})
        await stream.event("room.left", room=room)
        await narin.say(room, "ไม่ควรเห็น")
        await stream.send("ping")
        assert "pong" in await stream.frame(), "somebody removed was told"


async def test_the_stream_ends_with_its_session(running: Agency) -> None:
    lalita, other = await running.login("lalita.w"), await running.login("lalita.w")
    async with lalita.stream() as stream, other.stream() as staying:
        await lalita.post("/logout")
        message = await asyncio.wait_for(stream.socket.receive(), PATIENCE_S)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 4401)
        await staying.send("ping")
        assert "pong" in await staying.frame()


async def test_a_restart_is_not_the_end_of_a_session(running: Agency) -> None:
    """Clients wipe what they keep when a session ends, so the codes must differ."""
    lalita = await running.login("lalita.w")
    async with lalita.stream() as stream:
        await until(lambda: running.services.hub.connections == 1, "the stream")
        await running.services.hub.close()
        message = await asyncio.wait_for(stream.socket.receive(), PATIENCE_S)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1012)
    await lalita.get("/me")


def is_live(agency: Agency, person: str) -> bool:
    """Say whether somebody's stream has caught up."""
    found = agency.services.hub._by_person.get(PersonId(person), ())  # noqa: SLF001 - what is waited for
    return any(not connection.catching_up for connection in found)


@pytest.mark.slow
async def test_a_slow_reader_catches_up_by_cursor(running: Agency) -> None:
    """What does not fit into its buffer is read from the feed later; memory stays bounded."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    text = "ก" * 20_000
    async with lalita.stream() as stream:
        await until(lambda: is_live(running, lalita.person), "the stream")
        # Nobody reads this socket while 5.7 MB are said, more than the buffers of two sockets hold.
        stream.socket._response.connection.transport.pause_reading()  # type: ignore[union-attr] # noqa: SLF001
        sent = [(await narin.say(room, text))["n"] for _ in range(95)]
        connection = next(iter(running.services.hub._by_person[lalita.person]))  # noqa: SLF001
        assert connection.catching_up
        assert connection.transport.get_write_buffer_size() < 2 * SLOW_BYTES
        stream.socket._response.connection.transport.resume_reading()  # type: ignore[union-attr] # noqa: SLF001
        heard: list[int] = []
        while len(heard) < len(sent):
            frame = await stream.frame()
            heard += [event["n"] for event in frame.get("events", ()) if event["type"] == "message.text"]
    assert heard == sent


async def test_a_person_has_so_many_streams(open_world: object) -> None:
    def fewer(config: Config) -> Config:
        return dataclasses.replace(config, limits=dataclasses.replace(config.limits, connections_a_person=1))

    async with open_world(fewer) as agency:  # type: ignore[operator]
        lalita = await agency.login("lalita.w")
        async with lalita.stream():
            with pytest.raises(WSServerHandshakeError) as refused:
                async with lalita.stream():
                    pass
        assert refused.value.status == 429


async def test_plain_requests_to_the_stream_are_told_so(running: Agency) -> None:
    lalita = await running.login("lalita.w")
    await lalita.refused("GET", "/stream", params={"since": "1"}, status=426, code="websocket_expected")


async def test_a_message_sent_before_the_refusal_was_read_does_not_overtake_the_refused_one(
    running: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is sent again; in other rooms, and on a new stream, nothing is held up."""
    narin = await running.login("narin.p")
    room = running.room("dengue")
    listed = (await narin.get("/rooms"))["rooms"]
    other = next(one["id"] for one in listed if one["id"] != room and "post" not in one["denied"])
    real, full = entries.write_batch, True

    def write(raw: sqlcipher.Connection, batch: entries.Batch) -> None:
        if batch.entries and full:
            raise sqlcipher.OperationalError("database or disk is full")
        real(raw, batch)

    monkeypatch.setattr(entries, "write_batch", write)
    async with narin.stream() as stream:

        async def say(txn_id: str, where: str = room) -> str | None:
            await stream.send("send", room=where, txn_id=txn_id, body={"text": txn_id})
            answer = await stream.answer(txn_id)
            return answer["error"]["code"] if "error" in answer else None

        assert await say("first") == "storage_full"
        full = False
        assert await say("second") == "storage_full"
        assert await say("elsewhere", other) is None
        assert await say("first") is None
        assert await say("second") is None
        full = True
        assert await say("third") == "storage_full"
        full = False
    async with narin.stream() as stream:
        assert await say("fourth") is None
    page = await narin.get(f"/rooms/{room}/messages", limit=3)
    assert [event["body"]["text"] for event in page["messages"]] == ["fourth", "second", "first"]
