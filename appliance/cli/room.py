"""`gchat room …`: find rooms, export and verify their logs, give a room a new owner, close rooms.

`list`, `export` and `verify` work beside a running server; `reassign` and `close` write as the appliance itself, which
must be stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_command, add_local


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    export = add_command(
        group, "export", "write a room's whole log, for `gchat-verify room`; goes on record", "rooms:export"
    )
    export.add_argument("room")
    export.add_argument("--why", required=True, help="the order or the case it is for; goes on record")
    export.add_argument(
        "--output", type=Path, help="a new file, readable by its owner alone; standard output otherwise"
    )
    export.add_argument("--partial", action="store_true", help="leave damaged bodies out and list them")
    listing = add_command(
        group, "list", "find rooms: id, kind, created, members, name; goes on record", "rooms:list_found"
    )
    listing.add_argument("--name", metavar="TEXT", help="whose name has this in it")
    listing.add_argument("--member", metavar="USER", help="whose member this is, or one of the two of a private chat")
    local = "appliance.cli.local.rooms"
    verify = add_local(
        group, "verify", "compare what is stored with what was signed and recorded (F72)", f"{local}:verify"
    )
    verify.add_argument("room", nargs="?", help="one room; all otherwise")
    reassign = add_local(
        group, "reassign", "give a room whose owner is gone to another member (F37)", f"{local}:reassign"
    )
    reassign.add_argument("room")
    reassign.add_argument("--to", required=True, help="person id of the new owner")
    reassign.add_argument("--why", required=True)
    reassign.add_argument("--by", required=True, metavar="USER", help="who decides; types their password")
    reassign.add_argument("--second", required=True, metavar="USER", help="who agrees; types theirs")
    close = add_local(group, "close", "close groups and take everybody but the owner off (F40)", f"{local}:close")
    close.add_argument("room", nargs="+")
    close.add_argument("--why", required=True, help="goes into the audit log and into the room's own log")
