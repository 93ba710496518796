"""Connections and what comes over them that is no request of ours: counted, refused in our words, at no cost to others.

The bytes are written to a socket, since no client library sends such things.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from appliance.api.app import STAFF
from appliance.config import Config, Limits, Listen
from appliance.process.sockets import listening_socket
from appliance.process.tls import CA_FILE
from appliance.process.tls_context import ServedCertificate
from appliance.web.client_frames import MAX_FRAGMENTS, SMALL_FRAMES_BURST, ClientFrames
from appliance.web.connection_limit import ConnectionLimit
from appliance.web.listener import Listener
from appliance.web.routes import MAX_BODY, PUBLIC_BODY
from tests.agency import API, Agency, Client, new_txn
from tests.api.test_errors import limited
from tests.bureau import KEYS
from tests.faults.raw import PING, PONG, TEXT, RawStream
from tests.waiting import PATIENCE_S, until

OpenWorld = Callable[..., AbstractAsyncContextManager[Agency]]
THAI = ("\u0e00", "\u0e7f")


class Said:
    """An answer as it came: status, headers by lower-case name, body."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["error"]
        return found


def address_of(agency: Agency) -> tuple[str, int]:
    parts = urlsplit(agency.url)
    return parts.hostname or "", parts.port or 0


async def tell(agency: Agency, raw: bytes) -> Said:
    """Send bytes and read until the server closes the connection."""
    reader, writer = await asyncio.open_connection(*address_of(agency))
    try:
        writer.write(raw)
        return Said(await asyncio.wait_for(reader.read(), PATIENCE_S))
    finally:
        writer.close()


def request(method: str, path: str, *lines: str, body: bytes = b"") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


BOMB = gzip.compress(bytes(256 << 20), 9)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{API}/login"),
        ("POST", f"{API}/rooms"),
        ("POST", f"{API}/nothing"),
        ("PUT", "/"),
        ("GET", "/index.html"),
    ],
)
async def test_a_compressed_body_is_refused_before_a_byte_is_inflated(running: Agency, method: str, path: str) -> None:
    """Bugs D and D2: it costs what the same bytes cost that are not compressed."""
    used, said = {}, None
    for coding in ("identity", "gzip"):
        raw = request(method, path, "Content-Type: application/json", f"Content-Encoding: {coding}", body=BOMB)
        said = await tell(running, raw)
        begun = time.process_time()
        for _ in range(3):
            said = await tell(running, raw)
        used[coding] = time.process_time() - begun
    assert said is not None
    assert (said.status, said.error["code"]) == (415, "content_encoding")
    assert used["gzip"] < used["identity"] + 0.3, "three bombs take more than a second"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x-unknown", "identity, gzip"])
async def test_every_coding_is_refused_alike(running: Agency, coding: str) -> None:
    lines = ("Content-Type: application/json", f"Content-Encoding: {coding}")
    said = await tell(running, request("POST", f"{API}/login", *lines, body=b"{}"))
    assert (said.status, said.error["code"]) == (415, "content_encoding")


async def test_bodies_of_public_routes_are_small(running: Agency) -> None:
    login = json.dumps({"user": "x", "password": "y", "device": "z" * PUBLIC_BODY}).encode()
    assert len(login) < MAX_BODY
    said = await tell(running, request("POST", f"{API}/login", "Content-Type: application/json", body=login))
    assert (said.status, said.error["code"]) == (413, "too_large")
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(login), login)
    lines = ("Content-Type: application/json", "Transfer-Encoding: chunked")
    said = await tell(running, request("POST", f"{API}/login", *lines) + chunked)
    assert (said.status, said.error["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"hello\r\n\r\n", 400, "bad_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost : b\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 400, "bad_request"),
        (request("POST", f"{API}/login", "Expect: magic", body=b"{}"), 417, "expectation_failed"),
        (request("GET", "/nothing.txt", "Expect: magic"), 417, "expectation_failed"),
        (request("BREW", f"{API}/rooms"), 400, "bad_request"),
        (request("PUT", f"{API}/rooms"), 405, "method_not_allowed"),
    ],
)
async def test_what_is_no_request_is_answered_in_our_shape(
    running: Agency, caplog: pytest.LogCaptureFixture, raw: bytes, status: int, code: str
) -> None:
    """Bug U: a code and a message in the caller's language, no version of anything, no traceback."""
    caplog.set_level(logging.INFO)
    said = await tell(running, raw)
    assert (said.status, said.error["code"]) == (status, code)
    assert any(THAI[0] <= letter <= THAI[1] for letter in said.error["message"])
    assert said.headers["server"] == "G-Chat"
    assert said.headers["x-content-type-options"] == "nosniff"
    assert not any(record.exc_info for record in caplog.records)


