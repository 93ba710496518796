"""A process forked from this one (fork(2)) instead of starting Python anew: what both need is imported once.

Rules: only a process with a single thread may fork, and only for a start at which the program's files are the ones that
are imported already; after an upgrade a process has to start from nothing. The new process leaves its parent's session,
signal handlers and files (all but those named), and ends without going back into its parent's code. `Forked` has what
is used of a `subprocess.Popen`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

_SIGNALS: Final[tuple[signal.Signals, ...]] = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_POLL_S: Final = 0.005
_STANDARD: Final = (0, 1, 2)


class Forked:
    """A forked process, seen from its parent."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, negative for the signal that ended it; None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, timeout: float) -> int:
        """Wait so many seconds for its end. Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(_POLL_S)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def fork(entry: Callable[[list[str]], int], arguments: list[str], keep: Collection[int], folder: Path) -> Forked:
    """Have a new process call `entry(arguments)` in `folder` with no files open but `keep`; its result is its code."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # No signal may come between the parent's handlers and the new process's own.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        return Forked(pid)
    code = 1
    try:
        _leave_parent(keep, folder)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        code = entry(arguments)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - the parent's code is still below on the stack
        traceback.print_exc()
    finally:
        _end(code)


def _leave_parent(keep: Collection[int], folder: Path) -> None:
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.setsid()
    os.chdir(folder)
    if not sys.flags.safe_path:
        # Whatever lies beside the parent's script or in its folder is never imported in place of the product.
        del sys.path[0]
    wanted = {*keep, *_STANDARD}
    for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208 - names, not paths
        if descriptor not in wanted:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _end(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
