"""Who gives a command, for the audit log: the kernel's word, never the environment's.

It is the system account of the process that asks and, where known, of the login it came from, which
`/proc/…/loginuid` keeps through `sudo` and `su`.
"""

from __future__ import annotations

import pwd
from contextlib import suppress
from pathlib import Path
from typing import Final

from appliance.rules.roles import Actor

NO_LOGIN: Final = 2**32 - 1


def operator_of(uid: int, pid: int | str) -> Actor:
    """Return the operator behind a process: the one way to name them, for every command."""
    return Actor.operator(operator_name(uid, Path(f"/proc/{pid}/loginuid")))


def operator_name(uid: int, login_uid: Path) -> str:
    """Return how the audit log names a user id, with the login that the kernel keeps in `login_uid`."""
    login = uid
    with suppress(OSError, ValueError):
        login = int(login_uid.read_text(encoding="ascii"))
    return _account(uid) if login in (NO_LOGIN, uid) else f"{_account(uid)} login={_account(login)}"


def _account(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name}({uid})"
    except KeyError:
        return f"({uid})"
