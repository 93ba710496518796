"""2,000 connections at once, readers that do not read, floods: nobody else waits, memory is bounded (F83)."""

from __future__ import annotations

import asyncio
import json
import re
import resource
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults.appliance import Appliance, Caller, clients, sign_in
from tests.faults.raw import Net, RawStream, resident
from tests.waiting import quiet_clock, until

CROWD = 2_000
AT_ONCE = 100
MIB = 1 << 20
# The longest text there may be, in characters of three bytes: what a page of long messages weighs.
LONG = "ก" * 20_000
THAI = re.compile("[\u0e01-\u0e5b]{4}")


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let the test have as many sockets as it opens."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < CROWD + 200:
        pytest.skip(f"this machine allows {before[1]} open files; {CROWD + 200} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def position(caller: Caller) -> str:
    """Return the cursor of where the feed stands."""
    return str((await caller.call("GET", "/sync"))["pos"])


@pytest.mark.usefixtures("many_files")
async def test_a_crowd_hears_the_next_message(appliance: Callable[..., Appliance]) -> None:
    """The server is started with the usual limit of 1,024 open files."""
    served = appliance(limits={resource.RLIMIT_NOFILE: 1024})
    served.start()
    async with clients() as session, Net() as net:
        users = ("narin.p", "somchai.j", "malee.t", "bunloet.p", "witthaya.s", "thawin.o", "atchara.t", "siriphon.k")
        people = [await sign_in(session, served, user) for user in users]
        since = await position(people[0])
        before = resident(served.pid)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> RawStream:
            async with gate:
                return await net.stream(people[number % len(people)], since)

        crowd = await asyncio.gather(*map(one, range(CROWD)))
        assert {stream.status for stream in crowd} == {101}
        for text in ("ทุกคนได้รับ", "อีกครั้ง"):
            begun = quiet_clock()
            sent = await people[0].say(served.room("all"), text, f"crowd-{text}")
            await until(partial(all_heard, crowd, sent["n"]), "all have heard it")
            assert quiet_clock() - begun < 10
        assert all(ns(stream) == sorted(set(ns(stream))) for stream in crowd)
        assert resident(served.pid) - before < 100 * MIB
        # It stops in time with all of them open.
        assert await asyncio.to_thread(served.stop) < 5


def all_heard(streams: Iterable[RawStream], n: int) -> bool:
    return all(heard(stream, n) for stream in streams)


def heard(stream: RawStream, n: int) -> bool:
    # In any frame: others may have come after it.
    return any(event.get("n") == n for frame in reversed(stream.frames) for event in frame.get("events", ()))


def ns(stream: RawStream) -> list[int]:
    """Return the positions of the messages that came."""
    return [event["n"] for event in stream.events if event["type"] == "message.text"]


async def test_readers_who_do_not_read_delay_nobody_and_miss_nothing(appliance: Callable[..., Appliance]) -> None:
    served = appliance()
    served.start()
    room = served.room("all")
    async with clients() as session, Net() as net:
        narin = await sign_in(session, served, "narin.p")
        somchai = await sign_in(session, served, "somchai.j")
        since = await position(narin)
        slow = [await net.stream(somchai, since, receive_bytes=4096) for _ in range(10)]
        for stream in slow:
            stream.say(type="ping")
        await until(lambda: all(stream.frames for stream in slow), "all are heard")
        for stream in slow:
            stream.transport.pause_reading()
        quick = await net.stream(somchai, since)
        before = resident(served.pid)
        sent = []
        for number in range(100):
            begun = quiet_clock()
            sent.append((await narin.say(room, f"{number} {LONG[:-8]}", f"slow-{number}"))["n"])
            await until(lambda: heard(quick, sent[-1]))
            assert quiet_clock() - begun < 2
        # 100 messages of 60 kB wait for ten readers: 60 MB if each had its own copy of all.
        assert resident(served.pid) - before < 40 * MIB
        for stream in slow:
            stream.transport.resume_reading()
        await until(lambda: all(len(ns(stream)) >= len(sent) for stream in slow))
        assert all(ns(stream) == sent for stream in slow)
        last = await narin.say(room, "กลับมาทันแล้ว", "caught-up")
        await until(lambda: all(heard(stream, last["n"]) for stream in slow))
        served.stop()


@pytest.fixture
def strict(data: Path) -> Path:
    """A data folder with room for few connections."""
    path = data / "gchat.toml"
    text = path.read_text(encoding="utf-8")
    limited = text.replace("connections_a_person = 2000", "connections_a_person = 5\nconnections_an_address = 40")
    assert limited != text
    path.write_text(limited, encoding="utf-8")
    return data


async def test_one_person_has_so_many_streams_and_is_told(appliance: Callable[..., Appliance], strict: Path) -> None:
    served = appliance(strict)
    served.start()
    async with clients() as session, Net() as net:
        narin, malee = await sign_in(session, served, "narin.p"), await sign_in(session, served, "malee.t")
        # Not from 0: what is said while a snapshot is read is in the snapshot, and no event.
        since = await position(narin)
        streams = await asyncio.gather(*(net.stream(narin, since) for _ in range(12)))
        assert sorted(stream.status for stream in streams) == [101] * 5 + [429] * 7
        refused = next(stream for stream in streams if stream.status == 429)
        assert b"Retry-After: " in refused.head
        error = json.loads(refused.head.partition(b"\r\n\r\n")[2])["error"]
        assert error["code"] == "too_many_connections"
        assert THAI.search(error["message"])
        assert (await net.stream(malee, "f0")).status == 101
        open_ones = [stream for stream in streams if stream.status == 101]
        open_ones[0].transport.abort()
        await until(lambda: admitted(net, narin), "a place for the next")
        sent = await narin.say(served.room("all"), "ยังใช้ได้", "beside-the-flood")
        await until(lambda: heard(open_ones[1], sent["n"]))


async def test_one_address_has_so_many_connections_and_is_told(
    appliance: Callable[..., Appliance], strict: Path
) -> None:
    served = appliance(strict)
    served.start()
    async with clients() as session, Net() as net:
        narin = await sign_in(session, served, "narin.p")
        stream = await net.stream(narin, await position(narin))
        pairs = [await net.bare(served) for _ in range(80)]
        reading = [asyncio.create_task(reader.read()) for reader, _ in pairs]
        # They are accepted in turn: when one more has been told, so has everyone before it.
        last, _ = await net.bare(served)
        assert (await last.read()).startswith(b"HTTP/1.1 429 ")
        await until(lambda: sum(task.done() for task in reading) >= 40, "those who are too many are told")
        refused = [task.result().decode() for task in reading if task.done()]
        assert 40 <= len(refused) <= 45
        head, _, body = refused[0].partition("\r\n\r\n")
        assert "Retry-After: " in head
        assert head.startswith("HTTP/1.1 429 ")
        error = json.loads(body)["error"]
        assert error["code"] == "too_many_connections"
        assert THAI.search(error["message"])
        assert "Too many connections" in error["message"]
        # Who is in stays in.
        sent = await narin.say(served.room("all"), "ยังใช้ได้", "beside-the-flood")
        await until(lambda: heard(stream, sent["n"]))
        for _, writer in pairs:
            writer.close()
        await asyncio.gather(*reading)
        await until(lambda: admitted(net, narin), "a place for the next")


async def admitted(net: Net, caller: Caller) -> bool:
    return (await net.stream(caller, "f0")).status == 101
