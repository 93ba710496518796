"""The fence of production: the units of this repository in a systemd that was booted for it (`make fence`)."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from appliance.config import MAX_WORKERS
from appliance.files import system_calls
from appliance.files.fences import FOLDER_BYTES, MAX_CPU_S, MAX_MEMORY, MAX_OPEN_FILES, MAX_TASKS, SystemdFence
from appliance.files.workers import PreviewRefused, Workers, longest_run_s
from appliance.preview.content import FOLDER
from appliance.preview.protocol import MIB, Job, JobKind, Refusal
from tests.files.booted import ROOT, Booted, booted, missing
from tests.files.corpus import film, huge_png, pdf, sound, with_place, zipped
from tests.files.working import chunks, work

SERVICE: Final = ROOT / "systemd" / "gchat-preview@.service"
UNIT: Final = SERVICE.read_text(encoding="utf-8")
LONGEST_S: Final = longest_run_s()
"""As the product has it, not as these tests wait."""
CONTROLLERS: Final = Path("/sys/fs/cgroup/cgroup.controllers")
HOLDS_MEMORY: Final = CONTROLLERS.exists() and "memory" in CONTROLLERS.read_text(encoding="ascii").split()
COUNTED: Final = {"shared memory", "shared zeros", "larger pipe", "locks"}
"""What the unit allows, because a control group counts it and systemd's filters do not see arguments of calls."""
needs_boot: Final = pytest.mark.skipif(not os.environ.get("GCHAT_FENCE"), reason="`make fence` boots a systemd")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    assert missing() is None
    with booted(tmp_path_factory.mktemp("machine")) as found:
        yield found


