"""Frames over a Unix socket, with a protocol of two requests: who may connect, what is refused, what comes again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest
import uvloop

from appliance.ipc import server as server_module
from appliance.ipc import sockets as sockets_module
from appliance.ipc.client import Busy, Client, Unreachable
from appliance.ipc.frames import Protocol, encode, framed, write_frame
from appliance.ipc.server import Server
from appliance.ipc.sockets import MAX_PATH_BYTES, Peer, Unsafe, address, listen, peer_of, require_private_folder
from tests.waiting import PATIENCE_S


class Echo(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    text: str


class Fail(msgspec.Struct, frozen=True, tag=True):
    pass


class Hold(msgspec.Struct, frozen=True, tag=True):
    pass


class Echoed(msgspec.Struct, frozen=True, tag=True):
    text: str
    uid: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    code: str


Request = Echo | Fail | Hold
Answer = Echoed | Refused
PROTOCOL: Final[Protocol[Request, Answer]] = Protocol(
    msgspec.msgpack.Decoder(Request), msgspec.msgpack.Decoder(Answer), Refused, max_frame_bytes=1_000
)


class Site:
    """One server on one socket; it holds what it is asked to hold until `release` is set."""

    def __init__(self, folder: Path, allowed: Iterable[int]) -> None:
        self.path = address(folder, "test.sock")
        self.held, self.release = asyncio.Event(), asyncio.Event()
        self.server = Server(PROTOCOL, self._answer, allowed)

    async def _answer(self, request: Request, peer: Peer) -> Answer:
        match request:
            case Echo():
                return Echoed(request.text, peer.uid)
            case Fail():
                raise LookupError("a fault of ours")
            case Hold():
                self.held.set()
                await self.release.wait()
                return Echoed("released", peer.uid)


@asynccontextmanager
async def served(folder: Path, allowed: Iterable[int] = ()) -> AsyncIterator[Site]:
    site = Site(folder, allowed)
    await site.server.start(listen(site.path))
    try:
        yield site
    finally:
        await site.server.close()


def client(site: Site, max_waiting: int | None = None) -> Client[Request, Answer]:
    return Client(site.path, PROTOCOL, max_waiting)


async def raw(path: Path, *frames: bytes) -> list[Answer]:
    """Send bytes, and return every answer until the server ends the connection."""
    reader, writer = await asyncio.open_unix_connection(path)
    data = b""
    # Who is disconnected unread may get a reset instead of an end.
    with closing(writer), contextlib.suppress(ConnectionError):
        writer.writelines(frames)
        writer.write_eof()
        data = await asyncio.wait_for(reader.read(), PATIENCE_S)
    answers: list[Answer] = []
    while data:
        size = int.from_bytes(data[:4], "big")
        answers.append(PROTOCOL.answer_of(data[4 : 4 + size]))
        data = data[4 + size :]
    return answers


async def test_requests_are_answered_in_order_with_the_kernels_word_on_who_asks(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        answers = await raw(site.path, *(framed(encode(Echo(text))) for text in ("หนึ่ง", "สอง")))
        assert answers == [Echoed("หนึ่ง", os.getuid()), Echoed("สอง", os.getuid())]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (framed(b""), "malformed"),
        (framed(b"\xc1"), "malformed"),
        (framed(encode({"type": "Echo"})), "malformed"),
        (framed(encode({"type": "Echo", "text": "ก", "more": 1})), "malformed"),
        (framed(encode({"type": "Unknown"})), "malformed"),
        (framed(bytes(1_001)), "too_large"),
        (framed(encode(Fail())), "failed"),
    ],
)
async def test_what_is_refused_does_not_end_the_connection(tmp_path: Path, frame: bytes, code: str) -> None:
    async with served(tmp_path) as site:
        answers = await raw(site.path, frame, framed(encode(Echo("ก"))))
        assert answers == [Refused(code), Echoed("ก", os.getuid())]


async def test_a_peer_of_another_user_is_disconnected_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(tmp_path) as site:
        monkeypatch.setattr(server_module, "peer_of", lambda _connection: Peer(1, os.getuid() + 1, 1))
        assert await raw(site.path, framed(encode(Echo("ก")))) == []


async def test_a_user_who_is_allowed_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(tmp_path, allowed=[os.getuid() + 1]) as site:
        monkeypatch.setattr(server_module, "peer_of", lambda _connection: Peer(1, os.getuid() + 1, 1))
        assert await raw(site.path, framed(encode(Echo("ก")))) == [Echoed("ก", os.getuid() + 1)]


def test_the_kernel_tells_who_connects() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    assert peer_of(one) == Peer(os.getpid(), os.getuid(), os.getgid())
    one.close()
    other.close()


async def test_a_client_connects_again_to_a_server_that_came_back(tmp_path: Path) -> None:
    asking: Client[Request, Answer] | None = None
    for _ in range(2):
        async with served(tmp_path) as site:
            asking = asking or client(site)
            assert await asking.ask(Echo("ก"), PATIENCE_S) == Echoed("ก", os.getuid())
        with pytest.raises(Unreachable):
            await asking.ask(Echo("ก"), PATIENCE_S)


async def test_an_answer_that_does_not_come_in_time_is_never_taken_for_the_next(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        asking = client(site)
        with pytest.raises(Unreachable):
            await asking.ask(Hold(), 0.01)
        site.release.set()
        assert await asking.ask(Echo("ก"), PATIENCE_S) == Echoed("ก", os.getuid())
        await asking.close()


async def test_so_many_wait_and_the_next_is_refused_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        asking = client(site, max_waiting=1)
        first = asyncio.create_task(asking.ask(Hold(), PATIENCE_S))
        await asyncio.wait_for(site.held.wait(), PATIENCE_S)
        second = asyncio.create_task(asking.ask(Echo("ก"), PATIENCE_S))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await asking.ask(Echo("ข"), PATIENCE_S)
        site.release.set()
        assert [await first, await second] == [Echoed("released", os.getuid()), Echoed("ก", os.getuid())]
        await asking.close()


async def test_closing_ends_connections_that_are_open_and_requests_under_way(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        asking = asyncio.create_task(client(site).ask(Hold(), PATIENCE_S))
        await asyncio.wait_for(site.held.wait(), PATIENCE_S)
        await site.server.close()
        with pytest.raises(Unreachable):
            await asking


async def test_a_socket_is_its_owners_alone_and_replaces_one_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "run" / "test.sock"
    require_private_folder(path.parent)
    for _ in range(2):
        listen(path).close()
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test.sock").write_text("somebody's file")
    with pytest.raises(Unsafe):
        listen(tmp_path / "test.sock")
    assert (tmp_path / "test.sock").read_text() == "somebody's file"


@pytest.mark.parametrize(
    ("own", "owner", "safe"),
    [(1_000, 1_000, True), (1_000, 0, True), (1_000, 1_001, False), (0, 1_001, True)],
    ids=["one's own", "root's", "another's", "asked by root"],
)
def test_a_folder_of_another_user_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: int,
    owner: int,
    safe: bool,  # noqa: FBT001
) -> None:
    real = tmp_path.stat()
    monkeypatch.setattr(os, "getuid", lambda: own)
    monkeypatch.setattr(Path, "stat", lambda _path, **_how: SimpleNamespace(st_mode=real.st_mode, st_uid=owner))
    with contextlib.nullcontext() if safe else pytest.raises(Unsafe):
        require_private_folder(tmp_path)


@pytest.mark.parametrize(
    ("mode", "safe"), [(0o700, True), (0o755, True), (0o775, False), (0o777, False), (0o1777, True)]
)
def test_a_folder_that_others_may_change_is_refused(tmp_path: Path, mode: int, safe: bool) -> None:  # noqa: FBT001
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(mode)
    with contextlib.nullcontext() if safe else pytest.raises(Unsafe):
        listen(folder / "test.sock").close()
    assert (folder / "test.sock").exists() is safe


async def test_nothing_is_said_to_a_server_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(tmp_path) as site:
        asking = client(site)
        with monkeypatch.context() as patched:
            patched.setattr(sockets_module, "peer_of", lambda _connection: Peer(1, os.getuid() + 1, 1))
            with pytest.raises(Unreachable, match="another user"):
                await asking.ask(Hold(), PATIENCE_S)
        assert not site.held.is_set()
        assert await asking.ask(Echo("ก"), PATIENCE_S) == Echoed("ก", os.getuid())
        await asking.close()


async def test_a_folder_deeper_than_an_address_holds_is_reached(tmp_path: Path) -> None:
    folder = tmp_path / ("ลึก" * 20)
    folder.mkdir(parents=True)
    assert len(os.fsencode(folder)) > MAX_PATH_BYTES
    async with served(folder) as site:
        asking = client(site)
        assert await asking.ask(Echo("ก"), PATIENCE_S) == Echoed("ก", os.getuid())
        await asking.close()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_frame_to_a_connection_that_has_ended_is_a_connection_error(
    tmp_path: Path, run: Callable[[Any], None]
) -> None:
    """In both event loops: uvloop raises RuntimeError, which nobody expects of a connection."""

    async def tried() -> None:
        server = await asyncio.start_unix_server(lambda _, writer: writer.close(), tmp_path / "s")
        async with server:
            _, writer = await asyncio.open_unix_connection(tmp_path / "s")
            writer.transport.abort()
            await asyncio.sleep(0)
            with pytest.raises(ConnectionError):
                await write_frame(writer, Fail())

    run(tried())
