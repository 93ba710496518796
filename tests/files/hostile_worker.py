"""What a decoder would try that a file has taken over. It runs inside a fence in place of the worker.

It needs nothing but Python. Its first line of input is JSON: what to try, and where the things are that it must not
reach. It answers with one line of JSON: for each attempt what came of it, `DONE` for those that worked.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import mmap
import os
import platform
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NEW_USER, NEW_NET = 0x10000000, 0x40000000
CREATE = 0o1000  # IPC_CREAT
IO_URING_SETUP, LANDLOCK_CREATE_RULESET, MEMFD_SECRET = 425, 444, 447
USERFAULTFD = 323 if platform.machine() == "x86_64" else 282
REFUSED_BY_FILTER = 1
DONE = "DONE"


def connect(family: int, address: Any) -> None:
    with socket.socket(family) as end:
        end.settimeout(2)
        end.connect(address)


def listing(path: str | Path) -> list[str]:
    return [found.name for found in Path(path).iterdir()]


def call(name: str, *values: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*values):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def get(name: str, *values: Any) -> None:
    """Call what returns a number that is negative where it failed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*values) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def ask_kernel(number: int, *values: Any) -> None:
    """Succeed unless the filter refuses a call: this kernel may lack it, or not like what it is given."""
    try:
        get("syscall", number, *values)
    except OSError as error:
        if error.errno == REFUSED_BY_FILTER:
            raise


def share_memory() -> None:
    """Share memory without a file: once it is let go of, it is kept and mapped nowhere."""
    with mmap.mmap(-1, 4096, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS) as shared:
        shared[0] = 1


def share_zeros() -> None:
    with Path("/dev/zero").open("r+b", buffering=0) as zeros, mmap.mmap(zeros.fileno(), 4096) as shared:
        shared[0] = 1


def move_page() -> None:
    its, give = os.pipe()
    with Path(__file__).open("rb") as file:
        os.splice(file.fileno(), give, 1)
    os.close(its)


def widen_pipe() -> None:
    fcntl.fcntl(os.pipe()[1], 1031, 1024 * 1024)


def lock_bytes() -> None:
    with Path("/run/locked").open("wb") as file:
        fcntl.lockf(file, fcntl.LOCK_EX, 1)


def become_root() -> None:
    os.setuid(0)
    Path("/proc/self/status").read_text(encoding="utf-8")


def list_others() -> None:
    """Find a process that is not one of the fence's own: it has them counted from 1 and few."""
    found = [int(name) for name in listing("/proc") if name.isdigit()]
    if len(found) > 4:  # this one, the fence's first one, and what starts them
        return
    raise ProcessLookupError(f"{len(found)} processes")


def take_memory() -> None:
    taken = bytearray(2 * 1024**3)
    taken[::4096] = b"x" * len(taken[::4096])


def fork_often() -> None:
    for _ in range(64):
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)


def read_environment() -> None:
    if b"=" not in Path("/proc/1/environ").read_bytes().replace(b"PWD=", b""):
        raise FileNotFoundError


def fill_folder(most: int) -> None:
    found = os.statvfs("/run")
    if found.f_blocks * found.f_frsize <= most:
        raise OSError("as small as it has to be")


