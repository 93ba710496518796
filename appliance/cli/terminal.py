"""What is asked at a terminal.

Owns questions (unseen where they ask for a secret, the next line of standard input where there is no terminal) and
their cancellation by Ctrl+C and Ctrl+D. Light: every command needs it.
"""

from __future__ import annotations

import getpass
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
from appliance.errors import Invalid

INTERRUPTED: Final = 130


class Cancelled(KeyboardInterrupt):
    """The person at the terminal ended a question with Ctrl+C or Ctrl+D: no handler of errors asks again."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


def typed(read: Callable[[str], str], prompt: str) -> str:
    """Return what the person at the terminal types. Raises Cancelled.

    An event loop keeps Ctrl+C to itself until its turn comes, which this question holds up; so it is taken from it.
    """
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return read(prompt)
    except EOFError:
        raise Cancelled(1) from None
    except KeyboardInterrupt:
        raise Cancelled(INTERRUPTED) from None
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def ask_secret(prompt: str) -> str:
    """Return what is typed unseen; from a pipe, the next line. Raises Invalid (`no_answer`), Cancelled."""
    if sys.stdin.isatty():
        return typed(getpass.getpass, prompt)
    line = sys.stdin.readline()
    if not line:
        raise Invalid(code="no_answer", value=prompt.rstrip(": "))
    return line.rstrip("\n")
