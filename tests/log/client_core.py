"""The web client's own core, asked what it makes of what the appliance told somebody.

One Node process for each test process, started when first needed: a trace goes in as a line of JSON, what differs comes
out as one (`appliance/client/tests/traces`).
"""

from __future__ import annotations

import atexit
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, cast

ROOT: Final = Path(__file__).parents[2]


def differences(trace: bytes) -> list[str]:
    """Return where the client's state after a trace is not what a fresh snapshot says; empty when it is the same.

    `trace` is a line of JSON as in `replay.ts`. Raises EOFError when the client's process has ended.
    """
    process = _started()
    stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    stdin.write(trace + b"\n")
    stdin.flush()
    answer = stdout.readline()
    if not answer:
        raise EOFError(f"the client's core ended with {process.wait()}")
    return cast("list[str]", json.loads(answer))


@cache
def _started() -> subprocess.Popen[bytes]:
    process: subprocess.Popen[Any] = subprocess.Popen(  # noqa: S603 - our own script
        [ROOT / "packaging" / "node.sh", "node", "tests/traces/serve.mjs"],
        cwd=ROOT / "appliance" / "client",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