def attempts(given: dict[str, Any]) -> dict[str, Callable[[], object]]:
    return {
        "tcp": lambda: connect(socket.AF_INET, ("127.0.0.1", given["port"])),
        "abstract socket": lambda: connect(socket.AF_UNIX, b"\0" + given["abstract"].encode()),
        "socket of the system": lambda: connect(socket.AF_UNIX, given["socket"]),
        "names": lambda: socket.getaddrinfo("example.org", 80),
        "keys": lambda: Path(given["secret"]).read_bytes(),
        "folder of data": lambda: listing(Path(given["secret"]).parent),
        "passwords": lambda: Path("/etc/shadow").read_bytes(),
        "people": lambda: Path("/etc/passwd").read_bytes(),
        "root's home": lambda: listing("/root/.ssh"),
        "state of the system": lambda: listing("/var/lib"),
        "disk": lambda: Path(given["device"]).open("rb").close(),
        "write beside the program": lambda: Path(__file__).with_name("left").write_bytes(b""),
        "write into /usr": lambda: Path("/usr/lib/left").write_bytes(b""),
        "write into /": lambda: Path("/left").write_bytes(b""),
        "write into /tmp": lambda: Path("/tmp/left").write_bytes(b""),  # noqa: S108 -- it may lie on a disk
        "write into /var/tmp": lambda: Path("/var/tmp/left").write_bytes(b""),  # noqa: S108 -- as well
        "large folder": lambda: fill_folder(given["most"]),
        "processes of others": list_others,
        "environment of others": read_environment,
        "files of others": lambda: Path("/proc/1/root/etc/passwd").read_bytes(),
        "end others": lambda: os.kill(given["pid"], 9),
        "root": become_root,
        "mount": lambda: call("mount", b"none", b"/mnt", b"tmpfs", 0, None),
        "network of its own": lambda: call("unshare", NEW_NET),
        "user of its own": lambda: call("unshare", NEW_USER),
        "memory": take_memory,
        "processes": fork_often,
        "file in memory": lambda: os.memfd_create("held"),
        "secret memory": lambda: ask_kernel(MEMFD_SECRET, 0),
        "memory of System V": lambda: get("shmget", 0, 4096, CREATE | 0o600),
        "messages of System V": lambda: get("msgget", 0, CREATE | 0o600),
        "messages of POSIX": lambda: get("mq_open", b"/held", os.O_CREAT | os.O_RDWR, 0o600, None),
        "semaphores": lambda: get("semget", 0, 1, CREATE | 0o600),
        "write into /dev": lambda: Path("/dev/left").write_bytes(b""),
        "write into /dev/shm": lambda: Path("/dev/shm/left").write_bytes(b""),  # noqa: S108 -- in memory without a bound
        "shared memory": share_memory,
        "shared zeros": share_zeros,
        "ring": lambda: ask_kernel(IO_URING_SETUP, 0, None),
        "rules of its own": lambda: ask_kernel(LANDLOCK_CREATE_RULESET, None, 0, 1),
        "faults of its own": lambda: ask_kernel(USERFAULTFD, 1),
        "page in a pipe": move_page,
        "larger pipe": widen_pipe,
        "locks": lock_bytes,
        "pair of sockets": socket.socketpair,
        "watch": lambda: get("inotify_init1", 0),
        "key": lambda: get("syscall", 248 if platform.machine() == "x86_64" else 217, b"user", b"k", b"v", 1, -4),
    }


def take_memory_together(processes: int, size: int) -> None:
    """Take so many bytes in each of several processes, and hold all of it for a second."""
    taken, give = os.pipe()
    for _ in range(processes):
        if os.fork() == 0:
            held = bytearray(size)
            held[::4096] = b"x" * len(held[::4096])
            os.write(give, b"x")
            time.sleep(60)
            os._exit(0)
    for _ in range(processes):
        os.read(taken, 1)
    time.sleep(1)


def make_files(number: int) -> None:
    """Make so many empty files, which take no room in the folder, and hold them for a second."""
    for name in range(number):
        os.close(os.open(f"/run/{name}", os.O_CREAT | os.O_WRONLY))
    time.sleep(1)


def alone(what: str, given: dict[str, Any]) -> None:
    """Try what the fence may answer only by ending it all; `DONE` is said where it does not."""
    if what == "sleep":
        time.sleep(3600)
    elif what == "spin":
        while True:
            pass
    elif what == "names":
        make_files(given["number"])
    else:
        take_memory_together(given["processes"], given["size"])
    sys.stdout.buffer.write(b"DONE\n")
    sys.stdout.buffer.flush()
    os._exit(0)


def main() -> None:
    given = json.loads(sys.stdin.buffer.readline())
    if "alone" in given:
        alone(given["alone"], given)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    came = {"status": " ".join(line for line in status.splitlines() if line.startswith(("CapEff", "NoNewPrivs")))}
    for name, attempt in attempts(given).items():
        try:
            attempt()
            came[name] = DONE
        except Exception as error:  # noqa: BLE001 -- whatever refuses it
            came[name] = f"{type(error).__name__}: {error}"[:80]
        except MemoryError as error:
            came[name] = type(error).__name__
    sys.stdout.buffer.write(json.dumps(came).encode() + b"\n")
    sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
