"""`gchat files …`: compare files with their rows, show who uses how much room."""

from __future__ import annotations

import argparse

from appliance.cli.grammar import add_command, how_many


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    check = add_command(group, "files check", "compare files with their rows; exit code 1 where something is wrong")
    check.add_argument("--repair", action="store_true", help="delete files that no row knows, make counts again")
    check.add_argument("--deep", action="store_true", help="open every record of every file too; takes long")
    usage = add_command(group, "files usage", "write who uses how much room, as CSV: units, people, largest files")
    usage.add_argument("--limit", type=how_many, default=20, help="how many people and files")
