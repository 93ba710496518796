"""`gchat demo`: the demonstration's messages."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import how_many


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    load = group.add_parser("load", help="send a file of messages, one a line, through the API as their authors")
    load.add_argument("file", type=Path)
    load.add_argument("--ready-file", type=Path, required=True, help="of the running demo")
    load.add_argument("--limit", type=how_many, help="send only the first so many")
    load.add_argument("--verify", action="store_true", help="read everything back and compare")
    load.set_defaults(run="appliance.cli.local.demo:load")
