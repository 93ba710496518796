"""The entry of `gchat`: the dispatch table, and the exit codes.

Exit codes: 0 done, 1 refused or failed with the reason in Thai and English, 2 wrong usage. Ctrl+C and Ctrl+D end a
command in words; after Ctrl+C the exit code is 130, as shells have it. A command's grammar is imported only when that
command is typed, what runs it only when it runs: the processes of the appliance, which people wait for, start at once.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from typing import Final, NamedTuple

from appliance.cli.grammar import Parser
from appliance.cli.terminal import INTERRUPTED, Cancelled
from appliance.errors import AppError
from appliance.late import load
from appliance.locale import both
from appliance.process import hardening


class Group(NamedTuple):
    """A command or a group of commands: what it is for, and the module whose `register` adds its grammar."""

    help: str
    module: str


COMMANDS: Final = {
    "up": Group("run the appliance under a supervisor", "appliance.cli.processes"),
    "serve": Group("run the appliance process alone", "appliance.cli.processes"),
    "search": Group("run the search process alone", "appliance.cli.processes"),
    "gateway": Group("what other agencies reach (docs/federation.md)", "appliance.cli.gateway"),
    "setup": Group("make a new agency in a folder; asks at the terminal for what no flag says", "appliance.cli.setup"),
    "migrate": Group("bring the database to this release's schema", "appliance.cli.database"),
    "user": Group("accounts", "appliance.cli.user"),
    "people": Group("the directory", "appliance.cli.people"),
    "units": Group("show the organisation chart", "appliance.cli.people"),
    "terms": Group("terms of use", "appliance.cli.terms"),
    "setting": Group("settings of the agency", "appliance.cli.setting"),
    "audit": Group("the audit log", "appliance.cli.audit"),
    "av": Group("the virus scanner", "appliance.cli.av"),
    "files": Group("files of messages: the check, and who uses how much room", "appliance.cli.files"),
    "keys": Group("the appliance's keys (docs/keys.md)", "appliance.cli.keys"),
    "room": Group("rooms as evidence", "appliance.cli.room"),
    "tls": Group("the appliance's own CA", "appliance.cli.tls"),
    "registry": Group("the registry of agencies (docs/federation.md)", "appliance.cli.registry"),
    "discover": Group("find appliances on this network", "appliance.cli.discover"),
    "demo": Group("the demonstration's messages", "appliance.cli.demo"),
    "openapi": Group("print the API's description", "appliance.cli.openapi"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    hardening.protect_memory()
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(*words[:1]).parse_args(words)
    logging.basicConfig(
        level=os.environ.get("GCHAT_LOG", "WARNING").upper(), format="%(levelname)s %(name)s %(message)s"
    )
    # It logs each call with its arguments: words of messages, needles of searches, hashes of passwords.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    try:
        _refuse_unfit(arguments)
        return int(load(arguments.run)(arguments) or 0)
    except AppError as error:
        print(load("appliance.cli.explain:explain")(error), file=sys.stderr)
    except OSError as error:
        print(both("main.operating_system_refused", error=error), file=sys.stderr)
    except Cancelled as cancelled:
        # The cursor is still behind the question.
        print(both("main.cancelled_what_was_asked"), file=sys.stderr)
        return cancelled.exit_code
    except KeyboardInterrupt:
        print(both("main.stopped_command_did_not"), file=sys.stderr)
        return INTERRUPTED
    return 1


def parser(*typed: str) -> argparse.ArgumentParser:
    """Return the command line's grammar, whole for the commands `typed`; of all others the names are known."""
    top = Parser(prog="gchat", description="G-Chat: communication for government agencies")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, group in COMMANDS.items():
        command = commands.add_parser(name, help=group.help)
        if name in typed:
            importlib.import_module(group.module).register(name, command)
    return top


def _refuse_unfit(arguments: argparse.Namespace) -> None:
    """Check the texts of the command line as those of requests are checked. Raises Invalid."""
    given = {name: value for name, value in vars(arguments).items() if isinstance(value, str)}
    if not all(value.isascii() and value.isprintable() for value in given.values()):
        load("appliance.web.texts:refuse_unfit")(given)
