"""`gchat room …`: find rooms, export and verify their logs, give a room a new owner, close rooms.

All but `verify` are carried out by the server that runs, or here where none does; `verify` reads the database itself.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_command, add_local


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    export = add_command(group, "room export", "write a room's whole log, for `gchat-verify room`; goes on record")
    export.add_argument("room")
    export.add_argument("--why", required=True, help="the order or the case it is for; goes on record")
    export.add_argument(
        "--output", type=Path, help="a new file, readable by its owner alone; standard output otherwise"
    )
    export.add_argument("--partial", action="store_true", help="leave damaged bodies out and list them")
    export.set_defaults(run="appliance.cli.local.export:run")
    listing = add_command(group, "room list", "find rooms: id, kind, created, members, name; goes on record")
    listing.add_argument("--name", metavar="TEXT", help="whose name has this in it")
    listing.add_argument("--member", metavar="USER", help="whose member this is, or one of the two of a private chat")
    verify = add_local(
        group,
        "verify",
        "compare what is stored with what was signed and recorded (F72)",
        "appliance.cli.local.verify:run",
    )
    verify.add_argument("room", nargs="?", help="one room; all otherwise")
    reassign = add_command(group, "room reassign", "give a room whose owner is gone to another member (F37)")
    reassign.add_argument("room")
    reassign.add_argument("--to", required=True, help="person id of the new owner")
    reassign.add_argument("--why", required=True)
    reassign.add_argument("--by", required=True, metavar="USER", help="who decides; types their password")
    reassign.add_argument("--second", required=True, metavar="USER", help="who agrees; types theirs")
    close = add_command(group, "room close", "close groups and take everybody but the owner off (F40)")
    close.add_argument("room", nargs="+")
    close.add_argument("--why", required=True, help="goes into the audit log and into the room's own log")
