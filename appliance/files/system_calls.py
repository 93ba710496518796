"""The filter of system calls for a worker that bubblewrap fences (seccomp(2), a program of classic BPF).

Owns: which calls are refused, and the program that refuses them. Without a control group the memory of a fence is known
by the pages that its processes have mapped (`files/memory.py`). So what gives memory that is mapped nowhere, or that
only the kernel holds, is refused with EPERM: files in memory, memory shared without a file, System V and POSIX
messages, rings, pages moved into pipes, larger pipes, sockets, locks on parts of a file, watches, rules, keys.
Namespaces and mounts are refused too, since a file system in memory can be made in them. A worker needs none of these.

What stays are buffers of bounded size: pipes of 64 KiB, and the kernel's own records for the open files and processes
that a fence may have. Does not start anything. systemd's unit refuses the same names, and has a control group.
"""

from __future__ import annotations

import os
import platform
import struct
from contextlib import contextmanager
from errno import ENOSYS, EPERM
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED: Final = {  # name -> number on x86_64 and on aarch64 (linux: asm/unistd_64.h, asm-generic/unistd.h)
    "add_key": (248, 217),
    "bpf": (321, 280),
    "fanotify_init": (300, 262),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "landlock_create_ruleset": (444, 444),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "request_key": (249, 218),
    "semget": (64, 190),
    "sendmmsg": (307, 269),
    "sendmsg": (46, 211),
    "setns": (308, 268),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "splice": (275, 76),
    "tee": (276, 77),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
}
_CLONE, _CLONE3, _FCNTL, _MMAP = (56, 220), (435, 435), (72, 25), (9, 222)
_MACHINES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Machine -> AUDIT_ARCH_… (linux/audit.h), by which a call of another instruction set is known."""
_X32: Final = 0x40000000  # numbers from here on are the same calls again, for the x32 form of x86_64
_NEW_NAMESPACES: Final = 0x7E020000  # CLONE_NEW… of clone(2)
_SHARED_WITHOUT_FILE: Final = 0x21  # MAP_SHARED | MAP_ANONYMOUS
_COMMANDS: Final = (6, 7, 37, 38, 1031)  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_SETPIPE_SZ

# Operations of classic BPF (linux/bpf_common.h) and answers (linux/seccomp.h).
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x35, 0x45
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCH = 0, 4  # where they lie in `struct seccomp_data`


class MachineUnknown(Exception):
    """There is no filter for this machine. The message is for the administrator."""


def program(machine: str) -> bytes:
    """Return the filter for a machine as `platform.machine` names it. Raises MachineUnknown."""
    if machine not in _MACHINES:
        raise MachineUnknown(f"no filter of system calls for {machine}, only for {' and '.join(_MACHINES)}")
    column = list(_MACHINES).index(machine)
    return b"".join(
        (
            _step(_LOAD, _ARCH),
            _step(_IF_EQUAL, _MACHINES[machine], 1, 0),
            _refuse(),
            _step(_LOAD, _NUMBER),
            _step(_IF_AT_LEAST, _X32, 0, 1),
            _refuse(),
            *(_if(_IF_EQUAL, number, _refuse()) for both in REFUSED.values() if (number := both[column]) is not None),
            # Its flags lie in memory that a filter cannot read; the C library then takes clone(2).
            _if(_IF_EQUAL, _CLONE3[column], _refuse(ENOSYS)),
            _looked_at(_CLONE[column], 0, _if(_IF_ANY_BIT, _NEW_NAMESPACES, _refuse())),
            _looked_at(_FCNTL[column], 1, *(_if(_IF_EQUAL, command, _refuse()) for command in _COMMANDS)),
            _looked_at(
                _MMAP[column],
                3,
                _step(_AND, _SHARED_WITHOUT_FILE),
                _if(_IF_EQUAL, _SHARED_WITHOUT_FILE, _refuse()),
            ),
            _step(_RETURN, _ALLOW),
        )
    )


@contextmanager
def readable_program() -> Iterator[int]:
    """Have an open file with this machine's filter for `bwrap --seccomp`. Raises MachineUnknown."""
    content = program(platform.machine())
    its, own = os.pipe()
    try:
        with open(own, "wb") as file:  # noqa: PTH123 - a descriptor; a pipe holds far more than the program
            file.write(content)
        yield its
    finally:
        os.close(its)


def _step(operation: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """Return one instruction (`struct sock_filter`); `then` and `otherwise` say how many a comparison skips."""
    return struct.pack("=HBBI", operation, then, otherwise, value)


_STEP: Final = len(_step(_RETURN, _ALLOW))


def _refuse(error: int = EPERM) -> bytes:
    return _step(_RETURN, _ERROR | error)


def _if(comparison: int, value: int, steps: bytes) -> bytes:
    return _step(comparison, value, 0, len(steps) // _STEP) + steps


def _looked_at(number: int, argument: int, *steps: bytes) -> bytes:
    """Return what allows a call unless steps refuse it that look at the lower half of an argument (little endian)."""
    load = _step(_LOAD, 16 + 8 * argument)
    return _if(_IF_EQUAL, number, load + b"".join(steps) + _step(_RETURN, _ALLOW))
