"""What a process that holds keys gives up at its start, so that less can be taken from it (F71).

Owns three things of Linux. `protect_memory`: no core dump, and no process of the same user may read this one's memory
(prctl(2) PR_SET_DUMPABLE, setrlimit(2) RLIMIT_CORE). `confine`: with Landlock (landlock(7), Linux 5.13) this process
and its children reach no file but those named, trace no process outside, and open no TCP connection (from 6.7).

Does not: protect against root, nor what systemd's units do for processes with users of their own.
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
# The numbers of the system calls are the same on every architecture.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_QUERY: Final = 1
_PATH_BENEATH: Final = 1
# Bits of LANDLOCK_ACCESS_FS; in the order of the ABI versions that brought them.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REG, _MAKE_SOCK, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 9, 1 << 13, 1 << 14
_BITS_OF_ABI: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_ABI_OF_TCP: Final = 4
_BIND_AND_CONNECT_TCP: Final = 3
READ: Final = _EXECUTE | _READ_FILE | _READ_DIR
READ_AND_WRITE: Final = (
    _READ_FILE | _READ_DIR | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
)
REPLACE_SOCKETS: Final = _MAKE_SOCK | _REMOVE_FILE
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_OF_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/etc", "/dev/null", "/dev/urandom", "/sys/devices/system/cpu")


def protect_memory() -> None:
    """Write no core dump, and let no other process of this user read the memory. Raises OSError."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def confine(allowed: Iterable[tuple[Path, int]]) -> bool:
    """Reach these files alone from now on, with these rights (`READ`, …); say whether the kernel can do that.

    For good, and for every thread and process started afterwards: call it before any is. What is open stays open.
    Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_QUERY)
    if abi < 1:
        logger.warning("this kernel has no Landlock: the process is not confined to its files")
        return False
    handled = (1 << _BITS_OF_ABI[min(abi, max(_BITS_OF_ABI))]) - 1
    network = struct.pack("=Q", _BIND_AND_CONNECT_TCP) if abi >= _ABI_OF_TCP else b""
    attributes = struct.pack("=Q", handled) + network
    ruleset = _checked(libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        for path, rights in allowed:
            _allow(libc, ruleset, path, rights & handled)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return True


def program_files(but: Path) -> list[tuple[Path, int]]:
    """Return what Python and this product need to read; no folder that `but` lies in."""
    packages = [Path(__file__).parents[1], Path(__file__).parents[2] / "search_index"]
    found = [Path(entry) for entry in (sys.prefix, sys.base_prefix, *sys.path, *_OF_SYSTEM) if entry]
    return [(path, READ) for path in (*found, *packages) if path.exists() and not but.is_relative_to(path)]


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not path.is_dir():
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, parent)
        _checked(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(parent)


def _prctl(option: int, value: int) -> None:
    _checked(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
