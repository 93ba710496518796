"""The live stream: what happens arrives at once, once, in order; sending, receipts and typing over it."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import ClientConnectionResetError, ClientError, WSMsgType, WSServerHandshakeError, web
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.actions.terms import publish_terms
from appliance.config import Config
from appliance.errors import TooMany
from appliance.limits import Buckets
from appliance.live import SLOW_BYTES
from appliance.locale import texts
from appliance.model import PersonId
from appliance.rules.roles import Actor
from appliance.store import batch as batches
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
            assert ("txn_id" in event) is (listening is own)
        await outside.send("ping")
        assert "pong" in await outside.frame(), "an outsider was told"


async def test_what_was_missed_is_told_in_order_and_none_is_lost(running: Agency) -> None:
    """A stream that catches up tells several events in one frame."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    before = (await lalita.get("/sync"))["pos"]
    sent = [(await narin.say(running.room("dengue"), f"ฉบับที่ {i}"))["n"] for i in range(5)]
    async with lalita.stream(since=before) as stream:
        assert [(await stream.event("message.text"))["n"] for _ in sent] == sent


async def test_refusals_that_are_kept_hold_nothing_of_their_requests(open_world: Any) -> None:
    """One account must not fill the memory with what it was refused, in one room or in many."""

    def strict(config: Config) -> Config:
        return dataclasses.replace(config, limits=dataclasses.replace(config.limits, user_entries_burst=1.0))

    async with open_world(strict) as served:
        narin = await served.login("narin.p")
        room = served.room("dengue")
        async with narin.stream() as stream:
            for n in range(30):
                await stream.send("send", room=room, txn_id=f"same-{n}", body={"text": "ท่วม"})
                await stream.answer(f"same-{n}")
            for n in range(130):
                await stream.send("send", room=f"r_{n:026}", txn_id=f"other-{n}", body={"text": "ท่วม"})
                await stream.answer(f"other-{n}")
            gc.collect()
            kept = [each for each in gc.get_objects() if isinstance(each, TooMany)]
            assert 0 < len(kept) <= 110
            assert all(each.__traceback__ is None for each in kept)


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


async def test_a_txn_id_is_told_to_its_sender_alone(running: Agency) -> None:
    """Live and by reading, on every device of theirs; a client may have put anything into it."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    telling = 'my "phone", \u0e01'
    async with narin.stream() as phone, narin.stream() as desk, lalita.stream() as other:
        begin = (await narin.get("/sync"))["pos"]
        await phone.send("send", room=room, txn_id=telling, body={"text": "หนึ่ง"})
        assert (await phone.answer(telling))["n"] > 0
        heard = [await stream.event("message.text") for stream in (phone, desk, other)]
    assert [event.get("txn_id") for event in heard] == [telling, telling, None]
    for reader, expected in ((narin, telling), (lalita, None)):
        [event] = (await reader.get("/sync", since=begin))["events"]
        assert event.get("txn_id") == expected
        async with reader.stream(begin) as stream:
            assert (await stream.event("message.text")).get("txn_id") == expected
        [page] = (await reader.get(f"/rooms/{room}/messages", limit=1))["messages"]
        assert "txn_id" not in page


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
    before = (await narin.get("/sync"))["pos"]
    async with narin.stream(before) as listening, lalita.stream(before) as typing:
        await typing.send("typing", room=room)
        event = await listening.event("typing", room=room, sender=lalita.person)
        # Nothing in the room's log, and nothing in anybody's feed.
        assert "n" not in event
        assert (await narin.get("/sync", since=before))["events"] == []
        assert (await narin.get("/sync"))["pos"] == before
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

    async def listen(stream: Stream, many: int) -> str:
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
        stream.socket._response.connection.transport.pause_reading()  # noqa: SLF001
        sent = [(await narin.say(room, text))["n"] for _ in range(95)]
        connection = next(iter(running.services.hub._by_person[lalita.person]))  # noqa: SLF001
        assert connection.catching_up
        assert connection.transport.get_write_buffer_size() < 2 * SLOW_BYTES
        stream.socket._response.connection.transport.resume_reading()  # noqa: SLF001
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


async def test_a_client_that_is_gone_before_its_answer_is_no_fault(
    running: Agency, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lalita = await running.login("lalita.w")
    position = (await lalita.get("/sync"))["pos"]

    async def gone(_answer: web.StreamResponse, _request: web.BaseRequest) -> None:
        raise ClientConnectionResetError("Cannot write to closing transport")

    caplog.set_level(logging.INFO)
    with monkeypatch.context() as patched:
        patched.setattr(web.StreamResponse, "prepare", gone)
        with pytest.raises(ClientError):
            async with lalita.stream(position):
                pass
    assert any("was gone before it was answered" in line for line in caplog.messages)
    assert [line for line in caplog.records if line.levelno >= logging.WARNING] == []
    async with lalita.stream() as stream:  # its place was given back
        await stream.send("ping")
        assert "pong" in await stream.frame()


async def test_plain_requests_to_the_stream_are_told_so(running: Agency) -> None:
    lalita = await running.login("lalita.w")
    await lalita.refused("GET", "/stream", status=426, code="websocket_expected")


async def test_a_message_sent_before_the_refusal_was_read_does_not_overtake_the_refused_one(
    running: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is sent again; in other rooms, and on a new stream, nothing is held up."""
    narin = await running.login("narin.p")
    room = running.room("dengue")
    listed = (await narin.get("/rooms"))["rooms"]
    other = next(one["id"] for one in listed if one["id"] != room and "post" not in one["denied"])
    real, full = batches.write, True

    def write(raw: sqlcipher.Connection, batch: batches.Batch) -> None:
        if batch.entries and full:
            raise sqlcipher.OperationalError("database or disk is full")
        real(raw, batch)

    monkeypatch.setattr(batches, "write", write)
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


