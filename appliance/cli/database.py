"""`gchat migrate`."""

from __future__ import annotations

import argparse

from appliance.cli.grammar import add_data


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_data(command)
    command.set_defaults(run="appliance.cli.local.migrate:run")
