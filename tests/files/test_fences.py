"""A worker that a file has taken over reaches nothing (files.md §10, 7), and what it answers is not believed.

`make fence` tries the same in systemd's fence (tests/files/booted.py).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import Files
from appliance.files import fences, system_calls
from appliance.files.fences import WORKER, BwrapFence, SystemdFence, SystemdLine, chosen, own_code
from appliance.files.workers import Failure, PreviewRefused, WorkerFailed, Workers
from appliance.preview import media, protocol
from appliance.preview.content import Refused
from appliance.preview.protocol import (
    MAX_LINE,
    MIB,
    Answer,
    Job,
    JobKind,
    Part,
    PartKind,
    ProtocolError,
    Refusal,
    encode,
    read_answer,
    read_job,
)
from tests.files.working import chunks, work
from tests.waiting import until

HOSTILE: Final = Path(__file__).with_name("hostile_worker.py")
NETWORK: Final = {"tcp", "abstract socket"}
"""What is refused because the worker has no network, and for no other reason."""
PICTURE: Final = Job(JobKind.PICTURE, "image/png", 4)


@pytest.fixture
async def reachable(tmp_path: Path) -> AsyncIterator[dict[str, object]]:
    """Things that a worker must not reach, and that this process can."""
    secret = tmp_path / "keyring.json"
    secret.write_text("secret", encoding="utf-8")
    abstract, path = f"gchat-{uuid.uuid4()}", tmp_path / "s"
    servers = [await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)]
    ends = []
    for address in (f"\0{abstract}", str(path)):
        end = socket.socket(socket.AF_UNIX)
        end.bind(address)
        end.listen()
        ends.append(end)
    yield {
        "port": servers[0].sockets[0].getsockname()[1],
        "abstract": abstract,
        "socket": str(path),
        "secret": str(secret),
        "device": "/dev/mem",
        "most": fences.FOLDER_BYTES,
        "pid": os.getpid(),
    }
    servers[0].close()
    for end in ends:
        end.close()


async def tried(given: dict[str, object]) -> dict[str, str]:
    """Run the hostile worker in bubblewrap's fence; return what came of each attempt."""
    fence = BwrapFence((sys.executable, "-IB", str(HOSTILE)), (*own_code(), HOSTILE))
    line = await fence.start()
    try:
        line.writer.write(json.dumps(given).encode() + b"\n")
        async with asyncio.timeout(60):
            came: dict[str, str] = json.loads(await line.reader.readline())
    finally:
        await line.end()
    return came


def succeeded(came: dict[str, str]) -> set[str]:
    return {name for name, what in came.items() if what == "DONE"}


@pytest.mark.media
@pytest.mark.slow
async def test_a_worker_that_was_taken_over_reaches_nothing(reachable: dict[str, object]) -> None:
    came = await tried(reachable)
    assert succeeded(came) == set(), came
    assert came["status"] == "CapEff:\t0000000000000000 NoNewPrivs:\t1"
    assert len(came) == 47


@pytest.mark.parametrize("is_root", [True, False])
def test_a_worker_writes_to_no_memory_without_a_bound(*, is_root: bool) -> None:
    """Bubblewrap's own /dev is a file system in memory of any size, where the worker's user may write as its owner."""
    line = fences.bwrap_line(("true",), (), is_root=is_root)
    assert "--dev" not in line
    assert not [word for word in line if word == "/dev/zero"]
    folders = [at for at, word in enumerate(line) if word == "--tmpfs"]
    assert [line[at - 2 : at + 2] for at in folders] == [["--size", str(fences.FOLDER_BYTES), "--tmpfs", "/run"]]


@pytest.mark.media
@pytest.mark.slow
async def test_the_table_finds_out_if_the_network_were_not_taken_away(
    reachable: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fences, "_NAMESPACES", tuple(name for name in fences._NAMESPACES if name != "net"))  # noqa: SLF001
    monkeypatch.setattr(system_calls, "REFUSED", {})
    assert succeeded(await tried(reachable)) >= NETWORK


