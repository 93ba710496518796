"""What no decent client sends: a clear error or a close code each time, the server stays up, and nothing changes."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.agency import API
from tests.faults.appliance import Appliance, Caller, clients, sign_in
from tests.faults.raw import BINARY, CLOSE, PING, TEXT, Net, RawStream, resident
from tests.waiting import PATIENCE_S, quiet_clock, until

MIB = 1 << 20
POLICY_VIOLATION = 1008
DEEP = b"[" * 60_000 + b"]" * 60_000
# Text frames that are answered with an error and leave the stream open.
BAD_TEXT = {
    "not JSON": (b"hello", "bad_json"),
    "nothing": (b"", "bad_json"),
    "half": (b'{"type":"ping"', "bad_json"),
    "two values": (b'{"type":"ping"}{"type":"ping"}', "bad_json"),
    "a list": (b"[]", "invalid"),
    "null": (b"null", "invalid"),
    "no type": (b"{}", "invalid"),
    "an unknown type": (b'{"type":"shutdown"}', "invalid"),
    "a type that is none": (b'{"type":7}', "invalid"),
    "an unknown field": (b'{"type":"ping","x":1}', "invalid"),
    "a wrong kind of value": (b'{"type":"receipt","room":"r_x","upto":"7"}', "invalid"),
    "a negative position": (b'{"type":"receipt","room":"r_x","upto":-1}', "invalid"),
    "a huge position": (b'{"type":"receipt","room":"r_x","upto":99999999999999999999999}', "invalid"),
    "a room that is none": (b'{"type":"receipt","room":"r_x","upto":1}', "not_found"),
    "typing where one is not": (b'{"type":"typing","room":"r_x"}', "not_found"),
    "deep": (DEEP, "invalid"),
    "deep inside": (b'{"type":"send","room":"r","txn_id":"t","body":' + DEEP + b"}", "invalid"),
    "deep in an unknown place": (b'{"x":' + DEEP + b',"type":"ping"}', "bad_json"),
    "a lone surrogate": (b'{"type":"typing","room":"\\ud800"}', "bad_json"),
    "an empty message": (b'{"type":"send","room":"r","txn_id":"t","body":{"text":""}}', "empty_text"),
    "a message too long": (
        json.dumps({"type": "send", "room": "r", "txn_id": "t", "body": {"text": "x" * 20_001}}).encode(), "invalid",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """An appliance, someone who misbehaves, and someone who must not notice."""

    served: Appliance
    session: ClientSession
    net: Net
    rude: Caller
    other: Caller

    async def stream(self) -> RawStream:
        """Open a stream of the one who misbehaves, from now on."""
        pos = (await self.rude.call("GET", "/sync"))["pos"]
        return await self.net.stream(self.rude, pos)

    async def state(self) -> tuple[int, list[dict[str, Any]]]:
        """Return what the other sees: where the feed stands and every entry of a room."""
        return (await self.other.call("GET", "/sync"))["pos"], await self.other.history(self.room)

    @property
    def room(self) -> str:
        """A room of both."""
        return self.served.room("dengue")


@asynccontextmanager
async def scene(served: Appliance) -> AsyncIterator[Scene]:
    """Set the scene; afterwards the same process still serves, and said nothing of a fault."""
    served.start()
    pid = served.pid
    async with clients() as session, Net() as net:
        rude, other = await sign_in(session, served, "narin.p"), await sign_in(session, served, "lalita.w")
        yield Scene(served, session, net, rude, other)
        assert (await other.say(served.room("dengue"), "ยังคุยกันได้", "after-all"))["n"]
    assert served.pid == pid
    assert served.stop() < 5
    assert "Traceback" not in served.said(), served.said()


async def test_bad_text_frames_are_told_and_change_nothing(appliance: Callable[..., Appliance]) -> None:
    async with scene(appliance()) as at:
        before = await at.state()
        stream = await at.stream()
        for what, (payload, code) in BAD_TEXT.items():
            known = len(stream.frames)
            stream.send(payload)
            await until(partial(answered, stream, known), what)
            assert stream.errors[-1:] == [code], (what, stream.frames[-1:], stream.code)
        stream.say(type="ping")
        await until(lambda: "pong" in stream.frames[-1])
        assert await at.state() == before


def answered(stream: RawStream, known: int) -> bool:
    return len(stream.frames) > known or stream.closed.done()


# Frames that close the stream, and with which code.
BAD_FRAMES: dict[str, tuple[list[tuple[bytes, int, bool]], int]] = {
    "binary": ([(b"\x00\x01", BINARY, True)], 1003),
    "invalid UTF-8": ([(b'{"type":"\xff\xfe"}', TEXT, True)], 1007),
    "too large": ([(b" " * (200 * 1024), TEXT, True)], 1009),
    "too large in parts": ([(b" " * 100_000, TEXT, False), (b" " * 100_000, 0, True)], 1009),
    "a continuation of nothing": ([(b"x", 0, True)], 1002),
    "a text inside a text": ([(b"x", TEXT, False), (b"y", TEXT, True)], 1002),
    "an unknown opcode": ([(b"x", 3, True)], 1002),
    "a control frame in parts": ([(b"x", PING, False)], 1002),
    "a long control frame": ([(b"x" * 200, PING, True)], 1002),
    "a bad close code": ([(b"\x00\x01", CLOSE, True)], 1002),
}


async def test_bad_frames_close_the_stream_with_a_code(scenery: Scene) -> None:
    """Nobody answers the goodbye: each connection is cut all the same, a second later."""
    before = await scenery.state()
    streams = {what: await scenery.stream() for what in BAD_FRAMES}
    for what, (frames, _) in BAD_FRAMES.items():
        for payload, opcode, final in frames:
            streams[what].send(payload, opcode, final=final)
    await asyncio.wait_for(asyncio.gather(*(stream.closed for stream in streams.values())), PATIENCE_S)
    assert {what: stream.code for what, stream in streams.items()} == {
        what: code for what, (_, code) in BAD_FRAMES.items()
    }
    assert await scenery.state() == before


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """One appliance for all bad frames: each must leave it fit for the next."""
    served = Appliance(shutil.copytree(template, tmp_path_factory.mktemp("bad") / "data"))
    served.start()
    yield served
    assert "Traceback" not in served.said(), served.said()
    served.end()


@pytest.fixture
async def scenery(shared: Appliance) -> AsyncIterator[Scene]:
    """People on the shared appliance."""
    async with clients() as session, Net() as net:
        rude, other = await sign_in(session, shared, "narin.p"), await sign_in(session, shared, "lalita.w")
        yield Scene(shared, session, net, rude, other)


async def test_bad_http_is_told_and_changes_nothing(scenery: Scene) -> None:
    before = await scenery.state()
    url = f"{scenery.served.url}{API}/rooms/{scenery.room}/messages"
    for body, code, status in (
        (DEEP, "invalid", 400),
        (b'{"txn_id":"t","body":' + DEEP + b"}", "invalid", 400),
        (b"\xff\xfe", "bad_json", 400),
        (b" " * (2 * MIB), "too_large", 413),
        (b'{"txn_id":"t","body":{"text":"x"},"x":1}', "invalid", 400),
    ):
        headers = {**scenery.rude.headers, "Content-Type": "application/json"}
        async with scenery.session.post(url, data=BytesIO(body), headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (status, code), body[:40]
    for request in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n", b"x" * 100_000):
        reader, writer = await scenery.net.bare(scenery.served)
        writer.write(request)
        assert (await asyncio.wait_for(reader.read(), PATIENCE_S)).startswith(b"HTTP/1.") or not request.isascii()
    assert await scenery.state() == before


async def test_a_torrent_is_slowed_down_and_others_do_not_notice(
    appliance: Callable[..., Appliance], data: Path
) -> None:
    """Typing notices, pings and rubbish by the ten thousand, from someone who reads no answer.

    Their frames are refused; where more arrive at once than may wait, the stream is closed before any of them is.
    """
    path = data / "gchat.toml"
    usual = "user_requests_s = 50\nuser_requests_burst = 500\nuser_typing_s = 0.5\nuser_typing_burst = 3\n"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("user_requests")]
    path.write_text("\n".join(kept).replace("[limits]\n", f"[limits]\n{usual}"), encoding="utf-8")
    async with scene(appliance()) as at:
        listening = await at.net.stream(at.other, (await at.other.call("GET", "/sync"))["pos"])
        stream = await at.stream()
        stream.transport.pause_reading()
        before = resident(at.served.pid)
        typing = json.dumps({"type": "typing", "room": at.room}).encode()
        for payload in (typing, b'{"type":"ping"}', b"rubbish"):
            for _ in range(10_000):
                stream.send(payload)
        waits = []
        for number in range(20):
            begun = quiet_clock()
            await at.other.say(at.room, "ระหว่างน้ำท่วม", f"torrent-{number}")
            waits.append(quiet_clock() - begun)
            await asyncio.sleep(0.1)
        assert sorted(waits)[10] < 0.5
        assert resident(at.served.pid) - before < 30 * MIB
        assert sum(event["type"] == "typing" for event in listening.events) < 20
        stream.transport.resume_reading()
        await until(lambda: "too_many_requests" in stream.errors or stream.code == POLICY_VIOLATION)
        stream.transport.abort()
