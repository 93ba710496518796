"""`gchat …` carried out in the process of the test: what it says and how it ends, without the start of a process.

The verifier of exports likewise. In a test that has a loop of its own, in a thread: a command starts another.

For commands that end by themselves, with a server to talk to or without one. Not for what confines or serves (`up`,
`serve`, `search`), signals or terminals: those need processes of their own, and each group of commands has a test with
one.
"""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

from appliance.cli import main as cli
from appliance.evidence import verifier

if TYPE_CHECKING:
    from collections.abc import Callable


class Said(NamedTuple):
    """How a command ended: its exit code, what it printed and what it complained of."""

    code: int
    out: str
    err: str


def carried_out(*words: str | Path, given: str = "") -> Said:
    """Carry out one command, `given` on its standard input, which is no terminal."""
    return _ended(cli.main, words, given)


def verifier_says(*words: str | Path) -> Said:
    """Run the verifier of exports, which reads files alone."""
    return _ended(verifier.main, words)


def _ended(program: Callable[[list[str]], int], words: tuple[str | Path, ...], given: str = "") -> Said:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    stdin = io.TextIOWrapper(io.BytesIO(given.encode()), "utf-8")
    with patch("sys.stdin", stdin), redirect_stdout(out), redirect_stderr(err):
        try:
            code = program([*map(str, words)])
        except SystemExit as usage:
            code = int(usage.code or 0)
    return Said(code, *(_text(stream) for stream in (out, err)))


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
