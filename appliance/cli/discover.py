"""`gchat discover`: which appliances say on this network that they are there."""

from __future__ import annotations

import argparse

from appliance.cli.grammar import how_many


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    command.add_argument("--seconds", type=how_many, default=3, help="for how long to listen")
    command.add_argument("--host", default="0.0.0.0", help="the address of the network to ask on; all otherwise")  # noqa: S104
    command.add_argument("--expect", metavar="FINGERPRINT", help="what your agency told you; exit code 1 without it")
    command.set_defaults(run="appliance.cli.local.discover:run")
