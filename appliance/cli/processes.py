"""`gchat up`, `serve`, `search`: the processes of an appliance."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_data
from appliance.locale import both

MOST_AGENCIES = 10
"""Of a demo on one machine."""


def register(name: str, command: argparse.ArgumentParser) -> None:
    """Add the arguments of one of the processes."""
    add_data(command)
    {"up": _up, "serve": _serve, "search": _search}[name](command)
    command.set_defaults(run=f"appliance.cli.local.{name}:run")


def _up(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", choices=["demo"], help="fill a new folder with the demo agency first")
    command.add_argument("--port", type=int, help="another port than staff.port; 0 picks a free one")
    command.add_argument("--tls", action="store_true", help="HTTPS with a certificate of the agency's own CA")
    command.add_argument("--ready-file", type=Path, help="written when logins are accepted")
    command.add_argument(
        "--agencies",
        type=_how_many_agencies,
        help="so many demo agencies that federate, with a registry, in one folder",
    )


def _how_many_agencies(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= MOST_AGENCIES:
        raise argparse.ArgumentTypeError(both("up.agencies", most=MOST_AGENCIES))
    return int(text)


def _serve(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tls", action="store_true", help="HTTPS, whatever the configuration says")
    _add_handover(command)
    command.add_argument("--key-fd", type=int, help="read the master key from here, and ask nobody")


def _search(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--rebuild", action="store_true", help="have a running one forget and be told everything again"
    )
    command.add_argument("--key-fd", type=int, help="read the index key from here; it is all the process is given")
    _add_handover(command)


def _add_handover(command: argparse.ArgumentParser) -> None:
    for name in ("--listen-fd", "--ready-fd", "--parent-fd"):
        command.add_argument(name, type=int)
