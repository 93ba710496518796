"""The administration socket: real commands on real servers, and peers that are none of ours."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import stat
import subprocess
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.administration.protocol import (
    DECODE_DOWN,
    MAX_FRAME_BYTES,
    RELEASE,
    Ask,
    Done,
    Down,
    Failed,
    Out,
    Reply,
    Run,
)
from appliance.data_folder import administration_path
from appliance.demo.world import PASSWORD
from appliance.ipc import server as ipc_server
from appliance.ipc.frames import encode, framed, read_frame
from appliance.ipc.sockets import Peer
from tests.agency import Agency
from tests.cli.test_people import gchat
from tests.commands import carried_out
from tests.faults.appliance import GCHAT, Appliance
from tests.waiting import PATIENCE_S, wait_until

RESET = {"user": "benchamat.k", "identity_check": "เห็นหน้า", "by": "somchai.j", "second": "ratchani.p"}


class Talk:
    """One connection to the socket, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def send(self, frame: object) -> None:
        self.writer.write(framed(encode(frame)))

    async def next(self) -> Down:
        async with asyncio.timeout(PATIENCE_S):
            frame: Down = DECODE_DOWN.decode(await read_frame(self._reader, MAX_FRAME_BYTES))
        return frame


@asynccontextmanager
async def talk(running: Agency) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_unix_connection(administration_path(running.services.config.data))
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()


async def works(running: Agency) -> bool:
    """Tell whether the socket carries a command out."""
    async with talk(running) as line:
        line.send(Run(RELEASE, "units", {}))
        return isinstance(await line.next(), Out)


async def test_the_socket_is_its_owners_alone(running: Agency) -> None:
    path = running.services.config.data / "admin.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_uid == os.getuid()


async def test_another_user_is_not_even_read(running: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may speak to the server, so the peer is neither root nor the server's user.
    with monkeypatch.context() as patched:
        patched.setattr(ipc_server, "peer_of", lambda _connection: Peer(1, os.getuid() + 1, 1))
        async with talk(running) as line:
            line.send(Run(RELEASE, "user revoke", {"user": "narin.p", "reason": "x"}))
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await line.next()
    await running.login("narin.p")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 40,
        framed(b"\xc1"),
        framed(encode({"type": "Run"})),
        framed(encode(Reply("x"))),
        framed(encode(Run(RELEASE + 1, "units", {}))),
        framed(encode(Run(RELEASE, "units of the future", {}))),
        framed(encode(Run(RELEASE, "user revoke", {"user": 5}))),
    ],
    ids=["http", "no MessagePack", "no Run", "a reply first", "another release", "no such command", "wrong values"],
)
async def test_what_is_not_understood_is_refused(running: Agency, sent: bytes) -> None:
    async with talk(running) as line:
        line.writer.write(sent)
        line.writer.write_eof()
        try:
            answer = await line.next()
        except (asyncio.IncompleteReadError, ConnectionError):
            # A frame that was announced and never came: there is nothing to answer.
            assert sent.startswith(b"GET")
        else:
            assert isinstance(answer, Failed)
            assert answer.code == "other_release_runs"
    assert await works(running)