async def test_no_answer_tells_how_the_server_is_made(running: Agency) -> None:
    narin = await running.login("narin.p")
    for path in ("/me", "/nothing", "/rooms/x/messages"):
        async with narin.raw("GET", path) as response:
            assert response.headers["Server"] == "G-Chat"
    async with running.session.get(running.url + "/healthz") as response:
        assert response.headers["Server"] == "G-Chat"
    async with narin.session.ws_connect(f"{running.url}{API}/stream", headers=narin.headers) as socket_:
        assert socket_._response.headers["Server"] == "G-Chat"  # noqa: SLF001 - aiohttp shows it nowhere else


@pytest.mark.parametrize("path", ["/%00", "/a%00b.js", "/" + "x" * 5_000, "/" + "%E0%B8%81" * 200, "/" + "a/" * 2_000])
async def test_addresses_that_no_file_can_have(running: Agency, caplog: pytest.LogCaptureFixture, path: str) -> None:
    """Bug E."""
    said = await tell(running, request("GET", path))
    assert (said.status, said.error["code"]) == (404, "not_found")
    assert not any(record.exc_info for record in caplog.records)


async def test_a_path_writes_no_line_of_the_log(running: Agency, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gchat.requests")
    await tell(running, request("GET", f"{API}/x%0AINFO%20gchat.requests%20forged%0D%1B[31m?q=secret"))
    lines = [record.getMessage() for record in caplog.records if record.name == "gchat.requests"]
    assert len(lines) == 1
    assert lines[0].isprintable()
    assert "%0AINFO" in lines[0]
    assert "secret" not in lines[0]


async def test_hanging_up_in_a_body_is_no_fault_of_ours(running: Agency, caplog: pytest.LogCaptureFixture) -> None:
    """Bug U: no traceback, and the connection is counted out."""
    caplog.set_level(logging.INFO)
    for end in (b"", b"5\r\nhello\r\nnonsense\r\n"):
        lines = ["Content-Length: 100"] if not end else ["Transfer-Encoding: chunked"]
        _, writer = await asyncio.open_connection(*address_of(running))
        writer.write(request("POST", f"{API}/login", "Content-Type: application/json", *lines) + (end or b"{"))
        await writer.drain()
        await asyncio.sleep(0)
        writer.transport.abort()

    def answered() -> int:
        told = [record.getMessage() for record in caplog.records]
        return sum(f"POST {API}/login 400" in line or "no HTTP from" in line for line in told)

    await until(lambda: answered() == 2)
    assert not any(record.exc_info for record in caplog.records)


async def test_pages_and_refusals_count_for_their_address(open_world: OpenWorld) -> None:
    """Files, addresses that are not there, and calls without a session."""
    for path, times in ((f"{API}/rooms", 2), (f"{API}/nothing", 2), ("/nothing.txt", 20)):
        async with open_world(limited(address_requests_s=0.001, address_requests_burst=2)) as agency:
            statuses = [(await tell(agency, request("GET", path))).status for _ in range(times + 1)]
            assert 429 not in statuses[:-1]
            assert statuses[-1] == 429


async def test_what_no_route_takes_counts_too(open_world: OpenWorld) -> None:
    for path, lines, times in (
        ("/healthz", (), 20),
        ("/readyz", (), 20),
        (f"{API}/rooms", ("Content-Encoding: gzip",), 2),
    ):
        async with open_world(limited(address_requests_s=0.001, address_requests_burst=2)) as agency:
            statuses = [(await tell(agency, request("GET", path, *lines))).status for _ in range(times + 1)]
            assert 429 not in statuses[:-1], path
            assert statuses[-1] == 429, path


async def test_pages_count_for_the_client_behind_a_proxy(open_world: OpenWorld) -> None:
    def behind(config: Config) -> Config:
        few = limited(address_requests_s=0.001, address_requests_burst=1)(config)
        return replace(few, staff=replace(few.staff, proxies=("127.0.0.0/8", "::1/128")))

    async with open_world(behind) as agency:
        for client in ("192.0.2.1", "198.51.100.1"):
            raw = request("GET", "/nothing.txt", f"X-Forwarded-For: {client}")
            statuses = [(await tell(agency, raw)).status for _ in range(11)]
            assert statuses == [404] * 10 + [429]


@pytest.mark.parametrize("part", ["99999999-", "-0"])
async def test_a_part_that_a_file_does_not_have(running: Agency, part: str) -> None:
    said = await tell(running, request("GET", "/index.html", f"Range: bytes={part}"))
    assert (said.status, said.error["code"]) == (416, "range_not_satisfiable")
    assert (await tell(running, request("GET", "/index.html", "Range: bytes=0-3"))).status == 206


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xed\xa0\x80"])
async def test_headers_that_are_no_text(running: Agency, raw: bytes) -> None:
    session = await running.login("narin.p")
    lines = (
        (b"X-CSRF-Token: " + raw, 403, f"Cookie: {STAFF.session_cookie}={session.token}"),
        (b"Authorization: Bearer " + raw, 401, "Accept-Language: th"),
        (b"Cookie: " + STAFF.session_cookie.encode() + b"=" + raw, 401, "Accept-Language: th"),
        (b"Cookie: __Host-gchat-device=" + raw, 401, "Accept-Language: th"),
    )
    for line, status, other in lines:
        asked = request("PATCH", f"{API}/me", other, "Content-Type: application/json", body=b"{}")
        said = await tell(running, asked.replace(b"\r\n", b"\r\n" + line + b"\r\n", 1))
        assert said.status == status, line
    login = b'{"user":"narin.p","password":"wrong password here"}'
    for line in (b"Cookie: __Host-gchat-device=" + raw, b"User-Agent: " + raw):
        asked = request("POST", f"{API}/login", "Content-Type: application/json", body=login)
        said = await tell(running, asked.replace(b"\r\n", b"\r\n" + line + b"\r\n", 1))
        assert said.status == 401, line


# WebSockets


async def test_a_frame_without_a_mask_closes_the_stream(running: Agency) -> None:
    """RFC 6455 §5.1."""
    narin = await running.login("narin.p")
    loop, (host, port) = asyncio.get_running_loop(), address_of(running)
    _, stream = await loop.create_connection(lambda: RawStream("/stream", narin.token), host, port)
    assert await stream.opened == 101
    stream.answers_pings = False
    stream.say(type="ping")
    await until(lambda: any("pong" in frame for frame in stream.frames))
    stream.transport.write(b'\x81\x0f{"type":"ping"}')
    await asyncio.wait_for(stream.closed, PATIENCE_S)
    assert stream.code == 1002
    assert sum("pong" in frame for frame in stream.frames) == 1


class Kept:
    """A reader that keeps what it is fed."""

    def __init__(self) -> None:
        self.got = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.got += data
        return False, b""


def masked(size: int, opcode: int = TEXT, *, final: bool = True) -> bytes:
    flag, width = (size, 0) if size < 126 else (126, 2) if size < 1 << 16 else (127, 8)
    length = bytes((0x80 | flag,)) + (size.to_bytes(width, "big") if width else b"")
    return bytes((0x80 * final | opcode,)) + length + bytes(4) + b"x" * size


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 9, 14, 100, 1 << 20])
def test_masked_frames_pass_however_they_are_cut(cut: int) -> None:
    frames = b"".join((masked(0, PING), masked(5), masked(126), masked(125), masked(70_000), masked(0), masked(1)))
    for tail, whole in ((b"", True), (b"\x81\x05hello", False)):
        reader = Kept()
        guard = ClientFrames(reader, pytest.fail, lambda: 0.0)
        data = frames + tail
        ends = [guard.feed_data(data[at : at + cut])[0] for at in range(0, len(data), cut)]
        assert any(ends) is not whole
        if whole:
            assert reader.got == frames
        else:
            assert reader.got.startswith(frames[:-cut])
            assert b"hello" not in reader.got


