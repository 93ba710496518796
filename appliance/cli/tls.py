"""`gchat tls …`: the appliance's own CA: show it, or make a new one in place of a lost one."""

from __future__ import annotations

import argparse

from appliance.cli.grammar import add_local


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    add_local(group, "show", "show the CA's fingerprint and end, for staff to compare", "appliance.cli.local.tls:show")
    new = add_local(
        group, "new-ca", "make a new CA; every device must be told to trust it", "appliance.cli.local.tls:new_ca"
    )
    new.add_argument("--yes", action="store_true", help="do it; without it nothing is changed")
