"""`gchat setting …`: settings of the agency."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_command, add_start


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    mode = add_command(group, "setting contact-mode", "who may start private chats: by rank, or everyone (F38, F39)")
    mode.add_argument("mode", choices=["normal", "public"])
    add_start(mode)
    ranks = add_command(group, "setting rank-map", "map the agency's ranks to the national ladder (Q4)")
    ranks.add_argument("file", type=Path, help='JSON: {"our rank": "K3", "another": 55}')
    desk = add_command(group, "setting helpdesk", "whom staff ask for help, on the sign-in page; no option: print it")
    desk.add_argument("--phone", help="telephone number, such as '02-590-1000 ต่อ 1234'")
    desk.add_argument("--email", help="mail address")
    desk.add_argument("--place", help="room and building")