CONTINUATION = 0
FLOODS = {
    "pings": masked(0, PING),
    "pings with something in them": masked(100, PING),
    "pongs": masked(0, PONG),
    "empty messages": masked(0),
    "messages in pieces": masked(9, final=False) + masked(9, CONTINUATION),
}


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("cut", [3, 1 << 20])
def test_frames_without_a_message_are_few(flood: str, cut: int) -> None:
    reader, ends, now = Kept(), list[int](), [0.0]
    guard = ClientFrames(reader, lambda: ends.append(1), lambda: now[0])
    frames = FLOODS[flood] * int(SMALL_FRAMES_BURST // 2)
    for second in (0.0, 10.0, 20.0):
        now[0] = second
        for at in range(0, len(frames), cut):
            assert guard.feed_data(frames[at : at + cut]) == (False, b"")
    assert not ends
    passed = len(reader.got)
    assert guard.feed_data(frames * 3)[0]
    assert guard.feed_data(frames)[0]
    assert (ends, len(reader.got)) == ([1], passed)


def test_a_message_has_few_pieces() -> None:
    ends = list[int]()
    guard = ClientFrames(Kept(), lambda: ends.append(1), lambda: 0.0)
    pieces = masked(9, final=False) + masked(9, CONTINUATION, final=False) * (MAX_FRAGMENTS - 2)
    assert not guard.feed_data(pieces + masked(1, PING) + masked(9, CONTINUATION))[0]
    assert guard.feed_data(pieces + masked(9, CONTINUATION, final=False) * 2)[0]
    assert ends == [1]


def test_messages_are_counted_elsewhere() -> None:
    guard = ClientFrames(Kept(), pytest.fail, lambda: 0.0)
    assert not guard.feed_data(masked(2) * 10_000)[0]


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_of_frames_ends_its_stream(running: Agency, caplog: pytest.LogCaptureFixture, flood: str) -> None:
    narin = await running.login("narin.p")
    loop, (host, port) = asyncio.get_running_loop(), address_of(running)
    _, stream = await loop.create_connection(lambda: RawStream("/stream", narin.token), host, port)
    assert await stream.opened == 101
    stream.transport.write(FLOODS[flood] * 10_000)
    await asyncio.wait_for(stream.closed, PATIENCE_S)
    assert stream.code in {1008, None}
    await until(lambda: running.services.hub.connections == 0)
    assert not [record for record in caplog.records if record.exc_info]


async def test_who_is_gone_before_the_pong_is_no_fault_of_ours(
    running: Agency, caplog: pytest.LogCaptureFixture
) -> None:
    narin = await running.login("narin.p")
    loop, (host, port) = asyncio.get_running_loop(), address_of(running)
    _, stream = await loop.create_connection(lambda: RawStream("/stream", narin.token), host, port)
    hub = running.services.hub
    await until(lambda: hub.connections == 1)
    [connection] = hub._by_person[narin.person]  # noqa: SLF001 - to act between two turns of the loop
    served = connection.transport.get_protocol()
    assert isinstance(served, asyncio.Protocol)
    served.data_received(masked(0, PING))
    connection.transport.close()
    await asyncio.wait_for(stream.closed, PATIENCE_S)
    await until(lambda: hub.connections == 0)
    await narin.get("/me")
    assert not [record for record in caplog.records if record.exc_info]


# How many


def test_places_are_counted_by_network_and_in_all() -> None:
    limit = ConnectionLimit(2, 3)
    first = [limit.take("192.0.2.1") for _ in range(3)]
    assert [slot is not None for slot in first] == [True, True, False]
    assert limit.take("192.0.2.2") is not None
    assert limit.take("192.0.2.3") is None
    assert first[0] is not None
    first[0].release()
    first[0].release()
    assert limit.total == 2
    assert limit.take("192.0.2.3") is not None


@asynccontextmanager
async def secured(folder: Path, limits: Limits, handshake_s: float) -> AsyncIterator[tuple[Listener, int, Path]]:
    """Serve «ok» over TLS with a certificate of the appliance's own."""
    config = Config(data=folder, staff=Listen(tls=True), limits=limits)
    context = ServedCertificate(config, KEYS, time.time_ns() // 1_000_000).context

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    bound = listening_socket("127.0.0.1", 0)
    listener = Listener(runner.server, bound, limits, context, handshake_s)
    port = bound.getsockname()[1]
    listener.start()
    try:
        yield listener, port, folder / CA_FILE
    finally:
        await listener.close()
        await runner.cleanup()


async def test_handshakes_are_counted_and_end(tmp_path: Path) -> None:
    """Open sockets that say nothing take places before TLS is spoken, and lose them in time."""
    limits = Limits(connections_an_address=5)
    loop = asyncio.get_running_loop()
    async with secured(tmp_path, limits, 1.0) as (listener, port, ca):
        silent = []
        for _ in range(20):
            connection = socket.socket()
            connection.setblocking(False)  # noqa: FBT003 - as the standard library has it
            await loop.sock_connect(connection, ("127.0.0.1", port))
            silent.append(connection)
        async with asyncio.timeout(PATIENCE_S):
            for connection in silent[5:]:
                assert await loop.sock_recv(connection, 1) == b"", "one too many is closed"
        assert listener.limit.total == 5
        async with asyncio.timeout(PATIENCE_S):
            for connection in silent[:5]:
                while await loop.sock_recv(connection, 100):
                    pass
        await until(lambda: listener.limit.total == 0)
        context = ssl.create_default_context(cafile=str(ca))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
        assert listener.limit.total == 1
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(), PATIENCE_S)).endswith(b"ok")
        writer.close()
        for connection in silent:
            connection.close()


