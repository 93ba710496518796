"""`gchat …` carried out in forks of one process: for tests that kill a command again and again.

What commands need is imported once, by a process with one thread and with the environment given (`LD_PRELOAD` too).
Each command then has a process of its own, which may end in any way.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, NamedTuple

from appliance.cli.main import main as carry_out
from appliance.process.forked import fork
from tests.waiting import PATIENCE_S

ROOT: Final = Path(__file__).parents[1]
NEEDED: Final = (
    "appliance.cli.keys",
    "appliance.cli.setup",
    "appliance.cli.local.setup",
    "appliance.cli.local.stopped",
    "appliance.cli.local.switch",
    "appliance.wiring",
)


class Ended(NamedTuple):
    """How a process ended: its exit code, negative for a signal, and all it said."""

    code: int
    said: str


class Forks:
    """The process that forks, seen from the test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *words: str | Path, first: str = "", **environment: str) -> Ended:
        """Carry out a command in a process of its own, after the Python code `first`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"words": [*map(str, words)], "first": first, "environment": environment}
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def forks(**environment: str) -> Iterator[Forks]:
    """Lend a process that forks; `environment` is added to the test's own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.forking"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Forks(process)
        # The end of what it reads is its end.


def main() -> None:
    """Carry out what is asked on standard input, a line each, and answer on standard output."""
    for module in NEEDED:
        importlib.import_module(module)
    for line in sys.stdin:
        request = json.loads(line)
        with TemporaryFile() as said:
            command = partial(_command, request["first"], request["environment"], said.fileno())
            child = fork(command, request["words"], {said.fileno()}, ROOT)
            try:
                code = child.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                code = child.wait(PATIENCE_S)
            said.seek(0)
            answer = Ended(code, said.read().decode(errors="replace"))
        print(json.dumps(answer._asdict()), flush=True)  # noqa: T201 - what the test reads


def _command(first: str, environment: dict[str, str], said: int, words: list[str]) -> int:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, standard in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(descriptor, standard)
    os.environ.update(environment)
    exec(first, {})  # noqa: S102 - the test's own code
    return carry_out(words)


if __name__ == "__main__":
    main()
