"""`gchat audit …`: the audit log."""

from __future__ import annotations

import argparse

from appliance.cli.grammar import add_command, how_many


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    listing = add_command(group, "audit list", "show the newest records")
    listing.add_argument("--limit", type=how_many, default=50)
    listing.add_argument("--target", help="of this target alone")
    add_command(group, "audit heads", "write the recorded heads of rooms: ROOM/SIZE/ROOT, then the root on record")
    add_command(group, "audit verify", "compute the log again and compare it with its checkpoints")
