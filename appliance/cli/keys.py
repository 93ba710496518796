"""`gchat keys …`: rotate the master key, switch a key, check that the keys open the appliance, show a public key."""

from __future__ import annotations

import argparse

from appliance.cli.grammar import KEY_SOURCES, add_local


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    show = add_local(group, "show", "show a public key", "appliance.cli.local.keys:show")
    show.add_argument("--log", action="store_true", required=True, help="the key that signs logs, for evidence")
    switch = add_local(
        group,
        "switch",
        "put a new key in the place of one, both valid until --finish",
        "appliance.cli.local.switch:run",
    )
    switch.add_argument(
        "key",
        choices=["log", "agency", "files"],
        help="the key that signs logs, the one over all rooms, or over uploads",
    )
    switch.add_argument("--finish", action="store_true", help="stop using the former key")
    rotate = add_local(group, "rotate", "wrap every key under a new master key", "appliance.cli.local.keys:rotate")
    rotate.add_argument("--to", choices=KEY_SOURCES, help="move to another source of the master key")
    add_local(group, "check", "open the keys and the database, change nothing", "appliance.cli.local.keys:check")
