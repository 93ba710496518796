"""A forked process has left its parent behind: files, signals, session, folder; and it ends for itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# In a process of its own: the tests have threads.
SCRIPT = """
import json, os, signal, sys, time
from pathlib import Path
from appliance.process.forked import fork

held = os.pipe()
signal.set_wakeup_fd(os.dup(held[1]) if os.set_blocking(held[1], False) is None else -1)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
    signal.signal(number, lambda *_: None)
read, write = os.pipe()

def entry(arguments):
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)]
    told = {{
        "arguments": arguments,
        "files": sorted(int(name) for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name)),
        "kept": write,
        "folder": os.getcwd(),
        "leads": os.getsid(0) == os.getpid(),
        "handlers": handlers == [signal.SIG_DFL, signal.default_int_handler, signal.SIG_DFL],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "path": sys.path[:1],
    }}
    os.write(write, json.dumps(told).encode())
    return {end}

print("before", end=" ")
forked = fork(entry, ["a", "b"], [write], Path("/"))
os.close(write)
told = json.loads(os.read(read, 10_000))
{then}
mask = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
print(json.dumps(told | {{"code": forked.wait(60), "again": forked.poll(), "mask": mask}}))
"""


def forked(end: str, then: str = "", *options: str) -> tuple[dict[str, Any], str]:
    script = SCRIPT.format(end=end, then=then)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *options, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    before, _, said = done.stdout.partition(" ")
    assert before == "before", "what the parent had not written yet was written twice"
    return json.loads(said), done.stderr


@pytest.mark.parametrize(
    ("end", "code"),
    [("0", 0), ("3", 3), ("sys.exit(4)", 4), ("1 / 0", 1), ("os.kill(os.getpid(), signal.SIGKILL)", -9)],
)
def test_it_ends_with_its_own_code(end: str, code: int) -> None:
    told, said = forked(end)
    assert (told["code"], told["again"]) == (code, code)
    assert ("ZeroDivisionError" in said) is (end == "1 / 0")


def test_it_takes_along_what_it_is_given_alone() -> None:
    told, _ = forked("0")
    assert told["arguments"] == ["a", "b"]
    # The one more is that by which the folder was listed.
    assert [number for number in told["files"] if number != told["kept"]][:3] == [0, 1, 2]
    assert len(told["files"]) <= 5
    assert (told["folder"], told["leads"], told["handlers"]) == ("/", True, True)
    assert (told["blocked"], told["mask"]) == ([], [])


@pytest.mark.parametrize("options", [(), ("-P",)])
def test_the_folder_of_the_parents_script_is_off_its_path(options: tuple[str, ...]) -> None:
    told, _ = forked("0", "", *options)
    assert "" not in told["path"]
    assert Path.cwd() not in map(Path, told["path"])


@pytest.mark.parametrize(("how", "code"), [("terminate", -15), ("kill", -9)])
def test_it_can_be_ended(how: str, code: int) -> None:
    told, _ = forked("time.sleep(600)", f"assert forked.poll() is None; forked.{how}()")
    assert told["code"] == code