async def test_a_client_that_has_heard_of_the_refusal_may_go_on_with_another_message(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]],
) -> None:
    """The refused message was given up, or went by POST: nothing else of this client is under way in the room."""

    def slow(config: Config) -> Config:
        return dataclasses.replace(config, limits=dataclasses.replace(config.limits, user_entries_burst=1))

    seconds = 0.0
    async with open_world(slow, lambda: seconds) as agency:
        narin = await agency.login("narin.p")
        room = agency.room("dengue")
        async with narin.stream() as stream:
            codes = []
            for txn_id, resume in (("a", False), ("b", False), ("c", False), ("d", True)):
                await stream.send("send", room=room, txn_id=txn_id, body={"text": txn_id}, resume=resume)
                answer = await stream.answer(txn_id)
                codes.append(answer["error"]["code"] if "error" in answer else None)
                if txn_id == "c":
                    seconds += 60
    assert codes == [None, "too_many_requests", "too_many_requests", None]


REFUSED: list[tuple[str, dict[str, object]]] = [
    ("dengue", {"body": {"text": "\u200b"}}),
    ("dengue", {"body": {"text": "\ufffe"}}),
    ("dengue", {"body": {"text": "ก", "mentions": ["ไม่ใช่รหัส"]}}),
    ("dengue", {"body": {"text": "ก"}, "reply_to": 10**9}),
    ("epid", {"body": {"text": "ก"}}),
    ("nowhere", {"body": {"text": "ก"}}),
]