async def test_a_frame_that_is_too_large_is_not_taken_for_another_release(running: Agency) -> None:
    async with talk(running) as line:
        line.writer.write((MAX_FRAME_BYTES + 1).to_bytes(4, "big"))
        piece = bytes(1 << 20)
        for _ in range(MAX_FRAME_BYTES // len(piece)):
            line.writer.write(piece)
            await line.writer.drain()
        line.writer.write(b"x")
        answer = await line.next()
        assert isinstance(answer, Failed)
        assert (answer.code, answer.detail) == ("file_too_large", {"size": 65, "limit": 64})
    assert await works(running)


@pytest.mark.parametrize("size", [MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1])
def test_a_file_that_is_too_large_is_refused_before_it_is_sent(tmp_path: Path, size: int) -> None:
    """A sparse one; there is no appliance to connect to."""
    large = tmp_path / "people.csv"
    with large.open("wb") as file:
        file.truncate(size)
    done = carried_out("people", "import", large, "--data", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("ไฟล์ใหญ่เกินไป (65 MiB): คำสั่งหนึ่งรับได้ไม่เกิน 64 MiB")
    assert "The file is too large (65 MiB)" in done.err


def test_a_file_whose_name_is_no_text_is_sent_all_the_same(tmp_path: Path) -> None:
    named = tmp_path / os.fsdecode(b"\xa4\xb9.csv")
    named.write_text("x")
    done = carried_out("people", "import", named, "--data", tmp_path / "none")
    assert (done.code, "no appliance" in done.err) == (1, True), done.err


@pytest.mark.parametrize("limit", ["0", "-1", "1000001", "9" * 30, "x", ""])
def test_a_number_that_is_none_is_a_wrong_usage(tmp_path: Path, limit: str) -> None:
    """A negative one showed all records; a huge one cannot be sent at all."""
    done = carried_out("audit", "list", f"--limit={limit}", "--data", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "a whole number from 1 to 1000000 is needed" in done.err


async def test_a_command_whose_asker_is_gone_does_nothing(running: Agency) -> None:
    async with talk(running) as line:
        line.send(Run(RELEASE, "user reset-password", RESET))
        assert isinstance(await line.next(), Ask)
    assert await works(running)
    await running.login("benchamat.k")


async def test_a_question_is_answered_and_the_refusal_comes_back(running: Agency) -> None:
    async with talk(running) as line:
        line.send(Run(RELEASE, "user reset-password", RESET))
        for answer in (PASSWORD, "ผิดแน่นอน"):
            assert isinstance(await line.next(), Ask)
            line.send(Reply(answer))
        refused = await line.next()
        assert isinstance(refused, Failed)
        assert refused.code != "internal"
        assert PASSWORD not in repr((Reply(PASSWORD), refused))


async def test_a_command_that_was_begun_ends_though_nobody_reads(running: Agency) -> None:
    async with talk(running) as line:
        line.send(Run(RELEASE, "user revoke", {"user": "narin.p", "reason": "พ้นจากราชการ"}))
        await line.next()
    body = {"user": "narin.p", "password": PASSWORD}
    await running.anonymous().refused("POST", "/login", body, status=401, code="sign_in_failed")


async def test_many_at_once(running: Agency) -> None:
    async def suspend(user: str) -> Down:
        async with talk(running) as line:
            line.send(Run(RELEASE, "user suspend", {"user": user, "until": "1/1/2599", "reason": "x"}))
            while isinstance(said := await line.next(), Out):
                assert user in said.text
            return said

    assert await asyncio.gather(*map(suspend, ("narin.p", "lalita.w", "benchamat.k"))) == [Done(0)] * 3


async def test_a_room_is_closed_under_a_running_server(running: Agency) -> None:
    lalita = await running.login("lalita.w")
    room = running.room("dengue")
    await lalita.get(f"/rooms/{room}")
    await gchat(running, "room", "close", room, "--why", "ห้องก่อกวน")
    await lalita.refused("GET", f"/rooms/{room}", status=403, code="not_a_member")
    assert (await running.services.log.head(running.room("dengue"))).state.closed


@pytest.mark.slow
def test_a_server_killed_in_the_middle_is_said(world_data: Path) -> None:
    appliance = Appliance(world_data)
    try:
        appliance.start()
        words = ("user", "reset-password", "benchamat.k", "--identity-check", "x", "--by", "somchai.j")
        with subprocess.Popen(  # noqa: S603 - our own program
            [*GCHAT, *words, "--second", "ratchani.p", "--data", str(world_data)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as command:  # fmt: skip
            assert command.stdin is not None
            command.stdin.write(f"{PASSWORD}\n".encode())
            command.stdin.flush()
            pipe = command.stdin.fileno()
            wait_until(lambda: _unread(pipe) == 0 or command.poll() is not None, "the first question")
            appliance.kill()
            out, err = command.communicate(f"{PASSWORD}\n".encode(), timeout=PATIENCE_S)
        assert command.returncode == 1, (out, err)
        assert "check whether it was carried out" in err.decode()
    finally:
        appliance.end()
    # Nobody runs now: the next command is carried out in its own process, on the same folder.
    done = subprocess.run(  # noqa: S603 - our own program
        [*GCHAT, "user", "suspend", "narin.p", "--until", "1/1/2599", "--reason", "x", "--data", str(world_data)],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _unread(pipe: int) -> int:
    held = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, held)
    return held[0]


@pytest.mark.slow
def test_two_commands_at_once_on_a_stopped_appliance(world_data: Path) -> None:
    both = [
        subprocess.Popen(  # noqa: S603 - our own program
            [*GCHAT, "user", "suspend", user, "--until", "1/1/2599", "--reason", "x", "--data", str(world_data)],
            stderr=subprocess.PIPE,
        )
        for user in ("narin.p", "lalita.w")
    ]
    for command in both:
        _, err = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 0, err
    told = subprocess.run(  # noqa: S603 - our own program
        [*GCHAT, "audit", "list", "--data", str(world_data)], capture_output=True, check=True, text=True
    ).stdout
    assert told.count("account.suspend") >= 2


def test_a_command_for_a_running_server_imports_nothing_of_it() -> None:
    """What an administrator waits for is the server's work, not the start of a second one."""
    script = "import appliance.cli.local.administer, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)  # noqa: S603
    assert {"aiohttp", "sqlcipher3", "cryptography", "appliance.wiring"} & set(done.stdout.split()) == set()
