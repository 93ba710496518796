"""Slow and half-open connections cost only themselves; two processes never serve one folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from appliance.api import stream as stream_api
from tests.agency import API, Agency
from tests.faults.appliance import Appliance, Caller, clients, sign_in
from tests.faults.raw import Net
from tests.hurry import NO_PREDECESSOR, SLOW_REQUESTS, hurried
from tests.waiting import PATIENCE_S, quiet_clock, until

TEXT: Final = "ช้าแต่มาถึง {}"


async def test_slow_requests_are_served_or_cut_off_and_delay_nobody(
    appliance: Callable[..., Appliance], tmp_path: Path
) -> None:
    served = appliance(env=hurried(tmp_path / "hurry", SLOW_REQUESTS))
    served.start()
    async with clients() as session, Net() as net:
        narin = await sign_in(session, served, "narin.p")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(byte_by_byte(net, narin))
            tasks.create_task(head_never_ends(net, served))
            tasks.create_task(says_nothing(net, served))
            tasks.create_task(body_never_ends(net, narin))
            tasks.create_task(gone_in_the_middle(net, narin))
            tasks.create_task(works_on(narin))
    served.stop()


def request(caller: Caller, body: bytes, size: int | None = None) -> bytes:
    """Return a whole request that sends a message."""
    return (
        f"POST {API}/rooms/{caller.appliance.room('dengue')}/messages HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {caller.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {size or len(body)}\r\n\r\n"
    ).encode() + body


def message(txn_id: str) -> bytes:
    return json.dumps({"txn_id": txn_id, "body": {"text": TEXT.format(txn_id)}}).encode()


async def byte_by_byte(net: Net, caller: Caller) -> None:
    """A request in single bytes is a request."""
    reader, writer = await net.bare(caller.appliance)
    for byte in request(caller, message("by-bytes")):
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.002)
    assert (await reader.readline()).startswith(b"HTTP/1.1 201 ")


async def head_never_ends(net: Net, served: Appliance) -> None:
    """A head that grows line by line is cut off."""
    reader, writer = await net.bare(served)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    ended = asyncio.create_task(reader.read())
    async with asyncio.timeout(PATIENCE_S):
        while not ended.done():
            writer.write(b"X-More: and more\r\n")
            await asyncio.wait((ended,), timeout=0.2)
    with suppress(ConnectionError):
        assert await ended == b""


async def says_nothing(net: Net, served: Appliance) -> None:
    """A connection without a word is cut off."""
    reader, _ = await net.bare(served)
    assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""


async def body_never_ends(net: Net, caller: Caller) -> None:
    """A body that does not come is told so in Thai, and nothing is sent."""
    reader, writer = await net.bare(caller.appliance)
    writer.write(request(caller, message("half")[:-5], len(message("half"))))
    answer = (await asyncio.wait_for(reader.read(), PATIENCE_S)).decode()
    assert answer.startswith("HTTP/1.1 408 ")
    assert "too_slow" in answer
    assert "ช้าเกินไป" in answer


async def gone_in_the_middle(net: Net, caller: Caller) -> None:
    """Whoever goes away in the middle of a request has sent nothing; after it, everything."""
    _, writer = await net.bare(caller.appliance)
    writer.write(request(caller, message("torn-off"))[:-3])
    await writer.drain()
    writer.transport.abort()
    _, writer = await net.bare(caller.appliance)
    writer.write(request(caller, message("hung-up")))
    await writer.drain()
    writer.close()
    texts: set[str] = set()

    async def sent() -> bool:
        bodies = [event for event in await caller.history(caller.appliance.room("dengue")) if event.get("body")]
        texts.update(event["id"] for event in bodies)
        return any(event["body"]["text"] == TEXT.format("hung-up") for event in bodies)

    await until(sent, "what was sent before hanging up")
    again = await caller.say(caller.appliance.room("dengue"), TEXT.format("hung-up"), "hung-up")
    assert again["id"] in texts
    first = await caller.say(caller.appliance.room("dengue"), TEXT.format("torn-off"), "torn-off")
    assert first["id"] not in texts


async def works_on(caller: Caller) -> None:
    """Everybody else is served at once."""
    waits = []
    for number in range(40):
        begun = quiet_clock()
        await caller.say(caller.appliance.room("all"), "ปกติ", f"normal-{number}")
        waits.append(quiet_clock() - begun)
        await asyncio.sleep(0.1)
    assert sorted(waits)[len(waits) // 2] < 0.2


async def test_a_half_open_stream_is_noticed_and_let_go(running: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side does not answer pings: its machine is gone, and said nothing."""
    monkeypatch.setattr(stream_api, "HEARTBEAT_S", 0.5)
    narin = await running.login("narin.p")
    async with narin.session.ws_connect(f"{running.url}{API}/stream", headers=narin.headers, autoping=False) as socket:
        await socket.receive()
        assert running.services.hub.connections == 1
        await until(lambda: running.services.hub.connections == 0, "let go")


async def test_a_second_process_on_the_folder_refuses_and_the_first_does_not_notice(
    appliance: Callable[..., Appliance], tmp_path: Path
) -> None:
    first, second = appliance(), appliance(env=hurried(tmp_path / "hurry", NO_PREDECESSOR))
    first.start()
    async with clients() as session:
        narin = await sign_in(session, first, "narin.p")
        second.begin()
        assert second.process is not None
        code = await asyncio.to_thread(second.process.wait, PATIENCE_S)
        assert code == 1
        said = second.said()
        assert "Another process already serves this data folder" in said
        assert "มีโปรแกรมอื่นเปิดใช้โฟลเดอร์ข้อมูลนี้อยู่แล้ว" in said
        assert "Traceback" not in said
        assert (await narin.say(first.room("dengue"), "ยังอยู่", "still-there"))["n"]
    first.stop()
