"""WebSockets below the stream: texts come whole and in order, and what is wrong ends as the RFC says."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType, web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import Config, Limits, Listen
from appliance.live import SLOW_BYTES
from appliance.process.sockets import listening_socket
from appliance.process.tls import CA_FILE
from appliance.process.tls_context import ServedCertificate
from appliance.web import websocket
from appliance.web.client_frames import ClientFrames
from appliance.web.listener import Listener
from appliance.web.websocket import WebSocket, upgrade
from tests.bureau import KEYS
from tests.faults.raw import BINARY, CLOSE, PING, PONG, TEXT
from tests.waiting import PATIENCE_S, until

MAX_BYTES = 1_000
LONG_S = 3_600.0
KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
ACCEPTED = "ICX+Yqv66kxgM0FcWaLWlFLwTAI="
CONTINUATION = 0
CODES = {1000, 1002, 1003, 1007, 1009}


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, mask: bytes = b"\x01\x80\x7f\xff") -> bytes:
    """Return a client's frame (RFC 6455 §5.2)."""
    size = len(payload)
    flag, width = (size, 0) if size < 126 else (126, 2) if size < 1 << 16 else (127, 8)
    length = bytes((0x80 | flag,)) + (size.to_bytes(width, "big") if width else b"")
    hidden = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes((0x80 * final | opcode,)) + length + mask + hidden