async def tried(machine: Booted, name: str) -> dict[str, str]:
    """Run the hostile worker behind a socket of the machine, which shares this one's network."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    abstract = f"gchat-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(f"\0{abstract}")
        end.listen()
        given = {"port": server.sockets[0].getsockname()[1], "abstract": abstract, "socket": "/run/systemd/private"}
        given |= {"secret": "/var/lib/gchat/keyring.json", "device": "/dev/mem", "most": FOLDER_BYTES, "pid": 1}
        line = await SystemdFence(machine.socket(name)).start()
        line.writer.write(json.dumps(given).encode() + b"\n")
        async with server, asyncio.timeout(60):
            came: dict[str, str] = json.loads(await line.reader.readline())
        await line.end()
    return came


def succeeded(came: dict[str, str]) -> set[str]:
    return {name for name, what in came.items() if what == "DONE"}


@needs_boot
async def test_a_worker_that_was_taken_over_reaches_nothing(machine: Booted) -> None:
    came = await tried(machine, "gchat-hostile")
    assert succeeded(came) <= COUNTED, came
    assert came["status"] == "CapEff:\t0000000000000000 NoNewPrivs:\t1"
    assert len(came) == 47


@needs_boot
async def test_the_table_finds_out_if_the_network_were_not_taken_away(machine: Booted) -> None:
    assert succeeded(await tried(machine, "gchat-networked")) >= {"tcp", "abstract socket"}


async def said_alone(machine: Booted, given: dict[str, object]) -> bytes:
    """Return what the hostile worker says in a unit of a few seconds, nothing where it was ended."""
    line = await SystemdFence(machine.socket("gchat-short")).start()
    line.writer.write(json.dumps(given).encode() + b"\n")
    async with asyncio.timeout(60):
        said = await line.reader.read()
    await line.end()
    return said


@needs_boot
@pytest.mark.skipif(not HOLDS_MEMORY, reason="no control group for memory in a hierarchy of version 2 on this machine")
async def test_the_processes_of_a_worker_have_so_much_memory_together(machine: Booted) -> None:
    many = {"alone": "memory", "processes": 9}
    assert await said_alone(machine, {**many, "size": 100 * MIB}) == b""
    assert await said_alone(machine, {**many, "size": 10 * MIB}) == b"DONE\n"


@needs_boot
@pytest.mark.parametrize("what", ["spin", "sleep"])
async def test_an_endless_worker_is_ended_by_the_unit_itself(machine: Booted, what: str) -> None:
    assert await said_alone(machine, {"alone": what}) == b""


@needs_boot
async def test_each_job_is_done_in_the_fence(machine: Booted, tmp_path: Path) -> None:
    fence = SystemdFence(machine.socket("gchat-preview"))
    video = film(tmp_path / "a.mp4", "-c:v", "mpeg4", "-c:a", "aac")
    voice = sound(tmp_path / "a.webm", "-c:a", "libopus")
    for kind, of_type, content, made in (
        (JobKind.PICTURE, "image/heic", with_place("HEIF"), ["view", "thumb"]),
        (JobKind.PICTURE, "image/avif", with_place("AVIF"), ["view", "thumb"]),
        (JobKind.CLEAN, "image/jpeg", with_place("JPEG"), ["clean"]),
        (JobKind.CLEAN, "video/mp4", video, ["clean"]),
        (JobKind.VIDEO, "video/mp4", video, ["poster", "thumb"]),
        (JobKind.SOUND, "audio/webm", voice, ["audio"]),
        (JobKind.PDF, "application/pdf", pdf(1), ["page", "thumb"]),
        (JobKind.ARCHIVE, "application/zip", zipped(b"a"), []),
    ):
        done = await work(kind, of_type, content, fence=fence)
        assert [part.kind.value for part, _ in done.parts] == made, (kind, of_type)
    bomb = await work(JobKind.PICTURE, "image/png", huge_png(), fence=fence)
    assert (bomb.parts, bomb.facts.width, bomb.facts.height) == ([], 40_000, 40_000)
    with pytest.raises(PreviewRefused) as refused:
        await work(JobKind.PICTURE, "image/png", b"none", fence=fence)
    assert refused.value.code is Refusal.BROKEN


@needs_boot
async def test_more_files_than_workers_wait_for_their_turn(machine: Booted) -> None:
    workers = Workers(SystemdFence(machine.socket("gchat-preview")), MAX_WORKERS)
    content = with_place("JPEG")

    async def one() -> tuple[int, int]:
        async with workers.run(Job(JobKind.PICTURE, "image/jpeg", len(content)), chunks(content)) as result:
            _, view = [b"".join([chunk async for chunk in made]) async for _, made in result.parts()]
            return Image.open(io.BytesIO(view)).size

    assert {*await asyncio.gather(*(one() for _ in range(12)))} == {(320, 240)}


def test_the_unit_and_bubblewrap_have_the_same_limits() -> None:
    listening = (ROOT / "systemd" / "gchat-preview.socket").read_text(encoding="utf-8")
    assert int(listening.partition("MaxConnections=")[2].split()[0]) >= 3 * MAX_WORKERS
    assert f"\nTasksMax={MAX_TASKS}\n" in UNIT
    assert f"\nLimitNOFILE={MAX_OPEN_FILES}\n" in UNIT
    assert f"\nLimitNPROC={MAX_TASKS}\n" in UNIT
    assert f"\nLimitCPU={MAX_CPU_S}\n" in UNIT
    assert f"{FOLDER}:size={FOLDER_BYTES // MIB}M" in UNIT
    runtime = next(line for line in UNIT.splitlines() if line.startswith("RuntimeMaxSec="))
    assert int(runtime.partition("=")[2]) > LONGEST_S
    assert f"\nMemoryMax={MAX_MEMORY // MIB}M\n" in UNIT
    refused = {name for line in UNIT.splitlines() for name in line.partition("SystemCallFilter=~")[2].split()}
    assert refused - {"@privileged", "@resources", "@network-io"} == set(system_calls.REFUSED)


@pytest.mark.parametrize(
    "line",
    [
        *("DynamicUser=yes", "PrivateNetwork=yes", "IPAddressDeny=any", "RestrictAddressFamilies=none"),
        *("PrivateUsers=yes", "PrivateDevices=yes", "ProtectSystem=strict", "ProtectProc=invisible", "ProcSubset=pid"),
        *("RestrictNamespaces=yes", "MemoryDenyWriteExecute=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet="),
        *("SystemCallFilter=~@privileged @resources @network-io", "NoExecPaths=/", "MemoryMax=700M"),
    ],
)
def test_the_unit_takes_away(line: str) -> None:
    assert f"\n{line}\n" in UNIT


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_finds_little_to_say_against_the_unit() -> None:
    line = ["systemd-analyze", "security", "--offline=yes", "--threshold=3", "--no-pager", str(SERVICE)]
    found = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 -- words of the tests alone
    assert found.returncode == 0, found.stdout[-500:]