MANY: Final = {"alone": "memory", "processes": 9}
"""Several processes that take memory together, none of them more than one may."""


async def said_alone(given: dict[str, object]) -> bytes:
    """Return what the hostile worker says, nothing where it was ended."""
    line = await BwrapFence((sys.executable, "-IB", str(HOSTILE)), (*own_code(), HOSTILE)).start()
    try:
        line.writer.write(json.dumps(given).encode() + b"\n")
        async with asyncio.timeout(60):
            return await line.reader.read()
    finally:
        await line.end()


@pytest.mark.media
@pytest.mark.slow
async def test_the_processes_of_a_fence_have_so_much_memory_together(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert await said_alone({**MANY, "size": 100 * MIB}) == b""
    assert "used more than 700 MiB" in caplog.text
    assert await said_alone({**MANY, "size": 10 * MIB}) == b"DONE\n"
    monkeypatch.setattr(fences, "MAX_MEMORY", 80 * MIB)
    assert await said_alone({**MANY, "size": 10 * MIB}) == b""


@pytest.mark.media
@pytest.mark.slow
async def test_a_folder_has_so_many_files(caplog: pytest.LogCaptureFixture) -> None:
    """Empty ones take no byte of the folder, and a kilobyte of the kernel's memory each."""
    assert await said_alone({"alone": "names", "number": fences.MAX_NAMES + 100}) == b""
    assert "held more than 10000 files" in caplog.text
    assert await said_alone({"alone": "names", "number": 100}) == b"DONE\n"


@pytest.mark.media
@pytest.mark.slow
async def test_parts_that_drip_are_late_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then is no end: a worker that was taken over would keep its place for years."""
    monkeypatch.setattr("appliance.files.workers._HAND_OVER_S", 1)
    answer = encode(Answer(parts=(Part(PartKind.THUMB, "image/webp", 1_000),)))
    program = f"import os, time\nos.write(1, {answer!r})\nwhile True: os.write(1, b'x'); time.sleep(0.1)"
    workers = Workers(python(program), 1)
    with pytest.raises(WorkerFailed) as failed:
        await first_part(workers)
    assert failed.value.code is Failure.LATE
    # Its place is free again.
    with pytest.raises(WorkerFailed):
        await first_part(workers)


async def first_part(workers: Workers) -> None:
    async with workers.run(PICTURE, chunks(b"1234")) as result:
        async for _, content in result.parts():
            async for _ in content:
                pass


def python(program: str) -> BwrapFence:
    return BwrapFence((sys.executable, "-IBc", program), tuple(own_code()))


@pytest.mark.media
@pytest.mark.slow
async def test_an_endless_worker_is_ended_with_all_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(protocol.SECONDS, JobKind.PICTURE, 0)
    monkeypatch.setattr("appliance.files.workers._START_S", 1)
    mark = f"mark-{uuid.uuid4()}"
    program = f"import os, sys\nif os.fork(): sys.stdin.buffer.read()\nwhile '{mark}': pass"
    with pytest.raises(WorkerFailed) as failed:
        await work(JobKind.PICTURE, "image/png", b"1234", fence=python(program))
    assert failed.value.code is Failure.LATE
    await until(lambda: not any(mark in line for line in command_lines()), "the worker and its child are gone")


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return found


LINE = encode(Answer(parts=(Part(PartKind.THUMB, "image/webp", 10),)))
LIES: Final = (
    ("print('x' * 10_000_000)", Failure.LIED),
    ("import os\nwhile True: os.write(1, b'x' * 65536)", Failure.LIED),
    ("print('{}')", None),
    ('print(\'{"facts":{"width":-1}}\')', Failure.LIED),
    ("pass", Failure.GONE),
    ("print('{}', end='')", Failure.GONE),
    ("import os; os.abort()", Failure.GONE),
    (f"import os; os.write(1, {LINE!r} + b'12345')", Failure.GONE),
    (f"import os; os.write(1, {LINE!r} + b'1234567890' + b'more')", None),
)


@pytest.mark.media
@pytest.mark.slow
@pytest.mark.parametrize(("program", "failure"), LIES)
async def test_what_a_worker_says_is_not_believed(program: str, failure: Failure | None) -> None:
    if failure is None:
        made = await work(JobKind.PICTURE, "image/png", b"1234", fence=python(program))
        assert [content for _, content in made.parts] in ([], [b"1234567890"])
        return
    with pytest.raises(WorkerFailed) as failed:
        await work(JobKind.PICTURE, "image/png", b"1234", fence=python(program))
    assert failed.value.code is failure


@pytest.mark.media
@pytest.mark.slow
async def test_a_file_that_is_refused_by_its_job_line_is_read_nevertheless() -> None:
    """An answer that comes while the appliance is still sending would be lost with the connection."""
    with pytest.raises(PreviewRefused) as refused:
        await work(JobKind.PICTURE, "image/svg+xml", bytes(20 * 1024 * 1024))
    assert refused.value.code is Refusal.TYPE


@pytest.mark.media
@pytest.mark.slow
async def test_no_more_workers_run_than_may_and_one_that_is_left_makes_room() -> None:
    running, most = 0, 0
    workers = Workers(BwrapFence(), 2)

    async def one(person: str) -> None:
        with pytest.raises(PreviewRefused):
            async with workers.run(PICTURE, watched(), person):
                pass

    async def watched() -> AsyncIterator[bytes]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        yield b"none"
        running -= 1

    await asyncio.gather(*(one(person) for person in ("malee", "narin") * 3))
    assert (running, most) == (0, 2)
    most = 0
    await asyncio.gather(*(one("malee") for _ in range(3)))
    assert (running, most) == (0, 1)


@pytest.mark.media
@pytest.mark.slow
async def test_who_gives_up_leaves_no_worker_behind() -> None:
    begun = asyncio.Event()
    mark = f"mark-{uuid.uuid4()}"

    async def endless() -> AsyncIterator[bytes]:
        begun.set()
        await asyncio.Event().wait()
        yield b""

    async def one() -> None:
        fence = python(f"'{mark}'; import sys; sys.stdin.buffer.read()")
        async with Workers(fence, 1).run(PICTURE, endless()):
            pass

    task = asyncio.create_task(one())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not any(mark in line for line in command_lines()), "the worker and its child are gone")


@pytest.mark.parametrize("program", ["", "#!/bin/sh\necho 'No permissions to create a new namespace' >&2\nexit 1\n"])
async def test_without_a_fence_nothing_is_decoded(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As in a container that may make no namespaces, or on a machine without bubblewrap."""
    ran = tmp_path / "ran"
    if program:
        (tmp_path / "bwrap").write_text(program, encoding="utf-8")
        (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    workers = Workers(BwrapFence((str(shutil.which("touch")), str(ran))), 1)
    for failing in (workers.check(), enter(workers)):
        with pytest.raises(WorkerFailed, match="namespace" if program else "not installed") as failed:
            await failing
        assert failed.value.code is Failure.NO_FENCE
    assert not ran.exists()
    assert caplog.text.count("ALERT") == caplog.text.count("no file can be looked at") == 1


async def test_without_ffmpeg_a_recording_is_not_at_fault(caplog: pytest.LogCaptureFixture) -> None:
    """The worker says what is missing; pictures are looked at as before, and the log is told once."""
    said = encode(Answer(refused=Refusal.MISSING)).decode()
    answer = f"import sys; sys.stdin.buffer.readline(); sys.stdin.buffer.read(4); print({said!r}, end='', flush=True)"
    workers = Workers(BwrapFence((*WORKER[:1], "-c", answer)), 1)
    for _ in range(2):
        with pytest.raises(WorkerFailed) as failed:
            async with workers.run(Job(JobKind.SOUND, "audio/wav", 4), chunks(b"1234")):
                pass
        assert failed.value.code is Failure.NO_DECODER
    assert caplog.text.count("ALERT") == caplog.text.count("no sound and no video can be cleaned") == 1
    with pytest.raises(Refused) as refused:
        media._run(["/nonexistent/ffmpeg"])  # noqa: SLF001 -- what the worker does where it is not installed
    assert refused.value.why is Refusal.MISSING


class EndsAtOnce(SystemdFence):
    """Connects to workers that have ended by the time the file is sent."""

    async def start(self) -> SystemdLine:
        line = await super().start()
        await line.end()
        await line.writer.wait_closed()
        return line


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_worker_that_ends_while_the_file_is_sent_is_gone(tmp_path: Path, run: Callable[[Any], None]) -> None:
    """In the event loop of the appliance too, where writing to what has ended raises an error of its own."""

    async def tried() -> None:
        server = await asyncio.start_unix_server(lambda _, writer: writer.close(), tmp_path / "s")
        async with server:
            with pytest.raises(WorkerFailed) as failed:
                await enter(Workers(EndsAtOnce(tmp_path / "s"), 1))
        assert failed.value.code is Failure.GONE

    run(tried())


async def enter(workers: Workers) -> None:
    async with workers.run(PICTURE, chunks(b"1234")):
        pass


async def test_without_systemds_socket_nothing_is_decoded(tmp_path: Path) -> None:
    workers = Workers(SystemdFence(tmp_path / "none.sock"), 1)
    with pytest.raises(WorkerFailed, match=r"gchat-preview\.socket.*bwrap") as failed:
        await enter(workers)
    assert failed.value.code is Failure.NO_FENCE


async def test_a_connection_that_systemd_refuses_is_a_worker_that_is_gone(tmp_path: Path) -> None:
    """As when more connect than `MaxConnections` allows: systemd closes at once."""
    server = await asyncio.start_unix_server(lambda _, writer: writer.close(), tmp_path / "s")
    async with server:
        with pytest.raises(WorkerFailed) as failed:
            await enter(Workers(SystemdFence(tmp_path / "s"), 1))
    assert failed.value.code is Failure.GONE


def test_the_setting_chooses_the_fence() -> None:
    assert isinstance(chosen(Files(fence="bwrap")), BwrapFence)
    assert chosen(Files(preview_socket="/run/x")) == SystemdFence(Path("/run/x"))


PART: Final = Part(PartKind.THUMB, "image/webp", 10)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]\n",
        b'{"a":1}\n',
        b'{"facts":{"seconds":1e300}}\n',
        b'{"facts":{"waveform":[1,2]}}\n',
        b'{"refused":"no"}\n',
        b'{"refused":"broken","facts":{"width":1}}\n',
        b'{"parts":[{"kind":"thumb","type":"text/html","size":1}]}\n',
        b'{"parts":[{"kind":"thumb","type":"image/webp","size":-1}]}\n',
        b'{"parts":[{"kind":"thumb","type":"image/webp","size":99999999}]}\n',
        b'{"parts":[{"kind":"page","type":"image/webp","size":1,"page":1}]}\n',
        b'{"parts":[{"kind":"view","type":"image/webp","size":1,"page":1}]}\n',
        b'{"parts":[{"kind":"clean","type":"image/png","size":1}]}\n',
        encode(Answer(parts=(PART, PART))),
        b"{" + b" " * MAX_LINE + b"}\n",
    ],
)
def test_an_answer_outside_the_protocol_is_none(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_answer(line, PICTURE)


def test_a_cleaned_file_is_of_the_type_that_was_agreed() -> None:
    job = Job(JobKind.CLEAN, "image/heic", 1)
    answer = Answer(parts=(Part(PartKind.CLEAN, "image/jpeg", 1),))
    assert read_answer(encode(answer), job) == answer
    with pytest.raises(ProtocolError):
        read_answer(encode(Answer(parts=(Part(PartKind.CLEAN, "image/png", 1),))), job)


def lines() -> st.SearchStrategy[bytes]:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    )
    return st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode() + b"\n")


NAMES: Final[Sequence[str]] = ("refused", "facts", "parts", "kind", "type", "size", "page", "width", "members")


@given(lines())
def test_any_line_is_an_answer_or_refused(line: bytes) -> None:
    for read in (read_job, lambda line: read_answer(line, PICTURE)):
        try:
            read(line)
        except ProtocolError:
            continue
