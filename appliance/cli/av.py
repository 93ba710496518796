"""`gchat av …`: the virus scanner: does it answer, import signatures without internet, scan files again."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_command, add_local


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    add_command(group, "av status", "try whether clamd answers and tells what it left out; exit code 1 for bad")
    rescan = add_command(group, "av rescan", "scan files again that were not found clean; goes on record")
    rescan.add_argument("--all", action="store_true", help="those that were found clean too")
    imported = add_local(
        group, "import", "put in signatures that were brought by hand; goes on record", "appliance.cli.local.av:run"
    )
    imported.add_argument("file", nargs="+", type=Path, help="main.cvd, daily.cvd, bytecode.cvd")
