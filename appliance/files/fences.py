"""Fences: how a worker is started so that a file which takes it over reaches nothing.

Owns: the two ways to start one process for one file. `BwrapFence` (bubblewrap, for development and where there is no
systemd) starts it as a child; `SystemdFence` connects to the socket at which systemd starts one for each connection
(`systemd/gchat-preview@.service`). Both give the worker no network, no file but programs and libraries, no other
process in sight, a folder of its own in memory, and limits of memory, processes and processor time.

Rules: a worker never runs without its fence; where a fence cannot be set up, nothing is decoded. systemd holds the
memory by a control group. For bubblewrap this process looks ten times a second (`files/memory.py`) and ends a fence
that uses more: a control group of its own is not to be had in containers, nor for users without rights over one. What
would not be seen there is refused by a filter (`files/system_calls.py`), and the private folder is the only file system
in memory that a worker can write to.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from appliance import preview
from appliance.files import memory, system_calls
from appliance.preview.content import FOLDER
from appliance.preview.protocol import MAX_LINE, MIB

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Iterator

    from appliance.config import Files

logger = logging.getLogger(__name__)
FOLDER_BYTES: Final = 600 * MIB
"""Bytes of the worker's private folder."""
MAX_NAMES: Final = 10_000
"""Files and folders in it. Each takes memory of the kernel beside its bytes; a job makes a few."""
MAX_MEMORY: Final = 700 * MIB
"""Bytes that the processes of one fence may use together. In the systemd unit the private folder counts among them."""
MAX_ADDRESS_SPACE: Final = 1500 * MIB
"""Bytes of one process's address space. ffmpeg reserves more than it uses."""
MAX_TASKS: Final = 16
MAX_OPEN_FILES: Final = 32
MAX_CPU_S: Final = 31
"""Seconds of processor time; the worker lowers it to what its job may take."""
WORKER: Final = (sys.executable, "-IB", "-m", "appliance.preview")
_ERROR_BYTES: Final = 300
_PROBE_S: Final = 10
_ROOT: Final = 0
# Root's own workers each have a user id of their own, so that they can be told apart and their processes counted. The
# range is the one of systemd's DynamicUser, which belongs to nobody (systemd: docs/UIDS-GIDS).
_FIRST_USER: Final = 61_184
_USERS: Final = 4_000
# Without the loader's cache and Debian's alternatives ffmpeg does not find its libraries.
_FOR_LOADER: Final = (Path("/etc/ld.so.cache"), Path("/etc/alternatives"))
_NAMESPACES: Final = ("ipc", "pid", "net", "uts", "cgroup")
# Not bubblewrap's own /dev, a file system in memory without a bound; and /dev/zero gives memory that nobody counts.
_DEVICES: Final = (Path("/dev/null"), Path("/dev/random"), Path("/dev/urandom"))


def chosen(settings: Files) -> Fence:
    """Return the fence that the settings name."""
    return SystemdFence(Path(settings.preview_socket)) if settings.fence == "systemd" else BwrapFence()


class FenceMissing(Exception):
    """The fence cannot be set up on this machine, so nothing is decoded. The message is for the administrator."""


class Line(Protocol):
    """The connection to one worker."""

    @property
    def reader(self) -> asyncio.StreamReader:
        """What the worker says."""

    @property
    def writer(self) -> asyncio.StreamWriter:
        """What the worker reads."""

    async def end(self) -> None:
        """Break the connection; the process ends, whatever it is doing."""


class Fence(Protocol):
    """A way to start a worker."""

    async def start(self) -> Line:
        """Start one. Raises FenceMissing, or OSError for what may pass."""

    async def check(self) -> None:
        """Set up the fence once around nothing. Raises FenceMissing if it cannot be set up."""