async def test_nothing_of_tls_is_made_for_who_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of silent connections cost a socket and a timer each."""
    made: list[bool] = []
    real = ssl.SSLContext.wrap_bio

    def wrap_bio(*arguments: Any, **options: Any) -> ssl.SSLObject:
        made.append(options.get("server_side", False))
        return real(*arguments, **options)

    monkeypatch.setattr(ssl.SSLContext, "wrap_bio", wrap_bio)
    loop = asyncio.get_running_loop()
    async with secured(tmp_path, Limits(), 60.0) as (listener, port, ca):
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        await until(lambda: listener.limit.total == 5)
        context = ssl.create_default_context(cafile=str(ca))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"ok")
        assert made.count(True) == 1
        silent[0].setblocking(False)  # noqa: FBT003 - as the standard library has it
        await loop.sock_sendall(silent[0], b"GET / HTTP/1.1\r\n\r\n")
        await until(lambda: listener.limit.total == 4)
        assert made.count(True) == 2
        for connection in silent[1:]:
            connection.close()
        await until(lambda: listener.limit.total == 0)
        writer.close()
        silent[0].close()


async def test_large_bodies_of_one_person_are_read_one_at_a_time(running: Agency) -> None:
    """Decoding them takes the event loop; small ones and other people do not wait."""
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")

    async def post(who: Client, words: str) -> int:
        body = {"txn_id": new_txn(), "body": {"text": words}}
        async with who.raw("POST", f"/rooms/{room}/messages", json=body) as response:
            return response.status

    held = running.services.body_reads.slot(narin.person)
    await held.__aenter__()
    large = asyncio.create_task(post(narin, "ก" * 10_000))
    assert await post(narin, "สั้น") == 201
    assert await post(lalita, "ก" * 10_000) == 201
    assert await post(narin, "สั้น") == 201
    assert not large.done()
    await held.__aexit__(None, None, None)
    assert await large == 201
