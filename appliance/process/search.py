"""`gchat search`: the search process, from its key to its end.

It is given the index key and nothing else, and holds no part of the appliance but this module and its socket.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
from typing import TYPE_CHECKING, Final

from appliance.data_folder import search_path
from search_index.process import run as run_index
from search_index.server import Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INDEX_FOLDER: Final = "search"


def run(
    data: Path,
    key: bytes,
    clock: Callable[[], int],
    *,
    listen_fd: int | None = None,
    ready_fd: int | None = None,
    parent_fd: int | None = None,
) -> None:
    """Serve the index of a data folder until SIGTERM, SIGINT, or the supervisor's death."""
    if parent_fd is not None:
        threading.Thread(target=_end_with_parent, args=(parent_fd,), daemon=True).start()
    listening = socket.socket(fileno=listen_fd) if listen_fd is not None else None
    options = Options(folder=data / INDEX_FOLDER, path=search_path(data), index_key=key, clock=clock)

    def ready() -> None:
        if ready_fd is not None:
            # Nobody waits for this process: the appliance asks again until it answers.
            with contextlib.suppress(BrokenPipeError):
                os.write(ready_fd, b"ready\n")
            os.close(ready_fd)

    run_index(options, ready, listening)


def _end_with_parent(parent_fd: int) -> None:
    """Wait for the pipe that closes when the supervisor dies, then end as if it had asked.

    Not by reading it: the pipe is the appliance's too, whose event loop lets nothing block on it.
    """
    select.select([parent_fd], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
