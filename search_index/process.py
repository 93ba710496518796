"""`gchat search`: the search process from its start to its end.

Owns the signals, the loop and the priority, which is below the appliance's: searching and indexing take no core from
those who write. The command line gives the folder, the key and the clock (`appliance.cli`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvloop

from search_index.server import Options, serving

NICENESS: Final = 5
"""Below the appliance: a quarter of a core that both want (sched(7))."""


def run(options: Options, ready: Callable[[], None], listening: socket.socket | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once the socket answers. Raises as `server.serving` does,
    and what ended the work on the index.
    """
    _give_way()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every segment keeps two files open
    uvloop.run(_serve(options, ready, listening))


def _give_way() -> None:
    """Lower the priority of this process: within its session, and where the kernel shares cores by session, of it."""
    os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


async def _serve(options: Options, ready: Callable[[], None], listening: socket.socket | None) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with serving(options, listening) as work:
        ready()
        stopped = asyncio.create_task(ended.wait())
        await asyncio.wait((stopped, work), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if work.done():
            work.result()
