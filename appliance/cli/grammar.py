"""What the grammars of all command groups share.

A command names the function that runs it as "module:function", so that reading the command line imports none of them:
`gchat --help` and a wrong usage answer at once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

from appliance.locale import both

DEFAULT_DATA: Final = Path("/var/lib/gchat")
KEY_SOURCES: Final = ("file", "credential", "passphrase", "shares")
FIRST_UNIT: Final = "ADMIN"
"""Code of the first administrator's unit, where no other is given."""

MAX_COUNT: Final = 1_000_000


class Parser(argparse.ArgumentParser):
    """Says in Thai too that a command is not used as it is meant; those below it are of this class as well."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, and exit with code 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {both('grammar.wrong_usage', message=message)}")


def how_many(text: str) -> int:
    """Return a number of things to show or send, at least one. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_COUNT:
        raise argparse.ArgumentTypeError(both("grammar.no_count", most=MAX_COUNT))
    return int(text)


def add_data(command: argparse.ArgumentParser) -> None:
    """Add `--data`."""
    command.add_argument("--data", type=Path, default=DEFAULT_DATA, help="the appliance's folder")


def add_local(group: Any, name: str, what: str, run: str) -> argparse.ArgumentParser:
    """Add a command that this process carries out by itself: `run` names a function of the arguments."""
    command: argparse.ArgumentParser = group.add_parser(name, help=what)
    add_data(command)
    command.set_defaults(run=run)
    return command


def add_command(group: Any, name: str, what: str) -> argparse.ArgumentParser:
    """Add a command of the administration; `name` is all words of it, such as "user role add"."""
    command: argparse.ArgumentParser = group.add_parser(name.rpartition(" ")[2], help=what)
    set_command(command, name)
    return command


def set_command(command: argparse.ArgumentParser, name: str) -> None:
    """Make it a command of the administration, of this name."""
    add_data(command)
    command.set_defaults(run="appliance.cli.local.administer:run", command=name)


def add_start(command: argparse.ArgumentParser) -> None:
    """Add `--from`: when what is set begins to hold."""
    command.add_argument(
        "--from",
        dest="start",
        metavar="DAY[THH:MM]",
        help="from the beginning of that day, or that time; now otherwise",
    )