class Line(asyncio.Transport):
    """A transport that keeps what is written, cut into frames."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[int, bytes]] = []
        self.closed = self.cut = self.paused = False
        self.unsent = 0

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: Any) -> None:
        assert data[1] == len(data) - 2, "frames of an answer are short, and one at a time"
        self.written.append((data[0] & 15, bytes(data[2:])))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.cut = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    @property
    def code(self) -> int | None:
        codes = [int.from_bytes(payload[:2], "big") for opcode, payload in self.written if opcode == CLOSE]
        assert len(codes) <= 1
        return codes[0] if codes else None


class Talk:
    """A socket that began, on a line of its own, and the texts that it acted on."""

    def __init__(self, more: Callable[[str], Coroutine[Any, Any, None] | None] = lambda _text: None) -> None:
        self.line, self.texts, self._more = Line(), list[str](), more
        protocol = web.RequestHandler(web.Server(_nothing), loop=asyncio.get_running_loop())
        self.socket = WebSocket(protocol, self.line, MAX_BYTES)
        self.socket.start(self._take, LONG_S)

    def _take(self, text: str) -> Coroutine[Any, Any, None] | None:
        self.texts.append(text)
        return self._more(text)

    def feed(self, data: bytes, cuts: int = 0, random: Random | None = None) -> None:
        """Feed bytes in pieces."""
        places = sorted((random or Random(1)).choices(range(len(data) + 1), k=cuts))  # noqa: S311 - no secret
        for begin, end in zip([0, *places], [*places, len(data)], strict=True):
            self.socket.feed_data(data[begin:end])


async def _nothing(_request: web.BaseRequest) -> web.StreamResponse:
    raise web.HTTPNotFound


TEXTS = st.lists(st.tuples(st.text(max_size=200), st.integers(0, 3)), max_size=6)


@given(TEXTS, st.integers(0, 40), st.randoms(use_true_random=False))
def test_texts_come_whole_and_in_order(texts: list[tuple[str, int]], cuts: int, random: Random) -> None:
    """However they are cut into frames and the frames into reads, with pings in between."""

    async def run() -> None:
        talk, pings = Talk(), list[bytes]()
        said = bytearray()
        for text, fragments in texts:
            raw = text.encode()
            at = sorted(random.choices(range(len(raw) + 1), k=fragments))
            pieces = [raw[a:b] for a, b in zip([0, *at], [*at, len(raw)], strict=True)]
            for number, piece in enumerate(pieces):
                opcode = CONTINUATION if number else TEXT
                said += frame(opcode, piece, final=number == fragments, mask=random.randbytes(4))
                if random.random() < 0.5:
                    pings.append(random.randbytes(random.randrange(126)))
                    said += frame(PING, pings[-1]) + frame(PONG, b"nobody asked")
        talk.feed(bytes(said), cuts, random)
        assert talk.texts == [text for text, _ in texts]
        assert talk.line.written == [(PONG, ping) for ping in pings]

    asyncio.run(run())


WRONG = {
    "bytes": (frame(BINARY, b"x"), 1003),
    "no text": (frame(TEXT, b"\xff"), 1007),
    "a reserved bit": (b"\xc1" + frame(TEXT, b"x")[1:], 1002),
    "an unknown kind": (frame(3, b"x"), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a ping in pieces": (frame(PING, b"x", final=False), 1002),
    "an end without a beginning": (frame(CONTINUATION, b"x"), 1002),
    "a beginning in the middle": (frame(TEXT, b"x", final=False) + frame(TEXT, b"y"), 1002),
    "a long text": (frame(TEXT, b"x" * MAX_BYTES), 1009),
    "a long text in pieces": (frame(TEXT, b"x" * 600, final=False) + frame(CONTINUATION, b"x" * 600), 1009),
    "a length beyond all": (b"\x81\xff" + b"\xff" * 8 + bytes(4), 1009),
    "a farewell with half a code": (frame(CLOSE, b"\x03"), 1002),
    "a farewell with a code that is none": (frame(CLOSE, (999).to_bytes(2, "big")), 1002),
    "a farewell with no text": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
}


@pytest.mark.parametrize("cuts", [0, 7])
@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_ends_the_stream_with_its_code(what: str, cuts: int) -> None:
    talk, (data, code) = Talk(), WRONG[what]
    talk.feed(frame(TEXT, b"before") + data, cuts)
    assert (talk.texts, talk.line.code) == (["before"], code)
    talk.feed(frame(TEXT, b"after") + frame(PING))
    assert (talk.texts, len(talk.line.written)) == (["before"], 1), "it was acted on after the end"


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([data for data, _ in WRONG.values()])), max_size=8))
def test_no_bytes_do_harm(data: list[bytes]) -> None:
    """Through the guard of `client_frames.py`, as in a real connection."""

    async def run() -> None:
        talk = Talk()
        guard = ClientFrames(talk.socket, lambda: None, lambda: 0.0)
        for piece in data:
            guard.feed_data(piece)
        talk.socket.feed_eof()
        assert talk.socket.ended.done()
        assert talk.socket.ended.exception() is None
        assert talk.line.code in {None, *CODES} or 3000 <= (talk.line.code or 0) < 5000

    asyncio.run(run())


async def test_a_text_that_has_to_wait_holds_back_those_behind_it() -> None:
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    talk = Talk(lambda text: wait() if text == "slow" else None)
    talk.feed(frame(TEXT, b"slow"))
    assert not talk.line.paused, "nothing is behind it"
    talk.feed(frame(TEXT, b"next") + frame(PING) + frame(TEXT, b"slow") + frame(TEXT, b"last"))
    assert (talk.texts, talk.line.written, talk.line.paused) == (["slow"], [], True)
    gate.set()
    await until(lambda: "last" in talk.texts, "those behind it")
    assert (talk.texts, talk.line.written) == (["slow", "next", "slow", "last"], [(PONG, b"")])
    assert not talk.line.paused


async def test_what_waits_is_dropped_when_its_client_has_gone() -> None:
    """Each might wait as long as the one before it, and meanwhile the person has a stream less."""
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    talk = Talk(lambda text: wait() if text == "slow" else None)
    talk.feed(frame(TEXT, b"quick") + frame(TEXT, b"slow") + frame(TEXT, b"next") * 50)
    talk.socket.feed_eof()
    assert not talk.socket.ended.done(), "what was begun comes to its end"
    gate.set()
    await asyncio.wait_for(talk.socket.ended, PATIENCE_S)
    assert talk.texts == ["quick", "slow"]


async def test_only_so_many_frames_wait() -> None:
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    for many, code in ((websocket.MAX_WAITING, None), (websocket.MAX_WAITING + 1, 1008)):
        talk = Talk(lambda _text: wait())
        talk.feed(frame(TEXT, b"x") * (1 + many))
        assert (talk.line.code, talk.texts) == (code, ["x"])
        talk.socket.feed_eof()
    gate.set()


async def test_who_does_not_read_gets_no_pongs_until_it_does() -> None:
    """Pings cost their sender nothing: the answers must not fill the memory."""
    talk = Talk()
    talk.line.unsent = SLOW_BYTES + 1
    talk.feed(frame(PING, b"1") + frame(PING, b"2") + frame(TEXT, b"x"))
    assert (talk.line.written, talk.texts, talk.line.paused) == ([], [], True)
    talk.line.unsent = SLOW_BYTES
    await until(lambda: talk.texts == ["x"], "what was behind the pings")
    assert (talk.line.written, talk.line.paused) == ([(PONG, b"1"), (PONG, b"2")], False)


async def test_who_reads_nothing_is_cut_off_whatever_it_says() -> None:
    """One that reads slowly is kept: less is unsent at each look."""
    talk = Talk()

    def look(unsent: int) -> bool:
        talk.line.unsent = unsent
        talk.feed(frame(TEXT, b"x"))
        talk.socket._look_for_a_sign(LONG_S)  # noqa: SLF001 - the timer's call, without the time
        return talk.line.cut

    assert [look(SLOW_BYTES + left) for left in (5, 4, 4, 3, 2)] == [False] * 5
    assert [look(SLOW_BYTES + 2) for _ in range(2)] == [False, True]
    assert not talk.line.written, "it was asked something that it would not read"


@pytest.mark.parametrize("waits", [False, True])
async def test_a_fault_ends_the_stream_and_is_told(waits: bool) -> None:  # noqa: FBT001 - a test's parameter
    async def fail() -> None:
        raise OSError("at once or later")

    def at_once(_text: str) -> None:
        raise OSError("at once or later")

    talk = Talk((lambda _text: fail()) if waits else at_once)
    talk.feed(frame(TEXT, b"1") + frame(TEXT, b"2"))
    with pytest.raises(OSError, match="at once or later"):
        await asyncio.wait_for(talk.socket.ended, PATIENCE_S)
    assert talk.texts == ["1"]


@pytest.mark.parametrize("code", [1000, 1001, 4401, 0])
async def test_a_farewell_is_answered(code: int) -> None:
    talk = Talk()
    talk.feed(frame(CLOSE, code.to_bytes(2, "big") + "ลาก่อน".encode() if code else b"") + frame(TEXT, b"x"))
    assert (talk.line.code, talk.line.closed, talk.texts) == (code or 1000, True, [])


async def test_our_farewell_waits_for_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk()
    talk.socket.close(4401, "over")
    talk.socket.close(1002)
    talk.feed(frame(TEXT, b"x") + frame(PING))
    assert (talk.line.written, talk.line.closed) == ([(CLOSE, (4401).to_bytes(2, "big") + b"over")], False)
    talk.feed(frame(CLOSE, b"\x03\xe8"))
    assert (len(talk.line.written), talk.line.closed, talk.texts) == (1, True, [])
    monkeypatch.setattr(websocket, "CLOSE_TIMEOUT_S", 0.01)
    silent = Talk()
    silent.socket.close(4401)
    await until(lambda: silent.line.closed, "cut")


async def test_who_answers_is_kept_and_who_does_not_is_cut_off() -> None:
    talk = Talk()
    talk.socket.start(lambda _text: None, 0.02)
    for number in range(5):
        await until(lambda: len(talk.line.written) > number, "asked")  # noqa: B023 - waited for here
        talk.feed(frame(PONG))
    assert {opcode for opcode, _ in talk.line.written} == {PING}
    await until(lambda: talk.line.cut, "cut off")


REFUSED = [
    {"Upgrade": "h2c"},
    {"Connection": "keep-alive"},
    {"Sec-WebSocket-Version": "12"},
    {"Sec-WebSocket-Key": "short"},
    {"Sec-WebSocket-Key": "ก" * 22 + "=="},
]


@pytest.mark.parametrize("changed", [{}, *REFUSED])
def test_an_upgrade_is_one_by_the_rfc(changed: dict[str, str]) -> None:
    asked = {"Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade", "Sec-WebSocket-Version": "13"}
    answer = upgrade(make_mocked_request("GET", "/", headers=asked | {"Sec-WebSocket-Key": KEY} | changed))
    if changed:
        assert answer is None
    else:
        assert answer is not None
        assert (answer.status, answer.headers["Sec-WebSocket-Accept"]) == (101, ACCEPTED)


@asynccontextmanager
async def echo(folder: Path, *, tls: bool) -> AsyncIterator[tuple[str, ssl.SSLContext | None]]:
    """Serve a stream that says everything back; yield its address and what to trust."""

    async def handler(request: web.Request) -> web.StreamResponse:
        answer = upgrade(request)
        assert answer is not None
        await answer.prepare(request)
        assert request.transport is not None
        socket = WebSocket(request.protocol, request.transport, 1 << 20)
        request.protocol.set_parser(socket)  # type: ignore[arg-type]  # as `api/stream.py` does

        def say_back(text: str) -> None:
            raw = text.encode()
            length = bytes((len(raw),)) if len(raw) < 126 else b"\x7f" + len(raw).to_bytes(8, "big")
            socket.transport.write(b"\x81" + length + raw)

        socket.start(say_back, LONG_S)
        await socket.ended
        return answer

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    assert runner.server is not None
    config = Config(data=folder, staff=Listen(tls=tls))
    context = ServedCertificate(config, KEYS, time.time_ns() // 1_000_000).context if tls else None
    bound = listening_socket("127.0.0.1", 0)
    listener = Listener(runner.server, bound, Limits(), context)
    listener.start()
    try:
        trusted = ssl.create_default_context(cafile=str(folder / CA_FILE)) if tls else None
        yield f"{'https' if tls else 'http'}://localhost:{bound.getsockname()[1]}/", trusted
    finally:
        await listener.close()
        await runner.cleanup()


@pytest.mark.parametrize("tls", [False, True])
async def test_a_line_that_cuts_anywhere_loses_nothing(tmp_path: Path, tls: bool) -> None:  # noqa: FBT001 - a test's parameter
    random = Random(7)  # noqa: S311 - no secret
    texts = ["ก" * random.choice((0, 1, 40, 41, 42, 5_000, 30_000)) for _ in range(40)]
    async with echo(tmp_path, tls=tls) as (url, trusted):
        port = int(url.rsplit(":", 1)[1].rstrip("/"))
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusted, server_hostname="localhost" if tls else None
        )
        writer.write(
            f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n".encode()
        )
        said = b"".join(frame(TEXT, text.encode()) for text in texts)
        for begin in range(0, len(said), 1_777):
            writer.write(said[begin : begin + 1_777])
            if random.random() < 0.2:
                await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ")
            for text in texts:
                opcode, size = await reader.readexactly(2)
                if size == 127:
                    size = int.from_bytes(await reader.readexactly(8), "big")
                assert (opcode, (await reader.readexactly(size)).decode()) == (0x81, text)
            writer.write(frame(CLOSE, b"\x03\xe8"))
            assert await reader.read() == b"\x88\x02\x03\xe8"
        writer.close()


async def test_a_client_of_others_making_is_understood(tmp_path: Path) -> None:
    async with (
        echo(tmp_path, tls=True) as (url, trusted),
        ClientSession() as session,
        session.ws_connect(url, ssl=trusted or True) as client,
    ):
        for text in ("สวัสดี", "x" * 70_000):
            await client.send_str(text)
            message = await client.receive(PATIENCE_S)
            assert (message.type, message.data) == (WSMsgType.TEXT, text)
        await client.ping()
        await client.send_bytes(b"x")
        assert (await client.receive(PATIENCE_S)).data == 1003
