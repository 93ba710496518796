"""`gchat openapi`."""

from __future__ import annotations

import argparse


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the command, which has no arguments."""
    command.set_defaults(run="appliance.cli.local.openapi:run")