@dataclass(frozen=True, slots=True)
class BwrapLine:
    """A worker that is a child of this process."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    watch: asyncio.Task[None]

    async def end(self) -> None:
        """Kill the worker and all that it started: what leaves the group ends with the first of their namespace."""
        self.watch.cancel()
        self.writer.transport.abort()
        await _killed(self.process)


@dataclass(frozen=True, slots=True)
class BwrapFence:
    """Starts the worker by bubblewrap. `readable` are what it may read beside the system's programs and libraries."""

    command: Sequence[str] = WORKER
    readable: Sequence[Path] = field(default_factory=lambda: tuple(own_code()))

    async def start(self) -> BwrapLine:
        """Start a worker, whose input and output are one socket, as systemd has it. Raises FenceMissing."""
        own, its = socket.socketpair()
        try:
            process = await self._run(self.command, stdin=its.fileno(), stdout=its.fileno(), stderr=DEVNULL)
        except BaseException:
            own.close()
            raise
        finally:
            its.close()
        reader, writer = await asyncio.open_unix_connection(sock=own, limit=MAX_LINE)
        return BwrapLine(process, reader, writer, asyncio.create_task(_end_above_bounds(process)))

    async def check(self) -> None:
        """Run a program that does nothing. Raises FenceMissing with what bubblewrap says."""
        if not memory.can_be_told():
            raise FenceMissing("the kernel does not say which processes a worker starts, so nobody holds its memory")
        process = await self._run(("/usr/bin/true",), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
        try:
            async with asyncio.timeout(_PROBE_S):
                _, said = await process.communicate()
        except TimeoutError as error:
            await _killed(process)
            raise FenceMissing("bubblewrap does not start within ten seconds") from error
        if process.returncode:
            raise FenceMissing(said[:_ERROR_BYTES].decode(errors="replace").strip() or "bubblewrap failed")

    async def _run(self, command: Sequence[str], *, stdin: int, stdout: int, stderr: int) -> Process:
        program = shutil.which("bwrap")
        if program is None:
            raise FenceMissing("bubblewrap is not installed (Debian: apt-get install bubblewrap)")
        line = bwrap_line(command, self.readable, is_root=os.geteuid() == _ROOT)
        try:
            with system_calls.readable_program() as its:
                return await asyncio.create_subprocess_exec(
                    *(program, "--seccomp", str(its), *line),
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    pass_fds=(its,),
                    env={},
                    start_new_session=True,
                )
        except system_calls.MachineUnknown as error:
            raise FenceMissing(str(error)) from error
        except OSError as error:
            raise FenceMissing(f"bubblewrap does not start: {error}") from error


@dataclass(frozen=True, slots=True)
class SystemdLine:
    """A worker that systemd started for a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def end(self) -> None:
        """Close the connection. Systemd ends a worker that goes on after `RuntimeMaxSec`."""
        self.writer.transport.abort()


@dataclass(frozen=True, slots=True)
class SystemdFence:
    """Connects to the socket of `gchat-preview.socket`."""

    path: Path

    async def start(self) -> SystemdLine:
        """Connect. Raises FenceMissing where nothing listens or this user may not connect."""
        try:
            reader, writer = await asyncio.open_unix_connection(self.path, limit=MAX_LINE)
        except (FileNotFoundError, PermissionError, ConnectionRefusedError) as error:
            raise FenceMissing(
                f"{self.path}: {error.strerror}; is gchat-preview.socket started?"
                ' On a machine without systemd: [files] fence = "bwrap" in gchat.toml (docs/files.md)'
            ) from error
        return SystemdLine(reader, writer)

    async def check(self) -> None:
        """Connect and hang up. Raises FenceMissing."""
        await (await self.start()).end()


def bwrap_line(command: Sequence[str], readable: Sequence[Path], *, is_root: bool) -> list[str]:
    """Return bubblewrap's arguments that run a command in the fence.

    Started by root, bubblewrap needs no user namespace: the worker becomes a user of its own instead, since limits of
    processes do not hold for root.
    """
    line = [f"--unshare-{name}" for name in _NAMESPACES]
    line += ["--die-with-parent", "--clearenv", "--cap-drop", "ALL"]
    line += (
        ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if is_root else ["--unshare-user", "--disable-userns"]
    )
    line += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64", "sbin"):
        line += ["--symlink", f"usr/{name}", f"/{name}"]
    # Folders that bubblewrap makes by itself are root's alone.
    for folder in sorted({parent for path in (*_FOR_LOADER, *_DEVICES, *readable) for parent in path.parents[:-1]}):
        line += ["--perms", "0755", "--dir", str(folder)]
    for path in _FOR_LOADER:
        line += ["--ro-bind-try", str(path), str(path)]
    for path in readable:
        line += ["--ro-bind", str(path), str(path)]
    line += [word for path in _DEVICES for word in ("--dev-bind", str(path), str(path))]
    line += ["--proc", "/proc", "--perms", "1777", "--size", str(FOLDER_BYTES), "--tmpfs", str(FOLDER)]
    line += ["--remount-ro", "/", "--chdir", str(FOLDER), "--setenv", "PATH", "/usr/bin", "--setenv", "LANG", "C.UTF-8"]
    if is_root:
        line += ["setpriv", *_other_user(), "--clear-groups", "--no-new-privs"]
    return [*line, "prlimit", *_limits(), *command]


async def _end_above_bounds(process: Process) -> None:
    """Kill the processes of a fence once they take more than they may."""
    while (why := _exceeded(process.pid)) is None:  # noqa: ASYNC110 - the kernel tells nobody of it
        await asyncio.sleep(memory.LOOK_S)
    logger.warning("a worker was ended: %s", why)
    await _killed(process)


def _exceeded(process: int) -> str | None:
    if memory.used_by(process) > MAX_MEMORY:
        return f"its processes used more than {MAX_MEMORY // MIB} MiB"
    if memory.names_in(process, FOLDER, FOLDER_BYTES) > MAX_NAMES:
        return f"its folder held more than {MAX_NAMES} files"
    return None


async def _killed(process: Process) -> None:
    """Kill the processes of a fence and wait for the end of the first.

    As a group, since bubblewrap's second process does not yet end with the first while both set up the fence.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def own_code() -> Iterator[Path]:
    """Return the folders that hold Python, its packages and the worker's modules, where /usr does not hold them."""
    package = Path(preview.__file__).parent
    found = [Path(sys.prefix), Path(sys.base_prefix), package, package.parent / "__init__.py"]
    held = [Path("/usr")]
    for path in found:
        if not any(path.is_relative_to(folder) for folder in held):
            held.append(path)
            yield path


_users: Final = itertools.cycle(range(_USERS))


def _other_user() -> list[str]:
    number = _FIRST_USER + (os.getpid() + next(_users)) % _USERS
    return ["--reuid", str(number), "--regid", str(number)]


def _limits() -> list[str]:
    return [
        f"--as={MAX_ADDRESS_SPACE}",
        f"--cpu={MAX_CPU_S}",
        f"--nproc={MAX_TASKS}",
        f"--nofile={MAX_OPEN_FILES}",
        "--core=0",
    ]
