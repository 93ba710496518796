"""Ctrl+C and Ctrl+D at a terminal: each question of each kind of command ends in words that are true."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.cli.local import openapi
from appliance.cli.main import main
from appliance.cli.questions import ask
from appliance.cli.terminal import INTERRUPTED
from appliance.process import setup
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

AGENCY = setup.NewAgency("dot", "dot.test", "กรมทดสอบ", "Department of Tests")
# The program at a terminal of its own: Ctrl+C is a signal to it, and secrets are asked for at /dev/tty.
AT_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from appliance.cli.main import main
sys.exit(main())
"""
NOT_HEARD_S = 10
CTRL_C, CTRL_D = b"\x03", b"\x04"
CANCELLED = "cancelled; what was asked for was not done"
MADE_OF = ["--slug", "dot", "--domain", "dot.test", "--name-th", "กรมทดสอบ", "--name-en", "Tests", "--no-administrator"]
HELPDESK = ["--helpdesk-phone", "", "--helpdesk-email", "", "--helpdesk-place", ""]
QUESTIONS = {
    "setup, the first": (["setup"], "short ASCII name"),
    "setup, one in the middle": (["setup", *MADE_OF], "source of the master key"),
    "setup, a passphrase": (["setup", *MADE_OF, *HELPDESK, "--keys", "passphrase"], "new passphrase"),
    "setup, shares typed back": (["setup", *MADE_OF, *HELPDESK, "--keys", "shares"], "type a share back"),
}


def at_terminal(line: list[str], question: str, key: bytes) -> tuple[int, str]:
    """Run a command at a terminal, press a key at its question; return the exit code and all that was shown."""
    try:
        master, slave = pty.openpty()
    except OSError:
        pytest.skip("no pseudo-terminals here: /dev/pts is not mounted")
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", AT_TERMINAL, *line], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as process:
        os.close(slave)
        try:
            shown = read_until(master, lambda text: question in text)
            shown += press_until_ended(master, key)
            code = process.wait(PATIENCE_S)
        finally:
            process.kill()
            os.close(master)
    return code, shown


def press_until_ended(master: int, key: bytes) -> str:
    """Press a key until nobody writes to the terminal any more; return what it showed.

    A question stands on the screen a moment before the program listens: what is pressed in between is not heard, and a
    person presses once more.
    """
    shown, listening = "", True
    while listening:
        with suppress(OSError):
            os.write(master, key)
        while listening and select.select([master], [], [], NOT_HEARD_S)[0]:
            try:
                more = os.read(master, 4096)
            except OSError:
                more = b""
            listening = more != b""
            shown += more.decode(errors="ignore")
    return shown


def read_until(master: int, enough: Callable[[str], bool]) -> str:
    """Return what a terminal shows until it is enough, or until nobody writes to it any more."""
    shown = b""
    while not enough(shown.decode(errors="ignore")):
        try:
            more = os.read(master, 4096)
        except OSError:
            break
        if not more:
            break
        shown += more
    return shown.decode(errors="ignore")


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, INTERRUPTED), (CTRL_D, 1)], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("where", QUESTIONS)
def test_a_setup_that_is_cancelled_says_so_and_leaves_nothing(
    tmp_path: Path, where: str, key: bytes, code: int
) -> None:
    words, question = QUESTIONS[where]
    data = tmp_path / "data"
    ended, shown = at_terminal([*words, "--data", str(data)], question, key)
    assert ended == code
    assert shown.count(CANCELLED) == 1
    assert "ยกเลิกแล้ว" in shown
    assert "no terminal" not in shown
    assert "Traceback" not in shown
    assert not data.exists()


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, INTERRUPTED), (CTRL_D, 1)], ids=["ctrl-c", "ctrl-d"])
def test_a_password_that_is_asked_for_beside_an_event_loop_can_be_cancelled(
    tmp_path: Path, key: bytes, code: int
) -> None:
    """The loop kept Ctrl+C to itself until the password was typed."""
    setup.create(tmp_path, AGENCY, "file", ask)
    line = ["user", "role", "add", "a.b", "auditor", "--by", "c.d", "--second", "e.f", "--data", str(tmp_path)]
    ended, shown = at_terminal(line, "password of c.d", key)
    assert ended == code
    assert shown.count(CANCELLED) == 1
    assert "Traceback" not in shown


def test_a_command_that_is_stopped_where_it_asks_nothing_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(openapi, "run", stopped)
    assert main(["openapi"]) == INTERRUPTED
    said = capsys.readouterr().err
    assert "stopped; the command did not finish" in said
    assert CANCELLED not in said
