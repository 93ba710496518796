"""`gchat search`: the search process, or a word to a running one.

The process is confined to its files before it imports what it runs, which may start threads.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from appliance.cli.handed import read_key
from appliance.late import load
from appliance.process import hardening


def run(arguments: argparse.Namespace) -> int:
    """Serve the index until the process is asked to end; with `--rebuild`, have a running one begin again."""
    data: Path = arguments.data.resolve()
    if arguments.rebuild:
        load("appliance.cli.local.rebuild:rebuild")(data)
        return 0
    if arguments.key_fd is not None:
        key = read_key(arguments.key_fd)
    else:
        key = load("appliance.cli.local.rebuild:ask_index_key")(data)
    _confine(data, makes_socket=arguments.listen_fd is None)
    load("appliance.process.search:run")(
        data,
        key,
        lambda: time.time_ns() // 1_000_000,
        listen_fd=arguments.listen_fd,
        ready_fd=arguments.ready_fd,
        parent_fd=arguments.parent_fd,
    )
    return 0


def _confine(data: Path, *, makes_socket: bool) -> None:
    """Leave the search process its own folder and the program alone: not the database, nor a key beside it."""
    index = data / "search"
    index.mkdir(mode=0o700, exist_ok=True)
    sockets = [(data, hardening.REPLACE_SOCKETS)] if makes_socket else []
    hardening.confine([*hardening.program_files(but=data), (index, hardening.READ_AND_WRITE), *sockets])
