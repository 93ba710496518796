"""What the processes of `gchat up` give up, and how often a passphrase is made into a key."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.data_folder import search_path
from appliance.process import hardening
from appliance.vault.keyring import rotate_master
from appliance.vault.master import MasterSource, new_master_key, open_master_key
from appliance.vault.record import Argon2Cost, SourceKind
from search_index.client import SearchClient
from tests.agency import answers
from tests.faults.appliance import GCHAT, Appliance
from tests.waiting import until

pytestmark = pytest.mark.slow
PASSPHRASE = "ข้าวเหนียวมะม่วง สามจาน 2569"
CAP_SYS_PTRACE = 19
PR_CAPBSET_DROP = 24
# What a process of the same user may do: open another's memory. Root's extra rights are taken from both beforehand.
READ_MEMORY = "import sys; open(f'/proc/{sys.argv[1]}/mem', 'rb').close()"
# Run when the search process ends, inside it: what it can still reach.
PROBE = """
import atexit, json, pathlib, sys

def reach():
    data = pathlib.Path(sys.argv[sys.argv.index("--data") + 1])
    found = {}
    for path in ("master.key", "keyring.json", "gchat.db", "gchat.toml", "tls.sealed", "search"):
        try:
            if (data / path).is_dir():
                list((data / path).iterdir())
            else:
                (data / path).read_bytes()
            found[path] = True
        except PermissionError:
            found[path] = False
    try:
        (data / "new").write_text("")
        found["write"] = True
    except PermissionError:
        found["write"] = False
    (data / "search" / "probe.json").write_text(__import__("json").dumps(found))

if "search" in sys.argv:
    atexit.register(reach)
"""
COUNT = """
import argon2.low_level

def counted(*given, real=argon2.low_level.hash_secret_raw, **named):
    with open({path!r}, "a") as file:
        file.write("derived\\n")
    return real(*given, **named)

argon2.low_level.hash_secret_raw = counted
"""


def without_ptrace() -> None:
    """Give up root's right to look into any process; others have not got it."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0)


def reads_memory_of(pid: int) -> bool:
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", READ_MEMORY, str(pid)],
        preexec_fn=without_ptrace,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or "PermissionError" in done.stderr, done.stderr
    return done.returncode == 0


@pytest.fixture
def run_up(world_data: Path, tmp_path: Path) -> Iterator[Callable[..., Appliance]]:
    """Starts `gchat up` with Python code that every process of it runs first, and an answer on its standard input."""
    made: list[Appliance] = []

    def start(code: str = "", answers: str = "", *words: str) -> Appliance:
        (tmp_path / "first").mkdir(exist_ok=True)
        (tmp_path / "first" / "sitecustomize.py").write_text(code)
        served = Appliance(world_data, supervised=True)
        ready = tmp_path / "data.ready.json"
        command = [*GCHAT, "up", "--data", str(world_data), "--port", "0", "--ready-file", str(ready), *words]
        with served.log.open("ab") as log:
            served.process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(tmp_path / "first")},
                preexec_fn=without_ptrace,  # noqa: PLW1509 - no threads are held across it
            )
        made.append(served)
        assert served.process.stdin is not None
        served.process.stdin.write(answers.encode())
        served.process.stdin.close()
        served.wait_ready()
        return served

    yield start
    for one in made:
        one.end()


def test_no_process_of_the_same_user_reads_the_memory_of_one_that_holds_keys(
    run_up: Callable[..., Appliance],
) -> None:
    served = run_up()
    assert served.process is not None
    holders = [served.process.pid, *served.pids.values()]
    assert len(holders) == 3
    for pid in holders:
        assert not reads_memory_of(pid)
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert next(line for line in limits.splitlines() if "core file" in line).split()[4:6] == ["0", "0"]


def test_the_memory_of_another_process_can_be_read() -> None:
    """The test above can fail: a process that gave nothing up is read, where the kernel lets users do that at all."""
    with suppress(FileNotFoundError):
        if Path("/proc/sys/kernel/yama/ptrace_scope").read_text().strip() != "0":
            pytest.skip("this kernel lets nobody look into a process that is not their child")
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=without_ptrace) as other:  # noqa: S603, PLW1509
        assert other.stdout is not None
        other.stdout.readline()
        try:
            assert reads_memory_of(other.pid)
        finally:
            other.kill()


async def test_the_search_process_reaches_its_index_alone(run_up: Callable[..., Appliance], world_data: Path) -> None:
    if not lands_are_locked():
        pytest.skip("this kernel has no Landlock")
    served = run_up(PROBE)
    client = SearchClient(search_path(world_data))
    await until(lambda: answers(client), "the search process")
    await client.close()
    os.kill(served.pids["search"], signal.SIGTERM)
    probe = world_data / "search" / "probe.json"
    await until(lambda: probe.exists() and bool(probe.read_text()), "what it can reach")
    found = json.loads(probe.read_text())
    assert found == {**dict.fromkeys(found, False), "search": True}
    assert len(found) == 7
    assert not (world_data / "new").exists()


def lands_are_locked() -> bool:
    return int(ctypes.CDLL(None).syscall(444, None, 0, 1)) > 0


def test_what_the_program_needs_leaves_out_the_data(tmp_path: Path) -> None:
    assert all(not tmp_path.is_relative_to(path) for path, _ in hardening.program_files(but=tmp_path))


@pytest.mark.parametrize("words", [(), ("--tls",)], ids=["plain", "tls"])
def test_a_passphrase_is_made_into_the_key_once(
    run_up: Callable[..., Appliance], world_data: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    old = open_master_key(MasterSource(SourceKind.FILE), world_data, lambda _: "")
    source = MasterSource(SourceKind.PASSPHRASE, Argon2Cost(1, 64, 1))
    made = new_master_key(source, world_data, lambda _: PASSPHRASE)
    rotate_master(world_data, old, made.key, made.record)
    with (world_data / "gchat.toml").open("r+", encoding="utf-8") as file:
        changed = file.read().replace('source = "file"', 'source = "passphrase"')
        file.seek(0)
        file.write(changed)
    counted = tmp_path / "derivations"
    served = run_up(COUNT.format(path=str(counted)), f"{PASSPHRASE}\n", *words)
    assert counted.read_text().splitlines() == ["derived"]
    assert served.process is not None
    for pid in (served.process.pid, *served.pids.values()):
        for name in ("cmdline", "environ"):
            shown = Path(f"/proc/{pid}/{name}").read_bytes() if os.geteuid() == 0 or name == "cmdline" else b""
            assert made.key.secret.hex().encode() not in shown
    # One that is started again asks nobody and derives nothing.
    before = served.pid
    served.kill()
    served.wait_ready(but=before)
    assert counted.read_text().splitlines() == ["derived"]