@pytest.mark.parametrize(("code", "message"), REFUSED, ids=range(len(REFUSED)))
async def test_a_message_is_refused_on_the_stream_as_by_post(
    running: Agency, code: str, message: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    """The same code, words, field and status, and a line in the request log under the id that the answer names."""
    decha = await running.login("decha.r" if code == "epid" else "narin.p", language="en")
    room = "r_nowhere" if code == "nowhere" else running.room(code)
    async with decha.raw("POST", f"/rooms/{room}/messages", json={"txn_id": "t", **message}) as response:
        status, expected = response.status, (await response.json())["error"]
    caplog.set_level(logging.INFO, "gchat.requests")
    async with decha.stream() as stream:
        await stream.send("send", room=room, txn_id="t", **message)
        answer = await stream.frame()
    assert answer["status"] == status >= 400
    assert {**answer["error"], "request": ""} == {**expected, "request": ""}
    if "txn_id" in answer:
        [line] = [line for line in caplog.messages if answer["error"]["request"] in line]
        assert f"{decha.person} SEND /api/v1/rooms/{room}/messages {status} " in line


COMMANDS: dict[str, dict[str, object]] = {
    "send": {"txn_id": "after", "body": {"text": "หลัง"}},
    "receipt": {"upto": 1},
    "typing": {},
}


@pytest.mark.parametrize("due", ["must_change_password", "terms_not_accepted"])
async def test_what_has_to_be_done_first_comes_before_all_commands_of_a_stream_that_is_open(
    running: Agency, due: str
) -> None:
    """As it comes before each request."""
    narin = await running.login("narin.p")
    room = running.room("dengue")
    async with narin.stream() as stream:
        await stream.send("send", room=room, txn_id="before", body={"text": "ก่อน"})
        assert "error" not in await stream.answer("before")
        accounts = running.services.accounts
        account = accounts.get(narin.person)
        assert account is not None
        if due == "must_change_password":
            accounts.put(dataclasses.replace(account, must_change=True))
        else:
            await publish_terms(running.services, Actor.operator("test"), ("เงื่อนไขใหม่", "New terms"), ("ก", "a"))
        await narin.refused(
            "POST", f"/rooms/{room}/messages", {"txn_id": "post", "body": {"text": "หลัง"}}, status=403, code=due
        )
        for command, values in COMMANDS.items():
            await stream.send(command, room=room, **values)
            answer = await stream.answer("after") if command == "send" else await refusal(stream)
            assert (answer["status"], answer["error"]["code"]) == (403, due), command
        await stream.send("watch", rooms=[room])
        assert (await refusal(stream))["error"]["code"] == due
        await stream.send("ping")
        while "pong" not in await stream.frame():
            pass


async def test_each_frame_costs_a_request_and_the_limit_answers_before_its_work(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused or not: who is refused must not be able to ask all the more often."""
    burst = 12

    def few(config: Config) -> Config:
        limits = dataclasses.replace(config.limits, user_requests_s=0.001, user_requests_burst=burst)
        return dataclasses.replace(config, limits=limits)

    async with open_world(few) as agency:
        decha, lalita = await agency.login("decha.r"), await agency.login("lalita.w")
        room = agency.room("dengue")
        async with decha.stream() as stream:
            codes = [""]
            while codes[-1] != "too_many_requests" and len(codes) <= burst:
                await stream.send("send", room=room, txn_id=f"t{len(codes)}", body={"text": "ขอเข้าด้วย"})
                codes.append((await stream.answer(f"t{len(codes)}"))["error"]["code"])
            assert set(codes[1:-1]) == {"not_a_member"}
            assert codes[-1] == "too_many_requests", "opening the stream was counted, and all of these"
            await stream.send("send", room="r_other", txn_id="unfit", body={"text": "\ufffe"})
            assert (await stream.answer("unfit"))["error"]["code"] == "too_many_requests"
        async with lalita.stream() as stream:

            async def say(txn_id: str) -> str | None:
                await stream.send("send", room=room, txn_id=txn_id, body={"text": txn_id})
                return ((await stream.answer(txn_id)).get("error") or {}).get("code")

            assert "too_many_requests" in [await say("first") for _ in range(burst - 5)]
            monkeypatch.setattr(Buckets, "_tokens", lambda _self, _key: (burst, 0.0))  # much time has passed
            assert await say("second") == "too_many_requests", "it would stand before the first"
            assert [await say("first"), await say("second")] == [None, None]


async def refusal(stream: Stream) -> dict[str, Any]:
    """Return the next frame that refuses something."""
    while "error" not in (frame := await stream.frame()):
        pass
    return frame


async def test_errors_of_a_stream_are_in_the_language_that_its_page_asks_for(running: Agency) -> None:
    narin = await running.login("narin.p", language="en")
    async with narin.session.ws_connect(f"{narin.base}/api/v1/stream?language=th", headers=narin.headers) as socket:
        stream = Stream(socket)
        await stream.send("typing", room="r_nowhere")
        answer = await stream.frame()
        while "error" not in answer:
            answer = await stream.frame()
    assert answer["error"]["message"] == texts("th")["not_found"]
